"""Layers of attention are imported as one layer each, whatever flows in and whatever masks they are given."""

import pytest
import torch
from importing_models import flat, outputs, same
from torch import nn

from symnas.foreign import from_torch


class Masked(nn.Module):
    """Attention to others, some of which are padding, and some hidden."""

    def __init__(self, *, first: bool, width: int | None = None) -> None:
        super().__init__()
        self.first = first
        self.attention = nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=first, kdim=width, vdim=width)

    def forward(self, x: torch.Tensor, y: torch.Tensor, padding: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """What `x` attends to in `y`."""
        if not self.first:
            x, y = x.transpose(0, 1), y.transpose(0, 1)
        found: torch.Tensor = self.attention(x, y, y, padding, need_weights=False, attn_mask=hidden)[0]
        return found if self.first else found.transpose(0, 1)


PADDING = torch.tensor([[False, False, True, True]] * 3)
HIDDEN = torch.zeros(5, 4, dtype=torch.bool).index_fill(1, torch.tensor([1]), value=True)


@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")
@pytest.mark.parametrize("first", (True, False))
@pytest.mark.parametrize("width", (None, 6))
@pytest.mark.parametrize("added", (True, False))
def test_masks_that_hide_become_masks_that_show(first: bool, width: int | None, added: bool) -> None:
    """Padding and what is hidden are one mask; the layer has its weights, and the batch first."""
    torch.manual_seed(0)
    module = Masked(first=first, width=width).eval()
    x, y, hidden = torch.randn(3, 5, 8), torch.randn(3, 4, width or 8), torch.randn(5, 4) if added else HIDDEN
    shapes = ["x: f32[N, 5, 8]", f"y: f32[N, 4, {width or 8}]", "padding: bool[N, 4]"]
    found = from_torch(module, [*shapes, f"hidden: {'f32' if added else 'bool'}[5, 4]"])
    assert "-> MultiheadAttention(2, dropout = 0.1)" in found.program.text
    assert "Softmax" not in found.program.text
    assert {found.renamed.get(each, each) for each in module.state_dict()} == {*found.weights}
    with torch.no_grad():
        same(outputs(found, [x, y, PADDING, hidden]), flat(module(x, y, PADDING, hidden)))


def test_a_transformer_is_rows_of_layers() -> None:
    """An encoder's layer attends to itself; a decoder's looks back, and at what was encoded."""
    torch.manual_seed(0)
    module = nn.Transformer(8, 2, 2, 2, 16, batch_first=True).eval()
    x, y = torch.randn(3, 5, 8), torch.randn(3, 4, 8)

    class Net(nn.Module):
        """Both, with what comes later hidden."""

        def __init__(self) -> None:
            super().__init__()
            self.both = module

        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            """What is decoded."""
            later = nn.Transformer.generate_square_subsequent_mask(4)
            found: torch.Tensor = self.both(x, y, tgt_mask=later, tgt_is_causal=True)
            return found

    found = from_torch(Net().eval(), ["x: f32[N, 5, 8]", "y: f32[N, 4, 8]"])
    text = found.program.text
    assert text.count("MultiheadAttention(") == 3
    assert text.count("causal = true") == 1
    assert text.count("repeat(2)") == 2
    with torch.no_grad():
        same(outputs(found, [x, y]), flat(module(x, y, tgt_mask=module.generate_square_subsequent_mask(4))))


class Shown(nn.Module):
    """Gives what it attends to as well."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The output, and the weights."""
        found: tuple[torch.Tensor, torch.Tensor] = self.attention(x, x, x)
        return found


def test_what_is_attended_to_is_written_out() -> None:
    """Where the shares are asked for the layer is taken apart, its weights once."""
    torch.manual_seed(0)
    module, x = Shown().eval(), torch.randn(3, 5, 8)
    found = from_torch(module, ["x: f32[N, 5, 8]"])
    assert "Softmax" in found.program.text
    assert sum(each.size for each in found.weights.values()) == sum(each.numel() for each in module.parameters())
    with torch.no_grad():
        same(outputs(found, [x]), flat(module(x)))
