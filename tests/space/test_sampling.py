"""Sampling: uniform over architectures where that is asked, uniform over each decision where that is."""

from collections import Counter
from random import Random

import pytest
from enumerating import members, space_of

from symnas.space import Measure

CONDITIONAL = """
let w = oneof(4, 8)
cell C(n)(x) = x -> oneof { a: Linear(n), b: Identity }
block B(k = oneof(1, 2, 3))(x) {
  require k != 2
  x -> repeat(k) { maybe(Tanh) }
}
net A(x: f32[N, 8]) {
  y = x -> C(8) -> oneof { deep: B -> C(8), flat: ReLU }
  if oneof(false, true) as wide { y -> Linear(w) } else { y }
}
"""


def chi_square(counts: list[int]) -> float:
    """The statistic against equal shares."""
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 / expected for count in counts)


def test_architectures_are_equally_likely() -> None:
    """40 draws a member: the chi-square statistic lies within five standard deviations of its mean."""
    space = space_of(CONDITIONAL)
    assert space.size == len(list(members(space_of(CONDITIONAL)))) == 2 * (2 + 8 + 1) * 3
    rng = Random(5)
    drawn = Counter(space.index(space.sample(rng)) for _ in range(40 * space.size))
    freedom = space.size - 1
    assert set(drawn) == set(range(space.size))
    assert abs(chi_square(list(drawn.values())) - freedom) < 5 * (2 * freedom) ** 0.5


def test_decisions_are_equally_likely_each() -> None:
    """With `DECISIONS` a choice between one layer and many is even, whatever the numbers behind it."""
    space = space_of("net A(x: f32[N, 8]) = x -> oneof { one: ReLU, many: Linear(range(1, 98)) }")
    rng = Random(2)
    flat = sum(space.sample(rng, Measure.DECISIONS).genotype["A.oneof"] == 0 for _ in range(600))
    even = sum(space.sample(rng).genotype["A.oneof"] == 0 for _ in range(600))
    assert 240 < flat < 360
    assert even < 30


def test_continuous_decisions_are_drawn_within_their_range() -> None:
    """A continuous decision is drawn for each sample; members by number have its middle."""
    space = space_of("net A(x: f32[N, 8]) = x -> Dropout(range(0.0, 0.5)) -> maybe(ReLU)")
    rng = Random(0)
    values = [space.sample(rng).genotype["A.p"] for _ in range(50)]
    assert len(set(values)) == 50
    assert all(0 <= value <= 0.5 for value in values)
    assert space.size == 2
    assert space.continuous == 1
    assert [each.genotype["A.p"] for each in space] == [0.25, 0.25]


@pytest.mark.parametrize("measure", Measure)
def test_requires_hold_for_samples(measure: Measure) -> None:
    """No sample violates a `require`, in a body or at top level."""
    space = space_of(
        "let a = oneof(1, 2, 3)\nnet A(x: f32[N, 8]) {\n  b = oneof(1, 2, 3)\n  require a != b\n  x -> Linear(a) -> Linear(b)\n}\n"
        "require a > 1\nrequire A.params < 40"
    )
    rng = Random(0)
    for _ in range(60):
        drawn = space.sample(rng, measure)
        picks = drawn.picks
        assert picks["a"] != picks["A.b"]
        assert picks["a"] != "1"
        assert drawn.params < 40
