"""Arithmetic in ONNX, where both sides must have one element type."""

import onnx_ir as ir
from attrs import evolve

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


@lowers("floor_divide", "remainder")
def _divided(at: Site) -> ir.Value:
    """Rounded downwards, and what is left, which has the sign of the divisor; `Mod` of real numbers has that of the
    dividend.
    """
    left, right = pair(at, at.dtype)
    if not at.dtype.is_floating:
        rest = at.op("Mod", left, right)
        return rest if at.operator == "remainder" else at.op("Div", at.op("Sub", left, rest), right)
    zero, rest = at.scalar(0, at.dtype), at.op("Mod", left, right, fmod=1)
    apart = at.op("Xor", at.op("Less", rest, zero), at.op("Less", right, zero))
    below = at.op("And", at.op("Not", at.op("Equal", rest, zero)), apart)
    if at.operator == "remainder":
        return at.op("Where", below, at.op("Add", rest, right), rest)
    whole = at.op("Div", at.op("Sub", left, rest), right)
    return at.op("Round", at.op("Sub", whole, at.cast(below, Dtype.BOOL, at.dtype)))


@lowers("fmod")
def _left_over(at: Site) -> ir.Value:
    return at.op("Mod", *pair(evolve(at, settings={**at.settings, "reversed": False}), at.dtype), fmod=1)


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
