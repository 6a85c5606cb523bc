"""Expanding: what is written has the same graphs, the same names of weights, and expands to itself."""

from pathlib import Path
from random import Random

import pytest
from canonical import canonical
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from random_programs import programs

import symnas
from symnas.architecture import Architecture
from symnas.errors import SearchError, SourceError
from symnas.expanding import expand
from symnas.graph import join
from symnas.traversal import children
from symnas.tree import Node, OneOf, Repeat

patient = settings(suppress_health_check=list(HealthCheck), max_examples=25, deadline=None)
ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "samples").glob("*.nas"), *(ROOT.parent / "shared" / "language" / "showcase").glob("*.nas")])


def weights(architecture: Architecture, net: str) -> set[str]:
    """The paths of the weights of *net*."""
    return {
        join(placed.operation.shared or placed.path, weight.name)
        for placed in architecture.graph(net).operations()
        for weight in placed.operation.weights
    }


def holds(architecture: Architecture) -> symnas.Program:
    """The expanded program, after a look at the laws."""
    written = expand(architecture)
    again = symnas.parse(written.text, "<expanded>")
    assert again == written
    read = again.architecture()
    assert read.space.nets == architecture.space.nets
    for net in read.space.nets:
        assert canonical(read.graph(net)) == canonical(architecture.graph(net))
        assert weights(read, net) == weights(architecture, net)
    assert expand(again).text == written.text
    return written


@given(programs(), st.integers(0, 2**32))
@patient
def test_an_architecture_keeps_its_graph(text: str, seed: int) -> None:
    """Any architecture of any program: read back, the expanded program has the same graph and weights, and expands to
    itself.
    """
    try:
        architecture = symnas.parse(text).space().sample(Random(seed))
    except (SourceError, SearchError):
        assume(False)
    holds(architecture)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_files_keep_their_graphs(file: Path) -> None:
    """Architectures of samples and published spaces expand to programs with the same graphs, and nothing is left to
    decide or to repeat.
    """
    space = symnas.load(file).space()
    for seed in range(3):
        written = holds(space.sample(Random(seed)))
        pending: list[Node] = [written.module]
        while pending:
            node = pending.pop()
            assert not isinstance(node, OneOf | Repeat)
            pending.extend(children(node))
