"""Joining and cutting in ONNX."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import whole


@lowers("concat")
def _concat(at: Site) -> ir.Value:
    return at.op("Concat", *at.operands(at.dtype), axis=whole(at.settings, "dim"))


@lowers("stack")
def _stack(at: Site) -> ir.Value:
    axis = whole(at.settings, "dim") % at.outputs[0].rank
    rows = [at.op("Unsqueeze", each, at.ints(axis)) for each in at.operands(at.dtype)]
    return at.op("Concat", *rows, axis=axis)


@lowers("chunk", "split")
def _cut(at: Site) -> tuple[ir.Value, ...]:
    axis = whole(at.settings, "dim") % at.type.rank
    if len(at.outputs) == 1:
        return (at.x,)
    parts = [each.shape[axis] for each in at.outputs]
    if all(part == parts[0] for part in parts):
        return at.ops("Split", len(parts), at.x, axis=axis, num_outputs=len(parts))
    return at.ops("Split", len(parts), at.x, at.shape(parts), axis=axis)
