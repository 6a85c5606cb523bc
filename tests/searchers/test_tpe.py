"""The tree-structured Parzen estimator: its densities, and what it finds."""

import math
from collections import Counter
from random import Random
from statistics import fmean

import pytest
from toy import ToyArchitecture, ToySpace, decision, real

from symnas.domains import Alternatives, Continuous
from symnas.searchers import TPE, AnySearcher, Success, create
from symnas.searchers.tpe import Counts, Parzen
from symnas.tree import Direction

SPACE = ToySpace(
    (*(decision(f"d{place}", 4) for place in range(8)), decision("kind", 3, _2=[real("rate")]), real("width"))
)


def value(point: ToyArchitecture) -> float:
    """Best where whole choices are 2 and real ones 0.7."""
    told = 0.0
    for choice in point.genotype.values():
        told -= (choice - 2) ** 2 if isinstance(choice, int) else (4 * (choice - 0.7)) ** 2
    return told


def best(spec: str, seed: int) -> float:
    """The best value of 150 trials."""
    searcher: AnySearcher[ToyArchitecture] = create(spec, SPACE, Random(seed))
    found = []
    for _ in range(150):
        proposal = searcher.ask()
        assert proposal
        found.append(value(proposal.architecture))
        searcher.tell(proposal.number, Success((found[-1],)))
    return max(found)


def test_it_is_better_than_chance() -> None:
    """In a mixed conditional space, in the mean of 6 seeds, by a margin."""
    assert fmean(best("tpe", seed) for seed in range(6)) > fmean(best("random", seed) for seed in range(6)) + 1.5


def test_counts_have_every_choice_once_more() -> None:
    """Two choices of the first and one of the third of four: 3, 1, 2 and 1 of 7."""
    density = Counts(Alternatives(("a", "b", "c", "d")), Counter({0: 2, 2: 1}))
    expected = [3 / 7, 1 / 7, 2 / 7, 1 / 7]
    assert [math.exp(density.log(choice)) for choice in range(4)] == pytest.approx(expected)
    rng = Random(0)
    drawn = Counter(density.draw(rng) for _ in range(8000))
    assert [drawn[choice] / 8000 for choice in range(4)] == pytest.approx(expected, abs=0.02)


def test_a_parzen_density_adds_up_to_one_and_is_drawn_from() -> None:
    """Over the range, with observations at an end and close together; drawn values follow it."""
    range_ = Continuous(10.0, 20.0)
    density = Parzen(range_, [10.0, 14.0, 14.5])
    grid = [10 + (place + 0.5) / 100 for place in range(1000)]
    heights = [math.exp(density.log(each)) for each in grid]
    assert fmean(heights) == pytest.approx(1.0, abs=1e-3)
    rng = Random(0)
    drawn = [density.draw(rng) for _ in range(8000)]
    assert all(10 <= each <= 20 for each in drawn)
    below = sum(heights[:400]) / 1000
    assert sum(each < 14 for each in drawn) / 8000 == pytest.approx(below, abs=0.02)


def test_the_good_ones_are_split_by_domination() -> None:
    """With two objectives the first front is good, and of the last front that is needed those far from others."""
    objectives = (("one", Direction.MAXIMIZE), ("two", Direction.MAXIMIZE))
    searcher = TPE(SPACE, Random(0), objectives, gamma=0.5)
    told = [(0.0, 3.0), (1.0, 1.0), (3.0, 0.0), (1.0, 2.9), (0.0, 0.0), (2.0, 2.0), (0.5, 0.5), (0.1, 2.95)]
    for values in told:
        proposal = searcher.ask()
        assert proposal
        searcher.tell(proposal.number, Success(values))
    assert searcher._good() == [0, 2, 3, 5]
