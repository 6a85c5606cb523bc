"""Functions of single elements, activations, arithmetic, comparisons, dtypes."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from symnas.compilers.importing.casting import cast
from symnas.compilers.importing.onnx.operators.pooling import in_plane
from symnas.compilers.importing.onnx.registry import reads
from symnas.compilers.importing.onnx.site import Site
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.scalars import scalar
from symnas.compilers.importing.values import Flow, Known, Value
from symnas.sizes import SymbolicSize
from symnas.types import Dtype

_LAYERS: Final[Mapping[str, str]] = {
    "Relu": "ReLU", "Sigmoid": "Sigmoid", "Tanh": "Tanh", "Softplus": "Softplus", "Softsign": "Softsign",
    "HardSwish": "Hardswish", "Mish": "Mish",
}  # fmt: skip
_FUNCTIONS: Final[Mapping[str, str]] = {
    "Abs": "abs", "Ceil": "ceil", "Cos": "cos", "Erf": "erf", "Exp": "exp", "Floor": "floor", "Log": "log", "Neg": "neg",
    "Not": "logical_not", "Reciprocal": "reciprocal", "Round": "round", "Sign": "sign", "Sin": "sin", "Sqrt": "sqrt",
    "Tan": "tan", "Acos": "acos", "Acosh": "acosh", "Asin": "asin", "Asinh": "asinh", "Atan": "atan", "Atanh": "atanh",
    "Cosh": "cosh", "Sinh": "sinh",
}  # fmt: skip


@reads(*_LAYERS)
def _layer(at: Site) -> Value:
    return at.one(_LAYERS[at.operator], at.flow(0))


@reads(*_FUNCTIONS)
def _function(at: Site) -> Value:
    return at.one(_FUNCTIONS[at.operator], at.flow(0))


@reads("Identity")
def _identity(at: Site) -> Value:
    return at.input(0)


@reads("Dropout")
def _dropout(at: Site) -> Value:
    if at.outputs > 1:
        raise Refused("it hands out its mask")
    share = at.scalar(1, "ratio") if at.has(1) else at.real("ratio", 0.5)
    return at.one("Dropout", at.flow(0), p=share)


@reads("LeakyRelu")
def _leaky(at: Site) -> Value:
    return at.one("LeakyReLU", at.flow(0), negative_slope=at.real("alpha", 0.01))


@reads("Elu", "Celu", "ThresholdedRelu")
def _by_alpha(at: Site) -> Value:
    alpha = at.real("alpha", 1.0)
    if at.operator == "ThresholdedRelu":
        return at.one("Threshold", at.flow(0), threshold=alpha, value=0)
    return at.one({"Elu": "ELU", "Celu": "CELU"}[at.operator], at.flow(0), alpha=alpha)


@reads("Selu")
def _selu(at: Site) -> Value:
    alpha, gamma = at.attributes.get("alpha", 1.67326), at.attributes.get("gamma", 1.0507)
    if abs(alpha - 1.6732632) > 1e-4 or abs(gamma - 1.0507010) > 1e-4:
        raise Refused("its `alpha` and `gamma` are not those of the paper")
    return at.one("SELU", at.flow(0))


@reads("Gelu")
def _gelu(at: Site) -> Value:
    return at.one("GELU", at.flow(0), approximate=at.word("approximate", "none"))


@reads("Swish")
def _swish(at: Site) -> Value:
    alpha = at.real("alpha", 1.0)
    if alpha == 1:
        return at.one("SiLU", at.flow(0))
    return at.one("mul", at.flow(0), at.one("Sigmoid", at.one("mul", at.flow(0), other=alpha)))


@reads("HardSigmoid")
def _hard_sigmoid(at: Site) -> Value:
    alpha, beta = at.real("alpha", 0.2), at.real("beta", 0.5)
    if abs(float(alpha) - 1 / 6) < 1e-6 and beta == Fraction(1, 2):
        return at.one("Hardsigmoid", at.flow(0))
    line = at.one("add", at.one("mul", at.flow(0), other=alpha), other=beta)
    return at.one("clamp", line, min=0, max=1)


@reads("Shrink")
def _shrink(at: Site) -> Value:
    lambd, bias = at.real("lambd", 0.5), at.real("bias", 0.0)
    if bias == 0:
        return at.one("Hardshrink", at.flow(0), lambd=lambd)
    if bias == lambd:
        return at.one("Softshrink", at.flow(0), lambd=lambd)
    raise Refused("its `bias` is neither 0 nor `lambd`")


@reads("Clip")
def _clip(at: Site) -> Value:
    low = at.scalar(1, "bound") if at.has(1) else at.real("min", 0.0) if "min" in at.attributes else None
    high = at.scalar(2, "bound") if at.has(2) else at.real("max", 0.0) if "max" in at.attributes else None
    if low is None and high is None:
        return at.input(0)
    if (low, high) == (0, 6) and at.type().dtype.is_floating:
        return at.one("ReLU6", at.flow(0))
    return at.one("clamp", at.flow(0), min=low, max=high)


# ------------------------------------------------------------------------------------------------ arithmetic

_BINARY: Final[Mapping[str, str]] = {
    "Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div", "Pow": "pow", "Greater": "gt", "GreaterOrEqual": "ge",
    "Less": "lt", "LessOrEqual": "le", "Equal": "eq",
}  # fmt: skip


@reads(*_BINARY)
def _binary(at: Site) -> Value:
    operator = _BINARY[at.operator]
    left, right = _aligned(at)
    if operator == "div" and not at.type(0).dtype.is_floating:  # rounded towards zero
        return at.one("floor_divide", at.one("sub", left, at.one("fmod", left, right)), right)
    for value, other, turned in ((right, left, False), (left, right, True)):
        if isinstance(other, Flow) and (number := scalar(value, other)) is not None:
            return at.one(operator, other, other=number, reversed=turned)
    return at.one(operator, left, right)


def _aligned(at: Site) -> tuple[Value, Value]:
    """The operands; in the oldest opsets the second is aligned at `axis`."""
    left, right = at.input(0), at.input(1)
    axis = at.attributes.get("axis")
    if at.opset >= 7 or axis is None or not isinstance(right, Known):
        return left, right
    rank = at.type(0).rank
    missing = rank - axis % rank - right.array.ndim
    return left, Known(right.array.reshape((*right.array.shape, *(1,) * missing)), right.name, right.trains)


@reads("Mod")
def _rest(at: Site) -> Value:
    """What is left has the sign of the divisor, or with `fmod` that of the dividend."""
    operator = "fmod" if at.whole("fmod", 0) else "remainder"
    number = scalar(at.input(1), at.flow(0))
    if isinstance(number, int | SymbolicSize) and operator == "remainder" and at.type().dtype is Dtype.I64:
        return in_plane(at, at.flow(0), number)
    if number is not None:
        return at.one(operator, at.flow(0), other=number)
    return at.one(operator, at.input(0), at.input(1))


@reads("Sum", "Mean", "Max", "Min")
def _many(at: Site) -> Value:
    operator = {"Sum": "sum_all", "Mean": "mean_all", "Max": "max_all", "Min": "min_all"}[at.operator]
    values = [at.input(place) for place in range(len(at.inputs))]
    if len(values) == 1:
        return values[0]
    if len(values) == 2 and at.operator in ("Max", "Min"):
        for value, other in (values, values[::-1]):
            if isinstance(other, Flow) and (number := scalar(value, other)) is not None:
                return at.one("clamp", other, **{"min" if at.operator == "Max" else "max": number})
        return at.one("maximum" if at.operator == "Max" else "minimum", *values)
    if len(values) == 2 and at.operator == "Sum":
        return at.one("add", *values)
    return at.one(operator, *values)


@reads("And", "Or")
def _both(at: Site) -> Value:
    return at.one("logical_and" if at.operator == "And" else "logical_or", at.input(0), at.input(1))


@reads("Xor")
def _either(at: Site) -> Value:
    return at.one("ne", at.input(0), at.input(1))


@reads("IsNaN")
def _is_no_number(at: Site) -> Value:
    """What is no number is not equal to itself."""
    return at.one("ne", at.flow(0), at.flow(0))


@reads("Where")
def _where(at: Site) -> Value:
    first, second = at.input(1), at.input(2)
    numbers: dict[str, object] = {}
    flows: list[Value] = [at.input(0)]
    dtype = next((each.type.dtype for each in (first, second) if isinstance(each, Flow)), None)
    for name, value in (("input", first), ("other", second)):
        number = scalar(value, flows[0]) if dtype is not None and isinstance(flows[0], Flow) else None
        if number is None:
            flows.append(value)
        else:
            numbers[name] = number
    return at.one("where", *flows, **numbers)


# ---------------------------------------------------------------------------------------------------- dtypes


@reads("Cast", "CastLike")
def _cast(at: Site) -> Value:
    kinds = {1: Dtype.F32, 11: Dtype.F32, 7: Dtype.I64, 6: Dtype.I32, 9: Dtype.BOOL, 10: Dtype.F16, 16: Dtype.BF16}
    wanted = at.type(1).dtype if at.operator == "CastLike" else kinds.get(at.whole("to", 1))
    if wanted is None:
        raise Refused("the language lacks the dtype that it turns numbers into")
    return cast(at.drawing, at.input(0), wanted)
