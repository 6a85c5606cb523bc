"""Building the dataflow of one region: operations are added to nested scopes, then frozen into a `Template`.

A template has numbered holes where other regions were invoked; a `Fragment` is a template with its holes filled.
Equal fragments are shared, so an architecture of a thousand layers costs what is new in it. `Fragment.scope` is the
graph that compilers see, with anonymous regions (turns of loops) spliced into the block they stand in.
"""

import itertools
from collections.abc import Iterator
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from symnas.elaborate.marking import Marks, marked
from symnas.elaborate.values import Tensor
from symnas.graph import Operation, Scope, Use, join, needed
from symnas.sizes import Size
from symnas.spans import Span
from symnas.types import TensorType

if TYPE_CHECKING:
    from symnas.elaborate.regions import Region

__all__ = ["Fragment", "HoleStep", "Nested", "ScopeBuilder", "Template", "scope_of"]


@frozen(eq=False)
class Nested:
    """A block elaborated in place: its template shares the holes of the region around it. *marks* are for all in it."""

    template: "Template"
    operands: tuple[int, ...]
    outputs: tuple[TensorType, ...]
    name: str
    shared: str | None
    span: Span
    marks: Marks | None = None


@frozen(eq=False)
class HoleStep:
    """The place of the *number*-th region invoked."""

    number: int
    operands: tuple[int, ...]
    outputs: tuple[TensorType, ...]
    name: str
    span: Span


@frozen(eq=False)
class Template:
    """One scope as elaborated: steps in order, over values numbered as in `graph.Scope`."""

    block: str | None
    inputs: tuple[TensorType, ...]
    input_names: tuple[str, ...]
    steps: tuple[Operation | Nested | HoleStep, ...]
    results: tuple[int, ...]
    settings: tuple[tuple[str, str], ...] = ()
    training: frozenset[int] = frozenset()
    """Places in *results* that exist only while training: steps that only they need are never counted."""

    @cached_property
    def content(self) -> tuple[Any, ...]:
        """The steps as a value to compare by; where they were written does not take part."""
        steps = tuple(
            step if isinstance(step, Operation)
            else ("hole", self.used.index(step.number), step.operands, step.name) if isinstance(step, HoleStep)
            else ("scope", step.template.content, step.operands, step.name, step.shared, step.marks)
            for step in self.steps
        )  # fmt: skip
        return (self.block, self.inputs, steps, self.results, self.training)

    @cached_property
    def counted(self) -> tuple[Operation | Nested | HoleStep, ...]:
        """The steps that costs are made of."""
        if not self.training:
            return self.steps
        lasting = [index for place, index in enumerate(self.results) if place not in self.training]
        return tuple(compress(self.steps, needed(self.steps, len(self.inputs), lasting)))

    @cached_property
    def used(self) -> tuple[int, ...]:
        """Numbers of the holes that are in the graph; a region whose tensors nothing reads was only decided."""
        found: list[int] = []
        for step in self.steps:
            if isinstance(step, HoleStep):
                found.append(step.number)
            elif isinstance(step, Nested):
                found.extend(step.template.used)
        return tuple(found)

    @cached_property
    def charged(self) -> tuple[int, ...]:
        """Numbers of the holes that costs are made of."""
        found: list[int] = []
        for step in self.counted:
            if isinstance(step, HoleStep):
                found.append(step.number)
            elif isinstance(step, Nested):
                found.extend(step.template.charged)
        return tuple(found)

    @cached_property
    def own(self) -> tuple[int, int, Size]:
        """Layers, parameters and multiply-adds of the steps that are not in holes."""
        layers, params = 0, 0
        macs: Size = 0
        for step in self.counted:
            if isinstance(step, Operation):
                layers, params, macs = layers + 1, params + step.params, macs + step.macs
            elif isinstance(step, Nested):
                inner = step.template.own
                layers, params, macs = layers + inner[0], params + inner[1], macs + inner[2]
        return layers, params, macs


