"""Rolling and repeating in ONNX."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.repeating import rolled, tiled
from symnas.operators.settings import whole
from symnas.types import Dtype


@lowers("roll")
def _roll(at: Site) -> ir.Value:
    """Two parts change places; where the size is unknown, each element is taken from its place."""
    found = at.x
    for axis, shift in rolled(at.settings, at.type.rank):
        size = at.emitter.settle(at.type.shape[axis])
        if not isinstance(size, int):
            places = at.op("Sub", at.count(size), at.array(shift, Dtype.I64))
            found = at.op("Gather", found, at.op("Mod", places, at.scalar(size, Dtype.I64)), axis=axis)
        elif size and shift % size:
            cut = size - shift % size
            found = at.op("Concat", at.slice(found, axis, cut, None), at.slice(found, axis, 0, cut), axis=axis)
    return found


@lowers("tile")
def _tile(at: Site) -> ir.Value:
    times = tiled(at.settings, at.type.rank)
    more = len(times) - at.type.rank
    wide = at.op("Unsqueeze", at.x, at.ints(*range(more))) if more else at.x
    return at.op("Tile", wide, at.ints(*times))


@lowers("repeat_interleave")
def _interleaved(at: Site) -> ir.Value:
    """Each element stands in a dimension of its own, in which it is repeated."""
    axis, times = whole(at.settings, "dim") % at.type.rank, whole(at.settings, "repeats")
    shape = at.type.shape
    each = at.op("Unsqueeze", at.x, at.ints(axis + 1))
    wide = at.op("Tile", each, at.ints(*(times if place == axis + 1 else 1 for place in range(at.type.rank + 1))))
    return at.reshape(wide, (*shape[: axis + 1], times, *shape[axis + 1 :]), at.outputs[0].shape)
