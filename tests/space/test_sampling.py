"""Sampling: uniform over architectures where that is asked, uniform over each decision where that is."""

from collections import Counter
from fractions import Fraction
from itertools import islice
from random import Random

import pytest
from enumerating import members, space_of

from symnas.architecture import Architecture
from symnas.domains import Alternatives
from symnas.errors import SearchError
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


PRIOR = """
let w = oneof(*{small: 4, large: 8}, prior = {small: 0.9})
block B(k = oneof(*{one: 1, two: 2, three: 3}, prior = {one: 1 / 2, two: 1 / 8}))(x) {
  require k != 2
  x -> repeat(k) { maybe(Tanh) }
}
net A(x: f32[N, 8]) {
  y = x -> oneof(*{deep: B, flat: ReLU, wide: Linear(w) if w == 8}, prior = {deep: 0.5, flat: 0.2}) -> Linear(8)
  if oneof(false, true) as last { y -> Tanh } else { y }
}
"""


def chances(space_text: str, measure: Measure) -> list[Fraction]:
    """Probability of each member by number: the product over its decisions, as a share of what is feasible."""
    weights = []
    for each in space_of(space_text):
        weight = Fraction(1)
        for path, domain in each.domains.items():
            steered = measure is Measure.PRIOR and isinstance(domain, Alternatives)
            choice = each.genotype[path]
            weight *= (
                domain.probability(choice) if steered and isinstance(domain, Alternatives) else Fraction(1, domain.size)
            )
        weights.append(weight)
    return [weight / sum(weights) for weight in weights]


def test_draws_that_break_a_require_are_counted() -> None:
    """Choice by choice a third of the deep ones break `k != 2`; uniformly over architectures none is drawn."""
    tally = {}
    for measure in (Measure.DECISIONS, Measure.ARCHITECTURES):
        space = space_of(CONDITIONAL)
        rng = Random(1)
        for _ in range(600):
            space.sample(rng, measure)
        tally[measure] = space.pricing.restricted.drawn, space.pricing.restricted.rejected
    assert tally[Measure.ARCHITECTURES] == (600, 0)
    drawn, rejected = tally[Measure.DECISIONS]
    assert drawn == 600
    assert 0.11 < rejected / (drawn + rejected) < 0.23  # 1 of 6


@pytest.mark.parametrize("measure", (Measure.PRIOR, Measure.DECISIONS))
def test_members_are_as_likely_as_their_decisions_say(measure: Measure) -> None:
    """Against exact probabilities the chi-square statistic lies within five standard deviations of its mean."""
    space, expected = space_of(PRIOR), chances(PRIOR, measure)
    assert space.size == len(expected) > 20
    rng, draws = Random(11), 6000
    drawn = Counter(space.index(space.sample(rng, measure)) for _ in range(draws))
    frequent = [number for number, chance in enumerate(expected) if chance * draws >= 5]
    rare = [number for number, chance in enumerate(expected) if chance * draws < 5]
    groups = [[number] for number in frequent] + ([rare] if rare else [])
    statistic = sum(
        (sum(drawn[each] for each in group) - float(share)) ** 2 / float(share)
        for group in groups
        for share in [draws * sum(expected[each] for each in group)]
    )
    freedom = len(groups) - 1
    assert abs(statistic - freedom) < 5 * (2 * freedom) ** 0.5


def test_guards_renormalise_a_prior() -> None:
    """Unnamed alternatives share the rest before guards remove some; what is left adds up to 1, exactly."""
    space = space_of(PRIOR)

    def prior(architecture: Architecture) -> tuple[Fraction, ...] | None:
        domain = architecture.domains["A.oneof"]
        assert isinstance(domain, Alternatives)
        return domain.prior

    first = next(each for each in space if each.picks.get("w") == "large")
    assert prior(first) == (Fraction(5, 10), Fraction(2, 10), Fraction(3, 10))
    second = next(each for each in space if each.picks.get("w") == "small")
    assert prior(second) == (Fraction(5, 7), Fraction(2, 7))


def test_an_alternative_of_probability_nought_is_never_drawn() -> None:
    """By prior alone: by the other measures it is."""
    space = space_of("net A(x: f32[N, 8]) = x -> oneof(*{a: ReLU, b: Tanh}, prior = {a: 0})")
    rng = Random(1)
    assert {space.sample(rng, Measure.PRIOR).picks["A.oneof"] for _ in range(50)} == {"b"}
    assert {space.sample(rng).picks["A.oneof"] for _ in range(50)} == {"a", "b"}


