"""Reductions in ONNX."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import flag, sizes
from symnas.sizes import product
from symnas.types import Dtype

_PLAIN = {
    "sum": "ReduceSum", "mean": "ReduceMean", "amax": "ReduceMax", "amin": "ReduceMin", "prod": "ReduceProd",
    "logsumexp": "ReduceLogSumExp",
}  # fmt: skip


def _axes(at: Site) -> list[int]:
    if at.settings["dim"] is None:
        return list(range(at.type.rank))
    return [each % at.type.rank for each in sizes(at.settings, "dim") if isinstance(each, int)]


def _reduced(at: Site, kind: str, x: ir.Value, *, keep: bool | None = None) -> ir.Value:
    axes = _axes(at)
    kept = flag(at.settings, "keepdim") if keep is None else keep
    return at.op(kind, x, *([at.ints(*axes)] if axes else []), keepdims=int(kept))


@lowers(*_PLAIN)
def _plain(at: Site) -> ir.Value:
    """Extremes of truth values are taken of whole numbers."""
    dtype = Dtype.I32 if at.dtype is Dtype.BOOL else at.dtype
    found = _reduced(at, _PLAIN[at.operator], at.cast(at.x, at.type.dtype, dtype))
    return at.cast(found, dtype, at.dtype)


@lowers("any", "all")
def _truths(at: Site) -> ir.Value:
    truths = at.cast(at.cast(at.x, at.type.dtype, Dtype.BOOL), Dtype.BOOL, Dtype.I32)
    found = _reduced(at, "ReduceMax" if at.operator == "any" else "ReduceMin", truths)
    return at.cast(found, Dtype.I32, Dtype.BOOL)


@lowers("std", "var")
def _spread(at: Site) -> ir.Value:
    """The sum of squared distances from the mean over one less than their number, as PyTorch divides."""
    distance = at.op("Sub", at.x, _reduced(at, "ReduceMean", at.x, keep=True))
    total = _reduced(at, "ReduceSum", at.op("Mul", distance, distance))
    count = at.emitter.settle(product(at.type.shape[axis] for axis in _axes(at)))
    below = at.op("Sub", at.scalar(count, at.dtype), at.scalar(1, at.dtype)) if not isinstance(count, int) else None
    variance = at.op("Div", total, below or at.scalar(count - 1, at.dtype))
    return at.op("Sqrt", variance) if at.operator == "std" else variance


@lowers("argmax", "argmin")
def _place(at: Site) -> ir.Value:
    """Over everything, it is the place in the tensor laid out flat."""
    kind, axes = {"argmax": "ArgMax", "argmin": "ArgMin"}[at.operator], _axes(at)
    keep = int(flag(at.settings, "keepdim"))
    if at.settings["dim"] is not None:
        return at.op(kind, at.x, axis=axes[0], keepdims=keep)
    place = at.op(kind, at.op("Reshape", at.x, at.ints(-1)), axis=0, keepdims=0)
    return at.op("Reshape", place, at.ints(*(1,) * at.type.rank)) if keep else place
