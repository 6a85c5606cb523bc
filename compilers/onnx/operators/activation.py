"""Activations in ONNX."""

from fractions import Fraction

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import real, whole, word
from symnas.types import Dtype

_PLAIN = {
    "Hardswish": "HardSwish", "Mish": "Mish", "ReLU": "Relu", "SELU": "Selu", "Sigmoid": "Sigmoid",
    "Softsign": "Softsign", "Tanh": "Tanh", "softsign": "Softsign", "hardswish": "HardSwish", "mish": "Mish", "selu": "Selu",
}  # fmt: skip
"""Activations that are an operator of ONNX, without attributes."""


@lowers(*_PLAIN)
def _plain(at: Site) -> ir.Value:
    return at.op(_PLAIN[at.operator], at.x)


@lowers("SiLU", "silu")
def _silu(at: Site) -> ir.Value:
    return at.op("Mul", at.x, at.op("Sigmoid", at.x))


@lowers("GELU", "gelu")
def _gelu(at: Site) -> ir.Value:
    """From opset 20 on there is `Gelu`."""
    approximate = word(at.settings, "approximate") if "approximate" in at.settings else "none"
    if at.opset >= 20:
        return at.op("Gelu", at.x, approximate=approximate)
    one, half = at.scalar(1, at.dtype), at.scalar(Fraction(1, 2), at.dtype)
    if approximate == "tanh":
        cube = at.op("Mul", at.op("Mul", at.op("Mul", at.x, at.x), at.x), at.scalar(0.044715, at.dtype))
        part = at.op(
            "Tanh", at.op("Mul", at.op("Add", at.x, cube), at.scalar((2 / 3.141592653589793) ** 0.5, at.dtype))
        )
    else:
        part = at.op("Erf", at.op("Mul", at.x, at.scalar(0.5**0.5, at.dtype)))
    return at.op("Mul", at.op("Mul", at.x, half), at.op("Add", part, one))


@lowers("ELU", "elu")
def _elu(at: Site) -> ir.Value:
    return at.op("Elu", at.x, alpha=_setting(at, "alpha", 1))


@lowers("CELU")
def _celu(at: Site) -> ir.Value:
    """`Celu` takes nothing but 32 bits."""
    return at.cast(
        at.op("Celu", at.cast(at.x, at.dtype, Dtype.F32), alpha=_setting(at, "alpha", 1)), Dtype.F32, at.dtype
    )


@lowers("LeakyReLU", "leaky_relu")
def _leaky(at: Site) -> ir.Value:
    return at.op("LeakyRelu", at.x, alpha=_setting(at, "negative_slope", Fraction(1, 100)))


@lowers("RReLU")
def _randomised(at: Site) -> ir.Value:
    """Once trained, the slope is the middle of its range."""
    middle = (Fraction(real(at.settings, "lower")) + Fraction(real(at.settings, "upper"))) / 2
    return at.op("LeakyRelu", at.x, alpha=float(middle))


@lowers("PReLU")
def _prelu(at: Site) -> ir.Value:
    """Slopes of channels are lined up with dimension 1."""
    slope, after = at.weight("weight"), at.type.rank - 2
    if whole(at.settings, "num_parameters") > 1 and after > 0:
        slope = at.op("Unsqueeze", slope, at.ints(*range(1, 1 + after)))
    return at.op("PRelu", at.x, slope)


@lowers("Hardshrink")
def _hardshrink(at: Site) -> ir.Value:
    return at.op("Shrink", at.x, lambd=_setting(at, "lambd"), bias=0.0)


@lowers("Softshrink")
def _softshrink(at: Site) -> ir.Value:
    return at.op("Shrink", at.x, lambd=_setting(at, "lambd"), bias=_setting(at, "lambd"))


@lowers("Hardsigmoid", "hardsigmoid")
def _hardsigmoid(at: Site) -> ir.Value:
    return at.op("HardSigmoid", at.x, alpha=1 / 6, beta=0.5)


@lowers("Hardtanh", "ReLU6", "relu6")
def _hardtanh(at: Site) -> ir.Value:
    low, high = real(at.settings, "min_val") if "min_val" in at.settings else 0, at.settings.get("max_val", 6)
    assert isinstance(high, int | float | Fraction)
    return at.op("Clip", at.x, at.scalar(low, at.dtype), at.scalar(high, at.dtype))


@lowers("LogSigmoid", "logsigmoid")
def _log_sigmoid(at: Site) -> ir.Value:
    return at.op("Neg", at.op("Softplus", at.op("Neg", at.x)))


@lowers("Softplus", "softplus")
def _softplus(at: Site) -> ir.Value:
    """Beyond the threshold it is the input itself; at PyTorch's defaults the difference is none at 32 bits."""
    beta, threshold = _setting(at, "beta", 1), _setting(at, "threshold", 20)
    if (beta, threshold) == (1, 20):
        return at.op("Softplus", at.x)
    scaled = at.op("Mul", at.x, at.scalar(beta, at.dtype))
    soft = at.op("Div", at.op("Softplus", scaled), at.scalar(beta, at.dtype))
    return at.op("Where", at.op("Greater", scaled, at.scalar(threshold, at.dtype)), at.x, soft)


@lowers("Tanhshrink", "tanhshrink")
def _tanhshrink(at: Site) -> ir.Value:
    return at.op("Sub", at.x, at.op("Tanh", at.x))


@lowers("Threshold")
def _threshold(at: Site) -> ir.Value:
    above = at.op("Greater", at.x, at.scalar(real(at.settings, "threshold"), at.dtype))
    return at.op("Where", above, at.x, at.scalar(real(at.settings, "value"), at.dtype))


@lowers("Softmax", "softmax")
def _softmax(at: Site) -> ir.Value:
    return at.op("Softmax", at.x, axis=whole(at.settings, "dim"))


@lowers("Softmax2d")
def _softmax_of_channels(at: Site) -> ir.Value:
    return at.op("Softmax", at.x, axis=1)


@lowers("Softmin")
def _softmin(at: Site) -> ir.Value:
    return at.op("Softmax", at.op("Neg", at.x), axis=whole(at.settings, "dim"))


@lowers("LogSoftmax", "log_softmax")
def _log_softmax(at: Site) -> ir.Value:
    return at.op("LogSoftmax", at.x, axis=whole(at.settings, "dim"))


@lowers("GLU")
def _glu(at: Site) -> ir.Value:
    value, gate = at.ops("Split", 2, at.x, axis=whole(at.settings, "dim"), num_outputs=2)
    return at.op("Mul", value, at.op("Sigmoid", gate))


def _setting(at: Site, name: str, usual: int | Fraction | None = None) -> float:
    """A number among the settings, or what PyTorch's function without settings takes."""
    return float(real(at.settings, name) if usual is None or name in at.settings else usual)
