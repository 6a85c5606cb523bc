"""Operators: what each selects or makes, that children are legal on every space, and how operators compose."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from enumerating import space_of
from hypothesis import HealthCheck, assume, given, settings
from random_programs import programs
from toy import ToyArchitecture, ToySpace, decision

from symnas.domains import Permutations
from symnas.elaborate.regions import DomainClash
from symnas.errors import SearchError, SourceError
from symnas.searchers.parts import (
    AtRandom,
    Average,
    Bottom,
    Draw,
    First,
    KPoint,
    Last,
    Linear,
    Member,
    Moment,
    Mutate,
    MutateEach,
    Operator,
    OrderedTournament,
    Permute,
    Proportional,
    Sample,
    Swap,
    Top,
    Tournament,
    Unchanged,
    Undominated,
    UniformCrossover,
    fitness,
)
from symnas.searchers.parts.permuting import alternating, cycle, order, partially_mapped

SPACE = ToySpace(tuple(decision(f"d{index}", 5) for index in range(12)))
Toy = Member[ToyArchitecture]

VARIATIONS: tuple[Operator, ...] = (
    Mutate(),
    Mutate(changes=3, spread=0),
    MutateEach(),
    MutateEach(rate=0.5, spread=0),
    Swap(2),
    UniformCrossover(),
    KPoint(),
    KPoint(3),
    Average(),
    Average(0.9),
    *(Permute(how) for how in (order, partially_mapped, cycle, alternating)),
    Tournament(4) >> UniformCrossover() >> Mutate(),
    Draw(2),
)


def moment(seed: int = 0, step: int = 0) -> Moment[ToyArchitecture]:
    return Moment(SPACE, Random(seed), step)


def members(*scores: float | tuple[float, ...]) -> list[Toy]:
    found = []
    for number, each in enumerate(scores):
        own = each if isinstance(each, tuple) else (each,)
        found.append(Member(SPACE.sample(Random(number)), own, number=number))
    return found


def numbers(found: list[Toy]) -> list[int | None]:
    return [each.number for each in found]


# ------------------------------------------------------------------------------------------ selection


@pytest.mark.parametrize(
    ("selector", "expected"),
    (
        (Top(2), [3, 1]),
        (Bottom(2), [2, 0]),
        (First(2), [0, 1]),
        (Last(2), [3, 4]),
        (Top(99), [3, 1, 4, 0, 2]),
        (Last(0), []),
        (Undominated(), [3]),
        (Unchanged(), [0, 1, 2, 3, 4]),
    ),
)
def test_selectors_that_draw_nothing(selector: Operator, expected: list[int]) -> None:
    """Scores 2, 4, 1, 5, 3."""
    assert numbers(selector(members(2.0, 4.0, 1.0, 5.0, 3.0), moment())) == expected


def test_the_best_of_several_objectives() -> None:
    """Front after front, within each the least crowded first."""
    found = members((0.0, 4.0), (1.0, 3.5), (1.5, 3.0), (4.0, 0.0), (1.0, 1.0), (3.0, 2.0))
    assert numbers(Top(99)(found, moment())) == [0, 3, 5, 2, 1, 4]
    assert numbers(Undominated()(found, moment())) == [0, 1, 2, 3, 5]


def test_what_is_infeasible_is_worst() -> None:
    """It comes after everything feasible, the least violating first; unknown violations last."""
    first, second = members(-5.0, -9.0)
    bad, worse, unknown = (
        Member(first.architecture, violations=each, number=number)
        for number, each in ((2, {"ms": 1.0}), (3, {"ms": 2.0}), (4, {}))
    )
    assert numbers(Top(5)([unknown, worse, second, bad, first], moment())) == [0, 1, 2, 3, 4]
    assert numbers(Tournament(1, among=60)([unknown, worse, bad], moment())) == [2]


@pytest.mark.parametrize("selector", (AtRandom(3), Sample(3), Proportional(3), Tournament(3), OrderedTournament(3)))
def test_selectors_of_nobody(selector: Operator) -> None:
    """An empty population gives nobody; a lone member is drawn as often as asked, or once."""
    assert selector([], moment()) == []
    assert set(numbers(selector(members(1.0), moment()))) == {0}


def test_random_selection_is_uniform_and_without_replacement() -> None:
    """Every member as often as any other, none twice at a time."""
    population, counts, now = members(*map(float, range(6))), Counter[int | None](), moment()
    for _ in range(2000):
        drawn = numbers(AtRandom(3)(population, now))
        assert len(set(drawn)) == 3
        counts.update(drawn)
    assert all(abs(count - 1000) < 120 for count in counts.values())


def test_samples_follow_their_weights() -> None:
    """By fitness, the worst is never drawn, and the others by how much better they are."""
    counts = Counter(numbers(Sample(6000)(members(1.0, 2.0, 4.0), moment())))
    assert counts[0] == 0
    assert counts[2] == pytest.approx(4500, abs=200)


def test_proportional_selection_rounds_only() -> None:
    """Each as often as its share says, but for less than one."""
    for seed in range(20):
        counts = Counter(numbers(Proportional(10)(members(0.0, 1.0, 2.0, 4.0), moment(seed))))
        assert counts.total() == 10
        assert all(abs(counts[number] - 10 * weight / 7) < 1 for number, weight in enumerate((0, 1, 2, 4)))


def test_fitness() -> None:
    """By how much better than the worst; of several objectives by places; equals count alike."""
    assert fitness(members(3.0, 1.0, 2.0)) == [2.0, 0.0, 1.0]
    assert fitness(members(3.0, 3.0)) == [1.0, 1.0]
    assert fitness(members((0.0, 0.0), (1.0, 1.0))) == [1.0, 2.0]
    assert fitness(members(-1.7e308, 1.7e308)) == [1.0, 2.0]


def test_tournaments_prefer_the_better() -> None:
    """The chance of the best of five in a tournament of two is 1 - (4/5)^2; ordered ones see places, not scores."""
    population = members(1.0, 2.0, 3.0, 4.0, 5.0)
    best = Counter(numbers(Tournament(5000, among=2)(population, moment())))[4]
    first = Counter(numbers(OrderedTournament(5000, among=2)(population, moment())))[0]
    assert best == pytest.approx(1800, abs=150)
    assert first == pytest.approx(1800, abs=150)


# ------------------------------------------------------------------------------------------ variation


@given(programs())
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
def test_children_are_legal_members(text: str) -> None:
    """On any space, conditional, shared, constrained: what an operator makes can be built from its genotype."""
    try:
        space, fresh = space_of(text), space_of(text)
        assume(space.size > 0)
    except (SearchError, SourceError, DomainClash):
        assume(False)
    rng = Random(0)
    population = [Member(space.sample(rng), (float(number),), number=number) for number in range(5)]
    for operator in VARIATIONS:
        for child in operator(population, Moment(space, rng)):
            again = fresh.architecture(child.architecture.genotype)
            assert again.genotype == child.architecture.genotype


def test_mutation_changes_as_many_decisions_as_it_says() -> None:
    """One by default; with a schedule, as many as the step asks for."""
    (parent,) = members(0.0)

    def changed(operator: Operator, step: int) -> int:
        (child,) = operator([parent], moment(step, step))
        before, after = parent.architecture.genotype, child.architecture.genotype
        return sum(before[path] != after[path] for path in before)

    assert all(changed(Mutate(), step) == 1 for step in range(20))
    shrinking = Mutate(changes=Linear(6, 1, 100))
    assert sum(changed(shrinking, 0) for _ in range(5)) > 15
    assert changed(shrinking, 100) == 1


def test_every_decision_alike() -> None:
    """Without a rate, one decision is changed on average; with one, that share of them."""
    (parent,) = members(0.0)

    def mean(operator: Operator) -> float:
        now, before = moment(), parent.architecture.genotype
        children = [operator([parent], now)[0].architecture.genotype for _ in range(1000)]
        return sum(before[path] != each[path] for each in children for path in before) / 1000

    assert mean(MutateEach()) == pytest.approx(1.0, abs=0.15)
    assert mean(MutateEach(rate=0.5)) == pytest.approx(6.0, abs=0.4)


def test_recombination_makes_a_child_of_each_pair() -> None:
    """Three pairs, three children, every choice a parent's; one that is left over goes through."""
    parents = members(*map(float, range(7)))
    *children, last = UniformCrossover()(parents, moment())
    assert last is parents[6]
    for child, first, second in zip(children, parents[:6:2], parents[1:6:2], strict=True):
        mine, theirs = first.architecture.genotype, second.architecture.genotype
        assert all(choice in (mine[path], theirs[path]) for path, choice in child.architecture.genotype.items())


