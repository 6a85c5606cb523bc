"""Studies of several objectives: front, knee and hypervolume of what was found."""

from collections.abc import Mapping

import pytest

import symnas
from symnas.architecture import Architecture
from symnas.errors import SearchError
from symnas.study import Study

SPACE = "train { a: range(0, 9) }\nmaximize accuracy\nminimize latency"


def measured(_: Architecture, recipe: Mapping[str, object]) -> dict[str, float]:
    """Six points of a front, one above the others' line; the odd ones are slow as well."""
    a = recipe["a"]
    assert isinstance(a, int)
    if a == 9:
        raise ValueError("out of memory")
    return {"accuracy": float(min(a, 6)), "latency": float(a**2 + (20 if a % 2 else 0))}


def study() -> Study[Architecture]:
    """A finished search over all ten."""
    return symnas.search(symnas.parse(SPACE).space(), measured, searcher="random", trials=10)


def test_a_front_holds_what_nothing_beats() -> None:
    """The best in the first objective comes first; failed and dominated trials are not there."""
    found = [each.values for each in study().front()]
    assert found == [(6, 36), (4, 16), (2, 4), (0, 0)]


def test_the_knee_and_the_hypervolume_are_those_of_the_front() -> None:
    """A reference that is worse than all bounds the volume; it has a value for each objective."""
    done = study()
    knee = done.knee()
    assert knee is not None
    assert [*knee.values] == [4, 16]
    assert done.hypervolume((-1, 40)) == 1 * 40 + 2 * 36 + 2 * 24 + 2 * 4
    with pytest.raises(SearchError, match="1 values for 2 objectives"):
        done.hypervolume((0,))


def test_before_anything_is_known() -> None:
    """No trial: no front, no knee, no volume."""
    empty = Study.create(symnas.parse(SPACE).space())
    assert (empty.front(), empty.knee(), empty.hypervolume((0, 1))) == ((), None, 0)


def test_with_one_objective_the_front_is_the_best_and_its_equals() -> None:
    """Which `best` orders by their number."""
    done = symnas.search(
        symnas.parse("train { a: range(0, 9) }").space(), lambda _, recipe: min(recipe["a"], 8), trials=10
    )
    assert [each.values for each in done.front()] == [(8,), (8,)]
    assert done.front() == done.best(2)
