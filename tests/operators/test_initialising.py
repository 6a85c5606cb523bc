"""The setting `init`: which weights it starts, how, and what it refuses."""

from fractions import Fraction

import pytest
import torch
from operator_torch import build
from torch import nn

from symnas.operators import OPERATORS, OperatorError, lookup
from symnas.operators.settings import show
from symnas.operators.starts import STARTS, Start
from symnas.types import Dtype, TensorType

ROW, IMAGE, STEPS = TensorType((7, 12)), TensorType((7, 12, 13, 18)), TensorType((7, 13, 12))
LAYERS = {
    "Linear": ((12,), ROW),
    "Embedding": ((50, 8), TensorType((7, 13), Dtype.I64)),
    "Conv2d": ((12, 3), IMAGE),
    "DepthwiseConv2d": ((3,), IMAGE),
    "ConvTranspose2d": ((12, 3), IMAGE),
    "BatchNorm2d": ((), IMAGE),
    "LayerNorm": ((), STEPS),
    "LSTM": ((12,), STEPS),
    "GRUCell": ((12,), ROW),
}


def layer(name: str, init: object, tensor: TensorType, *positional: object, **named: object) -> nn.Module:
    """The module of an operator with *init*."""
    operator = lookup(name)
    assert operator is not None
    part = build(operator, operator.bind(positional, {**named, "init": init}), [tensor], "cpu").part
    assert isinstance(part, nn.Module)
    return part


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(
    ("init", "low", "high"),
    (
        (Start("zeros"), 0, 0),
        (Start("ones"), 1, 1),
        (Start("fill", Fraction(-1, 2)), -0.5, -0.5),
        (Start("uniform", Fraction(1, 4)), -0.25, 0.25),
        (Start("normal", Fraction(1, 50)), -0.2, 0.2),
    ),
)
def test_weights_start_as_told_and_biases_as_ever(name: str, init: Start, low: float, high: float) -> None:
    """Every weight is what `init` says; biases are those of the same layer without it."""
    positional, tensor = LAYERS[name]
    torch.manual_seed(0)
    told = dict(layer(name, init, tensor, *positional).named_parameters())
    torch.manual_seed(0)
    plain = dict(layer(name, None, tensor, *positional).named_parameters())
    for key, weight in told.items():
        assert weight.requires_grad
        if key.startswith("weight"):
            assert low <= weight.min().item() <= weight.max().item() <= high
            assert (weight.std().item() == 0) == (low == high)
        else:
            assert torch.equal(weight, plain[key])


@pytest.mark.parametrize(
    ("name", "positional", "named", "tensor"),
    (
        ("Linear", (12,), {"bias": False}, ROW),
        ("Conv2d", (12, 3), {"bias": False}, IMAGE),
        ("Conv2d", (12, (3, 5)), {"bias": False, "groups": 4}, IMAGE),
        ("DepthwiseConv2d", (3,), {"bias": False}, IMAGE),
        ("ConvTranspose2d", (12, 3), {"bias": False, "padding": 1, "groups": 3}, IMAGE),
    ),
)
def test_identity_gives_back_what_flows_in(
    name: str, positional: tuple[object, ...], named: dict[str, object], tensor: TensorType
) -> None:
    """A square layer, a convolution at its default padding too, starts as doing nothing."""
    module = layer(name, Start("identity"), tensor, *positional, **named)
    x = torch.randn([int(str(size)) for size in tensor.shape])
    torch.testing.assert_close(module(x), x)


def test_a_padding_row_stays_zero() -> None:
    """An embedding pads with zeros, however its other vectors start."""
    weight = layer("Embedding", Start("ones"), TensorType((7,), Dtype.I64), 5, 3, padding_idx=-1).weight
    assert isinstance(weight, nn.Parameter)
    assert weight[:4].min() == 1
    assert not weight[4].any()
    assert weight.is_leaf


