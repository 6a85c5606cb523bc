"""Recurrent layers: shapes, weights, costs and refusals that PyTorch's own behaviour fixes."""

import pytest
import torch
from torch import nn

from symnas.operators import Applied, OperatorError, lookup
from symnas.sizes import symbol
from symnas.types import Dtype, TensorType

N, T = symbol("N"), symbol("T")
KINDS = ("RNN", "GRU", "LSTM")


def apply(name: str, shapes: list[tuple[object, ...]], *positional: object, **named: object) -> Applied:
    """What the operator gives for tensors of *shapes*."""
    operator = lookup(name)
    assert operator is not None
    inputs = [TensorType(shape) for shape in shapes]  # type: ignore[arg-type]  # sizes
    return operator.apply(operator.bind(positional, named), inputs)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("settings", ({}, {"num_layers": 3}, {"bidirectional": True, "num_layers": 2}, {"bias": False}))
def test_parameters_are_pytorch_s(kind: str, settings: dict[str, int]) -> None:
    """As many parameters as the module has, biases, layers and directions included."""
    applied = apply(kind, [(N, T, 12)], 10, **settings)
    module = getattr(nn, kind)(12, 10, batch_first=True, **settings)
    assert [each.name for each in applied.weights] == list(module.state_dict())
    assert [each.shape for each in applied.weights] == [tuple(each.shape) for each in module.parameters()]


def test_an_unknown_length_stays_in_the_cost() -> None:
    """One step of an LSTM multiplies 4 gates of 64 units with 32 inputs and 64 states; T steps cost T times that."""
    applied = apply("LSTM", [(N, T, 32)], 64)
    assert applied.outputs == (TensorType((N, T, 64)), TensorType((1, N, 64)), TensorType((1, N, 64)))
    assert applied.macs == T * (4 * 64 * (32 + 64))
    assert (applied.many, applied.state) == (True, 1)


def test_a_projection_narrows_outputs_and_states() -> None:
    """`proj_size` is the width of the output and of `h`, not of `c`, and one more product a step."""
    applied = apply("LSTM", [(N, T, 32)], 64, proj_size=16, bidirectional=True)
    assert applied.outputs == (TensorType((N, T, 32)), TensorType((2, N, 16)), TensorType((2, N, 64)))
    assert applied.macs == T * (2 * (4 * 64 * (32 + 16) + 16 * 64))


@pytest.mark.parametrize(
    ("name", "shapes", "named", "message"),
    (
        ("LSTM", [(N, 32)], {}, "`LSTM` takes [N, T, D]; this is [N, 32]"),
        ("GRU", [(N, T, symbol("D"))], {}, "`GRU` must know the features of its input; `D` is unknown at build time"),
        ("LSTM", [(N, T, 32), (1, N, 64)], {}, "`LSTM` takes [N, T, D] alone or with its 2 states; 2 flow in"),
        ("GRU", [(N, T, 32), (N, 64)], {}, "a state of `GRU` must be [1, N, 64] here; this is [N, 64]"),
        ("GRU", [(N, T, 32), (1, N, 64)], {"num_layers": 2}, "a state of `GRU` must be [2, N, 64] here; this is"),
        ("LSTM", [(N, T, 32)], {"proj_size": 64}, "`proj_size` of `LSTM` must be below its `hidden_size`; 64 is not"),
        ("RNN", [(N, T, 32)], {"dropout": 1, "num_layers": 2}, "`dropout` of `RNN` must be below 1, or nothing is"),
        ("GRUCell", [(N, T, 32)], {}, "`GRUCell` takes [N, D]; this is [N, T, 32]"),
        ("LSTMCell", [(N, 32), (N, 64)], {}, "`LSTMCell` takes [N, D] alone or with its 2 states; 2 flow in"),
    ),
)
def test_refusals(name: str, shapes: list[tuple[object, ...]], named: dict[str, object], message: str) -> None:
    """What does not fit is said in the layer's own terms."""
    with pytest.raises(OperatorError) as caught:
        apply(name, shapes, 64, **named)
    assert caught.value.message.startswith(message)


def test_states_have_the_dtype_of_the_input() -> None:
    """PyTorch would refuse a state of another precision; indices are no sequence of vectors."""
    operator = lookup("GRU")
    assert operator is not None
    settings = operator.bind((8,), {})
    with pytest.raises(OperatorError, match=r"`GRU` takes states of the dtype of its input"):
        operator.apply(settings, [TensorType((N, T, 4)), TensorType((1, N, 8), Dtype.F16)])
    with pytest.raises(OperatorError, match=r"`GRU` takes real numbers") as caught:
        operator.apply(settings, [TensorType((N, T), Dtype.I64)])
    assert caught.value.hint == "`Embedding` turns indices into vectors"


@pytest.mark.parametrize("kind", KINDS)
def test_batch_first_is_no_setting(kind: str) -> None:
    """The batch comes first in every layer; whoever writes PyTorch's setting is told so."""
    operator = lookup(kind)
    assert operator is not None
    with pytest.raises(OperatorError, match=f"`{kind}` has no setting `batch_first`") as caught:
        operator.bind((8,), {"batch_first": True})
    assert caught.value.hint == "leave it out: the batch comes first in every layer"


def test_dropout_behind_a_single_layer_warns_of_nothing() -> None:
    """PyTorch warns where `dropout` has no layers to stand between; what has no effect is not written."""
    operator = lookup("LSTM")
    assert operator is not None
    settings = operator.bind((8,), {"dropout": 0.5})
    text = operator.torch(settings, [TensorType((N, T, 4))]).module
    assert text == "nn.LSTM(4, 8, batch_first=True)"
    assert isinstance(eval(text, {"nn": nn, "torch": torch}), nn.LSTM)  # noqa: S307 (our own text)
