"""The rule `zero`: what is zero whatever flows into the network, and which operations make zeros of zeros.

Only what holds in training as well as after it, whatever the weights are. A layer with a bias, or a normalisation with
a shift, makes something else of zeros as soon as it has learned: its results are not taken for zero. Where benchmarks
count them as zero all the same, the rule `zero_layers` does.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from symnas.operators.base import Settings, SettingValue
from symnas.operators.chance import SAMPLED

__all__ = ["is_source_of_zeros", "keeps_zeros"]


def is_source_of_zeros(operator: str, settings: Settings) -> bool:
    """Whether *operator* makes zeros of anything, or of nothing."""
    if operator == "full":
        return settings["fill_value"] == 0
    return operator in ("Zero", "zeros")


def keeps_zeros(operator: str, settings: Settings, zeros: Sequence[bool]) -> bool:
    """Whether *operator* makes zeros of its inputs, of which *zeros* are known to be zero."""
    if operator in ("mul", "matmul", "einsum"):  # 0 · x, values being finite
        return any(zeros)
    rule = _KEEP.get(operator)
    return rule is not None and all(zeros) and rule(settings)


def _always(_: Settings) -> bool:
    return True


def _without(setting: str) -> Callable[[Settings], bool]:
    """Whether the operation has no *setting* (`bias`, `affine`) that shifts its result."""
    return lambda settings: settings[setting] is False


def _layer_norm(settings: Settings) -> bool:
    return settings["elementwise_affine"] is False or settings["bias"] is False


def _holds_zero(settings: Settings) -> bool:
    """Whether 0 lies within the bounds that values are cut to."""
    names = ("min", "max") if "min" in settings else ("min_val", "max_val")
    least, most = (settings[name] for name in names)
    return (least is None or _number(least) <= 0) and (most is None or _number(most) >= 0)


def _threshold(settings: Settings) -> bool:
    return settings["value"] == 0 or _number(settings["threshold"]) < 0


def _divided(settings: Settings) -> bool:
    """0 / number; what 0 / tensor is, depends."""
    other = settings["other"]
    return other is not None and other != 0 and not settings.get("reversed", False)


def _shifted(settings: Settings) -> bool:
    """Whether `+` or `-` is between two tensors, or with 0."""
    return settings["other"] in (None, 0)


def _padded(settings: Settings) -> bool:
    return settings["value"] == 0


def _number(value: SettingValue) -> float:
    assert isinstance(value, int | float | Fraction), "bounds are numbers"
    return float(value)


_EACH = ("1d", "2d", "3d")
_FUNCTIONS = (
    "CELU", "ELU", "GELU", "Hardshrink", "Hardswish", "LeakyReLU", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SELU",
    "SiLU", "Softshrink", "Softsign", "Tanh", "Tanhshrink", "GLU", "elu", "gelu", "hardswish", "leaky_relu", "mish",
    "relu", "relu6", "selu", "silu", "abs", "ceil", "erf", "expm1", "floor", "log1p", "round", "sign", "sin", "sqrt",
    "square", "tan", "tanh", "neg", "normalize", "softsign", "tanhshrink", "asin", "asinh", "atan", "atanh", "sinh", "trunc",
)  # fmt: skip
"""Functions of single elements with f(0) = 0."""
_MOVING = (
    "Flatten", "flatten", "Unflatten", "unflatten", "reshape", "expand", "Permute", "permute", "transpose", "squeeze",
    "unsqueeze", "slice", "flip", "roll", "tile", "repeat_interleave", "tril", "triu", "concat", "stack", "chunk", "split", "PixelShuffle", "PixelUnshuffle",
    "ChannelShuffle", "Unfold", "Fold", "Im2Col", "SplitHeads", "MergeHeads", "Upsample", "Identity", "rope",
)  # fmt: skip
"""Elements moved, repeated, or mixed with weights that do not depend on them."""
_REDUCING = ("sum", "mean", "amax", "amin", "prod", "cumsum", "cumprod", "sum_all", "mean_all", "max_all", "min_all")
_DROPPING = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "DropPath")
"""Not `AlphaDropout` and its kin, which put other values in place of what they drop."""
_POOLS = tuple(
    f"{name}{each}"
    for name in ("LPPool", "AvgPool", "MaxPool", "AdaptiveAvgPool", "AdaptiveMaxPool", "GlobalAvgPool", "GlobalMaxPool")
    for each in _EACH
)
_PADS = tuple(f"{name}Pad{each}" for name in ("Zero", "Reflection", "Replication", "Circular") for each in _EACH)
_LINEAR = ("Linear", *(f"{name}{each}" for name in ("Conv", "DepthwiseConv", "ConvTranspose") for each in _EACH))
_NORMALISING = ("GroupNorm", *(f"{name}{each}" for name in ("BatchNorm", "InstanceNorm") for each in _EACH))

_KEEP: Mapping[str, Callable[[Settings], bool]] = {
    **dict.fromkeys((*_FUNCTIONS, *_MOVING, *_REDUCING, *_DROPPING, *_POOLS, *_PADS), _always),
    **dict.fromkeys(_LINEAR, _without("bias")),
    **dict.fromkeys(_NORMALISING, _without("affine")),
    "LayerNorm": _layer_norm,
    "RMSNorm": _always,
    "LocalResponseNorm": lambda settings: _number(settings["k"]) > 0,
    "Hardtanh": _holds_zero,
    "clamp": _holds_zero,
    "Threshold": _threshold,
    "add": _shifted,
    "sub": _shifted,
    "div": _divided,
    "floor_divide": _divided,
    "remainder": _divided,
    "fmod": _divided,
    **dict.fromkeys(SAMPLED, _always),
    **{f"MaxPool{each}": lambda settings: not settings["return_indices"] for each in _EACH},
    **{f"ConstantPad{each}": _padded for each in _EACH},
}
"""By operator, when it makes zeros of inputs that are all zero."""
