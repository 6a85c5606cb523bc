"""Where rules match in the scopes of a graph. Scopes are indexed by what their steps call, so that a rule looks only at
steps that it concerns, and not at all into scopes that have none.

A pattern of several stages matches along links that nothing else reads: what stands in statements of their own, or in
different turns of a loop, is one chain, and what a block or a side of a `when` holds is another. Where several tensors
flow in, the same holds of everything between them and the last stage.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, NoReturn

from attrs import evolve, frozen

from symnas import tree
from symnas.elaborate.builder import ScopeBuilder
from symnas.elaborate.code import Code, Frame
from symnas.elaborate.declarations import BlockCode
from symnas.elaborate.regions import Alone, Run
from symnas.elaborate.rulepatterns import Bound, Called, RulePattern, Way, as_value
from symnas.elaborate.rules import COSTING, INSIDE, RuleCode, cost_of
from symnas.elaborate.values import BlockLayer, Listing, OperatorLayer, Thunk, Value
from symnas.errors import NasError, SourceError
from symnas.graph import Given, GivenLayer, Graph, Operation, Scope, Step, Use, join, scopes_within
from symnas.rewriting.fitting import Fit, anchor, fits, heads_of
from symnas.rewriting.indexing import Index
from symnas.rewriting.nodes import Applied
from symnas.rewriting.reading import WHOLE, Context
from symnas.sizes import Size
from symnas.spans import NOWHERE, Span
from symnas.types import TensorType

__all__ = ["Match", "Matcher", "Misplaced", "Undecided", "tensors_of"]


@frozen(eq=False)
class Match:
    """*rule* at the steps of a scope numbered *places*, one for each stage of one of its pattern's ways and then those
    of the *tail*, and what its variables stand for. *operands* are the values of the scope that flow in.
    """

    rule: RuleCode
    way: Way
    places: tuple[int, ...]
    steps: tuple[Step, ...]
    operands: tuple[int, ...]
    bound: Bound
    kinds: tuple[int, ...]
    """Which steps are alike but for their names, by numbers."""
    tail: tuple[Step, ...] = ()

    @property
    def every(self) -> tuple[Step, ...]:
        """All its steps."""
        return self.steps + self.tail

    @property
    def outputs(self) -> tuple[TensorType, ...]:
        """What it gives."""
        return self.every[-1].outputs

    @property
    def first(self) -> Step:
        """The step that it is told by: the first of a chain, the last where several tensors flow in."""
        return self.steps[-1 if self.way.joins else 0]


class Undecided(NasError):
    """A rule asks for what is not kept with the graph, or not known: a setting of a block, a size."""

    def __init__(self, setting: str, place: int = 0) -> None:
        super().__init__(setting, place)
        self.setting, self.place = setting, place
        """What it is, and the number of the step."""


class Misplaced(NasError):
    """A rule that is a function asks where a match stands, and that was not said."""


class Matcher:
    """Finds matches; what is worked out about a scope is kept as long as the matcher."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.placed: set[RuleCode] = set()
        """Rules that are functions and ask where a match stands."""
        self._indices: dict[int, Index] = {}
        """By the identity of the scope: equal scopes may have been given different things."""
        self._names: dict[int, frozenset[str]] = {}
        self._shares: dict[int, bool] = {}
        self._kinds: dict[Hashable, int] = {}
        self._beginning: dict[tuple[RulePattern, int], bool] = {}
        self._judgements: dict[Hashable, _Judged | Undecided | None] = {}
        self._run = Run(Alone())
        self._builder = ScopeBuilder(None)

    def concerned(self, scope: Scope, rule: RuleCode) -> bool:
        """Whether *scope*, or one within it, has a step that *rule* may begin at."""
        return any(self._reaches(scope, heads_of(anchor(way))) for way in rule.pattern.ways)

    def _reaches(self, scope: Scope, heads: frozenset[str] | None) -> bool:
        return heads is None or not self._called(scope).isdisjoint(heads)

    def _called(self, scope: Scope) -> frozenset[str]:
        if id(scope) not in self._names:
            found = set(self._index(scope).places)
            for step, _ in self._index(scope).inner.values():
                inner = [step.scope] if isinstance(step, Use) else [*scopes_within(step)]
                found.update(*map(self._called, inner))
            self._names[id(scope)] = frozenset(found)
        return self._names[id(scope)]

    def shares(self, scope: Scope) -> bool:
        """Whether something in *scope* is shared, so that its path is not below that of the scope."""
        if id(scope) not in self._shares:
            found = any(step.shared is not None for step in scope.every_step())
            inner = [step.scope for step in scope.every_step() if isinstance(step, Use)]
            self._index(scope)  # which keeps it, so that nothing else has its identity
            self._shares[id(scope)] = found or any(map(self.shares, inner))
        return self._shares[id(scope)]

    def inner(self, scope: Scope) -> list[tuple[Step, list[int]]]:
        """The steps of *scope* that have steps in them, the first of each block with the places of all its uses."""
        return [*self._index(scope).inner.values()]

    def _index(self, scope: Scope) -> Index:
        if id(scope) not in self._indices:
            self._indices[id(scope)] = Index(scope, self._kinds)
        return self._indices[id(scope)]

    def matches(
        self, scope: Scope, rule: RuleCode, inside: frozenset[BlockCode], prefix: str | None = None
    ) -> Iterator[Match | Undecided]:
        """Where *rule* matches among the steps of *scope* itself, which stands *inside* blocks, at *prefix* where that is
        given: in the order of the steps, none of them in two matches. What cannot be told is `Undecided`.

        Raises:
            Misplaced: the rule asks where its matches stand, and *prefix* is not given.
        """
        index = self._index(scope)
        taken: set[int] = set()
        for place, way in self._beginnings(index, rule):
            if place in taken:
                continue
            for fit in fits(index, way, place):
                places = tuple([number for _, number in sorted(fit.places)])
                if not taken.isdisjoint(places):
                    continue
                found = self._known(index, rule, way, places, inside, prefix)
                if isinstance(found, Undecided):
                    yield Undecided(found.setting, place)
                    break
                if found is not None:
                    taken.update(places)
                    yield self._match(index, way, places, fit, found)
                    break

    @staticmethod
    def _match(index: Index, way: Way, places: tuple[int, ...], fit: Fit, found: "_Judged") -> Match:
        rule, bound = found
        every = tuple([index.scope.steps[each] for each in places])
        steps, tail = every[: len(way.stages)], every[len(way.stages) :]
        flowing = dict(fit.flowing)
        operands = tuple(flowing[each] for each in way.inputs) if way.joins else steps[0].operands
        kinds = tuple([index.kinds[each] for each in places])
        return Match(rule, way, places, steps, operands, bound, kinds, tail)

    # -------------------------------------------------------------------------------------- candidates

    def _beginnings(self, index: Index, rule: RuleCode) -> list[tuple[int, Way]]:
        """The steps that are as a way of the pattern begins (as it ends, where several tensors flow in), conditions apart."""
        found: list[tuple[int, int, Way]] = []
        for number, way in enumerate(rule.pattern.ways):
            stage = anchor(way)
            heads = heads_of(stage)
            for name in index.places if heads is None else sorted(heads & index.places.keys()):
                for kind, places in index.places[name].items():
                    if self._begins(index, stage, kind, places[0]):
                        found += [(each, number, way) for each in places]
        return [(place, way) for place, _, way in sorted(found, key=_in_order)]

    def _begins(self, index: Index, stage: RulePattern, kind: int, place: int) -> bool:
        key = stage, kind
        if key not in self._beginning:
            layer = self.layer(index.scope.steps[place])
            frame = self.frame({})
            try:
                fits = layer is not None and stage.match(Called(layer, frame), frame, False) is not None
            except Undecided:
                fits = True
            self._beginning[key] = fits
        return self._beginning[key]

    # ---------------------------------------------------------------------------------------- one match

    def _known(
        self, index: Index, rule: RuleCode, way: Way, places: tuple[int, ...], inside: frozenset[BlockCode],
        prefix: str | None,
    ) -> "_Judged | Undecided | None":  # fmt: skip
        """What the variables stand for if *rule* matches at *places*: worked out once for all that are alike."""
        where = None
        if rule in self.placed and prefix is not None:
            where = join(prefix, index.scope.steps[places[-1 if way.joins else 0]].name)
        key = rule, way, inside, where, tuple([index.kinds[each] for each in places])
        if key not in self._judgements:
            steps = [index.scope.steps[each] for each in places]
            types = [index.inputs_of(step) for step in steps]
            try:
                self._judgements[key] = self._judged(rule, way, steps, types, inside, where)
            except Undecided as undecided:
                self._judgements[key] = undecided
            except SourceError as error:
                if error.diagnostics[0].code != _UNKNOWN_SIZE:
                    raise
                self._judgements[key] = Undecided(error.diagnostics[0].message.partition(" ")[0].strip("`"))
        return self._judgements[key]

    def _judged(
        self, rule: RuleCode, way: Way, steps: list[Step], types: list[tuple[TensorType, ...]],
        inside: frozenset[BlockCode], where: str | None,
    ) -> "_Judged | None":  # fmt: skip
        frame = self.frame({})
        bound: Bound = {}
        wholes: Bound = {}
        for stage, step in zip(way.stages, steps, strict=way.tail is None):
            layer = self.layer(step)
            found = None if layer is None else stage.match(Called(layer, frame), frame, False, bound)
            if found is None or layer is None:
                return None
            bound = found
            if stage.whole is not None:
                wholes[stage.whole] = layer
        if way.tail is not None:
            bound[f"*{way.tail}"] = Listing([self.layer(each) for each in steps[len(way.stages) :]])
        flowing = tuple(flow_into(way, types))
        if way.joins:
            bound |= {name: tensors_of((each,)) for name, each in zip(way.inputs, flowing, strict=True)}
        asked = self.asked(rule, way, flowing, types, [step.outputs for step in steps], inside, steps)
        found = rule.judged(bound, asked, wholes, frame)
        if found is None:
            return None
        function = self.context.functions.get(rule)
        if function is None:
            self._settle(rule, found)
            return rule, found
        node = self._applied(rule, way, steps, types, flowing, inside, where)
        made = self.context.made(rule, function(node))
        if made is None:
            return None
        found = made.judged(bound, asked, wholes, frame, known=True)
        assert found is not None, "the condition is known to hold"
        self._settle(made, found)
        return made, found

    @staticmethod
    def _settle(rule: RuleCode, bound: Bound) -> None:
        """Have what the replacement reads: what is not kept is undecided here, not later."""
        for name, value in bound.items():
            if isinstance(value, Thunk) and f"${name}" in rule.replacement.free and isinstance(value.code, _Unkept):
                value.force()

    def _applied(
        self, rule: RuleCode, way: Way, steps: list[Step], types: list[tuple[TensorType, ...]],
        flowing: tuple[TensorType, ...], inside: frozenset[BlockCode], where: str | None,
    ) -> Applied:  # fmt: skip
        """The match as a function sees it."""

        def place() -> str:
            if where is None:
                self.placed.add(rule)
                raise Misplaced
            return where.removeprefix("/")

        blocks = frozenset(each.name for each in inside)
        stages = []
        for stage, step, given in zip(way.stages, steps, types, strict=way.tail is None):
            layer = self.layer(step)
            assert layer is not None, "it has matched"
            called = Called(layer, self.frame({}))
            name = tree.PatternVariable(stage.whole or WHOLE)
            stages.append(Applied(name, called.title, given, step.outputs, blocks, (), called.settings, (step,), place))
        if rule.pattern.single:
            return stages[0]
        whole = tree.PatternVariable(rule.whole or WHOLE)
        first = stages[0]
        return evolve(
            first, expression=whole, inputs=flowing, outputs=steps[-1].outputs, stages=tuple(stages), steps=tuple(steps)
        )

    def asked(
        self, rule: RuleCode, way: Way, flowing: Sequence[TensorType], inputs: Sequence[tuple[TensorType, ...]],
        outputs: Sequence[tuple[TensorType, ...]], inside: frozenset[BlockCode], steps: Sequence[Step],
    ) -> dict[str, Any]:  # fmt: skip
        """What conditions and replacements may ask of a match, by the names that they ask for."""
        found: dict[str, Any] = {INSIDE: inside}
        if rule.asked:
            found |= {"in": tensors_of(flowing), "out": tensors_of(outputs[-1]), COSTING: _costs(rule, way, steps)}
            if not rule.pattern.single:
                for stage, given, made in zip(way.stages, inputs, outputs, strict=way.tail is None):
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