@pytest.mark.parametrize("points", (1, 2, 4))
def test_k_points_cut_into_pieces(points: int) -> None:
    """The source of the choices, in their order, changes at most as often as there are points."""
    zeros = Member(SPACE.architecture({f"d{index}": 0 for index in range(12)}))
    ones = Member(SPACE.architecture({f"d{index}": 1 for index in range(12)}))
    for seed in range(30):
        (child,) = KPoint(points)([zeros, ones], moment(seed))
        line = [child.architecture.genotype[f"d{index}"] for index in range(12)]
        assert sum(one != other for one, other in pairwise(line)) == points


def test_averages_lie_between() -> None:
    """Numbers halfway, of a grid the nearest, of a logarithmic range in the logarithm; other choices from either."""
    space = space_of(
        "net A(x: f32[N, 8]) = x -> Linear(range(1, 9) as a) -> oneof(ReLU, Tanh)\n"
        "train { lr: range(1e-4, 1e-2, log = true) }"
    )
    first = Member(space.architecture({"A.a": 0, "A.oneof": 0, "train.lr": 1e-4}))
    second = Member(space.architecture({"A.a": 6, "A.oneof": 1, "train.lr": 1e-2}))
    (child,) = Average()([first, second], Moment(space, Random(0)))
    assert child.architecture.genotype["A.a"] == 3
    assert child.architecture.genotype["train.lr"] == pytest.approx(1e-3)
    (near,) = Average(1.0)([first, second], Moment(space, Random(0)))
    assert near.architecture.genotype["train.lr"] == pytest.approx(1e-4)


