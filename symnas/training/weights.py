"""Weights as files: what `torch.load(file, weights_only=True)` reads."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

__all__ = ["save_weights"]


def save_weights(module: "nn.Module", path: Path) -> None:
    """Write the state of *module* to *path*: weights and buffers by name, on the CPU wherever they are now."""
    import torch

    state = {name: value.detach().cpu() for name, value in module.state_dict().items()}
    torch.save(state, path)
