"""One scope of a graph by what its steps call, who makes each value and who reads it."""

from collections.abc import Hashable

from symnas.graph import READ_WEIGHT, Operation, Scope, Step, Use
from symnas.openings import is_open
from symnas.types import TensorType

__all__ = ["Index", "called_by"]


class Index:
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
            return step.operator, step.settings, types, step.outputs, step.frozen, step.bits
        assert isinstance(step, Use)
        return id(step.scope), types  # equal scopes may have been given different things

    def only_reader(self, place: int) -> int | None:
        """The one step that reads what step *place* makes, if that is one tensor and nothing else reads it."""
        if len(self.scope.steps[place].outputs) != 1:
            return None
        readers = self.readers.get(self.firsts[place], [])
        return readers[0] if len(readers) == 1 and readers[0] >= 0 else None

    def is_result(self, place: int) -> bool:
        """Whether what step *place* makes, one tensor, is all that the scope gives, and is read by nothing else."""
        value = self.firsts[place]
        return self.scope.results == (value,) and self.readers.get(value) == [-1]

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
