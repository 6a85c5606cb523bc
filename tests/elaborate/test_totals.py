"""What weights come to: the sums that blocks keep, against all weights of the network by their paths."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from random_programs import programs

from symnas.errors import NasError, SearchError
from symnas.graph import Graph, Totals
from symnas.program import load, parse
from symnas.space import Measure, Space

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = sorted([*(ROOT / "samples").glob("*.nas"), *(ROOT.parent / "shared/language/showcase").glob("*.nas")])


def by_path(graph: Graph) -> Totals:
    """The totals of the weights that have different paths."""
    return sum((kept.totals for kept in graph._weights.values()), Totals())


def check(space: Space, rng: Random) -> None:
    """The sums of some architectures' blocks are those of their weights."""
    try:
        drawn = [space.sample(rng, Measure.DECISIONS) for _ in range(3)]
    except SearchError:  # no draw of it builds
        return
    for architecture in drawn:
        for net in space.nets:
            graph = architecture.graph(net)
            assert Totals(graph.params, graph.trainable, graph.memory) == by_path(graph)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_what_blocks_keep_adds_up(path: Path) -> None:
    """Parameters, those that train and bytes are those of the weights by path, in every sample and showcase file."""
    check(load(path).space(), Random(0))


@given(programs())
def test_what_blocks_of_any_program_keep_adds_up(text: str) -> None:
    """The same in generated programs."""
    try:
        space = parse(text).space()
    except NasError:
        return
    check(space, Random(0))


def test_a_weight_that_is_used_twice_is_not_in_a_sum() -> None:
    """The weights of a shared layer belong to the network: no block can tell what they come to."""
    shared = "net A(x: f32[N, 8]) {\n  shared layer = Linear(8)\n  x -> layer -> layer\n}\n"
    plain = "net A(x: f32[N, 8]) = x -> Linear(8) -> Linear(8)\n"
    twice, once = (parse(text).space().sample(Random(0)).graph("A") for text in (shared, plain))
    assert twice.scope.totals is None
    assert once.scope.totals == Totals(144, 144, 576)
    assert twice.params == 72
