"""Fresh weights without PyTorch beside PyTorch's own, and weights that are rounded."""

import numpy as np
import pytest
import torch
from enumerating import only
from onnx_running import agree, alone, both
from operator_examples import EXAMPLES, Example

from symnas.compilers.onnx import build
from symnas.compilers.torch import build as build_torch

_WEIGHTED = [
    example for example in EXAMPLES
    if any(weight.trainable for weight in example.operator.apply(example.settings, example.inputs).weights)
]  # fmt: skip


@pytest.mark.parametrize("example", _WEIGHTED, ids=str)
@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_weights_start_as_pytorch_s(example: Example) -> None:
    """Over a few draws each weight has PyTorch's mean and spread, and where those are exact, its very values."""
    graph = alone(example)
    ours = [build(graph, seed=seed).graph.initializers for seed in range(4)]
    torch.manual_seed(0)
    theirs = [build_torch(graph).state_dict() for _ in range(4)]
    for name in theirs[0]:
        if name not in ours[0]:
            continue  # batches counted, which nothing reads
        found = np.stack([each[name].const_value.numpy().astype(np.float64) for each in ours])  # type: ignore[union-attr]  # weights have values
        expected = torch.stack([each[name] for each in theirs]).double().numpy()
        spread = expected.std()
        assert found.shape == expected.shape
        if spread == 0 or (expected == expected[0]).all():
            np.testing.assert_array_equal(found, expected)
            continue
        error = 6 * spread / found.size**0.5
        assert abs(found.mean() - expected.mean()) < 2 * error
        assert abs(found.std() - spread) < 2 * error
        assert np.abs(found).max() < 1.6 * np.abs(expected).max() + error


QUANTISED = {
    "a linear layer": "x: f32[N, 6]) = x -> quantised(Linear(8), weights = {w}, inputs = {i})",
    "linear layers in a row": "x: f32[N, 6]) = x -> quantised(Linear(8) -> Tanh -> Linear(3), weights = {w}, inputs = 32)",
    "a convolution": "x: f32[N, 4, 9, 9]) = x -> quantised(Conv2d(8, 3, groups = 2), weights = {w}, inputs = {i})",
    "a transposed one": "x: f32[N, 4, 5, 5]) = x -> quantised(ConvTranspose2d(6, 3, groups = 2), weights = {w}, inputs = {i})",
    "an embedding": "x: i64[N, 5]) = x -> quantised(Embedding(7, 4), weights = {w}, inputs = {i})",
    "a recurrent layer": "x: f32[N, T, 4]) {{ (y, _) = x -> quantised(GRU(5), weights = {w}, inputs = {i})\n y }}",
    "a cell": "x: f32[N, 4]) = x -> quantised(GRUCell(5), weights = {w}, inputs = {i})",
    "weights that are zero": "x: f32[N, 6]) = x -> quantised(Linear(8, init = zeros), weights = {w}, inputs = {i})",
}


@pytest.mark.parametrize("body", QUANTISED.values(), ids=QUANTISED)
@pytest.mark.parametrize("bits", ((8, 8), (4, 32), (32, 4), (1, 1), (2, 3)))
def test_rounding_is_that_of_pytorch(body: str, bits: tuple[int, int]) -> None:
    """Quantised layers compute with the same few values."""
    graph = only(f"net A({body.format(w=bits[0], i=bits[1])}")
    shape = [size if isinstance(size, int) else 3 for size in graph.scope.inputs[0].shape]
    draws = torch.Generator().manual_seed(1)
    x = torch.randn(shape, generator=draws) if "f32" in body else torch.randint(0, 7, shape, generator=draws)
    agree(*both(graph, [x]), 1e-5)


def test_a_weight_that_is_read_is_whole() -> None:
    """Reading a quantised layer's weight gives it in full, as it is stored."""
    graph = only("net A(x: f32[N, 6]) {\n shared f = Linear(6)\n (x -> quantised(f, weights = 2)) @ f.weight\n}")
    agree(*both(graph, [torch.randn(4, 6)]), 1e-5)
