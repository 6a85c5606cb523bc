"""Weights as files: what `torch.load(file, weights_only=True)` reads."""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any, Protocol
from zipfile import BadZipFile

from symnas.arrays import array_of
from symnas.errors import CompileError

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["HasWeights", "load_arrays", "load_weights", "save_arrays", "save_weights", "state_of"]


class HasWeights(Protocol):
    """What has weights by name, such as a `torch.nn.Module`."""

    def state_dict(self) -> Mapping[str, Any]:
        """The weights."""
        ...

    def load_state_dict(self, state_dict: Mapping[str, Any], /) -> object:
        """Take other ones."""
        ...


def save_weights(module: "nn.Module", path: Path) -> None:
    """Write the state of *module* to *path*: weights and buffers by name, on the CPU wherever they are now.

    Raises:
        CompileError: a layer has no weights yet, for it makes them when it first sees data.
    """
    import torch

    lazy = next((name for name, value in module.state_dict().items() if torch.nn.parameter.is_lazy(value)), None)
    if lazy is not None:
        raise CompileError(
            f"`{lazy}` has no size before the network has seen data, so there are no weights to write; "
            "give its layer all sizes, or train the network first"
        )
    state = {name: value.detach().cpu() for name, value in module.state_dict().items()}
    torch.save(state, path)


def save_arrays(arrays: Mapping[str, Any], path: Path, suffix: str) -> None:
    """Write *arrays* of numpy by name to *path*: as a state dict of PyTorch, or, where *suffix* is `.npz`, as they are."""
    import numpy as np

    if suffix == ".npz":
        with path.open("wb") as file:
            np.savez(file, **arrays)
        return
    import torch

    torch.save(_tensors(arrays), path)


def load_arrays(module: HasWeights, arrays: Mapping[str, Any]) -> None:
    """Give *module* the weights *arrays* of numpy, all of them, by the names of its `state_dict`."""
    module.load_state_dict(_tensors(arrays))


def state_of(module: HasWeights) -> "dict[str, Tensor]":
    """The weights of *module* as they are now, on the CPU; they do not change with it."""
    return {name: value.detach().cpu().clone() for name, value in module.state_dict().items()}


def _tensors(arrays: Mapping[str, Any]) -> dict[str, "Tensor"]:
    import numpy as np
    import torch

    return {name: torch.from_numpy(np.array(array_of(each))) for name, each in arrays.items()}


def load_weights(path: Path) -> Mapping[str, Any]:
    """The weights in *path* by name: a state dict of PyTorch (`.pt`), or arrays (`.npz`), which need no torch. Nothing
    but tensors is read.

    Raises:
        CompileError: it is no file of weights.
        OSError: it cannot be read.
    """
    try:
        found = _arrays(path) if path.suffix == ".npz" else _state(path)
    except (BadZipFile, EOFError, RuntimeError, UnpicklingError, ValueError) as error:
        raise CompileError(
            f"{path} is no file of weights alone; save them so: `torch.save(net.state_dict(), …)`"
        ) from error
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        raise CompileError(f"{path} holds no weights by name; save them so: `torch.save(net.state_dict(), …)`")
    if odd := next((name for name, value in found.items() if not hasattr(value, "shape")), None):
        raise CompileError(f"`{odd}` in {path} is no tensor; save weights alone: `torch.save(net.state_dict(), …)`")
    return found


def _arrays(path: Path) -> object:
    import numpy as np

    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def _state(path: Path) -> object:
    import torch

    return torch.load(path, map_location="cpu", weights_only=True)
