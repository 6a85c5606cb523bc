"""What could be taken for something else: written almost like a layer, changed in place, drawn anew, as many as flow in."""

from collections.abc import Callable

import pytest
import torch
from importing_models import outputs, same
from torch import Tensor, nn

from symnas.errors import CompileError
from symnas.foreign import from_torch

GIVEN = "x: f32[N, 4, 8]"


class Writing(nn.Module):
    """A module that computes what *function* says."""

    def __init__(self, function: Callable[["Writing", Tensor], Tensor]) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.rand(8))
        self.linear = nn.Linear(8, 8)
        self.register_buffer("table", torch.arange(5.0))
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        """What it says."""
        return self.function(self, x)


def agrees(function: Callable[[Writing, Tensor], Tensor]) -> str:
    """The text of the program for *function*, which computes and draws the same."""
    torch.manual_seed(0)
    module, x = Writing(function).eval(), torch.randn(6, 4, 8)
    found = from_torch(module, [GIVEN], "Net")
    with torch.no_grad():
        torch.manual_seed(1)
        wanted = module(x.clone())
    torch.manual_seed(1)
    same(outputs(found, [x]), [wanted])
    return found.program.text


def changed(x: Tensor, view: Callable[[Tensor], Tensor]) -> Tensor:
    """Twice *x*, one added to a part of it in place."""
    y = x * 2
    view(y).add_(1)
    return y


@pytest.mark.parametrize(
    "view",
    (
        lambda y: y,
        lambda y: y[:, 0],
        lambda y: y.chunk(2, 1)[0],
        lambda y: y.split(2, 1)[1],
        lambda y: y.contiguous(),
        lambda y: y.to(torch.float32),
        lambda y: y.type_as(y),
        lambda y: y.mul_(3),
        lambda y: y.transpose(1, 2).flatten(1)[:, :3],
    ),
)
def test_what_is_changed_in_place_is_changed_under_every_name(view: Callable[[Tensor], Tensor]) -> None:
    """A part of a tensor that changes in place shows in the tensor."""
    agrees(lambda _, x: changed(x, view))


def test_parts_that_are_changed_in_place_do_not_show_in_each_other() -> None:
    """Parts of one tensor are apart."""

    def function(_: Writing, x: Tensor) -> Tensor:
        first, *rest = (x * 2).unbind(1)
        first.add_(1)
        return torch.cat([first, *rest], 1)

    agrees(function)


@pytest.mark.parametrize(
    ("function", "word"),
    (
        (lambda _, x: x + torch.normal(0.5, 2.0, (8,)), "randn"),
        (lambda _, x: x + torch.zeros(8).uniform_(-1, 1), "rand("),
        (lambda _, x: x + torch.empty(8).normal_(), "randn"),
        (lambda _, x: x * torch.rand_like(x), "rand_like"),
    ),
)
def test_what_is_drawn_is_drawn_anew(function: Callable[[Writing, Tensor], Tensor], word: str) -> None:
    """Random numbers are no constants: the program draws them when it is used, and the same ones."""
    assert word in agrees(function)


def test_what_is_drawn_otherwise_is_refused() -> None:
    """Random numbers that the language cannot draw are named, and never those of one run."""
    with pytest.raises(CompileError, match="`multinomial`: symnas has no counterpart"):
        from_torch(Writing(lambda _, x: x + torch.multinomial(torch.ones(8), 8)), [GIVEN])


def test_how_much_a_mask_takes_depends_on_what_flows_in() -> None:
    """Rows of a table that is the same for every sample, chosen by truth values, are as many as are true."""
    with pytest.raises(CompileError, match="how much it takes depends on what flows in"):
        from_torch(Writing(lambda of, x: of.get_buffer("table").expand(x.shape[0], 5)[x[:, 0, 0] > 0]), [GIVEN])


@pytest.mark.parametrize(
    "function",
    (
        lambda _, x: x * x.shape[0],
        lambda _, x: x * x / x.shape[0],
        lambda _, x: (x.shape[0] - x) * x.shape[0] * 0.5,
        lambda _, x: x * (x * x.shape[0] + 1),
    ),
)
def test_a_size_that_is_open_is_a_number(function: Callable[[Writing, Tensor], Tensor]) -> None:
    """What is computed with the size of a batch is, in the program too."""
    assert "N" in agrees(function).partition("=")[2]


