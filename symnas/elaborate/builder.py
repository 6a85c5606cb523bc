"""Building the dataflow of one region: operations are added to nested scopes, then frozen into a `Template`.

A template has numbered holes where other regions were invoked; a `Fragment` is a template with its holes filled.
Equal fragments are shared, so an architecture of a thousand layers costs what is new in it. `Fragment.scope` is the
graph that compilers see, with anonymous regions (turns of loops) spliced into the block they stand in.
"""

import itertools
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from symnas.elaborate.marking import Marks, marked
from symnas.elaborate.sinking import Home, RawStep, Turnoff, captured, check_rows, has_rows, homes
from symnas.elaborate.values import Tensor
from symnas.graph import Branch, Loop, Operation, Scope, Side, Step, Use, join, map_scopes, needed
from symnas.sizes import Size, larger
from symnas.spans import Span
from symnas.types import TensorType

if TYPE_CHECKING:
    from symnas.elaborate.regions import Region

__all__ = [
    "Fork", "Fragment", "HoleStep", "Made", "Nested", "ScopeBuilder", "SideTemplate", "Template", "Turns", "scope_of",
]  # fmt: skip


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
class SideTemplate:
    """One side of a `when`, whose steps share the holes of the region around it; wired as `graph.Side`."""

    template: "Template"
    operands: tuple[int, ...]


@frozen(eq=False)
class Fork:
    """A `when` as elaborated; fields as in `graph.Branch`."""

    condition: int
    then: SideTemplate
    otherwise: SideTemplate
    rows: Size
    outputs: tuple[TensorType, ...]
    name: str
    span: Span

    @property
    def operands(self) -> tuple[int, ...]:
        """Every value that it reads."""
        return (self.condition, *self.then.operands, *self.otherwise.operands)

    @property
    def templates(self) -> "tuple[Template, ...]":
        """Its sides."""
        return self.then.template, self.otherwise.template


@frozen(eq=False)
class Turns:
    """A `scan` as elaborated: *body* shares the holes of the region around it; fields as in `graph.Loop`."""

    body: "Template"
    operands: tuple[int, ...]
    sequences: int
    states: int
    over: int
    length: Size
    outputs: tuple[TensorType, ...]
    name: str
    span: Span

    @property
    def templates(self) -> "tuple[Template, ...]":
        """Its body."""
        return (self.body,)


Made = Operation | Nested | HoleStep | Fork | Turns
"""What a template is made of."""


@frozen(eq=False)
class Template:
    """One scope as elaborated: steps in order, over values numbered as in `graph.Scope`."""

    block: str | None
    inputs: tuple[TensorType, ...]
    input_names: tuple[str, ...]
    steps: tuple[Made, ...]
    results: tuple[int, ...]
    settings: tuple[tuple[str, str], ...] = ()
    training: frozenset[int] = frozenset()
    """Places in *results* that exist only while training: steps that only they need are never counted."""

    @cached_property
    def content(self) -> tuple[Any, ...]:
        """The steps as a value to compare by; where they were written does not take part."""
        steps = tuple(self._content(step) for step in self.steps)
        return (self.block, self.inputs, steps, self.results, self.training)

    def _content(self, step: Made) -> Any:
        match step:
            case Operation():
                return step
            case HoleStep():
                return ("hole", self.used.index(step.number), step.operands, step.name)
            case Nested():
                return ("scope", step.template.content, step.operands, step.name, step.shared, step.marks)
            case Fork():
                sides = [(each.template.content, each.operands) for each in (step.then, step.otherwise)]
                return ("when", step.condition, *sides, step.name)
            case Turns():
                return ("scan", step.body.content, step.operands, step.sequences, step.states, step.over, step.name)

    @cached_property
    def counted(self) -> tuple[Made, ...]:
        """The steps that costs are made of."""
        if not self.training:
            return self.steps
        lasting = [index for place, index in enumerate(self.results) if place not in self.training]
        return tuple(compress(self.steps, needed(self.steps, len(self.inputs), lasting)))

    @cached_property
    def used(self) -> tuple[int, ...]:
        """Numbers of the holes that are in the graph; a region whose tensors nothing reads was only decided."""
        return tuple(number for step in self.steps for number in _holes(step, "used"))

    @cached_property
    def charged(self) -> tuple[int, ...]:
        """Numbers of the holes that costs are made of."""
        return tuple(number for step in self.counted for number in _holes(step, "charged"))

    @cached_property
    def own(self) -> tuple[int, int, Size]:
        """Layers, parameters and multiply-adds of the steps that are not in holes; a `when` or `scan` adds none of the
        last.
        """
        layers, params = 0, 0
        macs: Size = 0
        for step in self.counted:
            if isinstance(step, Operation):
                layers, params, macs = layers + 1, params + step.params, macs + step.macs
            else:
                for template in _templates(step):
                    inner = template.own
                    layers, params = layers + inner[0], params + inner[1]
                    macs = macs + inner[2] if isinstance(step, Nested) else macs
        return layers, params, macs

    @cached_property
    def even(self) -> bool:
        """Whether every step costs its multiply-adds once: there is no `when` or `scan` in it, holes apart."""
        return all(isinstance(step, Operation | HoleStep) or (isinstance(step, Nested) and step.template.even)
                   for step in self.counted)  # fmt: skip


