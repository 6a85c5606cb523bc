"""Sizes that are open in arithmetic with tensors: numbers that are known when the network runs."""

from collections.abc import Callable

import pytest
import torch

import symnas


@pytest.mark.parametrize(
    ("written", "wanted"),
    (
        ("x * N", lambda x, n: x * n),
        ("N - x", lambda x, n: n - x),
        ("x / (N + 1)", lambda x, n: x / (n + 1)),
        ("x // N + x % N", lambda x, n: x // n + x % n),
        ("x ** N", lambda x, n: x**n),
        ("where(x > N - 2, x, -x)", lambda x, n: torch.where(x > n - 2, x, -x)),
    ),
)
def test_a_size_goes_with_a_tensor(written: str, wanted: Callable[[torch.Tensor, int], torch.Tensor]) -> None:
    """Signs take a size beside a tensor as they take a number, and as methods do; its value is that of the batch."""
    network = symnas.compile(symnas.parse(f"net A(x: f32[N, 4]) = {written}").architecture(), "torch")
    for batch in (2, 3):
        x = torch.randn(batch, 4, generator=torch.Generator().manual_seed(0))
        assert torch.equal(network(x), wanted(x, batch))
