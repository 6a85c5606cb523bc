"""Where a space has no exact count, what is said of its size is true."""

import math

import pytest
from enumerating import space_of

from symnas.elaborate.estimating import Estimate

PROGRAMS = (
    """
    block M(depth) = oneof(*{
      stop: ReLU
      more: M(depth - 1) -> M(depth - 1) if depth > 0
      wide: Linear(oneof(4, 8, 16)) if depth > 0
    })
    net A(x: f32[N, 8]) = x -> M(2)
    """,
    """
    net A(x: f32[N, 8]) {
      flags = [oneof(false, true) for i in 0..7]
      require sum([if f { 1 } else { 0 } for f in flags]) <= 3
      if flags[0] { x -> Linear(oneof(4, 8)) } else { x -> repeat(range(1, 3)) { oneof(ReLU, Tanh) } }
    }
    """,
    """
    cell C(x: [N, D]) = x -> oneof(ReLU, Tanh) -> maybe(Linear(D))
    net A(x: f32[N, 8]) = x -> C -> Linear(4) -> C -> oneof(ReLU, GELU)
    """,
)


@pytest.mark.parametrize("text", PROGRAMS)
def test_estimates_bound_and_approach_the_count(text: str) -> None:
    """The lower bound is not above the exact size; the estimate lies within five of its standard errors."""
    size = space_of(text).size
    space = space_of(text)
    space.elaboration.counter.most_work = -1
    found = space.estimate(draws=1000)
    assert "more are left" in found.reason
    assert 1 <= found.least <= size
    assert found.about is not None
    assert found.error is not None
    assert abs(found.about - size) <= 5 * found.error * size


def test_estimates_are_the_same_each_time() -> None:
    """An estimate is drawn from generators of its own."""
    first, second = (space_of(PROGRAMS[0]).estimate(draws=50) for _ in range(2))
    assert first == second


def test_an_estimate_that_rare_draws_make_up_is_not_told() -> None:
    """A chain whose last member has all the weight: only the bound is given, in digits that fit a line."""
    text = "block M(d) = oneof(*{stop: ReLU, more: M(d - 1) -> M(d - 1) if d > 0})\nnet A(x: f32[N, 8]) = x -> M(9)\n"
    space = space_of(text)
    space.elaboration.counter.most_work = -1
    found = space.estimate(draws=40)
    assert found.about is None
    assert found.error is None
    assert str(Estimate(3 * 10**40, None, None, 40, "")) == "at least 3.0e40 architectures"
    assert math.log10(found.least) <= 200