@pytest.mark.parametrize(
    "function",
    (
        lambda _, x: x * 0.5 * (1 + torch.erf(2**0.5 / x)),
        lambda _, x: (2 / x) * (1 + torch.erf(x / 2**0.5)),
        lambda _, x: x * 0.5 * (1 + torch.erf(x / 1.5)),
        lambda _, x: x * 0.5 * (2 + torch.erf(x / 2**0.5)),
        lambda of, x: of.scale * x * torch.rsqrt(x.pow(2).mean(1, keepdim=True) + 1e-6),
        lambda of, x: of.scale * x * torch.rsqrt(x.abs().pow(3).mean(-1, keepdim=True) + 1e-6),
        lambda of, x: of.scale * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + x.shape[0]),
        lambda _, x: x * torch.sigmoid(x * 2),
        lambda _, x: x.reshape(-1, 4, 2, 4).transpose(1, 3).reshape(-1, 4, 8),
        lambda _, x: x.reshape(-1, 2, 4, 4).transpose(1, 2).reshape(-1, 8, 4),
        lambda of, x: of.linear(x.transpose(0, 1).reshape(-1, 8)).view(4, -1, 8),
    ),
)
def test_what_is_almost_a_layer_is_none(function: Callable[[Writing, Tensor], Tensor]) -> None:
    """What differs from a layer in a number or a dimension is written out."""
    text = agrees(function)
    assert not any(word in text for word in ("GELU", "RMSNorm", "SiLU", "SplitHeads", "MergeHeads"))


def test_a_weight_that_more_reads_is_no_layers_own() -> None:
    """The scale of a normalisation that is added as well stays one parameter."""

    def function(of: Writing, x: Tensor) -> Tensor:
        return of.scale * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)) + of.scale

    assert agrees(function).count("param") == 1


def test_a_part_of_what_was_joined_is_the_tensor_itself() -> None:
    """Joined and taken apart again at the same places is as before."""

    def function(_: Writing, x: Tensor) -> Tensor:
        joined = torch.cat([x, x.abs()], 1)
        return joined[:, :4] - joined[:, 4:]

    assert "x - x.abs()" in agrees(function)


class Begun(nn.Module):
    """An embedding and a linear layer, both of zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.linear = nn.Embedding(9, 8), nn.Linear(8, 9, bias=False)
        nn.init.zeros_(self.embedding.weight)
        nn.init.zeros_(self.linear.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Both."""
        y: Tensor = self.linear(self.embedding(x))
        return y


def test_weights_that_start_as_one_number_are_not_tied() -> None:
    """Matrices of zeros are no copies of one another."""
    assert "module(" not in (text := from_torch(Begun(), ["x: i64[N, 4]"]).program.text)
    assert "Linear(9, bias = false)" in text


@pytest.mark.parametrize(
    ("function", "shuffles"),
    (
        (lambda _, x: x.reshape(-1, 2, 2, 4, 2).transpose(1, 2).reshape(-1, 4, 4, 2), True),
        (lambda _, x: x.reshape(-1, 2, 2, 4, 2).permute(0, 2, 1, 3, 4).reshape(-1, 4, 4, 2), True),
        (lambda _, x: x.reshape(-1, 2, 2, 4, 2).transpose(1, 3).reshape(-1, 4, 4, 2), False),
        (lambda _, x: x.reshape(-1, 2, 2, 2, 4).transpose(1, 2).reshape(-1, 4, 4, 2), False),
        (lambda _, x: x.reshape(-1, 2, 2, 4, 2).transpose(1, 2).reshape(-1, 2, 8, 2), False),
    ),
)
def test_channels_that_are_turned_in_groups_are_shuffled(
    function: Callable[[Writing, Tensor], Tensor], shuffles: bool
) -> None:
    """Split into groups, turned and in a row again is a layer; other turns and other shapes are not."""
    assert ("ChannelShuffle(2)" in agrees(lambda of, x: function(of, x.reshape(-1, 4, 4, 2).relu()))) is shuffles
