"""Where rules match in the scopes of a graph. Scopes are indexed by what their steps call, so that a rule looks only at
steps that it concerns, and not at all into scopes that have none.

A pattern of several stages matches along links that nothing else reads: what stands in statements of their own, or in
different turns of a loop, is one chain, and what a block or a side of a `when` holds is another.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NoReturn

from attrs import frozen

from symnas.elaborate.builder import ScopeBuilder
from symnas.elaborate.code import Code, Frame
from symnas.elaborate.declarations import BlockCode
from symnas.elaborate.regions import Alone, Run
from symnas.elaborate.rulepatterns import Bound, Called, RulePattern, as_value
from symnas.elaborate.rules import INSIDE, RuleCode
from symnas.elaborate.values import BlockLayer, Listing, OperatorLayer, Thunk, Value
from symnas.errors import NasError
from symnas.graph import READ_WEIGHT, Given, GivenLayer, Operation, Scope, Step, Use, scopes_within
from symnas.openings import is_open
from symnas.rewriting.reading import Context
from symnas.spans import NOWHERE
from symnas.types import TensorType

__all__ = ["Match", "Matcher", "Undecided", "tensors_of"]


@frozen(eq=False)
class Match:
    """*rule* at the steps of a scope numbered *places*, one for each stage, and what its variables stand for."""

    rule: RuleCode
    places: tuple[int, ...]
    steps: tuple[Step, ...]
    bound: Bound


class Undecided(NasError):
    """A rule asks for a setting of a block that is not kept with the graph."""

    def __init__(self, setting: str, place: int = 0) -> None:
        super().__init__(setting, place)
        self.setting, self.place = setting, place
        """The setting, and the number of the step."""


class _Index:
    """One scope by what its steps call. *kinds* numbers steps that are alike but for their names."""

    def __init__(self, scope: Scope, kinds: dict[Hashable, int]) -> None:
        self.scope = scope
        self.types = scope.value_types()
        self.kinds: list[int] = []
        self.places: dict[str, dict[int, list[int]]] = {}
        """The steps that call something, by kind."""
        self.makers: dict[int, int] = {}
        """The step that makes each value."""
        self.readers: dict[int, list[int]] = {}
        """The steps that read each value; -1 for the scope's results."""
        value = len(scope.inputs)
        for place, step in enumerate(scope.steps):
            name = called_by(step)
            kind = -1 if name is None else kinds.setdefault(self._kind(step), len(kinds))
            self.kinds.append(kind)
            if name is not None:
                self.places.setdefault(name, {}).setdefault(kind, []).append(place)
            for each in step.operands:
                self.readers.setdefault(each, []).append(place)
            for _ in step.outputs:
                self.makers[value] = place
                value += 1
        for each in scope.results:
            self.readers.setdefault(each, []).append(-1)
        self.firsts = _firsts(scope)
        self.inner: dict[int, tuple[Step, list[int]]] = {}
        """The steps that have something in them, those of one block together, by its identity."""
        for place, step in enumerate(scope.steps):
            if not isinstance(step, Operation) and not is_open(step):
                key = id(step.scope) if isinstance(step, Use) else id(step)
                self.inner.setdefault(key, (step, []))[1].append(place)

    def _kind(self, step: Step) -> Hashable:
        """All that a rule may ask of *step*."""
        types = self.inputs_of(step)
        if isinstance(step, Operation):
            return step.operator, step.settings, types, step.outputs
        assert isinstance(step, Use)
        return None, step.scope.block, step.scope.given, types, step.outputs

    def inputs_of(self, step: Step) -> tuple[TensorType, ...]:
        """The types of what flows into *step*."""
        return tuple([self.types[each] for each in step.operands])


def _firsts(scope: Scope) -> list[int]:
    firsts, value = [], len(scope.inputs)
    for step in scope.steps:
        firsts.append(value)
        value += len(step.outputs)
    return firsts


def called_by(step: Step) -> str | None:
    """What *step* calls, if rules may replace it: not what is shared, whose weights exist once."""
    match step:
        case Operation(shared=None):
            return None if step.operator == READ_WEIGHT else step.operator
        case Use(shared=None):
            return None if is_open(step) else step.scope.block
        case _:
            return None