def _templates(step: Made) -> tuple[Template, ...]:
    """The templates in *step* that share the holes of the one around it."""
    if isinstance(step, Nested):
        return (step.template,)
    return step.templates if isinstance(step, Fork | Turns) else ()


def _holes(step: Made, which: str) -> Iterator[int]:
    if isinstance(step, HoleStep):
        yield step.number
    for template in _templates(step):
        yield from template.used if which == "used" else template.charged


def _worst(template: Template, parts: "tuple[Fragment, ...]") -> Size:
    """Multiply-adds of *template* with *parts* in its holes, where each `when` takes its costlier side."""
    if template.even:
        return sum((parts[each].macs for each in template.charged), start=template.own[2])
    total: Size = 0
    for step in template.counted:
        match step:
            case Operation():
                total = total + step.macs
            case HoleStep():
                total = total + parts[step.number].macs
            case Nested():
                total = total + _worst(step.template, parts)
            case Fork():
                total = total + larger(*(_worst(each, parts) for each in step.templates))
            case Turns():
                total = total + step.length * _worst(step.body, parts)
    return total


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
        """Multiply-adds per sample, each `when` at its costlier side."""
        if self._macs is None:
            self._macs = _worst(self.template, self.parts)
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
    scope = _scope(template, parts, "")
    return evolve(scope, steps=_named_apart(scope))


def _scope(template: Template, parts: tuple[Fragment, ...], prefix: str) -> Scope:
    """*template* as a scope whose steps are named below *prefix*."""
    steps: list[Step] = []
    values = list(range(len(template.inputs)))
    _splice(template, parts, prefix, values, steps, len(template.inputs))
    results = tuple(values[index] for index in template.results)
    return Scope(template.block or "", template.inputs, template.input_names, tuple(steps), results, template.settings)


def _named_apart(scope: Scope) -> tuple[Step, ...]:
    """The steps of *scope* with weights of their own under names of their own: a layer applied a second time gets the
    next number. So does a `when` or `scan`.

    Most names differ already; a layer that a variable holds may be applied several times under one name.
    """
    used = {step.name for step in scope.every_step()}
    seen: set[str] = set()

    def apart(step: Step) -> Step:
        owns = step.shared is None and (not isinstance(step, Operation) or bool(step.weights))
        if owns and step.name in seen:
            number = next(n for n in itertools.count(1) if f"{step.name}.{n}" not in used)
            step = evolve(step, name=f"{step.name}.{number}")
            used.add(step.name)
        if owns:
            seen.add(step.name)
        return map_scopes(step, lambda inner: evolve(inner, steps=tuple(map(apart, inner.steps))))

    return tuple(map(apart, scope.steps))


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
        steps.append(_placed(step, parts, prefix, operands, values))
        values.extend(range(taken, taken + len(step.outputs)))
        taken += len(step.outputs)
    return taken


def _placed(
    step: Made, parts: tuple[Fragment, ...], prefix: str, operands: tuple[int, ...], values: list[int]
) -> Step:  # fmt: skip
    """*step* of a template as a step of the scope, its operands renumbered, its name below *prefix*."""
    name = join(prefix, step.name)
    match step:
        case Operation():
            return step if not prefix and operands == step.operands else _moved(step, operands, name)
        case Nested():
            return Use(scope_of(step.template, parts), operands, step.outputs, name, step.shared, step.span)
        case HoleStep():
            return Use(parts[step.number].scope, operands, step.outputs, name, None, step.span)
        case Fork():
            then, otherwise = (
                Side(_scope(each.template, parts, prefix), tuple(values[index] for index in each.operands))
                for each in (step.then, step.otherwise)
            )
            return Branch(values[step.condition], then, otherwise, step.rows, step.outputs, name, step.span)
        case Turns():
            body = _scope(step.body, parts, prefix)
            return Loop(
                body, operands, step.sequences, step.states, step.over, step.length, step.outputs, name, step.span
            )


def _moved(step: Operation, operands: tuple[int, ...], name: str) -> Operation:
    return Operation(
        step.operator, step.settings, operands, step.outputs, name, step.weights, step.macs, step.shared, step.span,
        step.frozen, step.bits,
    )  # fmt: skip


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
                made.append(make(tuple(numbers[index] for index in operands)))
            for place in range(len(outputs)):
                numbers[first + place] = shift
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
            if any(first + place in wanted for place in range(len(outputs))):
                wanted.update(operands)
                kept.append(step)
        return kept[::-1]
