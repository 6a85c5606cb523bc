"""What the compiler knows of PyTorch by heart, compared with the PyTorch that is installed."""

import inspect

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from symnas.compilers.torch.constructors import SIGNATURES, parse_constructor
from symnas.compilers.torch.functional import FUNCTIONS, as_function
from symnas.compilers.torch.names import RESERVED_ATTRIBUTES


@pytest.mark.parametrize("callee", SIGNATURES)
def test_signatures_are_pytorch_s(callee: str) -> None:
    """Names and defaults of constructors' leading parameters."""
    kind = getattr(nn, callee.removeprefix("nn."))
    actual = list(inspect.signature(kind).parameters.values())
    if issubclass(kind, nn.RNNBase):  # they hand their arguments on, behind the kind of layer
        actual = list(inspect.signature(nn.RNNBase).parameters.values())[1:]
    for (name, default), parameter in zip(SIGNATURES[callee], actual, strict=False):
        assert parameter.name == name
        assert default == (None if parameter.default is inspect.Parameter.empty else repr(parameter.default))


def test_reserved_attributes_are_all_of_pytorch_s() -> None:
    """Every public attribute that a module or container has is known to be taken."""
    public = {name for kind in (nn.Module(), nn.ModuleList(), nn.ModuleDict()) for name in dir(kind)}
    assert {name for name in public if not name.startswith("_")} <= RESERVED_ATTRIBUTES


ARGUMENTS = {
    "Threshold": "0.1, 20.0",
    "Softmax": "dim=1",
    "LogSoftmax": "dim=1",
    "Softmin": "dim=1",
    "GLU": "dim=1",
    "PixelShuffle": "2",
    "PixelUnshuffle": "2",
    "ChannelShuffle": "2",
    "GELU": 'approximate="tanh"',
    "LeakyReLU": "negative_slope=0.3",
    "Hardtanh": "min_val=-0.5, max_val=0.25",
}


@pytest.mark.parametrize("callee", FUNCTIONS)
def test_functions_do_what_their_modules_do(callee: str) -> None:
    """The function called with the module's arguments gives the module's result."""
    name = callee.removeprefix("nn.")
    if "Adaptive" in name:
        arguments = "2"
    elif "Pool" in name:
        arguments = "3, stride=2, padding=1"
    else:
        arguments = ARGUMENTS.get(name, "")
    constructor = f"{callee}({arguments})"
    call = as_function(parse_constructor(constructor))
    assert call is not None
    rank = int(name[-2]) if name.endswith("d") and name[-2].isdigit() else 2
    x = torch.randn(2, 4, *[8] * rank, generator=torch.Generator().manual_seed(0))
    scope = {"nn": nn, "F": F, "torch": torch, "x": x}
    by_function = eval(call.format("x"), scope)  # noqa: S307 (our own text)
    module = eval(constructor, scope)  # noqa: S307 (our own text)
    torch.testing.assert_close(by_function, module(x))
