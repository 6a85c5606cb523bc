"""Channels followed forward through a network that a rule has made: which old ones the new ones are, at every place.

What each operator does to them is told in `following`. Layers that the rule has put down choose; where choices do not
agree with one another, others are made, and the network is gone through again.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from attrs import frozen

from symnas.arrays import Array
from symnas.errors import SearchError
from symnas.graph import Branch, Loop, Operation, Scope, Step, Use, join
from symnas.operators.base import Weight
from symnas.rewriting.inferring import results_of
from symnas.rewriting.passing import Passage
from symnas.rewriting.weights.channels import EVEN, Axis, Channels, Index, Lost
from symnas.rewriting.weights.choices import Choices, Revised
from symnas.rewriting.weights.fates import Fate, How
from symnas.rewriting.weights.following import follow
from symnas.rewriting.weights.lineage import ROOT, Ancestry, Lineage, layers
from symnas.rewriting.weights.recipes import Matrix, Recipe
from symnas.rewriting.weights.site import Site, State
from symnas.starting import started
from symnas.types import Dtype, TensorType

__all__ = ["Plan", "Tracing", "real_kind"]

_WHOLE: Final = {Dtype.I64: np.int64, Dtype.I32: np.int32, Dtype.BOOL: np.bool_}
_TURNS: Final = 4
"""How often the body of a `scan` is gone through until its states agree."""


@frozen(eq=False)
class Plan:
    """How *weight* of *operation* is to be made: by *recipe* of the weight called *origin*, copied where there is no
    recipe; fresh, where there is no origin either, because *why*.
    """

    operation: Operation
    weight: Weight
    origin: str | None
    recipe: Recipe | None = None
    why: str = ""
    axes: State = ()

    def like(self, other: "Plan") -> bool:
        """Whether both make the same."""
        if self.recipe is None or other.recipe is None:
            return self.recipe is other.recipe and self.origin == other.origin
        return self.origin == other.origin and self.recipe.like(other.recipe)


class Tracing:
    """Follows channels after *passage*, whose network had *weights*. *uneven* breaks the symmetry of what is repeated: by
    how much its shares may differ, as a part of each, drawn from *random*.
    """

    def __init__(
        self, passage: Passage, weights: dict[str, Array], random: np.random.Generator, noise: float = 0.0
    ) -> None:
        self.lineage = Lineage(passage)
        self.choices = Choices()
        self.plans: dict[str, Plan] = {}
        self.differences: dict[str, None] = {}
        """Where the network does not do what it did, as far as that is known."""
        self._passage, self._weights = passage, weights
        self._kind = real_kind(weights)
        self._random, self._noise = random, noise
        self._states: dict[str, tuple[State, ...]] = {}
        self._shares: dict[tuple[str, bytes], Array] = {}

    def run(self) -> None:
        """Go through the network until all choices agree."""
        scope = self._passage.after.scope
        while True:
            self.choices.begin()
            self.plans, self.differences, self._states = {}, {}, {}
            try:
                results = self._scope(scope, [(None,) * each.rank for each in scope.inputs], "", ROOT)
            except Revised:
                continue
            self._look_at(results)
            return

    def _look_at(self, results: Sequence[State]) -> None:
        """Tell where the network itself gives something else than before."""
        before, after = self._passage.before, self._passage.after
        if results_of(before.scope) != results_of(after.scope):
            given, was = (", ".join(map(str, results_of(each.scope))) for each in (after, before))
            self.differs(after.name, f"it gives {given} for {was}")
        elif any(isinstance(axis, Channels) for state in results for axis in state):
            self.differs(after.name, "it gives its channels in another order")

    def made(self) -> tuple[dict[str, Array], list[Fate]]:
        """The new weights, and what each was made of."""
        found: dict[str, Array] = {}
        fates: list[Fate] = []
        order = [
            join(each.path, weight.name) for each in layers(self._passage.after) for weight in each.operation.weights
        ]
        for path in dict.fromkeys([*order, *self.plans]):
            plan = self.plans[path]
            found[path], how = self._made(plan)
            fates.append(Fate(path, how, plan.origin if how != "fresh" else None, plan.why))
        return found, fates

    def _made(self, plan: Plan) -> tuple[Array, How]:
        if plan.origin is None:
            return self._fresh(plan), "fresh"
        old = self._weights[plan.origin]
        if plan.recipe is None:
            return old, "copied"
        fresh = self._fresh(plan) if _has_new(plan.recipe) else np.empty(plan.weight.shape, old.dtype)
        made = np.ascontiguousarray(plan.recipe.made(old, fresh))
        if made.shape == old.shape and np.array_equal(made, old):
            return old, "copied"
        return made, "repeated" if made.size > old.size else "cut"

    def _fresh(self, plan: Plan) -> Array:
        made = started(plan.operation, plan.weight, self._random)
        return made.astype(_WHOLE.get(plan.weight.dtype, self._kind), copy=False)

    # ----------------------------------------------------------------------------------- for operators

    def plan(self, site: Site, name: str, recipe: Recipe, axes: State) -> None:
        """The weight *name* of *site* is made by *recipe*."""
        weight = next(each for each in site.operation.weights if each.name == name)
        origin = join(site.origin, name)
        made = None if recipe.copies(self._weights[origin].shape) else recipe
        self._plan(site, Plan(site.operation, weight, origin, made, "", axes))

    def copy(self, site: Site, name: str, why: str) -> bool:
        """The weight *name* of *site* is copied where it had the shape that it has; whether it is."""
        weight = next(each for each in site.operation.weights if each.name == name)
        origin = join(site.origin, name)
        old = self._weights.get(origin)
        if old is not None and old.shape == weight.shape:
            self._plan(site, Plan(site.operation, weight, origin, None, "", (None,) * old.ndim))
            return True
        reason = "" if old is None else why or f"it was {list(old.shape)}"
        self._plan(site, Plan(site.operation, weight, None, None, reason, (Lost(reason),) * len(weight.shape)))
        return False

    def python(self, site: Site) -> None:
        """Copy whatever weights the Python layer at *site* had: only it knows them."""
        prefix = f"{site.origin}."
        for name in self._weights:
            if name.startswith(prefix):
                rest = name.removeprefix(prefix)
                weight = Weight(rest, self._weights[name].shape)
                self._plan(site, Plan(site.operation, weight, name))

    def _plan(self, site: Site, plan: Plan) -> None:
        path = join(site.path, plan.weight.name)
        known = self.plans.setdefault(path, plan)
        if not known.like(plan):
            raise SearchError(
                f"`{path}` is used at several places, into which channels flow that were repeated differently; "
                "rewrite those layers alike"
            )

    def differs(self, path: str, why: str) -> None:
        """The network does not do at *path* what it did."""
        self.differences[f"{path}: {why}"] = None

    def uneven(self, path: str, index: Index, size: int, shares: Array) -> Array:
        """*shares* that the layer at *path* gives to elements that are *index* of *size*, made unequal among those that
        repeat the same one.
        """
        if not self._noise:
            return shares
        key = path, index.tobytes()
        if key not in self._shares:
            self._shares[key] = self._drawn(index, size)
        return self._shares[key]

    def _drawn(self, index: Index, size: int) -> Array:
        drawn = 1 + self._noise * self._random.uniform(-1, 1, len(index))
        totals = np.bincount(np.maximum(index, 0), np.where(index >= 0, drawn, 0), size)
        return np.where(index >= 0, drawn / totals[np.maximum(index, 0)], 1.0)

    def agreed(self, one: Axis, other: Axis, path: str) -> Axis:
        """What an axis is that is both at *path*.

        Raises:
            SearchError: the two cannot be the same. Revised: they are from now on.
        """
        if one is EVEN or other is EVEN:
            return other if one is EVEN else one
        if isinstance(one, Lost) or isinstance(other, Lost):
            return one if isinstance(one, Lost) else other
        if not isinstance(one, Channels) or not isinstance(other, Channels):
            if one is other:
                return None
            changed = one if isinstance(one, Channels) else other
            assert isinstance(changed, Channels)
            self.choices.ask(changed, np.arange(len(changed.index)))
            raise _disagreement(path)
        if one.same(other):
            return one if (one.makers >= 0).all() else other
        if one.size == other.size:
            self.choices.ask(other, one.index)
            self.choices.ask(one, other.index)
        raise _disagreement(path)

    def read(self, module: str, name: str) -> State | None:
        """The axes of the weight *name* of *module*, where its elements are what they were, or parts of that."""
        plan = self.plans.get(join(module, name))
        return None if plan is None else plan.axes

    # ------------------------------------------------------------------------------------------- steps

    def _scope(self, scope: Scope, inputs: Sequence[State], prefix: str, around: Ancestry) -> list[State]:
        values = list(inputs)
        types = list(scope.inputs)
        for step in scope.steps:
            given = [values[each] for each in step.operands]
            values += self._step(step, given, [types[each] for each in step.operands], prefix, around)
            types += step.outputs
        return [values[each] for each in scope.results]

    def _step(
        self, step: Step, inputs: list[State], types: list[TensorType], prefix: str, around: Ancestry
    ) -> list[State]:  # fmt: skip
        if isinstance(step, Branch):
            return self._branch(step, inputs, prefix, around)
        if isinstance(step, Loop):
            return self._loop(step, inputs, prefix, around)
        path = step.shared or join(prefix, step.name)
        ancestry = self.lineage.step(path, step.name, step.shared, around)
        if step.shared is not None:
            inputs = self._shared(path, inputs)
        if isinstance(step, Use):
            return self._scope(step.scope, inputs, path, ancestry)
        return follow(Site(self, path, step, ancestry, inputs, types))

    def _shared(self, path: str, inputs: list[State]) -> list[State]:
        """What flows into weights that exist once must be the same at all places, but for sizes of 1."""
        known = self._states.setdefault(path, tuple(inputs))
        if [len(each) for each in known] != [len(each) for each in inputs]:
            return inputs
        return [
            tuple(self.agreed(one, other, path) for one, other in zip(first, now, strict=True))
            for first, now in zip(known, inputs, strict=True)
        ]

    def _branch(self, step: Branch, inputs: list[State], prefix: str, around: Ancestry) -> list[State]:
        count = len(step.then.operands)
        then = self._scope(step.then.scope, inputs[1 : 1 + count], prefix, around)
        otherwise = self._scope(step.otherwise.scope, inputs[1 + count :], prefix, around)
        path = join(prefix, step.name)
        return [self._met(one, other, path) for one, other in zip(then, otherwise, strict=True)]

    def _met(self, one: State, other: State, path: str) -> State:
        return tuple(self.agreed(first, second, path) for first, second in zip(one, other, strict=True))

    def _loop(self, step: Loop, inputs: list[State], prefix: str, around: Ancestry) -> list[State]:
        over, sequences, count = step.over, step.sequences, step.states
        taken = [(*each[:over], *each[over + 1 :]) for each in inputs[:sequences]]
        states = inputs[sequences : sequences + count]
        path = join(prefix, step.name)
        before = dict(self.plans), dict(self._states)
        results: list[State] = []
        for _ in range(_TURNS):
            self.plans, self._states = dict(before[0]), dict(before[1])
            results = self._scope(step.body, [*taken, *states, *inputs[sequences + count :]], prefix, around)
            last = results[len(results) - count :] if count else []
            met = [self._met(one, other, path) for one, other in zip(states, last, strict=True)]
            if all(map(_alike, states, met)):
                break
            states = met
        stacked = results[: len(results) - count]
        return [*((*each[:over], None, *each[over:]) for each in stacked), *states]


def real_kind(weights: Mapping[str, Array]) -> np.dtype[Any]:
    """The precision of *weights*: the greatest of them, single at least."""
    kinds = [each.dtype for each in weights.values() if each.dtype.kind == "f"]
    return np.result_type(np.float32, *kinds)


def _alike(one: State, other: State) -> bool:
    return all(
        first is second or (isinstance(first, Channels) and isinstance(second, Channels) and first.same(second))
        for first, second in zip(one, other, strict=True)
    )


def _disagreement(path: str) -> SearchError:
    return SearchError(
        f"weights cannot be carried over: at `{path}` channels meet that were repeated or left out differently; "
        "rewrite the layers that make them alike"
    )


def _has_new(recipe: Recipe) -> bool:
    if isinstance(recipe, Matrix):
        return bool((recipe.rows < 0).any() or (recipe.columns < 0).any())
    return any(index is not None and bool((index < 0).any()) for index in recipe.axes)
