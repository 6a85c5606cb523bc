"""Functions of single elements, activations, arithmetic, comparisons, dtypes."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from symnas.compilers.importing.casting import cast
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.scalars import scalar
from symnas.compilers.importing.torch.registry import reads
from symnas.compilers.importing.torch.site import Site
from symnas.compilers.importing.values import LOWEST, Flow, Known, Value, exact
from symnas.operators.settings import SettingValue
from symnas.sizes import SymbolicSize

_LAYERS: Final[Mapping[str, str]] = {
    "relu": "ReLU", "relu6": "ReLU6", "sigmoid": "Sigmoid", "tanh": "Tanh", "silu": "SiLU", "mish": "Mish",
    "selu": "SELU", "hardswish": "Hardswish", "hardsigmoid": "Hardsigmoid", "log_sigmoid": "LogSigmoid",
    "softsign": "Softsign",
}  # fmt: skip
_FUNCTIONS: Final[Mapping[str, str]] = {
    name: name
    for name in (
        "abs", "ceil", "cos", "erf", "exp", "expm1", "floor", "log", "log1p", "log2", "neg", "reciprocal", "round", "rsqrt",
        "sign", "sin", "sqrt", "trunc", "square", "tan", "logical_not", "acos", "acosh", "asin", "asinh", "atan", "atanh", "cosh",
        "sinh",
    )
} | {"bitwise_not": "logical_not", "fix": "trunc"}  # fmt: skip


@reads(*_LAYERS)
def _layer(at: Site) -> Value:
    return at.one(_LAYERS[at.operator], at.flow())


@reads(*_FUNCTIONS)
def _function(at: Site) -> Value:
    return at.one(_FUNCTIONS[at.operator], at.flow())


@reads("alias", "clone", "contiguous", "detach", "lift_fresh_copy", "lift_fresh", "view_as_real_copy", "positive")
def _same(at: Site) -> Value:
    return at.value()


@reads("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "native_dropout")
def _dropout(at: Site) -> Value:
    layers = {"alpha_dropout": "AlphaDropout", "feature_alpha_dropout": "FeatureAlphaDropout"}
    flow = at.flow("input" if "input" in at.arguments else "self")  # `self` in place
    if at["p"] == 0:
        return flow
    if at.operator == "feature_dropout":
        return at.one(f"Dropout{flow.type.rank - 2}d", flow, p=at.exact("p"))
    return at.one(layers.get(at.operator, "Dropout"), flow, p=at.exact("p"))


@reads("gelu")
def _gelu(at: Site) -> Value:
    return at.one("GELU", at.flow(), approximate=str(at["approximate"]))


@reads("elu", "celu", "leaky_relu", "softplus", "softshrink", "hardshrink", "threshold")
def _with_numbers(at: Site) -> Value:
    names = {
        "elu": ("ELU", {"alpha": "alpha"}), "celu": ("CELU", {"alpha": "alpha"}),
        "leaky_relu": ("LeakyReLU", {"negative_slope": "negative_slope"}),
        "softplus": ("Softplus", {"beta": "beta", "threshold": "threshold"}),
        "softshrink": ("Softshrink", {"lambd": "lambd"}), "hardshrink": ("Hardshrink", {"lambd": "lambd"}),
        "threshold": ("Threshold", {"threshold": "threshold", "value": "value"}),
    }  # fmt: skip
    if at.operator == "elu" and (at["scale"] != 1 or at["input_scale"] != 1):
        raise Refused("it scales what it gives")
    layer, settings = names[at.operator]
    return at.one(layer, at.flow(), **{ours: at.exact(theirs) for ours, theirs in settings.items()})


@reads("hardtanh")
def _hardtanh(at: Site) -> Value:
    low, high = at.exact("min_val"), at.exact("max_val")
    if (low, high) == (0, 6):
        return at.one("ReLU6", at.flow())
    return at.one("Hardtanh", at.flow(), min_val=low, max_val=high)


@reads("clamp", "clamp_min", "clamp_max", "clip")
def _clamp(at: Site) -> Value:
    bounds = {name: at[name] for name in ("min", "max") if at.has(name)}
    if all(not isinstance(each, Flow | Known) for each in bounds.values()):
        return at.one("clamp", at.flow(), **{name: exact(each) for name, each in bounds.items()})
    found: Value = at.flow()
    for name, each in bounds.items():
        found = at.one("maximum" if name == "min" else "minimum", found, each)
    return found


@reads("glu")
def _glu(at: Site) -> Value:
    return at.one("GLU", at.flow(), dim=int(at["dim"]))


# ------------------------------------------------------------------------------------------------ arithmetic

_BINARY: Final[Mapping[str, str]] = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "div", "pow": "pow", "gt": "gt", "ge": "ge", "lt": "lt", "le": "le",
    "eq": "eq", "ne": "ne", "rsub": "sub", "true_divide": "div", "subtract": "sub", "multiply": "mul", "divide": "div",
    "floor_divide": "floor_divide", "remainder": "remainder", "fmod": "fmod", "greater": "gt", "less": "lt", "greater_equal": "ge", "less_equal": "le", "not_equal": "ne",
}  # fmt: skip


@reads(*_BINARY)
def _binary(at: Site) -> Value:
    first = "self" if "self" in at.arguments else "input"
    left, right = at[first], at["exponent" if "exponent" in at.arguments else "other"]
    rounding = at.arguments.get("rounding_mode")
    if at.arguments.get("alpha", 1) != 1:
        right = combined(at, "mul", right, at["alpha"])
    if at.operator == "rsub":
        left, right = right, left
    if rounding == "trunc":
        return _towards_zero(at, left, right)
    return combined(at, "floor_divide" if rounding == "floor" else _BINARY[at.operator], left, right)


def _towards_zero(at: Site, left: Any, right: Any) -> Value:
    """A quotient without its fraction; whole numbers stay whole."""
    if _is_real(left) or _is_real(right):
        return at.one("trunc", combined(at, "div", left, right))
    return combined(at, "floor_divide", combined(at, "sub", left, combined(at, "fmod", left, right)), right)


def _is_real(value: Any) -> bool:
    if isinstance(value, Flow):
        return value.type.dtype.is_floating
    return value.dtype.is_floating if isinstance(value, Known) else isinstance(value, float)


def combined(at: Site, operator: str, left: Any, right: Any) -> Value:
    """*operator* between tensors, or a tensor and a number."""
    function = operator == "fmod"  # no sign: the tensor comes first
    for value, other, turned in ((right, left, False), (left, right, True)):
        if isinstance(other, Flow) and (number := _number(value, other)) is not None and not (turned and function):
            side = {} if function else {"reversed": turned}
            return at.one(operator, other, other=number, **side)
    if (
        isinstance(left, Known)
        and not left.trains
        and isinstance(right, Known | int)
        and not getattr(right, "trains", False)
    ):
        return _of_numbers(operator, left.array, right.array if isinstance(right, Known) else right)
    if not isinstance(left, Flow | Known):
        return combined(at, operator, Known(_array(left)), right)
    if not isinstance(right, Flow | Known):
        return combined(at, operator, at.drawing.tensor(left), right)
    return at.one(operator, left, right)


def _of_numbers(operator: str, left: Any, right: Any) -> Value:
    """*operator* of two arrays that are known: of sums and products."""
    if operator not in ("add", "sub", "mul"):
        raise Refused("it compares or divides what is known already")
    return Known({"add": np.add, "sub": np.subtract, "mul": np.multiply}[operator](left, right))


def _array(number: Any) -> Any:
    return np.asarray(number, np.float32 if isinstance(number, float) else np.int64)


def _number(value: Any, beside: Flow) -> SettingValue:
    """*value* as a number beside a tensor: a number of Python, or a tensor of one."""
    if isinstance(value, SymbolicSize):
        return value
    if isinstance(value, bool | int | float):
        found = exact(value)
        return _finite(found)
    return scalar(value, beside) if isinstance(value, Known) else None


def _finite(value: SettingValue) -> SettingValue:
    """*value*; what stands for minus infinity where it is that."""
    return LOWEST if value == float("-inf") else -LOWEST if value == float("inf") else value


@reads(
    "maximum", "minimum", "logical_and", "logical_or", "__and__", "__or__", "bitwise_and", "bitwise_or", "logical_xor"
)
def _both(at: Site) -> Value:
    names = {"__and__": "logical_and", "__or__": "logical_or", "bitwise_and": "logical_and", "bitwise_or": "logical_or",
             "logical_xor": "ne"}  # fmt: skip
    return at.one(names.get(at.operator, at.operator), at.value(), at.value("other"))


@reads("isnan")
def _is_no_number(at: Site) -> Value:
    """What is no number is not equal to itself."""
    return at.one("ne", at.flow(), at.flow())


@reads("where")
def _where(at: Site) -> Value:
    condition = at.flow("condition")
    numbers: dict[str, object] = {}
    flows: list[Value] = [condition]
    for name, ours in (("self", "input"), ("other", "other")):
        value = at[name]
        number = _number(value, condition) if not isinstance(value, Flow) else None
        if number is None and isinstance(value, Known) and value.array.size == 1 and not value.trains:
            number = _finite(exact(value.array.reshape(-1)[0]))
        if number is None:
            flows.append(value)
        else:
            numbers[ours] = number
    return at.one("where", *flows, **numbers)


@reads("masked_fill")
def _masked(at: Site) -> Value:
    value = at["value"]
    if isinstance(value, Known) and value.array.size == 1:
        value = value.array.reshape(-1)[0]
    if isinstance(value, Flow | Known):
        raise Refused("what it puts in is computed")
    return at.one("masked_fill", at.flow(), at.flow("mask"), value=_finite(exact(value)))


@reads("addcmul")
def _addcmul(at: Site) -> Value:
    product = combined(at, "mul", at["tensor1"], at["tensor2"])
    return combined(at, "add", at["self"], combined(at, "mul", product, at["value"]) if at["value"] != 1 else product)


# ---------------------------------------------------------------------------------------------------- dtypes


@reads("to", "_to_copy", "type_as")
def _cast(at: Site) -> Value:
    if at.operator == "type_as" or "other" in at.arguments:
        return cast(at.drawing, at.value(), at.type("other").dtype)
    wanted = at.dtype()
    return at.value() if wanted is None else cast(at.drawing, at.value(), wanted)
