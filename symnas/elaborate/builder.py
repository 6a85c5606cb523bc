"""Building the dataflow of one region: steps are added to nested scopes, then frozen into a `Template`."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from symnas.elaborate.sinking import Home, RawStep, Turnoff, captured, check_rows, has_rows, homes
from symnas.elaborate.templates import Fork, Made, SideTemplate, Template
from symnas.elaborate.values import Tensor
from symnas.sizes import Size
from symnas.spans import Span
from symnas.types import TensorType

__all__ = ["ScopeBuilder"]


class ScopeBuilder:
    """Steps of one scope while it is elaborated. Inputs are numbered -1, -2, …, results of steps 0, 1, …."""

    __slots__ = ("block", "count", "input_names", "inputs", "lifted", "parent", "results", "settings", "steps",
                 "turnoffs")  # fmt: skip

    def __init__(self, block: str | None, parent: "ScopeBuilder | None" = None) -> None:
        self.block = block
        self.parent = parent
        self.inputs: list[TensorType] = []
        self.input_names: list[str] = []
        self.steps: list[RawStep] = []
        self.turnoffs = False
        self.lifted: dict[tuple[ScopeBuilder, int], Tensor] = {}
        self.count = 0
        self.settings: tuple[tuple[str, object], ...] = ()

    def input(self, type: TensorType, name: str) -> Tensor:
        """A new input of the scope."""
        self.inputs.append(type)
        self.input_names.append(name)
        return Tensor(type, self, -len(self.inputs))

    def local(self, tensor: Tensor) -> int:
        """The number of *tensor* in this scope; one of a scope around this one becomes a further input."""
        if tensor.builder is self:
            return tensor.index
        key = (tensor.builder, tensor.index)
        if key not in self.lifted:
            self.lifted[key] = self.input(tensor.type, "captured")
        return self.lifted[key].index

    def add(
        self, make: Any, operands: "list[Tensor] | tuple[Tensor, ...]", outputs: tuple[TensorType, ...]
    ) -> list[Tensor]:
        """Append the step that `make(operands)` will give once values are numbered; returns its output tensors."""
        first = self.count
        self.steps.append((first, make, [self.local(tensor) for tensor in operands], outputs))
        self.count += len(outputs)
        return [Tensor(type, self, first + place) for place, type in enumerate(outputs)]

    def turn_off(
        self, condition: Tensor, then: list[Tensor], otherwise: list[Tensor], rows: Size, name: str, span: Span
    ) -> list[Tensor]:
        """A `when` between two lists of tensors of equal types; returns what it gives."""
        first, second = (tuple(self.local(tensor) for tensor in side) for side in (then, otherwise))
        self.turnoffs = True
        made = Turnoff(first, second, rows, name, span)
        return self.add(made, [condition, *then, *otherwise], tuple(tensor.type for tensor in then))

    def captured(self) -> Iterator[Tensor]:
        """Tensors of outer scopes that became inputs, in the order of those inputs."""
        for builder, index in self.lifted:
            yield Tensor(self.lifted[builder, index].type, builder, index)

    def finish(self, results: "list[Tensor]", training: frozenset[int] = frozenset()) -> Template:
        """Leave out steps that nothing reads, number the values and freeze; *training* as in `Template`."""
        last = [self.local(tensor) for tensor in results]
        numbers = {-place - 1: place for place in range(len(self.inputs))}
        home = homes(self.steps, last) if self.turnoffs else Home(steps=self._alive(last))
        steps = self._numbered(home, numbers)
        self.steps = []  # whoever keeps a tensor keeps its builder: not what it was built of
        return Template(
            self.block, tuple(self.inputs), tuple(self.input_names), steps,
            tuple(numbers[index] for index in last), self.settings, training,
        )  # fmt: skip

    def _numbered(self, home: Home, numbers: dict[int, int]) -> tuple[Made, ...]:
        """The steps of *home* over values that *numbers* has numbered so far; their own are added to it."""
        made: list[Made] = []
        shift = len(numbers)
        for first, make, operands, outputs in home.steps:
            if isinstance(make, Turnoff):
                then, otherwise = (
                    self._side(side, results, make, operands[0], numbers)
                    for side, results in zip(home.sides[first], (make.then, make.otherwise), strict=True)
                )
                made.append(Fork(numbers[operands[0]], then, otherwise, make.rows, outputs, make.name, make.span))
            else:
                made.append(make(tuple([numbers[index] for index in operands])))
            for value in range(first, first + len(outputs)):
                numbers[value] = shift
                shift += 1
        return tuple(made)

    def _side(
        self, side: Home, results: tuple[int, ...], when: Turnoff, condition: int, numbers: dict[int, int]
    ) -> SideTemplate:  # fmt: skip
        """One side of a `when`. Where nothing that it reads has rows, the condition shows how many there are."""
        read = captured(side, results)
        types = [self._type(value) for value in read]
        check_rows(types, when)
        if not any(has_rows(type, when.rows) for type in types):
            read.append(condition)
            types.append(self._type(condition))
        inner = {value: place for place, value in enumerate(read)}
        steps = self._numbered(side, inner)
        names = tuple(f"x{place}" for place in range(len(read)))
        template = Template(None, tuple(types), names, steps, tuple(inner[value] for value in results))
        return SideTemplate(template, tuple(numbers[value] for value in read))

    def _type(self, value: int) -> TensorType:
        if value < 0:
            return self.inputs[-value - 1]
        place = bisect_right(self.steps, value, key=lambda step: step[0]) - 1
        first, _, _, outputs = self.steps[place]
        return outputs[value - first]

    def _alive(self, results: list[int]) -> list[RawStep]:
        """The steps that *results* depend on, in order: reading a shape makes decisions exist, not weights."""
        wanted = set(results)
        kept = []
        for step in reversed(self.steps):
            first, _, operands, outputs = step
            if not wanted.isdisjoint(range(first, first + len(outputs))):
                wanted.update(operands)
                kept.append(step)
        return kept[::-1]
