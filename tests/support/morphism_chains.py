"""Random chains of transformations that keep what a trained network computes, on members of a sample's space."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import TypeVar

import numpy as np
import torch
from attrs import frozen
from carried_weights import inputs_of, trained

import symnas
from symnas.errors import NasError
from symnas.rewriting import morphisms
from symnas.rewriting.morphisms import Trained
from symnas.training.weights import load_arrays

__all__ = ["SAMPLES", "Chain", "chain"]

SAMPLES = ("digits", "unet", "sequence", "mobile", "cells")
LARGEST = 400_000
"""Parameters beyond which a network is not made wider or deeper, unless it is a third of that to begin with."""

T = TypeVar("T", torch.nn.Module, torch.Tensor)
_Generator = np.random.Generator
_Change = Callable[[Trained, str, _Generator], Trained]

_WEIGHTED = ("Linear", "Conv1d", "Conv2d", "DepthwiseConv2d")
_CHANGES: Mapping[str, tuple[tuple[str, ...], _Change]] = {
    "widen": (_WEIGHTED, lambda net, path, random: morphisms.widen(net, path, 2, random, 0.5)),
    "widen_stream": (_WEIGHTED, lambda net, path, random: morphisms.widen_stream(net, path, 2, random, 0.5)),
    "deepen": (("ReLU",), morphisms.deepen),
    "deepen with a norm": (("ReLU",), lambda net, path, random: morphisms.deepen(net, path, random, norm=True)),
    "insert": (
        (*_WEIGHTED, "GELU", "SiLU", "Tanh", "MaxPool2d"),
        lambda net, path, random: morphisms.insert(net, path, random, bends=True),
    ),
    "add_branch": (_WEIGHTED, morphisms.add_branch),
    "grow_kernel": (
        ("Conv", "DepthwiseConv"),
        lambda net, path, random: morphisms.grow_kernel(net, path, _kernel(net, path) + 2, random),
    ),
    "split": (_WEIGHTED, morphisms.split),
    "factor": (_WEIGHTED, morphisms.factor),
    "fold": (_WEIGHTED, morphisms.fold),
    "merge": (_WEIGHTED, morphisms.merge),
}
"""The transformations: what layers they begin at, by how these are called, and what they do."""


@frozen
class Chain:
    """What was done to a network in order (`widen at stem`), how far its outputs are from what they were, as a share of
    the largest, and how often each transformation was refused on the way.
    """

    done: tuple[str, ...]
    apart: float
    refused: Counter[str]


def chain(sample: str, seed: int, length: int, kind: type = np.float32) -> Chain:
    """A chain of *length* transformations, drawn with *seed*, of a member of the space of *sample*, whose numbers are of
    *kind*.
    """
    folder = Path(__file__).resolve().parents[2] / "samples"
    random = Random(seed)
    architecture = symnas.load(folder / f"{sample}.nas").space().sample(random)
    module = _of_kind(trained(architecture), kind)
    net = Trained.of(architecture, {name: value.numpy().copy() for name, value in module.state_dict().items()})
    inputs = [_of_kind(each, kind) if each.is_floating_point() else each for each in inputs_of(net.graph)]
    before = _flat(module(*inputs))
    done: list[str] = []
    refused: Counter[str] = Counter()
    tries, most = 0, max(LARGEST, 3 * net.graph.params)
    while len(done) < length and tries < 60 * length:
        tries += 1
        name = random.choice(sorted(_CHANGES))
        kinds, change = _CHANGES[name]
        paths = [each.path for each in net.layers if each.operation.operator.startswith(kinds)]
        if not paths or (net.graph.params > most and name not in ("fold", "merge")):
            continue
        path = random.choice(sorted(set(paths)))
        try:
            net = change(net, path, np.random.default_rng(random.randrange(2**32)))
        except NasError:
            refused[name] += 1
            continue
        done.append(f"{name} at {path}")
    net.rewriting.check()
    made = _of_kind(symnas.compile(net.architecture).eval(), kind)
    load_arrays(made, net.weights)
    after = _flat(made(*inputs))
    return Chain(tuple(done), max(map(_apart, before, after)), refused)


def _kernel(net: Trained, path: str) -> int:
    layer = next(each for each in net.layers if each.path == path)
    return max(layer.operation.weights[0].shape[2:])


def _of_kind(value: T, kind: type) -> T:
    return value.double() if kind is np.float64 else value.float()


def _flat(value: object) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value.detach().double()]
    items = list(value.values()) if isinstance(value, dict) else value
    assert isinstance(items, list | tuple)
    return [each for item in items if item is not None for each in _flat(item)]


def _apart(one: torch.Tensor, other: torch.Tensor) -> float:
    assert one.shape == other.shape
    assert bool(one.std(0).mean() > 1e-3 * one.abs().max()), (
        "a network that gives the same for all inputs tells nothing"
    )
    return float((one - other).abs().max() / one.abs().max())
