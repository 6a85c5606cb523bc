"""Random search: its measures, and that what it draws is as likely as it should be to the last point."""

from collections import Counter
from random import Random

import pytest
from toy import ToySpace, decision

from symnas.searchers import create
from symnas.space import Measure


def test_measures_differ() -> None:
    """Uniform over decisions takes the small side of a lopsided space half the time; over architectures, rarely."""
    below = [decision(name, 10) for name in "xy"]
    space = ToySpace((decision("side", 2, _1=below),))
    shares = {}
    for measure in Measure:
        searcher = create(f"random:measure={measure.value},repeat=true", space, Random(0))
        sides = [proposal.architecture.genotype["side"] for _ in range(2000) if (proposal := searcher.ask())]
        shares[measure] = sides.count(0) / len(sides)
    assert shares[Measure.DECISIONS] == pytest.approx(0.5, abs=0.05)
    assert shares[Measure.ARCHITECTURES] == pytest.approx(1 / 101, abs=0.01)


def test_orders_of_a_small_space_are_equally_likely() -> None:
    """To the last point: drawing without replacement and taking what is left over do not distort each other."""
    counts: Counter[tuple[float, ...]] = Counter()
    for seed in range(4800):
        searcher = create("random", ToySpace((decision("a", 4),)), Random(seed))
        proposals = [proposal for _ in range(4) if (proposal := searcher.ask())]
        counts[tuple(each.architecture.genotype["a"] for each in proposals)] += 1
    assert len(counts) == 24
    assert sum((count - 200) ** 2 / 200 for count in counts.values()) < 49.7  # chi square, 23 degrees: p = 0.001


@pytest.mark.parametrize("legal", (2, 3))
def test_what_is_left_over_is_taken_uniformly(legal: int) -> None:
    """A searcher without ideas gets points that it has not had, each with the same chance."""
    space = ToySpace((decision("a", 3),), () if legal == 3 else ((("a", 1),),))
    counts: Counter[float] = Counter()
    for seed in range(3000):
        searcher = create("random", space, Random(seed))
        left = searcher._left_over(space.size)
        assert left
        counts[left.genotype["a"]] += 1
    assert len(counts) == legal
    assert all(abs(count - 3000 / legal) < 120 for count in counts.values())
