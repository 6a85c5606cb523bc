"""Fragments: templates with their holes filled, what they cost, and the graph that they stand for.

Equal fragments are shared, so an architecture of a thousand layers costs what is new in it. `Fragment.scope` is the
graph that compilers see, with anonymous regions (turns of loops) spliced into the block they stand in.
"""

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from symnas.elaborate.lives import EVERYTHING, Life, Mask, life, within
from symnas.elaborate.marking import marked
from symnas.elaborate.templates import Fork, HoleStep, Made, Nested, Template, Turns
from symnas.graph import Branch, Loop, Operation, Scope, Side, Step, Use, join, map_scopes
from symnas.sizes import Size

if TYPE_CHECKING:
    from symnas.elaborate.regions import Region

__all__ = ["Fragment", "scope_of"]


class Fragment:
    """A region elaborated for one set of choices: *template* with *parts* in its holes. Nobody changes one.

    *decisions* is how many choices it consumed, parts included; *outcome* is the portable value it gave. A plain class
    with slots: thousands are made a second.
    """

    __slots__ = ("_costs", "_lives", "_once", "_scope", "_tight", "_uses", "decisions", "outcome", "parts", "payload", "region",
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
        self._costs: tuple[int, int, Size] | None = None
        self._lives: dict[tuple[Mask, bool], Life] = {}
        self._once: bool | None = None
        self._scope: Scope | None = None
        self._tight: bool | None = None
        self._uses: int | None = None

    @property
    def local(self) -> int:
        """Choices consumed that are this use's own: those of a cell are made once for the whole program."""
        return 0 if self.region.once else self.decisions

    @property
    def holds_once(self) -> bool:
        """Whether any of its choices is made once for the whole program: it is a use of a cell, or has one in it."""
        if self._once is None:
            self._once = self.region.once or any(part.holds_once for part in self.parts)
        return self._once

    @property
    def layers(self) -> int:
        """Number of operations."""
        return self.costs[0]

    @property
    def uses(self) -> int:
        """Number of blocks used; those count, too, that do nothing."""
        if self._uses is None:
            parts = [self.parts[number] for number in self.template.used]
            self._uses = self.template.uses + sum(part.uses + (part.template.block is not None) for part in parts)
        return self._uses

    @property
    def params(self) -> int:
        """Trainable parameters, shared weights counted at every use (see `graph.Graph.params`)."""
        return self.costs[1]

    @property
    def macs(self) -> Size:
        """Multiply-adds per sample, each `when` at its costlier side."""
        return self.costs[2]

    @property
    def costs(self) -> tuple[int, int, Size]:
        """Layers, parameters and multiply-adds. Where everything lives they are the sum over the parts."""
        if self._costs is None:
            template, parts = self.template, self.parts
            if self.is_tight and template.even:
                layers, params, macs = template.own
                for number in template.charged:
                    more = parts[number].costs
                    layers, params, macs = layers + more[0], params + more[1], macs + more[2]
                self._costs = layers, params, macs
            else:
                self._costs = self.life(EVERYTHING, counted=True).totals
        return self._costs

    @property
    def is_tight(self) -> bool:
        """Whether everything in it lives if its results are read."""
        if self._tight is None:
            self._tight = _is_tight(self.template, self.parts)
        return self._tight

    @property
    def reads_all(self) -> bool:
        """Whether all that it is given is read where it is tight; a block is given all its arguments in any case."""
        return self.template.block is not None or self.template.reads_all

    def life(self, wanted: Mask, counted: bool = False) -> Life:
        """What of it lives where its results in *wanted* are read; *counted* as in `lives.life`."""
        key = (wanted, counted)
        found = self._lives.get(key)
        if found is None:
            found = self._lives[key] = life_of(self.template, self.parts, wanted, counted)
        return found

    @property
    def scope(self) -> Scope:
        """The graph of this fragment."""
        if self._scope is None:
            self._scope = _apart(_scope(self.life(EVERYTHING), self.parts, ""))
        return self._scope


def life_of(template: Template, parts: tuple[Fragment, ...], wanted: Mask = EVERYTHING, counted: bool = False) -> Life:
    """What of *template* lives with *parts* in its holes."""
    if wanted == EVERYTHING and not counted and _is_tight(template, parts):
        return _whole(template, parts)

    def fill(step: HoleStep, mask: Mask) -> tuple[Life, Mask, Mask]:
        part = parts[step.number]
        if part.template.block is not None:
            return part.life(EVERYTHING, counted), EVERYTHING, EVERYTHING
        inner = part.life(mask, counted)
        return inner, inner.reads, mask

    return life(template, wanted, fill, counted)


def _is_tight(template: Template, parts: tuple[Fragment, ...]) -> bool:
    return template.is_tight and all(parts[number].is_tight and parts[number].reads_all for number in template.used)


def _whole(template: Template, parts: tuple[Fragment, ...]) -> Life:
    """The life of what is tight: all of it."""
    number = len(template.inputs)
    steps: list[tuple[int, Made, tuple[Life | None, ...], Mask]] = []
    for step in template.steps:
        inner: tuple[Life | None, ...] = ()
        if isinstance(step, HoleStep):
            inner = (parts[step.number].life(EVERYTHING),)
        elif not isinstance(step, Operation):
            inner = tuple(_whole(each, parts) for each in within(step))
        steps.append((number, step, inner, EVERYTHING))
        number += len(step.outputs)
    return Life(template, tuple(steps), EVERYTHING if template.reads_all else template.reads)


def scope_of(template: Template, parts: tuple[Fragment, ...]) -> Scope:
    """*template* as a graph scope: holes filled, anonymous regions spliced, values renumbered."""
    return _apart(_scope(life_of(template, parts), parts, ""))


def _apart(scope: Scope) -> Scope:
    return evolve(scope, steps=_named_apart(scope))


def _scope(found: Life, parts: tuple[Fragment, ...], prefix: str) -> Scope:
    """What lives of a template as a scope whose steps are named below *prefix*."""
    template = found.template
    count = len(template.inputs)
    steps: list[Step] = []
    values = dict(zip(range(count), range(count), strict=True))
    _splice(found, parts, prefix, values, steps, count)
    results = tuple(values[index] for index in template.results)
    return Scope(
        template.block or "", template.inputs, template.input_names, tuple(steps), results, template.shown,
        template.given,
    )  # fmt: skip


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
    found: Life, parts: tuple[Fragment, ...], prefix: str, values: dict[int, int], steps: list[Any], taken: int
) -> int:
    """Append what lives of a template to *steps*; *values* maps its numbering to the scope's. Returns values taken."""
    for first, step, inner, _ in found.steps:
        name = join(prefix, step.name)
        if isinstance(step, HoleStep | Nested) and (below := inner[0]) is not None and below.template.block is None:
            begin, own = len(steps), parts[step.number].parts if isinstance(step, HoleStep) else parts
            carried = {place: values[operand] for place, operand in enumerate(step.operands) if operand in values}
            taken = _splice(below, own, name, carried, steps, taken)
            if isinstance(step, Nested) and step.marks is not None:
                steps[begin:] = [marked(each, step.marks) for each in steps[begin:]]
            for place, index in enumerate(below.template.results):
                if index in carried:
                    values[first + place] = carried[index]
            continue
        steps.append(_placed(step, inner, parts, prefix, values))
        for place in range(len(step.outputs)):
            values[first + place] = taken + place
        taken += len(step.outputs)
    return taken


