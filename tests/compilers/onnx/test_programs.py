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
from onnx_exact import exactly, exactly_apart, unsettled
from onnx_running import checked, checked_file, distance, flat, lively, random_inputs, run
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
MANY = 2**25
"""Weights of a network that is not held in memory as a file too."""
MEMBERS = -(-int(os.environ.get("SYMNAS_ONNX_MEMBERS", "1")) // len(FILES))


@pytest.mark.parametrize(
    "file",
    [pytest.param(each, marks=[pytest.mark.slow] if each.stem in LARGE else []) for each in FILES],
    ids=lambda each: f"{each.parent.name}-{each.stem}",
)
def test_members_agree_with_pytorch(file: Path, tmp_path: Path) -> None:
    """Drawn architectures give PyTorch's outputs in onnxruntime to 1e-4, with weights as they start, and with larger ones,
    which make a difference down to the last layer. Only where the last bit of the inputs moves PyTorch's own outputs as
    far, 32 bits cannot tell; there the two agree with 64 bits, to 1e-9.
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
            _compare(member.graph(net), seed, tmp_path)


def _compare(graph: Graph, seed: int, folder: Path) -> None:
    symbols = sorted(frozenset[str]().union(*(symbols_of(size) for each in graph.scope.inputs for size in each.shape)))
    inputs = random_inputs(graph.scope.inputs, {name: SIZES[name] for name in symbols}, seed)
    torch.manual_seed(seed)
    module = build_torch(graph).eval()
    for larger in (False, True):
        if larger:
            lively(module)
        with torch.inference_mode():
            model = build(graph, weights=module.state_dict())
            found = run(checked(model) if graph.params < MANY else checked_file(model, folder / "net.onnx"), inputs)
            off = distance(found, flat(module(*inputs)))
            if off >= 1e-4:
                assert off < 10 * _unsteady(module, inputs)
                assert exactly_apart(graph, unsettled(deepcopy(module)), inputs) < 1e-9


def _unsteady(module: nn.Module, inputs: Sequence[torch.Tensor]) -> float:
    """By how much 32 bits are off 64 where the last bit of each input is another."""
    exact, random = exactly(module, inputs), torch.Generator().manual_seed(0)
    found = 0.0
    for _ in range(4):
        noise = (2**-23 * torch.randn(each.shape, generator=random) for each in inputs)
        moved = [each * (1 + by) if each.is_floating_point() else each for each, by in zip(inputs, noise, strict=True)]
        found = max(found, distance(flat(module(*moved)), exact))
    return found
