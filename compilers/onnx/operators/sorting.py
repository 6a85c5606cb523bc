"""Order in ONNX, which has one operator for it: of equal elements the first comes first."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import flag, whole


@lowers("sort", "argsort")
def _sort(at: Site) -> ir.Value | tuple[ir.Value, ...]:
    axis = whole(at.settings, "dim")
    size = at.size(at.type.shape[axis])
    found = at.ops("TopK", 2, at.x, size, axis=axis, largest=int(flag(at.settings, "descending")))
    return found if at.operator == "sort" else found[1]


@lowers("topk")
def _topk(at: Site) -> tuple[ir.Value, ...]:
    count, axis = at.ints(whole(at.settings, "k")), whole(at.settings, "dim")
    return at.ops("TopK", 2, at.x, count, axis=axis, largest=int(flag(at.settings, "largest")))
