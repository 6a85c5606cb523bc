"""What the rules know of operators, against PyTorch: what is said to give back its input, or zeros, does."""

import pytest
import torch
from operator_examples import EXAMPLES, Example
from operator_torch import DTYPES, build
from torch import nn

from symnas.canonical.flow import draws
from symnas.canonical.identities import is_identity
from symnas.canonical.zeros import is_source_of_zeros, keeps_zeros
from symnas.types import TensorType

EVERY = pytest.mark.parametrize("example", EXAMPLES, ids=str)


def tensors(types: tuple[TensorType, ...], *, zero: bool) -> list[torch.Tensor]:
    """Tensors of *types*, all zero or drawn; whole numbers are drawn as indices are, which are never negative."""
    found = []
    for type in types:
        shape = [int(size) for size in type.shape if isinstance(size, int)]
        drawn = torch.zeros(shape) if zero else torch.randn(shape)
        found.append((drawn if type.dtype.is_floating else drawn.abs()).to(DTYPES[type.dtype]))
    return found


def result(example: Example, *, zero: bool) -> list[torch.Tensor]:
    """What PyTorch gives for the example while it trains, with weights that are not as they start."""
    torch.manual_seed(0)
    built = build(example.operator, example.settings, example.inputs, "cpu")
    if isinstance(built.part, nn.Module):
        for weight in built.part.parameters():
            nn.init.uniform_(weight, 0.1, 1.0)
    found = built.run(tensors(example.inputs, zero=zero))
    return list(found) if isinstance(found, tuple | list) else [found]  # type: ignore[list-item]  # a tensor


@EVERY
def test_what_is_said_to_keep_zeros_does(example: Example) -> None:
    """An operator that the rule takes to make zeros of zeros makes nothing but zeros of them, whatever its weights."""
    zeros = [True] * len(example.inputs)
    kept = bool(zeros) and keeps_zeros(example.name, example.settings, zeros)
    if kept or is_source_of_zeros(example.name, example.settings):
        assert all(not each.any() for each in result(example, zero=kept))


@EVERY
def test_what_is_said_to_be_an_identity_is(example: Example) -> None:
    """An operator that the rule takes to give back its input gives it back, element by element."""
    applied = example.operator.apply(example.settings, example.inputs)
    single = len(example.inputs) == len(applied.outputs) == 1
    if single and is_identity(example.name, example.settings, example.inputs[0], applied.outputs[0]):
        torch.manual_seed(0)
        built = build(example.operator, example.settings, example.inputs, "cpu")
        read = tensors(example.inputs, zero=False)
        found = built.run(read)
        assert torch.equal(found if isinstance(found, torch.Tensor) else found[0], read[0])  # type: ignore[index]  # a tuple


@EVERY
def test_what_is_applied_twice_gives_the_same_unless_it_draws(example: Example) -> None:
    """An operator without weights that is not listed as drawing gives the same for the same input."""
    if example.operator.apply(example.settings, example.inputs).weights or draws(example.name, example.settings):
        return
    built = build(example.operator, example.settings, example.inputs, "cpu")
    read = tensors(example.inputs, zero=False)
    once, again = (
        found if isinstance(found, tuple | list) else [found] for found in (built.run(read), built.run(read))
    )
    assert all(torch.equal(one.nan_to_num(), other.nan_to_num()) for one, other in zip(once, again, strict=True))


def test_the_rules_reach_most_operators() -> None:
    """Zeros are handed on by many of the examples, so that the tests above are not empty."""
    kept = {
        each.name
        for each in EXAMPLES
        if each.inputs and keeps_zeros(each.name, each.settings, [True] * len(each.inputs))
    }
    assert len(kept) > 90
    learned = {each.name for each in EXAMPLES if each.name == "BatchNorm2d" and each.settings.get("affine", True)
               and keeps_zeros(each.name, each.settings, [True])}  # fmt: skip
    assert not learned  # without weights, zeros stay zeros: their mean is 0
    assert not kept & {"Sigmoid", "Softmax", "Embedding", "LSTM", "exp", "cos", "AlphaDropout", "attend"}
