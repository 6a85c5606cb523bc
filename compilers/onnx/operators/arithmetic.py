"""Arithmetic in ONNX, where both sides must have one element type."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import flag, number
from symnas.operators.shapes import promote
from symnas.types import Dtype

__all__ = ["pair"]

_SIGNS = {"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow"}


def pair(at: Site, dtype: Dtype) -> list[ir.Value]:
    """Both sides as elements *dtype*; a number in place of one is on its side."""
    other = number(at.settings, "other")
    if other is None:
        return at.operands(dtype)
    sides = [at.cast(at.x, at.type.dtype, dtype), at.scalar(other, dtype)]
    return sides[::-1] if flag(at.settings, "reversed") else sides


@lowers(*_SIGNS)
def _binary(at: Site) -> ir.Value:
    if at.dtype is not Dtype.BOOL:
        return at.op(_SIGNS[at.operator], *pair(at, at.dtype))
    return at.op({"add": "Or", "mul": "And"}[at.operator], *pair(at, Dtype.BOOL))


@lowers("neg")
def _neg(at: Site) -> ir.Value:
    return at.op("Neg", at.x)


@lowers("matmul")
def _matmul(at: Site) -> ir.Value:
    return at.op("MatMul", *at.inputs)


@lowers("sum_all", "mean_all", "max_all", "min_all")
def _many(at: Site) -> ir.Value:
    kind = {"sum_all": "Sum", "mean_all": "Mean", "max_all": "Max", "min_all": "Min"}[at.operator]
    dtype = promote(at.types)
    operands = at.operands(dtype)
    if len(operands) == 1:
        return operands[0]
    if dtype.is_floating or (kind in ("Max", "Min") and dtype is not Dtype.BOOL):
        return at.op(kind, *operands)
    if dtype is Dtype.BOOL:
        kind = "And" if kind == "Min" else "Or"
    found = operands[0]
    for each in operands[1:]:
        found = at.op("Add" if kind == "Sum" else kind, found, each)
    return found
