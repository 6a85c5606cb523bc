"""Functions of single elements, and along a dimension, in ONNX. Activations are in `activation.py`."""

from math import log

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import whole
from symnas.types import Dtype, TensorType

_REAL = {
    "acos": "Acos", "acosh": "Acosh", "asin": "Asin", "asinh": "Asinh", "atan": "Atan", "atanh": "Atanh",
    "cosh": "Cosh", "sinh": "Sinh", "cos": "Cos", "erf": "Erf", "exp": "Exp", "log": "Log", "reciprocal": "Reciprocal", "sigmoid": "Sigmoid",
    "sin": "Sin", "sqrt": "Sqrt", "tan": "Tan", "tanh": "Tanh",
}  # fmt: skip
"""Functions that give real numbers whatever they take."""
_ROUNDING = {"ceil": "Ceil", "floor": "Floor", "round": "Round"}
"""Functions that leave whole numbers as they are; `Round` takes halves to even numbers, as PyTorch."""


def _real_input(at: Site) -> ir.Value:
    return at.cast(at.x, at.type.dtype, at.dtype)


@lowers(*_REAL)
def _real(at: Site) -> ir.Value:
    return at.op(_REAL[at.operator], _real_input(at))


@lowers("expm1")
def _expm1(at: Site) -> ir.Value:
    """exp(x) - 1 = tanh(x / 2) (exp(x) + 1), which loses nothing for small x."""
    x = _real_input(at)
    half = at.op("Tanh", at.op("Mul", x, at.scalar(0.5, at.dtype)))
    return at.op("Mul", half, at.op("Add", at.op("Exp", x), at.scalar(1, at.dtype)))


@lowers("log1p")
def _log1p(at: Site) -> ir.Value:
    return at.op("Log", at.op("Add", _real_input(at), at.scalar(1, at.dtype)))


@lowers("log2")
def _log2(at: Site) -> ir.Value:
    return at.op("Mul", at.op("Log", _real_input(at)), at.scalar(1 / log(2), at.dtype))


@lowers("rsqrt")
def _rsqrt(at: Site) -> ir.Value:
    return at.op("Reciprocal", at.op("Sqrt", _real_input(at)))


@lowers("abs")
def _abs(at: Site) -> ir.Value:
    return at.op("Abs", at.x)


@lowers("sign")
def _sign(at: Site) -> ir.Value:
    return at.op("Sign", at.x)


@lowers("trunc")
def _truncated(at: Site) -> ir.Value:
    """Which ONNX lacks: the sign, and what is left of the distance from 0 rounded down."""
    if not at.dtype.is_floating:
        return at.x
    return at.op("Mul", at.op("Sign", at.x), at.op("Floor", at.op("Abs", at.x)))


@lowers("square")
def _square(at: Site) -> ir.Value:
    return at.op("Mul", at.x, at.x)


@lowers("relu")
def _relu(at: Site) -> ir.Value:
    return at.op("Relu", at.x) if at.dtype.is_floating else at.op("Max", at.x, at.scalar(0, at.dtype))


@lowers(*_ROUNDING)
def _rounded(at: Site) -> ir.Value:
    return at.op(_ROUNDING[at.operator], at.x) if at.dtype.is_floating else at.x


# ------------------------------------------------------------------------------------- along a dimension


@lowers("cumsum")
def _cumsum(at: Site) -> ir.Value:
    return at.op("CumSum", at.cast(at.x, at.type.dtype, at.dtype), at.array(whole(at.settings, "dim"), Dtype.I64))


@lowers("cumprod")
def _cumprod(at: Site) -> ir.Value:
    """A loop that carries the product."""
    x, axis = at.cast(at.x, at.type.dtype, at.dtype), whole(at.settings, "dim") % at.type.rank
    item = TensorType((*at.type.shape[:axis], *at.type.shape[axis + 1 :]), at.dtype)

    def turn(product: ir.Value, item: ir.Value) -> tuple[list[ir.Value], ir.Value]:
        product = at.op("Mul", product, item)
        return [product], product

    return at.scan(turn, x, axis, item, [(at.filled(1, item.shape, at.dtype), item)])[1]


@lowers("flip")
def _flip(at: Site) -> ir.Value:
    dims = at.settings["dims"]
    assert isinstance(dims, tuple)
    axes = [each % at.type.rank for each in dims if isinstance(each, int)]
    if not axes:
        return at.x
    backwards, least = [-1] * len(axes), [-(2**63)] * len(axes)
    return at.op("Slice", at.x, at.ints(*backwards), at.ints(*least), at.ints(*axes), at.ints(*backwards))


@lowers("tril", "triu")
def _triangle(at: Site) -> ir.Value:
    shift = at.array(whole(at.settings, "diagonal"), Dtype.I64)
    return at.op("Trilu", at.x, shift, upper=int(at.operator == "triu"))