def test_without_replacement_every_order_is_equally_likely() -> None:
    """2,400 drawings of all of four members: 24 orders, by the chi-square statistic as likely as each other."""
    space = space_of("net A(x: f32[N, 8]) = x -> oneof { one: ReLU, many: Linear(range(1, 3)) }")
    orders = Counter(tuple(map(space.index, space.sample_without_replacement(Random(seed)))) for seed in range(2400))
    assert len(orders) == 24
    assert chi_square(list(orders.values())) < 49.7  # 23 degrees of freedom: p = 0.001


def test_without_replacement_requires_on_costs_hold() -> None:
    """Members that cost too much are passed over; the others come once."""
    space = space_of("net A(x: f32[N, 8]) = x -> Linear(range(1, 50))\nrequire A.params <= 90")
    drawn = [each.params for each in space.sample_without_replacement(Random(0))]
    assert sorted(drawn) == [9 * width for width in range(1, 11)]


def test_without_replacement_few_of_many_meet_a_require() -> None:
    """Of 10^12 members those few that are small enough come once each, and then it ends."""
    space = space_of(
        "net A(x: f32[N, 8]) = x -> repeat(12) { Linear(range(1, 10)) -> Linear(8) }\nrequire A.params <= 12 * 25 + 17"
    )
    assert space.size == 10**12
    drawn = [each.genotype for each in space.sample_without_replacement(Random(0))]
    assert len(set(drawn)) == len(drawn) == 13
    assert all(sum(each.values()) <= 1 for each in drawn)


def test_without_replacement_from_a_space_too_large_to_walk() -> None:
    """A few of 10^30 members cost no more than they are."""
    space = space_of("net A(x: f32[N, 8]) = x -> repeat(30) { Linear(range(1, 10)) -> Linear(8) }")
    assert space.size == 10**30
    drawn = list(space.sample_without_replacement(Random(0), 20))
    assert len({each.genotype for each in drawn}) == 20
    assert next(space.members(10**29 + 7)).genotype == space[10**29 + 7].genotype


def test_without_replacement_continuous_decisions_are_drawn() -> None:
    """Discrete choices do not repeat, so it ends; continuous ones are drawn for each member."""
    space = space_of("net A(x: f32[N, 8]) = x -> Dropout(range(0.0, 0.5)) -> Linear(range(1, 4))")
    drawn = [each.genotype for each in space.sample_without_replacement(Random(0))]
    assert sorted(each["A.out_features"] for each in drawn) == [0, 1, 2, 3]
    assert len({each["A.p"] for each in drawn}) == 4


def test_without_replacement_where_nothing_is_counted() -> None:
    """A space without an exact count is drawn from as it is, repeats left out."""
    space = space_of(
        "cell C(x: [N, D]) = x -> oneof { wide: Linear(4), same: Tanh } -> maybe(ReLU)\n"
        "net A(x: f32[N, 8]) = x -> C -> Linear(4) -> C -> maybe(GELU)"
    )
    assert not space.countable
    drawn = [each.genotype for each in islice(space.sample_without_replacement(Random(0)), 5)]
    assert len(set(drawn)) == 5


def test_members_start_at_a_number() -> None:
    """Negative numbers are refused; beyond the end there is nothing."""
    space = space_of("net A(x: f32[N, 8]) = x -> Linear(range(1, 4))")
    assert list(space.members(4)) == []
    assert [each.picks["A.out_features"] for each in space.members(1, 3)] == ["2", "3"]
    with pytest.raises(IndexError, match="not from -1"):
        space.members(-1)


def test_membership_is_of_choices() -> None:
    """What a `require` excludes is no member, nor is another space's, nor anything else."""
    space = space_of("net A(x: f32[N, 8]) = x -> Linear(range(1, 50))\nrequire A.params <= 90")
    assert space[0] in space
    assert space[40] not in space
    assert space_of("net A(x: f32[N, 8]) = x -> maybe(ReLU)")[0] not in space
    assert "A" not in space


def test_walking_in_vain_ends() -> None:
    """A space whose members all break a `require` on costs says so instead of walking for ever."""
    space = space_of("net A(x: f32[N, 8]) = x -> Linear(oneof(4, 8))\nrequire A.params <= 3")
    assert list(space.sample_without_replacement(Random(0))) == []
    with pytest.raises(SearchError, match="require"):
        space.sample(Random(0))
