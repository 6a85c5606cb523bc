"""Searchers of other libraries in the comparisons: what stands in for a library proposes what the library proposes."""

import runpy
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from symnas.benchmarks import Budget, Flat, Task
from symnas.errors import SearchError
from symnas.tree import Direction

rival = runpy.run_path(str(Path(__file__).with_name("rivals.py")))["rival"]

SIZES = (3, 2, 4, 3)
SPACE = "net T(x: f32[N, 4]) = x -> Linear(oneof(1, 2, 3)) -> Linear(oneof(1, 2))"


def task(way: Direction, *, objectives: int = 1) -> Task:
    """72 combinations of four decisions with random values, of which many are equal."""
    rng = Random(7)
    values = [float(rng.randint(0, 20)) for _ in range(72)]

    def row(choices: Sequence[int]) -> int:
        number = 0
        for choice, size in zip(choices, SIZES, strict=True):
            number = number * size + choice
        return number

    flat = Flat(tuple((f"d{place}", size) for place, size in enumerate(SIZES)), row)
    named = (("value", way), ("other", Direction.MINIMIZE))[:objectives]
    return Task("toy", "Toy", SPACE, named, (values, values)[:objectives], {"value": values}, lambda _: 0, flat)


@pytest.mark.parametrize("way", Direction)
@pytest.mark.parametrize("settings", ("population_size=12", "population_size=20,tournament_size=4"))
def test_the_copy_of_pyglove_proposes_what_pyglove_proposes(settings: str, way: Direction) -> None:
    """The same rows in the same order, those that it has asked for before among them."""
    pytest.importorskip("pyglove", reason="needs `pip install pyglove`")
    toy = task(way)
    library, copy = (rival(f"{name}:{settings}", toy, 3, Budget(99))[1] for name in ("pyglove", "pyglove-copy"))
    for _ in range(150):
        theirs, ours = library.ask(), copy.ask()
        assert theirs is not None
        assert ours is not None
        assert theirs.row is not None
        assert theirs.row == ours.row
        library.tell(theirs.token, toy.result(theirs.row))
        copy.tell(ours.token, toy.result(theirs.row))


def test_the_copy_of_pyglove_has_one_objective() -> None:
    """With two, the library uses another algorithm."""
    pytest.importorskip("pyglove", reason="needs `pip install pyglove`")
    with pytest.raises(SearchError, match="`pyglove-copy` has one objective"):
        rival("pyglove-copy", task(Direction.MAXIMIZE, objectives=2), 0, Budget(9))
