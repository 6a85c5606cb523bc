"""Domains: how many members they have, which these are, and how a pick writes them."""

from fractions import Fraction
from itertools import combinations, permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnas.domains import (
    Alternatives,
    Combinations,
    Continuous,
    Domain,
    Grid,
    Permutations,
    Subsets,
    show_number,
)  # fmt: skip

LABELS = st.lists(st.sampled_from(["a", "b", "Conv2d", "Conv2d[1]", "0.5", '"sgd"', "[1, 2]", "(x, y)", "none"]),
                  min_size=1, max_size=5, unique=True).map(tuple)  # fmt: skip
STEPS = st.fractions(min_value=Fraction(1, 100), max_value=10, max_denominator=100)


@st.composite
def domains(draw: st.DrawFn) -> Domain:
    """Discrete domains of every kind, small enough to list."""
    labels = draw(LABELS)
    least = draw(st.integers(0, len(labels)))
    return draw(
        st.one_of(
            st.just(Alternatives(labels)),
            st.just(Combinations(labels, least)),
            st.just(Subsets(labels, least, draw(st.integers(least, len(labels))))),
            st.just(Permutations(labels)),
            st.builds(Grid, st.fractions(-10, 10, max_denominator=20), STEPS, st.integers(1, 30), st.booleans()),
        )
    )


@given(domains())
def test_shown_choices_read_back(domain: Domain) -> None:
    """What a pick writes for a choice is read as that choice, and no two choices are written alike."""
    shown = [domain.show(choice) for choice in range(domain.size)]
    assert [domain.read(text) for text in shown] == list(range(domain.size))
    assert len(set(shown)) == domain.size


@given(LABELS)
def test_combinations_are_those_of_the_options_in_order(labels: tuple[str, ...]) -> None:
    """`manyof(k, options)` numbers the combinations lexicographically."""
    for taken in range(len(labels) + 1):
        domain = Combinations(labels, taken)
        assert [domain.members(choice) for choice in range(domain.size)] == [*combinations(range(len(labels)), taken)]


@given(LABELS)
def test_permutations_are_lexicographic(labels: tuple[str, ...]) -> None:
    """`permutation(options)` numbers all orders lexicographically."""
    domain = Permutations(labels)
    assert [domain.members(choice) for choice in range(domain.size)] == [*permutations(range(len(labels)))]


@given(LABELS, st.data())
def test_subsets_come_fewest_first(labels: tuple[str, ...], data: st.DataObject) -> None:
    """`subset(options, min, max)` lists the subsets of each size, the smaller sizes first."""
    least = data.draw(st.integers(0, len(labels)))
    most = data.draw(st.integers(least, len(labels)))
    domain = Subsets(labels, least, most)
    expected = [each for taken in range(least, most + 1) for each in combinations(range(len(labels)), taken)]
    assert [domain.members(choice) for choice in range(domain.size)] == expected


def test_combinations_take_two_of_four_in_six_ways() -> None:
    """The language's example: 6 ways to take 2 of 4."""
    assert Combinations(("a", "b", "c", "d"), 2).size == 6
    assert Subsets(("a", "b", "c"), 1, 2).size == 6
    assert Permutations(("a", "b", "c")).size == 6


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6), st.booleans(), st.integers(0, 10**9))
def test_continuous_values_stay_inside_and_read_back(first: float, second: float, log: bool, seed: int) -> None:
    """A real drawn lies between the bounds, and the text of a pick gives the very same number."""
    domain = Continuous(min(first, second), max(first, second), log)
    value = domain.sample(Random(seed))
    assert domain.low <= value <= domain.high
    assert domain.read(domain.show(value)) == value
    assert domain.size == 0
    assert domain.low <= domain.at(0.0) <= domain.at(0.5) <= domain.at(1.0) <= domain.high


def test_logarithmic_draws_are_uniform_in_the_logarithm() -> None:
    """Half of the draws between 1e-4 and 1 lie below 1e-2."""
    domain, rng = Continuous(1e-4, 1.0, log=True), Random(0)
    below = sum(domain.sample(rng) < 1e-2 for _ in range(2000))
    assert 900 < below < 1100
    assert domain.at(0.5) == pytest.approx(1e-2)


WRONG = [
    (Alternatives(("a", "b")), "c"),
    (Grid(Fraction(0), Fraction(1, 10), 5, whole=False), "0.25"),
    (Grid(Fraction(0), Fraction(1, 10), 5, whole=False), "0.5"),
    (Grid(Fraction(2), Fraction(1), 3, whole=True), "1"),
    (Grid(Fraction(2), Fraction(1), 3, whole=True), "wide"),
    (Grid(Fraction(2), Fraction(1), 3, whole=True), "1 / 0"),
    (Continuous(0.0, 1.0), "1.5"),
    (Continuous(0.0, 1.0), "half"),
    (Continuous(0.0, 1.0), "nan"),
    (Combinations(("a", "b", "c"), 2), "[a]"),
    (Combinations(("a", "b", "c"), 2), "[b, a]"),
    (Combinations(("a", "b", "c"), 2), "[a, a]"),
    (Combinations(("a", "b", "c"), 2), "a, b"),
    (Combinations(("a", "b", "c"), 2), "[a, d]"),
    (Subsets(("a", "b", "c"), 1, 2), "[]"),
    (Subsets(("a", "b", "c"), 1, 2), "[a, b, c]"),
    (Permutations(("a", "b")), "[a]"),
    (Permutations(("a", "b")), "[a, a]"),
]


@pytest.mark.parametrize(("domain", "text"), WRONG, ids=lambda each: each if isinstance(each, str) else None)
def test_what_is_no_member_is_not_read(domain: Domain, text: str) -> None:
    """A text that names no member gives no choice."""
    assert domain.read(text) is None


@pytest.mark.parametrize(
    ("value", "text"),
    ((3, "3"), (Fraction(3), "3"), (Fraction(3, 4), "0.75"), (Fraction(-1, 8), "-0.125"), (Fraction(1, 3), "1 / 3"),
     (0.1, "0.1"), (1e-05, "1e-05"), (Fraction(-7, 20), "-0.35"), (Fraction(0), "0")),
)  # fmt: skip
def test_numbers_are_shown_exactly(value: int | Fraction | float, text: str) -> None:
    """Exact decimals where there are any, quotients elsewhere."""
    assert show_number(value) == text


def test_a_prior_is_no_part_of_a_domain() -> None:
    """Probabilities steer sampling; the same alternatives with others are the same domain."""
    steered = Alternatives(("a", "b"), (Fraction(9, 10), Fraction(1, 10)))
    assert steered == Alternatives(("a", "b"))
    assert hash(steered) == hash(Alternatives(("a", "b")))
    assert [steered.probability(0), Alternatives(("a", "b")).probability(0)] == [Fraction(9, 10), Fraction(1, 2)]


def test_strings_may_be_picked_with_and_without_quotes() -> None:
    """A string alternative is written with quotes; a label may be too."""
    domain = Alternatives(('"sgd"', "plain"))
    assert domain.read('"sgd"') == 0
    assert domain.read('"plain"') == 1
