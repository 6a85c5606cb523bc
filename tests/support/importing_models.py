"""Networks as PyTorch modules, for the tests that import them, and imported ones run."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

import symnas
from symnas.foreign import Foreign

__all__ = ["Attention", "Basic", "Decoder", "Shared", "Small", "flat", "outputs", "same"]


class Basic(nn.Module):
    """A residual block as torchvision writes it."""

    def __init__(self, into: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(into, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample: nn.Module | None = None
        if stride != 1 or into != out:
            self.downsample = nn.Sequential(nn.Conv2d(into, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The block."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x if self.downsample is None else self.downsample(x)
        z: torch.Tensor = self.relu(y)
        return z


class Small(nn.Module):
    """A small residual network."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.layer1 = nn.Sequential(Basic(8, 8), Basic(8, 8))
        self.layer2 = nn.Sequential(Basic(8, 16, 2), Basic(16, 16))
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Ten scores for each image."""
        x = self.layer2(self.layer1(self.stem(x)))
        x = torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1)
        scores: torch.Tensor = self.fc(self.dropout(x))
        return scores


class Attention(nn.Module):
    """Words with positions, attended to once; a table of positions that does not train."""

    table: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(20, 8)
        self.register_buffer("table", torch.randn(1, 6, 8))
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = nn.LayerNorm(8)

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The words, and their mean."""
        x = self.words(tokens) + self.table
        y, _ = self.attention(x, x, x)
        x = self.norm(x + y)
        return x, torch.einsum("ntd,d->nt", x, x.mean((0, 1)))


class Norm(nn.Module):
    """A root mean square norm, written out as transformers do."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Divided by the root of the mean square."""
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


class SelfAttention(nn.Module):
    """Attention with rotary positions, four heads of which share two keys, its products over rows."""

    def __init__(self) -> None:
        super().__init__()
        self.q_proj, self.o_proj = nn.Linear(16, 16, bias=False), nn.Linear(16, 16)
        self.k_proj, self.v_proj = nn.Linear(16, 8, bias=False), nn.Linear(16, 8, bias=False)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """What each step makes of those up to it."""
        batch, time, _ = x.shape
        rows = x.reshape(-1, 16)
        q, k, v = (
            each(rows).view(batch, time, -1, 4).transpose(1, 2) for each in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = (each * cos + torch.cat((-each[..., 2:], each[..., :2]), -1) * sin for each in (q, k))
        k, v = (each[:, :, None].expand(batch, 2, 2, time, 4).reshape(batch, 4, time, 4) for each in (k, v))
        found = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=0.5)
        y: torch.Tensor = self.o_proj(found.transpose(1, 2).reshape(batch, time, -1))
        return y


class DecoderLayer(nn.Module):
    """Attention and two dense layers, each added to what flows by."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.self_attn, self.norm2 = Norm(16), SelfAttention(), Norm(16)
        self.up_proj, self.down_proj = nn.Linear(16, 32), nn.Linear(32, 16)

    def forward(self, x: torch.Tensor, *given: torch.Tensor) -> torch.Tensor:
        """Both in turn; GELU by its approximation."""
        x = x + self.self_attn(self.norm1(x), *given)
        y = self.up_proj(self.norm2(x))
        y = 0.5 * y * (1 + torch.tanh(0.7978845608028654 * (y + 0.044715 * torch.pow(y, 3))))
        z: torch.Tensor = x + self.down_proj(y)
        return z


class Decoder(nn.Module):
    """A language model as transformers write it: mask and tables made once, for the batch as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(20, 16)
        self.layers = nn.ModuleList(DecoderLayer() for _ in range(3))
        self.norm = Norm(16)
        self.register_buffer("rates", torch.tensor([1.0, 0.1, 1.0, 0.1]), persistent=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """The features of each step."""
        batch, time = tokens.shape
        steps = torch.arange(time)
        mask = (steps[None, :, None] >= steps[None, None])[:, None].expand(batch, 1, time, time)
        angles: torch.Tensor = steps[None, None, :, None] * self.rates  # type: ignore[operator]  # a buffer is a tensor
        x = self.words(tokens)
        for each in self.layers:
            x = each(x, angles.cos(), angles.sin(), mask)
        y: torch.Tensor = self.norm(x)
        return y


class Shared(nn.Module):
    """One block applied three times."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The block, three times."""
        for _ in range(3):
            x = x + self.block(x)
        return x


def outputs(found: Foreign, inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """What the network of *found* gives, its program read anew from its text."""
    network = symnas.compile(symnas.parse(found.program.text).architecture(), "torch").eval()
    network.load_state_dict({name: torch.from_numpy(np.array(each)) for name, each in found.weights.items()})
    with torch.no_grad():
        return flat(network(*inputs))


def flat(value: Any) -> list[torch.Tensor]:
    """The tensors in *value*, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    items = list(value.values()) if isinstance(value, Mapping) else list(value)
    return [each for item in items for each in flat(item)]


def same(ours: Sequence[torch.Tensor], theirs: Sequence[torch.Tensor]) -> None:
    """Check that all outputs are equal to 1e-5 of the largest number."""
    ours, theirs = [each.detach() for each in ours], [each.detach() for each in theirs]
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert one.shape == other.shape
        finite = other.double().abs().nan_to_num(0, 0, 0)
        largest = max(1.0, float(finite.max())) if other.numel() else 1.0
        torch.testing.assert_close(one.double(), other.double(), rtol=0, atol=1e-5 * largest, equal_nan=True)
