"""The programs of the samples and the showcase in ONNX, beside PyTorch.

`SYMNAS_ONNX_MEMBERS=500` spreads that many architectures over the files; otherwise one of each is tried, which is the
smallest of eight where networks are large.
"""

import os
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from random import Random

import pytest
import torch
from onnx_running import checked, flat, lively, random_inputs, run
from torch import nn

import symnas
from symnas.compilers.onnx import build
from symnas.compilers.torch import build as build_torch
from symnas.graph import Graph
from symnas.sizes import symbols_of

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted([*(ROOT / "samples").glob("*.nas"), *(ROOT.parent / "shared" / "language" / "showcase").glob("*.nas")])
LARGE = (
    "densenet",
    "detector",
    "efficientnet",
    "gpt",
    "hat",
    "mixer",
    "recurrent",
    "resnet50",
    "resnext",
    "unet",
    "compress",
)
"""Programs whose networks take seconds to build and run."""
SIZES = {"N": 3, "T": 5, "S": 4, "H": 64, "W": 96, "V": 6}
MEMBERS = -(-int(os.environ.get("SYMNAS_ONNX_MEMBERS", "1")) // len(FILES))


@pytest.mark.parametrize(
    "file",
    [pytest.param(each, marks=[pytest.mark.slow] if each.stem in LARGE else []) for each in FILES],
    ids=lambda each: f"{each.parent.name}-{each.stem}",
)
def test_members_agree_with_pytorch(file: Path) -> None:
    """Drawn architectures give PyTorch's outputs in onnxruntime to 1e-4, or where PyTorch's own 32 bits lose as much, to
    that order: with weights as they start, and with larger ones, which make a difference down to the last layer.
    """
    space = symnas.load(file).space()
    if not space.nets:
        pytest.skip("a program without networks")
    large = file.stem in LARGE
    measure = symnas.Measure.DECISIONS if large else symnas.Measure.ARCHITECTURES
    draws = 8 if large and MEMBERS == 1 else MEMBERS
    drawn = (space.sample(Random(seed), measure) for seed in range(draws))
    for seed, member in enumerate(sorted(drawn, key=lambda each: each.params)[:MEMBERS]):
        for net in space.nets:
            _compare(member.graph(net), seed)


def _compare(graph: Graph, seed: int) -> None:
    symbols = sorted(frozenset[str]().union(*(symbols_of(size) for each in graph.scope.inputs for size in each.shape)))
    inputs = random_inputs(graph.scope.inputs, {name: SIZES[name] for name in symbols}, seed)
    torch.manual_seed(seed)
    module = build_torch(graph).eval()
    for weights in (module, lively(deepcopy(module))):
        with torch.inference_mode():
            found = run(checked(build(graph, weights=weights.state_dict())), inputs)
            expected = flat(weights(*inputs))
            off = _distance(found, expected)
            assert off < 1e-4 or off < 10 * _distance(expected, _exactly(weights, inputs))


def _distance(found: Sequence[torch.Tensor], expected: Sequence[torch.Tensor]) -> float:
    """By how much outputs differ at most, relative to the largest element of each if that is beyond 1."""
    worst = 0.0
    for one, other in zip(found, expected, strict=True):
        finite = other.isfinite()
        assert torch.equal(finite, one.isfinite())
        if finite.any():
            off = (one[finite].double() - other[finite].double()).abs().max()
            worst = max(worst, (off / other[finite].double().abs().max().clamp(min=1)).item())
    return worst


def _exactly(module: nn.Module, inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """What *module* gives with 64 bits. Where that is far off, as in networks that round to a few bits, no two runtimes
    agree: the last bit of a sum decides.
    """
    return flat(deepcopy(module).double()(*(each.double() if each.is_floating_point() else each for each in inputs)))
