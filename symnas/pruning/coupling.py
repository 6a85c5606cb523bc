"""Coupling: which channels of which tensors and weights go together, found by following each through the network.

Every axis of every tensor and weight is a row of channels, numbered. Operators say, each by its rule (`rules`), which
rows are the same, which are new, and which channels must stay and why. What is the same is joined at the end. Source:
Fang et al., DepGraph, 2023, for the idea of a dependency graph; here it is one of single channels, so that
concatenations, cuts, heads and groups need no offsets of their own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from attrs import frozen

from symnas.graph import READ_WEIGHT, Branch, Graph, Loop, Operation, Scope, Step, Use, join
from symnas.operators.base import SettingValue, Weight
from symnas.pruning.labels import Axis, Ids, Labels, Pending
from symnas.pruning.tracking import Channels, Origin, Tracker, Weighed
from symnas.types import TensorType

__all__ = ["Coupling", "Record", "Rule", "Site", "couple"]

T = TypeVar("T")


@frozen(eq=False)
class Record:
    """What is known of one operation: the settings that change when channels go, and the channels of its outputs."""

    operation: Operation
    settings: Mapping[str, Pending]
    outputs: tuple[Labels, ...]


@frozen(eq=False)
class Coupling:
    """Everything that is known of the channels of *graph*; *records* are those of its operations, in the order of a walk.
    *shifted* are channels of which a normalisation takes statistics: without some, it has others.
    """

    graph: Graph
    channels: Channels
    records: tuple[Record, ...]
    weights: Mapping[str, Weighed]
    origins: tuple[Origin, ...]
    rows: tuple[Ids, ...]
    """The axes of tensors: of each, something has to be left."""
    shifted: tuple[Ids, ...]


class Site:
    """One operation at its place, for its rule: what flows in, and what the rule says of it."""

    def __init__(
        self, walk: "_Walk", operation: Operation, path: str, inputs: Sequence[Labels], types: Sequence[TensorType]
    ) -> None:
        self._walk, self._tracker = walk, walk.tracker
        self.operation, self.path = operation, path
        self.inputs, self.types = list(inputs), list(types)
        self.outputs = operation.outputs
        self.settings: dict[str, Pending] = {}
        self.statistics = walk.statistics
        """Whether normalisations may take statistics of fewer channels than before."""
        self._given = dict(operation.settings)
        self._chosen = 0

    @property
    def name(self) -> str:
        """The operation in a message."""
        return f"`{self.operation.operator}` at `{self.path}`" if self.path else f"`{self.operation.operator}`"

    def given(self, setting: str) -> SettingValue:
        """What *setting* is."""
        return self._given[setting]

    def whole(self, setting: str) -> int:
        """What *setting*, a number, is."""
        value = self._given[setting]
        assert isinstance(value, int), value
        return value

    def weight(self, name: str) -> Weight | None:
        """The weight called *name*, where there is one."""
        return next((each for each in self.operation.weights if each.name == name), None)

    # ------------------------------------------------------------------------------------ what rules say

    def fresh(self, size: int) -> Ids:
        """*size* channels that are made here."""
        return self._tracker.fresh(size, self.path)

    def same(self, one: Axis, other: Axis, why: str = "combines it with what stays") -> Axis:
        """Two axes that are one."""
        return self._tracker.same(one, other, f"{self.name} {why}")

    def stay(self, axis: Axis, why: str) -> None:
        """Nothing of *axis* goes."""
        if axis is not None:
            self._tracker.stay(axis, f"{self.name} {why}")

    def stay_but(self, labels: Labels, carried: Sequence[int], why: str) -> None:
        """Nothing of the axes of *labels* goes, but of those *carried*."""
        for place, axis in enumerate(labels.axes):
            if place not in carried:
                self.stay(axis, why)

    def zero(self, labels: Labels, place: int, why: str) -> None:
        """What goes of axis *place* must be exactly 0 before: otherwise it stays."""
        if not labels.zeros[place]:
            self.stay(labels.axes[place], why)

    def weigh(self, name: str, *axes: Axis, factor: tuple[Ids, Callable[[int], float]] | None = None) -> None:
        """The weight called *name*, where there is one, has these channels."""
        weight = self.weight(name)
        if weight is not None:
            full = (*axes, *(None for _ in weight.shape[len(axes) :]))
            self._tracker.weigh(
                Weighed(join(self.path, name), self.path, weight, self.operation.operator, full, factor)
            )

    def shift(self, axis: Axis) -> None:
        """Statistics are taken over *axis*."""
        if axis is not None:
            self._walk.shifted.append(axis)

    def choose(self, options: Sequence[tuple[Ids, ...]]) -> int:
        """Which of *options*, rows of channels, carries on; the first of which something can go."""
        self._chosen += 1
        return self._walk.choose(self._chosen, options)

    def read(self, path: str, shape: Sequence[int]) -> tuple[Axis, ...]:
        """The channels of the weight at *path*, which another operation has."""
        return self._walk.read(path, shape)

    def fixed(self, why: str) -> list[Labels]:
        """Nothing that flows in goes, nor of what comes out."""
        for each in self.inputs:
            self.stay_but(each, (), why)
        return [Labels.fixed(each.rank) for each in self.outputs]


Rule = Callable[[Site], list[Labels]]
"""What an operator does with channels: says so to the site, and gives the labels of its outputs."""


def couple(graph: Graph, *, statistics: bool = False) -> Coupling:
    """What goes together in *graph*. With *statistics*, normalisations over channels (`LayerNorm`, parts of a group of
    `GroupNorm`) may lose some, which changes what they do with the others.
    """
    choices: dict[_Place, int] = {}
    while True:
        walk = _Walk(graph, choices, statistics=statistics)
        channels = walk.tracker.resolved()
        if not _chosen_anew(walk.options, choices, channels):
            return walk.coupling(channels)


_Place = tuple[int, int]
"""Where a rule chooses: the number of the operation in the walk, and which of its choices it is."""
_EXHAUSTED = -1
"""The choice where no option lets anything go: the first, for good."""


def _chosen_anew(
    options: Mapping[_Place, Sequence[tuple[Ids, ...]]], choices: dict[_Place, int], channels: Channels
) -> bool:
    """Whether another option is chosen somewhere, since nothing of the one before can go; the first, if it is so of all."""
    changed = False
    for number, found in options.items():
        chosen = choices.get(number, 0)
        if chosen == _EXHAUSTED:
            continue
        chosen = min(chosen, len(found) - 1)  # there may be fewer, since others have chosen otherwise
        stuck = all(int(each) in channels.reasons for ids in found[chosen] for each in channels.of(ids))
        if stuck:
            choices[number] = chosen + 1 if chosen + 1 < len(found) else _EXHAUSTED
            changed = changed or len(found) > 1
    return changed


class _Walk:
    """Goes through the operations of a network, in the order in which they run."""

    def __init__(self, graph: Graph, choices: Mapping[_Place, int], *, statistics: bool) -> None:
        from symnas.pruning.rules import rule_of

        self.graph, self.statistics = graph, statistics
        self.tracker = Tracker()
        self.records: list[Record] = []
        self.shifted: list[Ids] = []
        self.options: dict[_Place, Sequence[tuple[Ids, ...]]] = {}
        self._choices, self._rule_of = choices, rule_of
        inputs = [Labels.fixed(each.rank) for each in graph.scope.inputs]
        for each in self.scope(graph.scope, "", inputs):
            for axis in each.axes:
                if axis is not None:
                    self.tracker.stay(axis, "it is a result of the net")

    def coupling(self, channels: Channels) -> Coupling:
        """All that was found."""
        axes = [axis for record in self.records for each in record.outputs for axis in each.axes if axis is not None]
        rows = {
            row.tobytes(): row for row in (channels.of(axis) for axis in {id(each): each for each in axes}.values())
        }
        tracker = self.tracker
        return Coupling(
            self.graph, channels, tuple(self.records), tracker.weights, tuple(tracker.origins), tuple(rows.values()),
            tuple(self.shifted),
        )  # fmt: skip

    def choose(self, number: int, options: Sequence[tuple[Ids, ...]]) -> int:
        """The option that is tried now, as choice *number* of the operation at hand."""
        place = len(self.records), number
        self.options[place] = options
        return min(max(self._choices.get(place, 0), 0), len(options) - 1)

    def read(self, path: str, shape: Sequence[int]) -> tuple[Axis, ...]:
        """The channels of a weight, which may be met later than it is read."""
        if path not in self.tracker.weights:
            owner, _, name = path.rpartition(".")
            axes = tuple(self.tracker.fresh(size, owner) for size in shape)
            self.tracker.weigh(Weighed(path, owner, Weight(name, tuple(shape)), READ_WEIGHT, axes))
        return self.tracker.weights[path].axes

    # -------------------------------------------------------------------------------------------- steps

    def scope(self, scope: Scope, prefix: str, inputs: Sequence[Labels]) -> list[Labels]:
        """The results of *scope*, which stands at *prefix*."""
        values, types = list(inputs), scope.value_types()
        for step in scope.steps:
            given = [values[each] for each in step.operands]
            values += self._step(step, prefix, given, [types[each] for each in step.operands])
        return [values[each] for each in scope.results]

    def _step(self, step: Step, prefix: str, given: Sequence[Labels], types: Sequence[TensorType]) -> Sequence[Labels]:
        match step:
            case Operation():
                return self._operation(step, step.shared or join(prefix, step.name), given, types)
            case Use():
                return self.scope(step.scope, step.shared or join(prefix, step.name), given)
            case Branch():
                return self._branch(step, prefix, given)
            case Loop():
                return self._loop(step, prefix, given)

    def _operation(
        self, step: Operation, path: str, given: Sequence[Labels], types: Sequence[TensorType]
    ) -> Sequence[Labels]:
        site = Site(self, step, path, given, types)
        found = tuple(self._rule_of(site)(site))
        for labels, type in zip(found, step.outputs, strict=True):
            assert len(labels.axes) == type.rank, step.operator
            assert all(axis is None or len(axis) == size for axis, size in zip(labels.axes, type.shape, strict=True))
        self.records.append(Record(step, site.settings, found))
        return found

    def _branch(self, step: Branch, prefix: str, given: Sequence[Labels]) -> list[Labels]:
        count = len(step.then.operands)
        sides = (step.then, given[1 : 1 + count]), (step.otherwise, given[1 + count :])
        then, otherwise = (self.scope(side.scope, prefix, operands) for side, operands in sides)
        return [self._either(one, other, step.name) for one, other in zip(then, otherwise, strict=True)]

    def _either(self, one: Labels, other: Labels, name: str) -> Labels:
        why = f"the other side of the `when` at `{name}` gives what stays"
        axes = [self.tracker.same(left, right, why) for left, right in zip(one.axes, other.axes, strict=True)]
        return Labels.of(axes, [a and b for a, b in zip(one.zeros, other.zeros, strict=True)])

    def _loop(self, step: Loop, prefix: str, given: Sequence[Labels]) -> list[Labels]:
        over, sequences, states = step.over, step.sequences, step.states
        for each in given[:sequences]:
            if (axis := each.axes[over]) is not None:
                self.tracker.stay(axis, f"the `scan` at `{step.name}` goes along it")
        inner = [Labels.of(_without(each.axes, over), _without(each.zeros, over)) for each in given[:sequences]]
        begun = [each.zero_if(False) for each in given[sequences : sequences + states]]
        found = self.scope(step.body, prefix, [*inner, *begun, *given[sequences + states :]])
        stacked, last = found[: len(found) - states], found[len(found) - states :]
        next_states = [self._either(one, other, step.name) for one, other in zip(begun, last, strict=True)]
        wide = [
            Labels.of((*each.axes[:over], None, *each.axes[over:]), (*each.zeros[:over], False, *each.zeros[over:]))
            for each in stacked
        ]
        return [*wide, *next_states]


def _without(values: Sequence[T], place: int) -> list[T]:
    return [*values[:place], *values[place + 1 :]]
