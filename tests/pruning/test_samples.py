"""Removed equals masked, on every sample and the showcase: a random member, a random third of its groups."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
from masking import apart, drawn

import symnas
from symnas.pruning import couple, units_of

ROOT = Path(__file__).resolve().parents[2]
SHOWCASE = ROOT.parent / "shared" / "language" / "showcase"
FILES = [*sorted((ROOT / "samples").glob("*.nas")), *sorted(SHOWCASE.glob("*.nas"))]

LARGEST = 26_000_000
"""Parameters of the networks that are run: others would take long in 64 bits."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_removed_equals_masked(path: Path) -> None:
    """The network without some channels computes what the network with zeros in their place does."""
    space = symnas.load(path).space()
    member = space.sample(Random(0))
    for number, net in enumerate(space.nets):
        graph = member.graph(net)
        if graph.params > LARGEST:
            member, graph = _small(space, net)
        generator = np.random.default_rng(number)
        units = units_of(couple(graph))
        assert apart(units, drawn(units, generator), generator) < 1e-5


def _small(space: symnas.Space, net: str) -> tuple[symnas.Architecture, symnas.Graph]:
    """The smallest of some members."""
    members = [space.sample(Random(seed)) for seed in range(1, 5)]
    member = min(members, key=lambda each: each.graph(net).params)
    return member, member.graph(net)


def test_the_showcase_is_there() -> None:
    """Where the showcase is missing, that is said."""
    if not SHOWCASE.is_dir():
        pytest.skip("the showcase lies beside the repository, in shared/language; it is not there")
    assert any(path.parent == SHOWCASE for path in FILES)
