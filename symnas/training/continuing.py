"""Training that goes on later, in another process or with another architecture: all that it needs, as a file.

With the same network and recipe, what goes on is bit by bit what a training without a break would have been. With
another one, weights of equal name and shape are taken over, the rest starts fresh. `torch.load(weights_only=True)`
reads the file: it holds tensors, numbers and names, and can run nothing.
"""

import os
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from symnas.errors import SearchError

if TYPE_CHECKING:
    from torch import Tensor, nn, optim

__all__ = ["FILE", "State", "fitting", "load_state", "optimizer_state", "restore_optimizer", "save_state"]

FILE = "training.pt"
"""What the built-in trainer's file is called in a trial's folder."""

State = dict[str, Any]
"""The state of a training; `Trainer.state` says what is in it."""


def save_state(state: State, folder: Path) -> None:
    """Write *state* to *folder*, whole and on disk when this returns."""
    import torch

    part = folder / f"{FILE}.part"
    with part.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / FILE)


def load_state(folder: Path) -> State | None:
    """What `save_state` wrote to *folder*; `None` where nothing was kept.

    Raises:
        SearchError: the file is damaged.
    """
    import torch

    path = folder / FILE
    if not path.exists():
        return None
    try:
        state: State = torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, OSError, EOFError, ValueError, KeyError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise SearchError(f"the weights to go on from cannot be read from {path}: {reason}") from error
    return state


def fitting(saved: "dict[str, Tensor]", own: "dict[str, Tensor]") -> "dict[str, Tensor]":
    """*own* weights, with the saved one in place of each that has the same name and shape."""
    return {
        name: saved[name] if name in saved and saved[name].shape == value.shape else value
        for name, value in own.items()
    }


def optimizer_state(optimizer: "optim.Optimizer", module: "nn.Module") -> "dict[str, dict[str, Tensor]]":
    """What *optimizer* remembers of each weight, by the weight's name."""
    return {
        name: {key: value.detach().cpu() for key, value in optimizer.state[weight].items() if value is not None}
        for name, weight in module.named_parameters()
        if weight in optimizer.state
    }


def restore_optimizer(saved: "dict[str, dict[str, Tensor]]", optimizer: "optim.Optimizer", module: "nn.Module") -> None:
    """Let *optimizer* remember what was *saved* of the weights that are still the same in name and shape."""
    trained = [(name, weight) for name, weight in module.named_parameters() if weight.requires_grad]
    state = optimizer.state_dict()
    state["state"] = {
        place: saved[name]
        for place, (name, weight) in enumerate(trained)
        if name in saved and all(each.ndim == 0 or each.shape == weight.shape for each in saved[name].values())
    }
    optimizer.load_state_dict(state)