def _placed(
    step: Made, inner: tuple[Life | None, ...], parts: tuple[Fragment, ...], prefix: str, values: Mapping[int, int]
) -> Step:  # fmt: skip
    """*step* of a template as a step of the scope, its operands renumbered, its name below *prefix*."""
    name = join(prefix, step.name)
    operands = tuple(values[index] for index in step.operands)
    below = [each for each in inner if each is not None]
    match step:
        case Operation():
            return step if not prefix and operands == step.operands else _moved(step, operands, name)
        case Nested():
            return Use(_apart(_scope(below[0], parts, "")), operands, step.outputs, name, step.shared, step.span)
        case HoleStep():
            return Use(parts[step.number].scope, operands, step.outputs, name, None, step.span)
        case Fork():
            then, otherwise = (
                Side(_scope(each, parts, prefix), tuple(values[index] for index in side.operands))
                for each, side in zip(below, (step.then, step.otherwise), strict=True)
            )
            return Branch(values[step.condition], then, otherwise, step.rows, step.outputs, name, step.span)
        case Turns():
            body = _scope(below[0], parts, prefix)
            return Loop(
                body, operands, step.sequences, step.states, step.over, step.length, step.outputs, name, step.span
            )


def _moved(step: Operation, operands: tuple[int, ...], name: str) -> Operation:
    return Operation(
        step.operator, step.settings, operands, step.outputs, name, step.weights, step.macs, step.shared, step.span,
        step.frozen, step.bits,
    )  # fmt: skip
