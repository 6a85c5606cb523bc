"""Networks with drawn weights, and what they give before and after a rewriting."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

import symnas
from symnas.architecture import Architecture
from symnas.graph import Graph
from symnas.rewriting import Rewriting
from symnas.rewriting.weights import Carried, carried
from symnas.sizes import substitute, symbols_of
from symnas.training.weights import load_arrays
from symnas.types import Dtype

__all__ = ["apart", "inputs_of", "outputs", "rebuilt", "trained"]


def trained(architecture: Architecture, net: str | None = None) -> torch.nn.Module:
    """A module of *architecture* in eval mode, every weight of it drawn, so that its layers keep the size of what flows,
    and with the statistics of its batch norms measured on a batch.
    """
    module: torch.nn.Module = symnas.compile(architecture, "torch", net)
    generator = torch.Generator().manual_seed(3)
    for name, value in module.state_dict().items():
        if value.is_floating_point() and "running" not in name:
            drawn = torch.rand(value.shape, generator=generator, dtype=value.dtype)
            near = (drawn - 0.5) * (4.9 * value[0].numel() ** -0.5 if value.ndim > 1 else 0.4)
            value.copy_(near + (1 if value.ndim == 1 and name.endswith("weight") else 0))
    norms = [each for each in module.modules() if isinstance(each, torch.nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.momentum = 1.0
    if norms:
        with torch.no_grad():
            module.train()(*(_single(each) for each in inputs_of(architecture.graph(net), 8)))
    return module.eval()


def _single(value: torch.Tensor) -> torch.Tensor:
    return value.float() if value.is_floating_point() else value


def inputs_of(graph: Graph, size: int = 3) -> list[torch.Tensor]:
    """Inputs of *graph*, whose open sizes are *size*."""
    generator = torch.Generator().manual_seed(5)
    found = []
    for type in graph.scope.inputs:
        sizes = [substitute(each, dict.fromkeys(symbols_of(each), size)) for each in type.shape]
        shape = [each for each in sizes if isinstance(each, int)]
        if type.dtype.is_floating:
            found.append(torch.randn(shape, generator=generator, dtype=torch.float64))
        elif type.dtype is Dtype.BOOL:
            found.append(torch.rand(shape, generator=generator) < 0.5)
        else:
            found.append(torch.randint(0, 2, shape, generator=generator))
    return found


def outputs(module: torch.nn.Module, inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """What *module* gives for *inputs*, at double precision."""
    with torch.no_grad():
        return _flat(module.double()(*inputs))


def _flat(value: Any) -> list[torch.Tensor]:
    if value is None:
        return []
    if isinstance(value, dict):
        value = list(value.values())
    return [each for item in value for each in _flat(item)] if isinstance(value, list | tuple) else [value]


def rebuilt(done: Rewriting, found: Carried, net: str | None = None) -> torch.nn.Module:
    """The rewritten network, read again from its program, with the weights carried over, in double precision."""
    module: torch.nn.Module = symnas.compile(done.architecture, "torch", net).double().eval()
    load_arrays(module, found.weights)
    return module


def apart(done: Rewriting, seed: int = 0, *, noise: float = 0.0) -> tuple[float, Carried]:
    """How far the outputs before and after are apart, as a share of the largest, and what was carried over."""
    module = trained(done.original).double()
    state = {name: value.numpy().copy() for name, value in module.state_dict().items()}
    found = carried(done, state, np.random.default_rng(seed), noise=noise)
    inputs = inputs_of(done.original.graph())
    before, after = outputs(module, inputs), outputs(rebuilt(done, found), inputs)
    return max(_apart(*pair) for pair in zip(before, after, strict=True)), found


def _apart(before: torch.Tensor, after: torch.Tensor) -> float:
    assert before.shape == after.shape
    assert bool(before.std() > 1e-3 * before.abs().max()), "a network that gives the same for all inputs tells nothing"
    return float((before.double() - after.double()).abs().max() / before.double().abs().max().clamp(min=1e-6))