class Matcher:
    """Finds matches; what is worked out about a scope is kept as long as the matcher."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._indices: dict[int, _Index] = {}
        """By the identity of the scope: equal scopes may have been given different things."""
        self._names: dict[int, frozenset[str]] = {}
        self._kinds: dict[Hashable, int] = {}
        self._beginning: dict[tuple[RuleCode, int], bool] = {}
        self._judgements: dict[tuple[RuleCode, frozenset[BlockCode], tuple[int, ...]], Bound | Undecided | None] = {}
        self._run = Run(Alone())
        self._builder = ScopeBuilder(None)

    def concerned(self, scope: Scope, rule: RuleCode) -> bool:
        """Whether *scope*, or one within it, has a step that *rule* may begin at."""
        heads = _heads(rule)
        return heads is None or not self._called(scope).isdisjoint(heads)

    def _called(self, scope: Scope) -> frozenset[str]:
        if id(scope) not in self._names:
            found = set(self._index(scope).places)
            for step, _ in self._index(scope).inner.values():
                inner = [step.scope] if isinstance(step, Use) else [*scopes_within(step)]
                found.update(*map(self._called, inner))
            self._names[id(scope)] = frozenset(found)
        return self._names[id(scope)]

    def inner(self, scope: Scope) -> list[tuple[Step, list[int]]]:
        """The steps of *scope* that have steps in them, the first of each block with the places of all its uses."""
        return [*self._index(scope).inner.values()]

    def _index(self, scope: Scope) -> _Index:
        if id(scope) not in self._indices:
            self._indices[id(scope)] = _Index(scope, self._kinds)
        return self._indices[id(scope)]

    def matches(self, scope: Scope, rule: RuleCode, inside: frozenset[BlockCode]) -> Iterator[Match | Undecided]:
        """Where *rule* matches among the steps of *scope* itself, which stands *inside* blocks: in the order of the
        steps, none of them in two matches. What cannot be told is `Undecided`.
        """
        index = self._index(scope)
        taken: set[int] = set()
        for place in self._beginnings(index, rule):
            chain = self._chain(scope, index, rule, place)
            if chain is None or not taken.isdisjoint(chain):
                continue
            key = rule, inside, tuple([index.kinds[each] for each in chain])
            if key not in self._judgements:
                self._judgements[key] = self._judged(index, rule, chain, inside)
            found = self._judgements[key]
            if isinstance(found, Undecided):
                yield Undecided(found.setting, place)
            elif found is not None:
                taken.update(chain)
                yield Match(rule, chain, tuple([scope.steps[each] for each in chain]), found)

    def _beginnings(self, index: _Index, rule: RuleCode) -> Sequence[int]:
        """The steps that are as the first stage says, conditions apart."""
        heads = _heads(rule)
        found: list[int] = []
        for name, kinds in index.places.items():
            if heads is None or name in heads:
                for kind, places in kinds.items():
                    found += places if self._begins(index, rule, kind, places[0]) else ()
        return sorted(found)

    def _begins(self, index: _Index, rule: RuleCode, kind: int, place: int) -> bool:
        key = rule, kind
        if key not in self._beginning:
            layer = self.layer(index.scope.steps[place])
            frame = self.frame({})
            first = (*rule.pattern.stages, rule.pattern)[0]
            try:
                fits = layer is not None and first.match(Called(layer, frame), frame, False) is not None
            except Undecided:
                fits = True
            self._beginning[key] = fits
        return self._beginning[key]

    def _chain(self, scope: Scope, index: _Index, rule: RuleCode, first: int) -> tuple[int, ...] | None:
        """The steps that would be the stages, if they call the right things."""
        chain = [first]
        for stage in rule.pattern.stages[1:]:
            last = scope.steps[chain[-1]]
            if len(last.outputs) != 1:
                return None
            value = index.firsts[chain[-1]]
            readers = index.readers.get(value, [])
            if len(readers) != 1 or readers[0] < 0:
                return None
            following = scope.steps[readers[0]]
            name = called_by(following)
            heads = _heads_of(stage)
            if name is None or following.operands != (value,) or (heads is not None and name not in heads):
                return None
            chain.append(readers[0])
        return tuple(chain)

    # ---------------------------------------------------------------------------------------- one match

    def _judged(
        self, index: _Index, rule: RuleCode, chain: tuple[int, ...], inside: frozenset[BlockCode]
    ) -> Bound | Undecided | None:
        """What the variables stand for if *rule* matches at *chain*."""
        steps = [index.scope.steps[each] for each in chain]
        types = [index.inputs_of(step) for step in steps]
        try:
            return self._bound(rule, steps, types, inside)
        except Undecided as undecided:
            return undecided

    def _bound(
        self, rule: RuleCode, steps: list[Step], types: list[tuple[TensorType, ...]], inside: frozenset[BlockCode]
    ) -> Bound | None:
        frame = self.frame({})
        stages = rule.pattern.stages or (rule.pattern,)
        bound: Bound = {}
        wholes: Bound = {}
        for stage, step in zip(stages, steps, strict=True):
            layer = self.layer(step)
            found = None if layer is None else stage.match(Called(layer, frame), frame, False, bound)
            if found is None or layer is None:
                return None
            bound = found
            if stage.whole is not None:
                wholes[stage.whole] = layer
        asked = self.asked(rule, types, [step.outputs for step in steps], inside)
        return rule.judged(bound, asked, wholes, frame)

    def asked(
        self, rule: RuleCode, inputs: Sequence[tuple[TensorType, ...]], outputs: Sequence[tuple[TensorType, ...]],
        inside: frozenset[BlockCode],
    ) -> dict[str, Any]:  # fmt: skip
        """What conditions and replacements may ask of a match, by the names that they ask for."""
        found: dict[str, Any] = {INSIDE: inside, "in": tensors_of(inputs[0]), "out": tensors_of(outputs[-1])}
        for stage, given, made in zip(rule.pattern.stages, inputs, outputs, strict=bool(rule.pattern.stages)):
            if stage.whole is not None:
                found[f"{stage.whole}.in"], found[f"{stage.whole}.out"] = tensors_of(given), tensors_of(made)
        return found

    def layer(self, step: Step) -> OperatorLayer | BlockLayer | None:
        """*step* as the layer that was applied."""
        if isinstance(step, Operation):
            operator = self.context.operator(step.operator)
            return None if operator is None else OperatorLayer(operator, step.settings, last_name(step.name), step.span)
        if not isinstance(step, Use):
            return None
        block = self.context.block(step.scope.block)
        if block is None:
            return None
        known = {each.name for each in block.settings}
        if any(name not in known for name, _ in step.scope.given):
            return None
        given: dict[str, Value | Thunk] = {name: self._given(name, value) for name, value in step.scope.given}
        return BlockLayer(block, given, "", last_name(step.name), step.span)

    def _given(self, name: str, value: Given) -> Value | Thunk:
        if not isinstance(value, GivenLayer):
            return as_value(value)
        operator = self.context.operator(value.operator)
        if operator is None:
            return Thunk(_Unkept(name), self.frame({}))
        return OperatorLayer(operator, value.settings, operator.name, NOWHERE)

    def frame(self, names: dict[str, Any]) -> Frame:
        """Where conditions and values are worked out: outside of any network."""
        return Frame(names, "", "", self._builder, self._run)


class _Unkept(Code):
    """A setting that the graph does not keep."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, frame: Frame) -> NoReturn:
        raise Undecided(self.name)


def _heads(rule: RuleCode) -> frozenset[str] | None:
    """What the match of *rule* begins with; `None` for anything."""
    stages = rule.pattern.stages
    return _heads_of(stages[0] if stages else rule.pattern)


def _heads_of(pattern: RulePattern) -> frozenset[str] | None:
    if not pattern.calls:
        return None
    return frozenset(each.head.name for each in pattern.calls)


def tensors_of(types: Sequence[TensorType]) -> Value:
    """Tensors of *types*, as conditions ask for them: one, or a tuple of them."""
    builder = ScopeBuilder(None)
    found = [builder.input(each, "x") for each in types]
    return found[0] if len(found) == 1 else Listing([*found], is_tuple=True)


def last_name(name: str) -> str:
    """The part of a weight name that the layer itself has: `Conv2d.1` of `stage.0.Conv2d.1`."""
    parts = name.split(".")
    start = len(parts) - 1
    while start > 0 and parts[start].isdigit():
        start -= 1
    return ".".join(parts[start:])
