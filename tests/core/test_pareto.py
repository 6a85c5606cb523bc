"""Pareto fronts, hypervolumes and knees, against their definitions."""

import math
from itertools import product
from random import Random

import pytest

from symnas.errors import SearchError
from symnas.pareto import front, hypervolume, knee
from symnas.tree import Direction

UP, DOWN = Direction.MAXIMIZE, Direction.MINIMIZE


def draw(rng: Random, count: int, objectives: int) -> list[tuple[int, ...]]:
    """Points on a grid, so that some are equal in part or whole."""
    return [tuple(rng.randrange(6) for _ in range(objectives)) for _ in range(count)]


@pytest.mark.parametrize("objectives", (1, 2, 3, 4))
def test_a_front_is_what_nobody_dominates(objectives: int) -> None:
    """By the definition, for every point, in directions of all kinds; equal points stand there together."""
    rng = Random(objectives)
    for _ in range(50):
        points, ways = draw(rng, 12, objectives), [rng.choice((UP, DOWN)) for _ in range(objectives)]
        signs = [1 if way is UP else -1 for way in ways]
        turned = [tuple(sign * value for sign, value in zip(signs, point, strict=True)) for point in points]
        expected = {
            place
            for place, point in enumerate(turned)
            if not any(other != point and all(map(int.__ge__, other, point)) for other in turned)
        }
        found = front(points, ways)
        assert set(found) == expected
        assert len(found) == len(expected)
        assert [turned[place][0] for place in found] == sorted((turned[place][0] for place in found), reverse=True)


@pytest.mark.parametrize("objectives", (1, 2, 3, 4, 5))
def test_a_hypervolume_is_the_number_of_cells_that_are_dominated(objectives: int) -> None:
    """On whole numbers the volume is a count of unit cells, whatever the number of objectives and their directions."""
    rng = Random(objectives)
    for _ in range(20):
        points, ways = draw(rng, 7, objectives), [rng.choice((UP, DOWN)) for _ in range(objectives)]
        edges = [
            tuple(value if way is UP else 5 - value for value, way in zip(point, ways, strict=True)) for point in points
        ]
        cells = sum(
            any(all(map(int.__lt__, cell, edge)) for edge in edges) for cell in product(range(5), repeat=objectives)
        )
        reference = [0 if way is UP else 5 for way in ways]
        assert hypervolume(points, reference, ways) == cells


def test_a_hypervolume_by_hand() -> None:
    """Two points that overlap, one that is worse than the reference, one that was not measured."""
    points = [(3.0, 1.0), (1.0, 2.0), (-1.0, 9.0), (math.nan, 9.0)]
    assert hypervolume(points, (0, 0), (UP, UP)) == 4
    assert hypervolume([], (0, 0), (UP, UP)) == 0
    assert hypervolume([(90.0, 3.0)], (80.0, 10.0), (UP, DOWN)) == 70


def test_what_was_not_measured_is_on_no_front() -> None:
    """NaN neither dominates nor is listed; infinity is a value."""
    assert front([(math.nan, 9.0), (1.0, 1.0), (2.0, 0.0)], (UP, UP)) == [2, 1]
    assert front([(math.inf, 0.0), (1.0, 1.0)], (UP, UP)) == [0, 1]
    assert front([], (UP, UP)) == []


def test_a_knee_is_where_the_front_bends() -> None:
    """The point that is farthest from the line through the ends, each objective in shares of its range."""
    points = [(0.0, 100.0), (0.5, 90.0), (0.9, 80.0), (1.0, 0.0), (0.4, 10.0)]
    assert knee(points, (UP, UP)) == 2
    assert knee([(value, -latency) for value, latency in points], (UP, DOWN)) == 2
    assert knee([(3.0,), (4.0,)], (UP,)) == 1
    assert knee([(3.0, 1.0)], (UP, DOWN)) == 0
    with pytest.raises(SearchError, match="a knee needs a point"):
        knee([(math.nan, 1.0)], (UP, DOWN))


def test_points_and_references_fit_the_objectives() -> None:
    """Another number of values, or a reference without end, is an error that says so."""
    with pytest.raises(SearchError, match="3 values for 2 objectives"):
        front([(1, 2, 3)], (UP, UP))
    with pytest.raises(SearchError, match="1 values for 2 objectives"):
        hypervolume([(1, 2)], (0,), (UP, UP))
    with pytest.raises(SearchError, match="the reference of a hypervolume is finite"):
        hypervolume([(1, 2)], (0, -math.inf), (UP, UP))


def test_a_large_front_takes_no_longer_than_it_must() -> None:
    """Two hundred points of three objectives, and thirty of five, are exact and quick."""
    rng = Random(3)
    sphere = []
    for _ in range(200):
        point = [abs(rng.gauss(0, 1)) for _ in range(3)]
        length = math.hypot(*point)
        sphere.append([each / length for each in point])
    assert 0.4 < hypervolume(sphere, (0, 0, 0), (UP, UP, UP)) < math.pi / 6
    many = [[rng.random() for _ in range(5)] for _ in range(30)]
    assert 0 < hypervolume(many, [0] * 5, [UP] * 5) < 1
