"""What lives: which steps of a template the wanted results depend on, once it is known what fills its holes.

A binding is evaluated before it is known whether a choice further down reads it, and is then carried into the region
that chooses. So what a template's results depend on shows only with the parts in its holes: where none of them reads a
layer's output, the layer is no part of the network. An anonymous region reads what its own life reads; a block is
given all its arguments, as a call of a module is.
"""

from collections.abc import Callable, Iterator

from symnas.elaborate.templates import Fork, HoleStep, Made, Nested, Template, Turns
from symnas.graph import Operation
from symnas.sizes import Size, larger

__all__ = ["EVERYTHING", "Fill", "Life", "Mask", "life", "within"]

Mask = int
"""A set of places as bits: of a region's results, or of its inputs."""

EVERYTHING: Mask = -1
"""Every place."""

Fill = Callable[[HoleStep, Mask], "tuple[Life | None, Mask, Mask]"]
"""What fills a hole whose results in the mask are read: its life, where that is known, what it reads, and for which
results: a block gives all of them.
"""


class Life:
    """The *steps* of a template that live, in order: each with the number of its first output, what lives in it, and
    which of its results are read. *reads* says which of the template's inputs are.
    """

    __slots__ = ("_totals", "reads", "steps", "template")

    def __init__(
        self, template: Template, steps: "tuple[tuple[int, Made, tuple[Life | None, ...], Mask], ...]", reads: Mask
    ) -> None:
        self.template = template
        self.steps = steps
        self.reads = reads
        self._totals: tuple[int, int, Size] | None = None

    @property
    def totals(self) -> tuple[int, int, Size]:
        """Layers, parameters, and multiply-adds with each `when` at its costlier side; of all holes as well."""
        if self._totals is None:
            self._totals = self._added_up()
        return self._totals

    def _added_up(self) -> tuple[int, int, Size]:
        layers, params = 0, 0
        macs: Size = 0
        for _, step, inner, _ in self.steps:
            if isinstance(step, Operation):
                layers, params, macs = layers + 1, params + step.params, macs + step.macs
                continue
            below = [each.totals for each in inner if each is not None]
            layers += sum(each[0] for each in below)
            params += sum(each[1] for each in below)
            if isinstance(step, Fork):
                macs = macs + larger(*(each[2] for each in below))
            elif isinstance(step, Turns):
                macs = macs + step.length * below[0][2]
            else:
                macs = macs + below[0][2]
        return layers, params, macs

    @property
    def signature(self) -> object:
        """The life as a value: equal where the same steps live, the same of their results read, and the same inputs."""
        inner = tuple(
            (first, mask, tuple(each and each.signature for each in below)) for first, _, below, mask in self.steps
        )
        return (self.reads, inner)


def life(template: Template, wanted: Mask, fill: Fill, counted: bool = False) -> Life:
    """The life of *template* where its results in *wanted* are read; outputs of training alone are none of the wanted
    if only what is *counted* is asked for.
    """
    read = {value for place, value in enumerate(template.results) if _wants(template, place, wanted, counted)}
    number = len(template.inputs) + sum(len(step.outputs) for step in template.steps)
    steps: list[tuple[int, Made, tuple[Life | None, ...], Mask]] = []
    for step in reversed(template.steps):
        number -= len(step.outputs)
        mask = sum(1 << place for place in range(len(step.outputs)) if number + place in read)
        if not mask:
            continue
        inner, reads, mask = _inside(step, mask, fill, counted)
        read.update(step.operands if reads == EVERYTHING else _chosen(step.operands, reads))
        steps.append((number, step, inner, mask))
    reads = sum(1 << place for place in range(len(template.inputs)) if place in read)
    return Life(template, tuple(reversed(steps)), reads)


def within(step: Made) -> tuple[Template, ...]:
    """The templates in *step* that share the holes of the one around it."""
    if isinstance(step, Nested):
        return (step.template,)
    return step.templates if isinstance(step, Fork | Turns) else ()


def _wants(template: Template, place: int, wanted: Mask, counted: bool) -> bool:
    return bool(wanted >> place & 1) and not (counted and place in template.training)


def _inside(step: Made, mask: Mask, fill: Fill, counted: bool) -> tuple[tuple[Life | None, ...], Mask, Mask]:
    """What lives in *step* if its results in *mask* are read, which operands it reads then, and for which results."""
    if isinstance(step, HoleStep):
        inner, reads, mask = fill(step, EVERYTHING if mask == (1 << len(step.outputs)) - 1 else mask)
        return (inner,), reads, mask
    if isinstance(step, Nested) and step.template.block is None:
        below = life(step.template, mask, fill, counted)
        return (below,), below.reads, mask
    return tuple(life(each, EVERYTHING, fill, counted) for each in within(step)), EVERYTHING, EVERYTHING


def _chosen(operands: tuple[int, ...], mask: Mask) -> Iterator[int]:
    return (operand for place, operand in enumerate(operands) if mask >> place & 1)
