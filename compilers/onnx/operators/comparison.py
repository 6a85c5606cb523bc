"""Comparing, truth values, choosing and clamping in ONNX."""

import onnx_ir as ir

from symnas.compilers.onnx.operators.arithmetic import pair
from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.arithmetic import number_dtype
from symnas.operators.settings import number
from symnas.operators.shapes import promote
from symnas.sizes import SymbolicSize
from symnas.types import Dtype

_COMPARISONS = {
    "gt": "Greater",
    "ge": "GreaterOrEqual",
    "lt": "Less",
    "le": "LessOrEqual",
    "eq": "Equal",
    "ne": "Equal",
}
_LOGICAL = {"logical_not": "Not", "logical_and": "And", "logical_or": "Or"}


@lowers(*_COMPARISONS)
def _compare(at: Site) -> ir.Value:
    """In the type that both sides have together; truth values as whole numbers, which can be ordered."""
    dtype = promote(at.types)
    other = number(at.settings, "other")
    if other is not None and not dtype.is_floating and number_dtype(other).is_floating:
        dtype = Dtype.F32
    if dtype is Dtype.BOOL:
        dtype = Dtype.I64
    found = at.op(_COMPARISONS[at.operator], *pair(at, dtype))
    return at.op("Not", found) if at.operator == "ne" else found


@lowers(*_LOGICAL)
def _logical(at: Site) -> ir.Value:
    return at.op(_LOGICAL[at.operator], *at.inputs)


@lowers("where")
def _where(at: Site) -> ir.Value:
    tensors = iter(zip(at.inputs[1:], at.types[1:], strict=True))
    sides = []
    for name in ("input", "other"):
        value = number(at.settings, name)
        if value is not None:
            sides.append(at.scalar(value, at.dtype))
        else:
            tensor, type = next(tensors)
            sides.append(at.cast(tensor, type.dtype, at.dtype))
    return at.op("Where", at.x, *sides)


@lowers("masked_fill")
def _fill(at: Site) -> ir.Value:
    value = number(at.settings, "value")
    assert value is not None
    return at.op("Where", at.inputs[1], at.scalar(value, at.dtype), at.x)


@lowers("maximum", "minimum")
def _extreme(at: Site) -> ir.Value:
    if at.dtype is Dtype.BOOL:
        return at.op("Or" if at.operator == "maximum" else "And", *at.inputs)
    return at.op("Max" if at.operator == "maximum" else "Min", *at.operands(at.dtype))


@lowers("clamp")
def _clamp(at: Site) -> ir.Value:
    """The upper bound holds where the two cross, as in PyTorch."""
    found = at.cast(at.x, at.type.dtype, at.dtype)
    for name, kind in (("min", "Max"), ("max", "Min")):
        value = number(at.settings, name)
        assert not isinstance(value, SymbolicSize)
        if value is not None:
            found = at.op(kind, found, at.scalar(value, at.dtype))
    return found
