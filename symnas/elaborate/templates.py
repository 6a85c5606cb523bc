"""Templates: scopes as elaborated, with numbered holes where other regions were invoked.

What fills the holes, and the graph that comes of it, is the business of `fragments.py`; how a template is made that of
`builder.py`.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from itertools import compress
from typing import Any, cast

from attrs import frozen

from symnas.elaborate.marking import Marks
from symnas.elaborate.values import OperatorLayer
from symnas.graph import Given, GivenLayer, Operation
from symnas.operators.base import SettingValue
from symnas.sizes import Size, SymbolicSize
from symnas.spans import Span
from symnas.types import TensorType
from symnas.wiring import needed

__all__ = ["AsText", "Fork", "HoleStep", "Made", "Nested", "SideTemplate", "Template", "Turns"]


_SHORT = 40


class AsText(str):
    """A setting kept as its text alone, which is empty where it is not to be shown."""

    __slots__ = ()


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
    settings: tuple[tuple[str, Any], ...] = ()
    """What a block was given, as values: most scopes are never shown."""
    training: frozenset[int] = frozenset()
    """Places in *results* that exist only while training: steps that only they need are never counted."""

    @cached_property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """Settings as text for class names and tables, where they are short."""
        from symnas.elaborate.placeholders import value_label

        texts = ((name, value if isinstance(value, AsText) else value_label(value, 0)) for name, value in self.settings)
        return tuple((name, str(text)) for name, text in texts if 0 < len(text) <= _SHORT)

    @cached_property
    def given(self) -> tuple[tuple[str, Given], ...]:
        """Settings as the graph keeps them for rules."""
        return tuple((name, _given(value)) for name, value in self.settings)

    @cached_property
    def is_tight(self) -> bool:
        """Whether everything in it lives if its results are read, as far as that does not depend on what is in holes:
        all that an anonymous scope gives is read (see `lives.py`).
        """
        read = set(self.results).union(*(step.operands for step in self.steps))
        number = len(self.inputs)
        for step in self.steps:
            anonymous = isinstance(step, HoleStep) or (isinstance(step, Nested) and step.template.block is None)
            if anonymous and not read.issuperset(range(number, number + len(step.outputs))):
                return False
            if not all(each.is_tight and (not anonymous or each.reads_all) for each in _templates(step)):
                return False
            number += len(step.outputs)
        return True

    @cached_property
    def reads_all(self) -> bool:
        """Whether each of its inputs is read, as far as that does not depend on what is in holes."""
        return self.reads == (1 << len(self.inputs)) - 1

    @cached_property
    def reads(self) -> int:
        """Which of its inputs are read, as bits, as far as that does not depend on what is in holes."""
        read = set(self.results).union(*(step.operands for step in self.steps))
        return sum(1 << place for place in range(len(self.inputs)) if place in read)

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
    def uses(self) -> int:
        """Number of blocks used in it that are not in holes."""
        blocks = (isinstance(step, Nested) and step.template.block is not None for step in self.steps)
        return sum(blocks) + sum(each.uses for step in self.steps for each in _templates(step))

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


def _given(value: object) -> Given:
    if isinstance(value, OperatorLayer):
        return GivenLayer(value.operator.name, value.settings)
    plain = value is None or isinstance(value, (bool, int, Fraction, float, SymbolicSize))
    if plain or (isinstance(value, str) and not isinstance(value, AsText)):
        return cast(SettingValue, value)
    return GivenLayer("")