def test_permutations_swap_and_recombine() -> None:
    """A swap moves two of them; a recombined order holds every thing once."""
    space = space_of(
        "net A(x: f32[N, 8]) {\n  y = x\n  for f in permutation([ReLU, Tanh, SiLU, GELU, Sigmoid]) { y = y -> f }\n  y\n}"
    )
    rng = Random(0)
    first, second = Member(space.sample(rng)), Member(space.sample(rng))
    ((path, domain),) = first.architecture.domains.items()
    assert isinstance(domain, Permutations)
    (swapped,) = Swap()([first], Moment(space, rng))
    orders = [domain.members(each.architecture.genotype[path]) for each in (first, swapped)]
    assert sum(one != other for one, other in zip(*orders, strict=True)) == 2
    for how in (order, partially_mapped, cycle, alternating):
        (child,) = Permute(how)([first, second], Moment(space, rng))
        assert sorted(domain.members(child.architecture.genotype[path])) == [0, 1, 2, 3, 4]


# ---------------------------------------------------------------------------------------- composition


@pytest.mark.parametrize(
    ("operator", "expected"),
    (
        (Top(4) >> Last(2), [4, 0]),
        (Top(1) + First(2), [3, 0, 1]),
        (Top(1) * 3, [3, 3, 3]),
        (Top(4) ** 2, [3, 1, 4, 0]),
        (Top(4) ** 0, [0, 1, 2, 3, 4]),
        (Top(2) | First(2), [0, 1, 3]),
        (Top(2) & First(2), [1]),
        (Unchanged() - Top(2), [0, 2, 4]),
        (Top(1).sometimes(1.0), [3]),
        (Top(1).sometimes(0.0), [0, 1, 2, 3, 4]),
        (Top(1).sometimes(0.0, First(1)), [0]),
        ((Top(1) * 2).each(), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]),
        (Top(Linear(1, 3, 10)), [3]),
    ),
)
def test_operators_compose(operator: Operator, expected: list[int]) -> None:
    """Scores 2, 4, 1, 5, 3: each way of composing, on selectors."""
    assert numbers(operator(members(2.0, 4.0, 1.0, 5.0, 3.0), moment())) == expected


def test_chances_are_kept() -> None:
    """`sometimes` is as frequent as it says, also by a schedule."""
    operator, population = First(1).sometimes(Linear(0.0, 0.5, 10), Last(1)), members(1.0, 2.0)
    now = moment(0, 5)
    assert sum(numbers(operator(population, now)) == [0] for _ in range(2000)) == pytest.approx(500, abs=80)