@pytest.mark.parametrize(
    ("name", "positional", "named", "tensor", "message"),
    (
        ("Linear", (10,), {}, ROW, "`identity` is a square matrix; the weight of `Linear` is [10, 12]"),
        ("LSTM", (12,), {}, STEPS, "`identity` is a square matrix; the weight of `LSTM` is [48, 12]"),
        ("Conv2d", (8, 3), {}, IMAGE, "`identity` needs as many channels out as in; the weight of `Conv2d` is [8, 12,"),
        (
            "Conv2d",
            (12, 2),
            {"padding": 0},
            IMAGE,
            "`identity` needs a kernel with a middle; that of `Conv2d` is 2 × 2",
        ),
        ("LayerNorm", (), {}, STEPS, "`identity` is for matrices and kernels; `LayerNorm` scales each feature"),
        ("BatchNorm2d", (), {"affine": False}, IMAGE, "`BatchNorm2d` has no weight here for `init` to start"),
    ),
)
def test_identity_that_cannot_be(
    name: str, positional: tuple[object, ...], named: dict[str, object], tensor: TensorType, message: str
) -> None:
    """A weight that is no square matrix and no kernel with a middle cannot be the identity."""
    operator = lookup(name)
    assert operator is not None
    settings = operator.bind(positional, {**named, "init": Start("identity")})
    with pytest.raises(OperatorError) as caught:
        operator.apply(settings, [tensor])
    assert caught.value.message.startswith(message)
    assert caught.value.setting == "init"


def test_a_free_weight_is_the_identity_where_it_is_square() -> None:
    """`param([4, 3], init = identity)` is refused with its shape."""
    operator = OPERATORS["param"]
    with pytest.raises(OperatorError, match=r"`identity` is a square matrix; the weight of `param` is \[4, 3\]"):
        operator.apply(operator.bind(((4, 3),), {"init": Start("identity")}), [])


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    (
        (3, "`init` of `Linear` takes an initialisation, not 3", "`fill(3)`?"),
        ("zeross", '`init` of `Linear` takes an initialisation, not "zeross"', "`zeros`?"),
        (
            True,
            "`init` of `Linear` takes an initialisation, not true",
            "one of `zeros`, `ones`, `identity`, `fill(value)`, `normal(std)`, `uniform(a)`",
        ),
    ),
)
def test_what_is_no_initialisation(value: object, message: str, hint: str) -> None:
    """A number or a string in its place is answered with what was probably meant."""
    with pytest.raises(OperatorError) as caught:
        OPERATORS["Linear"].bind((8,), {"init": value})
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_init_is_given_by_name() -> None:
    """It is no argument of PyTorch's, so that a stray third argument is not taken for it."""
    with pytest.raises(OperatorError, match=r"`Linear` takes at most 2 settings; 3 given"):
        OPERATORS["Linear"].bind((8, True, Start("zeros")), {})


@pytest.mark.parametrize("way", STARTS)
def test_starts_are_shown_as_they_are_written(way: str) -> None:
    """`normal(0.02)`, `zeros`."""
    number = None if STARTS[way] is None else Fraction(1, 50)
    assert show(Start(way, number)) == (way if number is None else f"{way}(0.02)")


def test_every_layer_with_weights_takes_init() -> None:
    """All operators whose weights PyTorch initialises; `PReLU` has an `init` of its own, a number."""
    taking = {name for name, operator in OPERATORS.items() if any(each.name == "init" for each in operator.settings)}
    convolutions = {f"{kind}{rank}d" for kind in ("Conv", "DepthwiseConv", "ConvTranspose") for rank in (1, 2, 3)}
    norms = {f"{kind}Norm{rank}d" for kind in ("Batch", "Instance") for rank in (1, 2, 3)}
    recurrent = {f"{kind}{cell}" for kind in ("RNN", "GRU", "LSTM") for cell in ("", "Cell")}
    others = {
        "Linear",
        "Bilinear",
        "Embedding",
        "EmbeddingBag",
        "MultiheadAttention",
        "LayerNorm",
        "RMSNorm",
        "GroupNorm",
        "PReLU",
        "param",
    }
    assert taking == convolutions | norms | recurrent | others
