"""Dominance, fronts, crowding and constraint domination, as Deb et al. 2002 define them."""

import math
from random import Random

import pytest

from symnas.searchers.parts import crowding, dominates, fronts, total_violations, undominated


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    (
        ((2.0, 2.0), (1.0, 1.0), True),
        ((2.0, 1.0), (1.0, 1.0), True),
        ((2.0, 1.0), (1.0, 2.0), False),
        ((1.0, 1.0), (1.0, 1.0), False),
        ((1.0,), (2.0,), False),
    ),
)
def test_dominates(one: tuple[float, ...], other: tuple[float, ...], expected: bool) -> None:
    """Nowhere worse and somewhere better; equals do not dominate each other."""
    assert dominates(one, other) is expected


def peeled(scores: list[tuple[float, ...]]) -> list[list[int]]:
    """Fronts by their definition: those that nobody left dominates, taken away again and again."""
    left, found = list(range(len(scores))), []
    while left:
        front = [each for each in left if not any(dominates(scores[other], scores[each]) for other in left)]
        found.append(front)
        left = [each for each in left if each not in front]
    return found


@pytest.mark.parametrize("objectives", (1, 2, 3, 5))
@pytest.mark.parametrize("values", (3, 1000))
def test_fronts_are_those_of_the_definition(objectives: int, values: int) -> None:
    """With few values, many points are equal in something; with many, hardly any."""
    rng = Random(objectives * values)
    for size in (0, 1, 2, 7, 60):
        scores = [tuple(float(rng.randrange(values)) for _ in range(objectives)) for _ in range(size)]
        assert fronts(scores) == peeled(scores)
        assert undominated(scores) == (peeled(scores)[0] if scores else [])


def test_what_is_infeasible_comes_after_what_is_feasible() -> None:
    """Feasible ones by their scores, then the others by their violation alone, equal violations together."""
    scores = [(9.0, 9.0), (1.0, 2.0), (2.0, 1.0), (0.0, 0.0), (8.0, 8.0), ()]
    assert fronts(scores, [0.5, 0.0, 0.0, 0.0, 0.2, 0.5]) == [[1, 2], [3], [4], [0, 5]]


def test_crowding_is_the_box_between_the_neighbours() -> None:
    """Worked by hand: extents are 4 and 8; the ends are infinitely far."""
    distances = crowding([(0.0, 8.0), (1.0, 4.0), (3.0, 2.0), (4.0, 0.0)])
    assert distances == [math.inf, 3 / 4 + 6 / 8, 3 / 4 + 4 / 8, math.inf]


def test_crowding_of_equals() -> None:
    """An objective in which all are equal says nothing."""
    assert crowding([(1.0, 0.0), (1.0, 1.0), (1.0, 2.0)])[1] == 1.0
    assert crowding([]) == []


def test_violations_are_shares_of_the_largest() -> None:
    """Milliseconds and megabytes add up; what is negative, or no number, is no violation."""
    found = total_violations([{"ms": 2.0, "mb": 500.0}, {"ms": 1.0}, {"mb": 1000.0}, {"ms": -3.0, "mb": math.nan}, {}])
    assert found == [1.5, 0.5, 1.0, 0.0, 0.0]
    assert total_violations([{"ms": math.inf}, {"ms": 1.0}]) == [1.0, 0.0]
