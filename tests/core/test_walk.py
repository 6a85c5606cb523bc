"""Walks: each number once, uniformly, at a cost that does not depend on the size."""

from collections import Counter
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnas.walks import Walk


def steps(walk: Walk, count: int) -> list[int | None]:
    return [walk.step() for _ in range(count)]


@given(st.integers(0, 200), st.integers(0, 2**64))
def test_every_number_comes_once(size: int, seed: int) -> None:
    """A walk is a permutation, and then ends for good."""
    walk = Walk(size, seed)
    assert sorted(number for number in steps(walk, size) if number is not None) == list(range(size))
    assert steps(walk, 2) == [None, None]
    assert walk.left == 0


@given(st.integers(1, 100), st.integers(0, 2**64), st.data())
def test_a_walk_continues_from_seed_and_steps_taken(size: int, seed: int, data: st.DataObject) -> None:
    """Seed and number of steps are the whole state."""
    taken = data.draw(st.integers(0, size))
    walk = Walk(size, seed)
    steps(walk, taken)
    assert steps(Walk(size, seed, taken), size) == steps(walk, size)


def test_all_orders_are_equally_likely() -> None:
    """Of the 24 orders of four numbers, each comes about as often."""
    counts = Counter(tuple(steps(Walk(4, seed), 4)) for seed in range(24_000))
    assert set(counts) == set(permutations(range(4)))
    assert sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 49.7  # chi square, 23 degrees: p = 0.001


@pytest.mark.parametrize("size", (10**6, 10**40))
def test_a_huge_range_costs_nothing(size: int) -> None:
    """Only what was visited is remembered."""
    walk = Walk(size, Random(3).getrandbits(64))
    seen = steps(walk, 1000)
    assert len(set(seen)) == 1000
    assert len(walk._moved) <= 1000
