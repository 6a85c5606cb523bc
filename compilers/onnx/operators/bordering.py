"""Borders around the spatial dimensions in ONNX: `Pad`, and for borders that go round, the ends joined on."""

from collections.abc import Sequence

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import per_dimension, real
from symnas.sizes import Size

__all__ = ["bordered"]

_KINDS = {"Zero": "constant", "Constant": "constant", "Reflection": "reflect", "Replication": "edge"}


def bordered(
    at: Site, x: ir.Value, shape: Sequence[Size], kind: str, sides: Sequence[tuple[int, int]], value: float = 0
) -> ir.Value:
    """*x* of *shape* with a border of that *kind*, for each spatial dimension so many elements before and after."""
    if not any(before or after for before, after in sides):
        return x
    first = len(shape) - len(sides)
    if kind == "Circular":
        for axis, (before, after) in enumerate(sides, first):
            ends = [at.slice(x, axis, -before, None)] if before else []
            starts = [at.slice(x, axis, 0, after)] if after else []
            x = at.op("Concat", *ends, x, *starts, axis=axis) if ends or starts else x
        return x
    pads = at.ints(*(0,) * first, *(before for before, _ in sides), *(0,) * first, *(after for _, after in sides))
    constant = [at.array(value, at.type.dtype)] if value else []
    return at.op("Pad", x, pads, *constant, mode=_KINDS[kind])


@lowers(*(f"{kind}Pad{dimensions}d" for kind in (*_KINDS, "Circular") for dimensions in (1, 2, 3)))
def _pad(at: Site) -> ir.Value:
    dimensions = at.type.rank - 2
    border = per_dimension(at.settings, "padding", 2 * dimensions)  # the last dimension first
    sides = list(zip(border[::2], border[1::2], strict=True))[::-1]
    value = float(real(at.settings, "value")) if "value" in at.settings else 0
    return bordered(at, at.x, at.type.shape, at.operator.partition("Pad")[0], sides, value)
