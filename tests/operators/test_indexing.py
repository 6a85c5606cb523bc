"""Positions that a tensor says, in brackets: `x[:, places]`."""

import pytest
import torch
from onnx_running import agree, both

import symnas
from symnas.errors import SourceError

WRITTEN = (
    "x[:, p]", "x[..., p]", "x[:, 1, p]", "x[:, :, p]", "x[:, 1:4, p]", "x[..., p, 1:3]", "x[..., p, :, 1:3]",
    "x[:, None, p]", "x[:, q]", "x[:, :, q]", "x[..., q, :]", "x[:, p].sum(1)", "x[..., 1:3, p, ::2]",
)  # fmt: skip
"""In PyTorch's own words."""


@pytest.mark.parametrize("written", WRITTEN)
def test_a_tensor_says_positions(written: str) -> None:
    """What it takes, in both targets, is what PyTorch takes; a tensor of several dimensions leaves all of them."""
    program = symnas.parse(f"net A(x: f32[N, 5, 6, 7], p: i64[3], q: i64[2, 4]) = {written.replace('None', 'none')}\n")
    graph = program.architecture().graph()
    x, p, q = torch.rand(2, 5, 6, 7), torch.tensor([3, 0, 3]), torch.randint(0, 5, (2, 4))
    found, expected = both(graph, [x, p, q])
    agree(found, expected, 0)
    agree(expected, [eval(written, {"x": x, "p": p, "q": q})], 0)  # noqa: S307 (our own text)


def test_it_is_spelled_in_brackets() -> None:
    """What stands for the dimensions between is written as in PyTorch, and printed so."""
    program = symnas.parse("net A(x: f32[N, 5, 6, 7]) = x[..., ::2, none, 1]\n")
    assert "= x[..., ::2, none, 1]" in symnas.format(program.text)
    assert "= x[..., ::2, none, 1]" in symnas.expand(program.architecture()).text


@pytest.mark.parametrize(
    ("written", "message"),
    (
        ("x[:, p, p]", "a tensor takes one tensor of positions at once"),
        ("x[:, x]", "positions in a tensor are whole numbers, not a tensor [N, 5, 6, 7]"),
        ("x[:, m]", "positions in a tensor are whole numbers, not a tensor bool[5]"),
        ('x[:, "a"]', 'a position in [N, 5, 6, 7] is a whole number, not "a"'),
    ),
)
def test_what_is_no_position_is_said(written: str, message: str) -> None:
    """Truth values and real numbers are none, and there is one tensor of them at once."""
    program = symnas.parse(f"net A(x: f32[N, 5, 6, 7], p: i64[3], m: bool[5]) = {written}\n")
    with pytest.raises(SourceError) as caught:
        program.architecture()
    assert caught.value.diagnostics[0].message == message
