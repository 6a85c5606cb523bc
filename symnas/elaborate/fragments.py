"""Fragments: templates with their holes filled, what they cost, and the graph that they stand for.

Equal fragments are shared, so an architecture of a thousand layers costs what is new in it. `Fragment.scope` is the
graph that compilers see, with anonymous regions (turns of loops) spliced into the block they stand in.
"""

import itertools
from typing import TYPE_CHECKING, Any

from attrs import evolve

from symnas.elaborate.marking import marked
from symnas.elaborate.templates import Fork, HoleStep, Made, Nested, Template, Turns
from symnas.graph import Branch, Loop, Operation, Scope, Side, Step, Use, join, map_scopes
from symnas.sizes import Size, larger

if TYPE_CHECKING:
    from symnas.elaborate.regions import Region

__all__ = ["Fragment", "scope_of"]


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
    return Scope(template.block or "", template.inputs, template.input_names, tuple(steps), results, template.shown)


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
