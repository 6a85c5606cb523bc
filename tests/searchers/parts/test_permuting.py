"""Children of two orders: worked examples of the papers, and that every child is an order."""

from random import Random
from typing import Any

import pytest

from symnas.searchers.parts.permuting import Permuting, alternating, cycle, order, partially_mapped

FIRST, SECOND = (0, 1, 2, 3, 4, 5, 6, 7), (2, 4, 6, 0, 7, 5, 3, 1)


class Scripted(Random):
    """Draws a given section, and parents in their order."""

    def sample(self, population: Any, k: int, *, counts: Any = None) -> Any:
        """Where the section starts and stops."""
        return [2, 5]

    def random(self) -> float:
        """The first parent's turn."""
        return 0.0


@pytest.mark.parametrize(
    ("how", "expected"),
    (
        (order, (0, 7, 2, 3, 4, 5, 1, 6)),
        (partially_mapped, (6, 7, 2, 3, 4, 5, 0, 1)),
        (cycle, (0, 4, 2, 3, 7, 5, 6, 1)),
        (alternating, (0, 2, 1, 4, 6, 3, 7, 5)),
    ),
)
def test_worked_examples(how: Permuting, expected: tuple[int, ...]) -> None:
    """With the section from place 2 to 4."""
    assert how(FIRST, SECOND, Scripted()) == expected


@pytest.mark.parametrize("how", (order, partially_mapped, cycle, alternating))
def test_children_are_orders(how: Permuting) -> None:
    """Of the same things; parents that are alike have a child like them."""
    rng = Random(0)
    for size in (1, 2, 3, 9):
        for _ in range(50):
            first, second = (tuple(rng.sample(range(size), size)) for _ in range(2))
            assert sorted(how(first, second, rng)) == list(range(size))
            assert how(first, first, rng) == first


def test_a_cycle_keeps_places() -> None:
    """Everything stands where one of the parents has it."""
    rng = Random(1)
    for _ in range(50):
        first, second = (tuple(rng.sample(range(7), 7)) for _ in range(2))
        child = cycle(first, second, rng)
        assert all(each in (mine, theirs) for each, mine, theirs in zip(child, first, second, strict=True))
