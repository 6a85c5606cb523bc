"""Scalar schedules at their ends, in between, and beyond."""

import pytest

from symnas.searchers.parts import Constant, Cosine, Exponential, Linear, Schedule, Stepwise, value


@pytest.mark.parametrize(
    ("schedule", "expected"),
    (
        (Constant(3.0), (3.0, 3.0, 3.0, 3.0)),
        (Linear(8.0, 4.0, 100), (8.0, 6.0, 4.0, 4.0)),
        (Exponential(16.0, 1.0, 100), (16.0, 4.0, 1.0, 1.0)),
        (Cosine(8.0, 4.0, 100), (8.0, 6.0, 4.0, 4.0)),
        (Stepwise(8.0, 0.5, 50), (8.0, 4.0, 2.0, 0.5)),
    ),
)
def test_schedules(schedule: Schedule, expected: tuple[float, ...]) -> None:
    """Values at the start, halfway, at the end and at twice the end."""
    assert [schedule.at(step) for step in (0, 50, 100, 200)] == pytest.approx(expected)


def test_cosine_is_slow_at_the_ends() -> None:
    """A quarter of the way it has gone less than a quarter."""
    assert Cosine(0.0, 1.0, 100).at(25) == pytest.approx(0.1464, abs=1e-4)


def test_an_amount_is_a_number_or_a_schedule() -> None:
    """Both have a value at a step."""
    assert value(2, 50) == 2
    assert value(Linear(0.0, 1.0, 100), 50) == 0.5


def test_impossible_schedules_are_refused() -> None:
    """No steps to go, or an exponential through 0."""
    with pytest.raises(ValueError, match="steps"):
        Linear(0.0, 1.0, 0)
    with pytest.raises(ValueError, match="end"):
        Exponential(1.0, 0.0, 10)
