"""Costs that symnas knows from shapes, beside what PyTorch counts: parameters, bytes of weights, multiply-adds."""

from pathlib import Path
from random import Random

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import symnas
from symnas.errors import CompileError
from symnas.graph import Graph
from symnas.sizes import Size, substitute, symbols_of
from symnas.types import TensorType

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "samples").glob("*.nas"), *(ROOT.parent / "shared" / "language" / "showcase").glob("*.nas")])
LARGE = {"nasbench101.nas", "einspace.nas", "recurrent.nas"}
"""Spaces that take long to count; they are drawn from with every decision uniform."""


def sizes_of(graph: Graph) -> dict[str, Size]:
    """A value for each size that the inputs leave open; the batch is one sample."""
    found: dict[str, Size] = {}
    for type in graph.scope.inputs:
        for place, size in enumerate(type.shape):
            found.update(dict.fromkeys(symbols_of(size) - found.keys(), 1 if place == 0 else 32))
    return found


def tensor(type: TensorType, sizes: dict[str, Size]) -> torch.Tensor:
    """An input of that type."""
    shape = [size for each in type.shape if isinstance(size := substitute(each, sizes), int)]
    assert len(shape) == type.rank
    dtype = torch.float32 if type.dtype.is_floating else torch.int64
    return torch.zeros(shape, dtype=dtype, device="meta")


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_costs_are_what_pytorch_counts(file: Path) -> None:
    """Parameters equal those of the module; twice the multiply-adds are the operations that PyTorch counts."""
    space = symnas.load(file).space()
    measure = symnas.Measure.DECISIONS if file.name in LARGE else symnas.Measure.ARCHITECTURES
    member = space.sample(Random(1), measure)
    for net in space.nets:
        graph = member.graph(net)
        try:
            with torch.device("meta"):  # shapes are enough
                module = symnas.compile(member, "torch", net).eval()
        except CompileError:
            continue  # layers of a Python module, which are not allowed here
        deployed = graph == graph.deployed
        if deployed:
            assert sum(each.numel() for each in module.parameters()) == graph.params
        sizes = sizes_of(graph)
        if not isinstance(macs := substitute(graph.macs, sizes), int) or graph.whens or not deployed:
            continue
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            module(*(tensor(type, sizes) for type in graph.scope.inputs))
        assert counter.get_total_flops() == 2 * macs