class Fragment:
    """A region elaborated for one set of choices: *template* with *parts* in its holes. Nobody changes one.

    *decisions* is how many choices it consumed, parts included; *outcome* is the portable value it gave. A plain class
    with slots: thousands are made a second.
    """

    __slots__ = ("_key", "_layers", "_macs", "_params", "_scope", "decisions", "outcome", "parts", "payload", "region",
                 "template")  # fmt: skip

    def __init__(
        self, region: "Region", template: Template, parts: tuple["Fragment", ...], outcome: Any, decisions: int,
        payload: Any = None,
    ) -> None:  # fmt: skip
        self.region = region
        self.template = template
        self.parts = parts
        self.outcome = outcome
        self.decisions = decisions
        self.payload = payload
        self._layers: int | None = None
        self._params: int | None = None
        self._macs: Size | None = None
        self._scope: Scope | None = None
        self._key: tuple[Any, ...] | None = None

    @property
    def local(self) -> int:
        """Choices consumed that are this use's own: those of a cell are made once for the whole program."""
        return 0 if self.region.once else self.decisions

    @property
    def layers(self) -> int:
        """Number of operations."""
        if self._layers is None:
            self._layers = self.template.own[0] + sum(self.parts[each].layers for each in self.template.charged)
        return self._layers

    @property
    def params(self) -> int:
        """Trainable parameters, shared weights counted at every use (see `graph.Graph.params`)."""
        if self._params is None:
            self._params = self.template.own[1] + sum(self.parts[each].params for each in self.template.charged)
        return self._params

    @property
    def macs(self) -> Size:
        """Multiply-adds per sample."""
        if self._macs is None:
            total = self.template.own[2]
            for each in self.template.charged:
                total = total + self.parts[each].macs
            self._macs = total
        return self._macs

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes two fragments the same tree: the content of the template and the keys of the parts in it."""
        if self._key is None:
            self._key = (self.template.content, *(self.parts[each].key for each in self.template.used))
        return self._key

    @property
    def scope(self) -> Scope:
        """The graph of this fragment."""
        if self._scope is None:
            self._scope = scope_of(self.template, self.parts)
        return self._scope


def scope_of(template: Template, parts: tuple[Fragment, ...]) -> Scope:
    """*template* as a graph scope: holes filled, anonymous regions spliced, values renumbered."""
    steps: list[Operation | Use] = []
    values = list(range(len(template.inputs)))
    _splice(template, parts, "", values, steps, len(template.inputs))
    results = tuple(values[index] for index in template.results)
    steps = _named_apart(steps)
    return Scope(template.block or "", template.inputs, template.input_names, tuple(steps), results, template.settings)


def _named_apart(steps: list[Operation | Use]) -> list[Operation | Use]:
    """*steps* with weights of their own under names of their own: a layer applied a second time gets the next number.

    Most names differ already; a layer that a variable holds may be applied several times under one name.
    """
    used = {step.name for step in steps}
    seen: set[str] = set()
    made: list[Operation | Use] = []
    for step in steps:
        owns = step.shared is None and (isinstance(step, Use) or step.weights)
        if owns and step.name in seen:
            number = next(n for n in itertools.count(1) if f"{step.name}.{n}" not in used)
            step = evolve(step, name=f"{step.name}.{number}")
            used.add(step.name)
        if owns:
            seen.add(step.name)
        made.append(step)
    return made


def _splice(
    template: Template, parts: tuple[Fragment, ...], prefix: str, values: list[int], steps: list[Any], taken: int
) -> int:
    """Append the steps of *template* to *steps*; *values* maps its numbering to the scope's. Returns values taken."""
    for step in template.steps:
        operands = tuple(values[index] for index in step.operands)
        name = join(prefix, step.name)
        if isinstance(step, HoleStep) and parts[step.number].template.block is None:
            part = parts[step.number]
            inner = list(operands)
            taken = _splice(part.template, part.parts, name, inner, steps, taken)
            values.extend(inner[index] for index in part.template.results)
            continue
        if isinstance(step, Nested) and step.template.block is None:
            inner, first = list(operands), len(steps)
            taken = _splice(step.template, parts, name, inner, steps, taken)
            if step.marks is not None:
                steps[first:] = [marked(each, step.marks) for each in steps[first:]]
            values.extend(inner[index] for index in step.template.results)
            continue
        if isinstance(step, Operation):
            placed = step if not prefix and operands == step.operands else _moved(step, operands, name)
            steps.append(placed)
        elif isinstance(step, Nested):
            scope = scope_of(step.template, parts)
            steps.append(Use(scope, operands, step.outputs, name, step.shared, step.span))
        else:
            steps.append(Use(parts[step.number].scope, operands, step.outputs, name, None, step.span))
        values.extend(range(taken, taken + len(step.outputs)))
        taken += len(step.outputs)
    return taken


def _moved(step: Operation, operands: tuple[int, ...], name: str) -> Operation:
    return Operation(
        step.operator, step.settings, operands, step.outputs, name, step.weights, step.macs, step.shared, step.span
    )


class ScopeBuilder:
    """Steps of one scope while it is elaborated. Inputs are numbered -1, -2, …, results of steps 0, 1, …."""

    __slots__ = ("block", "count", "input_names", "inputs", "lifted", "parent", "results", "settings", "steps")

    def __init__(self, block: str | None, parent: "ScopeBuilder | None" = None) -> None:
        self.block = block
        self.parent = parent
        self.inputs: list[TensorType] = []
        self.input_names: list[str] = []
        self.steps: list[Any] = []
        self.lifted: dict[tuple[ScopeBuilder, int], Tensor] = {}
        self.count = 0
        self.settings: tuple[tuple[str, str], ...] = ()

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
        self.steps.append((first, make, [self.local(tensor) for tensor in operands], len(outputs)))
        self.count += len(outputs)
        return [Tensor(type, self, first + place) for place, type in enumerate(outputs)]

    def captured(self) -> Iterator[Tensor]:
        """Tensors of outer scopes that became inputs, in the order of those inputs."""
        for builder, index in self.lifted:
            yield Tensor(self.lifted[builder, index].type, builder, index)

    def finish(self, results: "list[Tensor]", training: frozenset[int] = frozenset()) -> Template:
        """Leave out steps that nothing reads, number the values and freeze; *training* as in `Template`."""
        last = [self.local(tensor) for tensor in results]
        shift = len(self.inputs)
        numbers = {-place - 1: place for place in range(shift)}
        steps = []
        for first, make, operands, count in self._alive(last):
            steps.append(make(tuple(numbers[index] for index in operands)))
            for place in range(count):
                numbers[first + place] = shift
                shift += 1
        return Template(
            self.block, tuple(self.inputs), tuple(self.input_names), tuple(steps),
            tuple(numbers[index] for index in last), self.settings, training,
        )  # fmt: skip

    def _alive(self, results: list[int]) -> list[tuple[int, Any, list[int], int]]:
        """The steps that *results* depend on, in order: reading a shape makes decisions exist, not weights."""
        wanted = set(results)
        kept = []
        for first, make, operands, count in reversed(self.steps):
            if any(first + place in wanted for place in range(count)):
                wanted.update(operands)
                kept.append((first, make, operands, count))
        return kept[::-1]
