"""Modules without weights or state as function calls: `nn.ReLU()` becomes `F.relu(x)`.

Calling a module costs PyTorch two to three microseconds more than calling the function, which a small network at
batch 1 feels, and a class whose `__init__` lists only what has weights is shorter. Modules that behave differently
while training (`nn.Dropout`) stay modules.
"""

from typing import Final

from symnas.compilers.torch.constructors import Constructor

__all__ = ["FUNCTIONS", "as_function"]

_SAME_ARGUMENTS = {
    "F.celu": "CELU",
    "F.channel_shuffle": "ChannelShuffle",
    "F.elu": "ELU",
    "F.gelu": "GELU",
    "F.glu": "GLU",
    "F.hardshrink": "Hardshrink",
    "F.hardsigmoid": "Hardsigmoid",
    "F.hardswish": "Hardswish",
    "F.hardtanh": "Hardtanh",
    "F.leaky_relu": "LeakyReLU",
    "F.log_softmax": "LogSoftmax",
    "F.logsigmoid": "LogSigmoid",
    "F.mish": "Mish",
    "F.pixel_shuffle": "PixelShuffle",
    "F.pixel_unshuffle": "PixelUnshuffle",
    "F.relu": "ReLU",
    "F.relu6": "ReLU6",
    "F.selu": "SELU",
    "F.silu": "SiLU",
    "F.softmax": "Softmax",
    "F.softmin": "Softmin",
    "F.softplus": "Softplus",
    "F.softshrink": "Softshrink",
    "F.softsign": "Softsign",
    "F.tanhshrink": "Tanhshrink",
    "F.threshold": "Threshold",
    "torch.sigmoid": "Sigmoid",
    "torch.tanh": "Tanh",
    **{f"F.{kind.lower()}_pool{rank}d": f"{kind}Pool{rank}d" for kind in ("Max", "Avg") for rank in (1, 2, 3)},
    **{
        f"F.adaptive_{kind.lower()}_pool{rank}d": f"Adaptive{kind}Pool{rank}d"
        for kind in ("Max", "Avg")
        for rank in (1, 2, 3)
    },
}

FUNCTIONS: Final = {f"nn.{name}": function for function, name in _SAME_ARGUMENTS.items()}
"""Constructor of a stateless module → the function of its input and then the constructor's arguments."""


def as_function(constructor: Constructor) -> str | None:
    """What calls the function of the module that *constructor* makes, with `{0}` for the input; `None` if there is none.

    >>> as_function(parse_constructor("nn.MaxPool2d(3, stride=2)"))
    'F.max_pool2d({0}, 3, stride=2)'
    """
    if constructor.callee == "nn.Flatten" and constructor.arguments == ():
        return "torch.flatten({0}, 1)"
    function = FUNCTIONS.get(constructor.callee)
    if function is None or constructor.arguments is None:
        return None
    written = str(Constructor("", constructor.arguments))[1:-1]
    return f"{function}({{0}}{', ' * bool(written)}{written})"