_Judged = tuple[RuleCode, Bound]
"""A rule that matches (of one that is a function, what it came to), and what its variables stand for."""
_UNKNOWN_SIZE = "E0401"
"""The code of the mistake that a size is not known at build time."""


def flow_into(way: Way, types: Sequence[tuple[TensorType, ...]]) -> Iterator[TensorType]:
    """The types that flow into a match, of whose stages *types* flow into each."""
    if not way.joins:
        yield from types[0]
        return
    known = {
        link: type
        for links, given in zip(way.links, types, strict=True)
        for link, type in zip(links, given, strict=True)
        if isinstance(link, str)
    }
    yield from (known[each] for each in way.inputs)


def _costs(rule: RuleCode, way: Way, steps: Sequence[Step]) -> Callable[[str, str, Span], Size]:
    """What tells the costs of a match, or of one of its stages."""

    def costs(name: str, cost: str, _: Span) -> Size:
        chosen = [*steps]
        if name != rule.whole or rule.pattern.single:
            stages = zip(way.stages, steps, strict=way.tail is None)
            chosen = [step for stage, step in stages if stage.whole == name]
        alone = tuple(evolve(each, operands=()) for each in chosen if isinstance(each, Operation | Use))
        return cost_of(Graph("", Scope("", (), (), alone, ()), ()), cost)

    return costs


def _in_order(found: tuple[int, int, Way]) -> tuple[int, int]:
    return found[0], found[1]


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
