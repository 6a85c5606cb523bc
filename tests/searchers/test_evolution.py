"""Regularised evolution: Algorithm 1 of Real et al. 2019, and what it does where results come late or not at all."""

from random import Random

import pytest
from toy import ToyArchitecture, ToySpace, decision

from symnas.searchers import Failure, Objective, Proposal, RegularisedEvolution, Success
from symnas.tree import Direction

SPACE = ToySpace(tuple(decision(f"d{index}", 5) for index in range(12)))
Evolution = RegularisedEvolution[ToyArchitecture]
Asked = Proposal[ToyArchitecture]


def make(seed: int = 0, objectives: tuple[Objective, ...] | None = None, **settings: object) -> Evolution:
    return RegularisedEvolution(SPACE, Random(seed), objectives, **settings)


def ask(searcher: Evolution) -> Asked:
    proposal = searcher.ask()
    assert proposal
    return proposal


def alive(searcher: Evolution) -> list[int]:
    population: list[int] = searcher.memory()["population"]
    return population


def distance(one: ToyArchitecture, other: ToyArchitecture) -> int:
    ours, theirs = one.genotype, other.genotype
    return sum(ours[name] != theirs[name] for name in ours)


def test_the_oldest_dies_not_the_worst() -> None:
    """Members leave in the order in which they joined, the best among them too."""
    searcher = make(population=5, tournament=2)
    for number in range(12):
        searcher.tell(ask(searcher).number, Success((100.0 if number == 3 else float(number),)))
    assert alive(searcher) == [7, 8, 9, 10, 11]


def test_an_elite_stays_whatever_its_age() -> None:
    """With an elite, the best outlive the youngest; they are members like these."""
    searcher = make(population=3, tournament=2, elite=2)
    for number in range(12):
        searcher.tell(ask(searcher).number, Success(({1: 90.0, 3: 100.0}.get(number, float(number)),)))
    assert alive(searcher) == [1, 3, 9, 10, 11]
    searcher.tell(ask(searcher).number, Success((95.0,)))
    assert alive(searcher) == [3, 10, 11, 12]


def test_a_start_apart_has_all_choices_early() -> None:
    """Where the first are drawn apart, the choices of each decision are had nearly equally often; then come children."""
    searcher = make(population=10, start=5, apart=32)
    first = [ask(searcher) for _ in range(5)]
    for proposal in first:
        searcher.tell(proposal.number, Success((proposal.architecture.value,)))
    child = ask(searcher).architecture
    assert min(distance(each.architecture, child) for each in first) == 1
    had = [len({each.architecture.genotype[name] for each in first}) for name in child.genotype]
    plain = make(population=5)
    drawn = [ask(plain).architecture.genotype for _ in range(5)]
    assert sum(had) > sum(len({each[name] for each in drawn}) for name in child.genotype)


def test_children_differ_from_a_member_in_one_decision() -> None:
    """After the random phase each proposal is one mutation away from somebody alive."""
    searcher = make(population=10, tournament=3)
    for number in range(60):
        members = [searcher.proposed(each) for each in alive(searcher)]
        proposal = ask(searcher)
        if number >= 10:
            assert min(distance(member, proposal.architecture) for member in members) == 1
        searcher.tell(proposal.number, Success((proposal.architecture.value,)))


@pytest.mark.parametrize("direction", list(Direction))
def test_the_winner_of_the_tournament_is_the_parent(direction: Direction) -> None:
    """With tournaments that see everyone, children descend from the best, whichever way that is."""
    searcher = make(1, (("score", direction),), population=8, tournament=200)
    proposals = [ask(searcher) for _ in range(8)]
    for proposal in proposals:
        searcher.tell(proposal.number, Success((proposal.architecture.value,)))
    pick = max if direction is Direction.MAXIMIZE else min
    best = pick(proposals, key=lambda proposal: proposal.architecture.value).architecture
    assert all(distance(best, ask(searcher).architecture) == 1 for _ in range(10))


def test_failures_never_join() -> None:
    """What failed is replaced by another random point until the population is full."""
    searcher = make(population=4)
    for number in range(10):
        result = Success((1.0,)) if number in {2, 5, 9} else Failure("crash")
        searcher.tell(ask(searcher).number, result)
    assert alive(searcher) == [2, 5, 9]


def test_open_proposals_count_as_the_population_grows() -> None:
    """A batch as large as the population is random; once it is told, the next are children."""
    searcher = make(population=6, tournament=6)
    first = [ask(searcher) for _ in range(6)]
    searcher.tell(first[0].number, Success((1.0,)))
    child = ask(searcher)  # five open and one member: nothing more is needed at random
    assert distance(first[0].architecture, child.architecture) == 1


def test_several_objectives_choose_among_the_undominated() -> None:
    """The parent is one of those that nobody in the tournament beats in everything."""
    objectives = (("accuracy", Direction.MAXIMIZE), ("latency", Direction.MINIMIZE))
    searcher = make(0, objectives, population=4, tournament=100)
    proposals = [ask(searcher) for _ in range(4)]
    for proposal, values in zip(proposals, [(0.9, 5.0), (0.5, 1.0), (0.4, 2.0), (0.9, 6.0)], strict=True):
        searcher.tell(proposal.number, Success(values))
    parents = set()
    for _ in range(40):
        child = ask(searcher)
        parents |= {each.number for each in proposals if distance(each.architecture, child.architecture) == 1}
    assert parents == {0, 1}


def test_it_learns() -> None:
    """On a smooth space it ends far above what random search finds."""
    best = {}
    for name, population in {"evolution": 30, "random phase only": 1000}.items():
        searcher = make(3, population=population)
        for _ in range(400):
            proposal = ask(searcher)
            searcher.tell(proposal.number, Success((proposal.architecture.value,)))
        found = [result.values[0] for number in range(400) if isinstance(result := searcher.result(number), Success)]
        best[name] = max(found)
    assert best["evolution"] > 1.15 * best["random phase only"]
