"""Pruned networks beside masked ones: whether what is left computes what the network with zeros does."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from symnas.compilers.torch import build
from symnas.graph import Graph
from symnas.pruning import Units, masked, removed, shrunk
from symnas.pruning.labels import Flags
from symnas.sizes import substitute, symbols_of
from symnas.types import Dtype, TensorType

__all__ = ["apart", "distance", "drawn", "fresh", "inputs_of", "outputs"]

_BATCH, _OTHER = 2, 6
"""What symbolic sizes are: the batch, and others."""


def fresh(graph: Graph, generator: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Weights of *graph* by name, none of them at the 0 or 1 that it starts from: real numbers of 64 bits."""
    torch.manual_seed(int(generator.integers(2**31)))
    found = {}
    for name, tensor in build(graph).double().state_dict().items():
        value = tensor.numpy().copy()
        if name.endswith("running_var"):
            value = generator.random(value.shape) + 0.5
        elif value.dtype == np.float64 and np.ptp(value, axis=None) == 0:
            value = value + 0.3 * generator.standard_normal(value.shape)
        found[name] = value
    return found


def drawn(units: Units, generator: np.random.Generator, share: float = 1 / 3) -> Flags:
    """A random part of about that *share* of the groups: so many classes go; of every axis, something is left."""
    gone = units.none()
    groups = [each for each in units.groups if generator.random() < share] or list(units.groups[:1])
    for group in groups:
        count = generator.integers(1, len(group.units))
        gone[generator.choice(group.units, count, replace=False)] = True
    for row in units.rows:
        if gone[row].all():
            gone[row[:1]] = False
    return gone


def apart(units: Units, gone: Flags, generator: np.random.Generator) -> float:
    """How far the network without what is *gone* is from the masked one, over the largest number that this gives."""
    graph, kept = units.coupling.graph, units.kept(gone)
    weights = fresh(graph, generator)
    inputs = inputs_of(graph, generator)
    before = outputs(graph, masked(units.coupling, kept, weights), inputs)
    after = outputs(removed(units.coupling, kept), shrunk(units.coupling, kept, weights), inputs)
    return distance(before, after)


def distance(before: list[torch.Tensor], after: list[torch.Tensor]) -> float:
    """The largest difference, over the largest number; what is no number must be so in both."""
    found = 0.0
    for one, other in zip(before, after, strict=True):
        assert one.shape == other.shape
        assert torch.equal(one.isnan(), other.isnan())
        one, other = (each.double().nan_to_num() for each in (one, other))
        scale = float(one.abs().max()) if one.numel() else 0.0
        found = max(found, float((one - other).abs().max()) / (scale or 1.0)) if one.numel() else found
    return found


def outputs(graph: Graph, weights: Mapping[str, NDArray[Any]], inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    """What *graph* gives with *weights*, which must be all that it has; in 64 bits, not training."""
    network: nn.Module = build(graph).double().eval()
    network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
    with torch.no_grad():
        torch.manual_seed(0)
        return [*_tensors(network(*inputs))]


def inputs_of(graph: Graph, generator: np.random.Generator) -> list[torch.Tensor]:
    """Inputs for *graph*; whole numbers are 0 or 1."""
    names = {name for type in graph.scope.inputs for size in type.shape for name in symbols_of(size)}
    sizes = {name: _BATCH if name == "N" else _OTHER for name in sorted(names)}
    return [_input(type, sizes, generator) for type in graph.scope.inputs]


def _input(type: TensorType, sizes: Mapping[str, int], generator: np.random.Generator) -> torch.Tensor:
    shape = tuple(substitute(size, sizes) for size in type.shape)
    assert all(isinstance(size, int) for size in shape)
    whole = [size for size in shape if isinstance(size, int)]
    if type.dtype.is_floating:
        return torch.from_numpy(generator.standard_normal(whole))
    value = torch.from_numpy(generator.integers(0, 2, whole))
    return value.bool() if type.dtype is Dtype.BOOL else value


def _tensors(found: object) -> Iterator[torch.Tensor]:
    if isinstance(found, torch.Tensor):
        yield found
    elif isinstance(found, dict):
        for each in found.values():
            yield from _tensors(each)
    elif isinstance(found, list | tuple):
        for each in found:
            yield from _tensors(each)
