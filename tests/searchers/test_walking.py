"""Searchers that walk from neighbour to neighbour: local search, hill climbing, simulated annealing."""

import math
from random import Random
from typing import Any

import pytest
from toy import ToyArchitecture, ToySpace, decision, real

from symnas.searchers import (
    Annealing,
    AnySearcher,
    Failure,
    HillClimbing,
    Infeasible,
    LocalSearch,
    Objective,
    Proposal,
    Success,
    create,
)
from symnas.searchers.parts import Member
from symnas.tree import Direction

SPACE = ToySpace(tuple(decision(f"d{index}", 4) for index in range(6)))
NEIGHBOURS = 18
BEST = 3 * 21
TWO: tuple[Objective, ...] = (("a", Direction.MAXIMIZE), ("b", Direction.MINIMIZE))


def ask(searcher: AnySearcher[ToyArchitecture]) -> Proposal[ToyArchitecture]:
    proposal = searcher.ask()
    assert proposal
    return proposal


def trial(searcher: AnySearcher[ToyArchitecture]) -> ToyArchitecture:
    proposal = ask(searcher)
    searcher.tell(proposal.number, Success((proposal.architecture.value,)))
    return proposal.architecture


def distance(one: ToyArchitecture, other: ToyArchitecture) -> int:
    return sum(one.genotype[name] != other.genotype[name] for name in one.genotype)


# -------------------------------------------------------------------------------------- local search


def test_local_search_begins_at_the_best_of_some_random_points() -> None:
    """After ten random points come the neighbours of the best of them."""
    searcher: Any = LocalSearch(SPACE, Random(0), improvement="steepest")
    best = max((trial(searcher) for _ in range(10)), key=lambda each: each.value)
    assert all(distance(trial(searcher), best) == 1 for _ in range(NEIGHBOURS - 2))


def test_the_first_improvement_is_taken_at_once() -> None:
    """Whatever is better is where the next neighbours come from."""
    searcher: Any = LocalSearch(SPACE, Random(0), start=1)
    here = trial(searcher)
    while here.value < BEST:
        there = trial(searcher)
        assert distance(there, here) == 1
        here = there if there.value > here.value else here


def test_the_steepest_improvement_waits_for_all_neighbours() -> None:
    """All neighbours of a place are evaluated, each once, then those of the best of them."""
    searcher: Any = LocalSearch(SPACE, Random(3), start=1, improvement="steepest")
    here = trial(searcher)
    around = [trial(searcher) for _ in range(NEIGHBOURS)]
    assert len({each.genotype for each in around}) == NEIGHBOURS
    assert all(distance(each, here) == 1 for each in around)
    best = max(around, key=lambda each: each.value)
    assert distance(trial(searcher), best) == 1


@pytest.mark.parametrize("improvement", ("first", "steepest"))
def test_local_search_finds_the_top_and_begins_again(improvement: str) -> None:
    """A smooth space is climbed to its best point; then points are random again."""
    searcher: Any = LocalSearch(SPACE, Random(0), start=2, improvement=improvement)
    found = [trial(searcher) for _ in range(300)]
    assert max(each.value for each in found) == BEST
    top = found.index(max(found, key=lambda each: each.value))
    assert min(each.value for each in found[top:]) < BEST / 2


def test_local_search_in_batches() -> None:
    """Asked for more than there are neighbours, it proposes random points, which serve as beginnings."""
    searcher: Any = LocalSearch(SPACE, Random(0), start=1, improvement="steepest")
    searcher.tell(ask(searcher).number, Success((1.0,)))
    batch = [ask(searcher) for _ in range(NEIGHBOURS + 10)]
    far = [each for each in batch if distance(each.architecture, searcher.proposed(0)) > 1]
    assert 8 <= len(far) <= 10
    for each in batch:
        searcher.tell(each.number, Success((0.5 if each in far else 0.0,)))
    assert searcher.memory()["here"] in {each.number for each in far}


def test_local_search_goes_along_continuous_decisions() -> None:
    """Each has as many neighbours as `moves` says, at steps of `spread`."""
    searcher: Any = LocalSearch(ToySpace((real("x"), real("y"))), Random(0), start=1, moves=6, spread=0.01)
    searcher.tell(ask(searcher).number, Success((1.0,)))
    here = searcher.proposed(0).genotype
    near = [ask(searcher).architecture.genotype for _ in range(12)]
    assert all(sum(each[name] != here[name] for name in here) == 1 for each in near)
    assert all(abs(each[name] - here[name]) < 0.06 for each in near for name in here)


# -------------------------------------------------------------------------------------- hill climbing


def test_hill_climbing_never_steps_down() -> None:
    """Equals are taken, what is worse is not; failures are not."""
    searcher: Any = HillClimbing(SPACE, Random(0), patience=1000)
    searcher.tell(ask(searcher).number, Success((5.0,)))
    stands = []
    for result in (Success((4.0,)), Success((5.0,)), Failure(""), Infeasible({"ms": 1.0}), Success((6.0,))):
        searcher.tell(ask(searcher).number, result)
        stands.append(searcher.memory()["here"])
    assert stands == [0, 2, 2, 2, 5]


def test_hill_climbing_begins_again() -> None:
    """After as many mutants in vain as it has patience, at the next random point; late mutants do not count."""
    searcher: Any = HillClimbing(SPACE, Random(0), patience=3)
    searcher.tell(ask(searcher).number, Success((5.0,)))
    late = ask(searcher)
    for _ in range(3):
        searcher.tell(ask(searcher).number, Success((1.0,)))
    assert searcher.memory()["here"] is None
    searcher.tell(late.number, Success((9.0,)))
    assert searcher.memory()["here"] is None
    searcher.tell(ask(searcher).number, Success((0.0,)))
    assert searcher.memory()["here"] == 5


def test_hill_climbing_begins_again_where_all_around_is_known() -> None:
    """Not after its patience, but once no neighbour is new; as long as some are being evaluated, it stays."""
    space = ToySpace((decision("a", 2), decision("b", 2), decision("c", 2)))
    searcher: Any = HillClimbing(space, Random(0), patience=1000)
    searcher.tell(ask(searcher).number, Success((9.0,)))
    around = [ask(searcher) for _ in range(4)]
    assert searcher.memory()["here"] == 0
    for each in around:
        searcher.tell(each.number, Success((1.0,)))
    last = ask(searcher)
    searcher.tell(last.number, Success((2.0,)))
    assert searcher.memory()["here"] == last.number


# ------------------------------------------------------------------------------------------ annealing


def test_metropolis() -> None:
    """exp(-d / T), with T in standard deviations of what has been told: here the deviation is 2."""
    searcher: Any = Annealing(SPACE, Random(0), start=0.5, end=0.5)
    for score in (1.0, 5.0):
        searcher.tell(ask(searcher).number, Success((score,)))
    here, lower, higher = (Member(searcher.proposed(0), (score,)) for score in (3.0, 1.0, 4.0))
    assert searcher.acceptance(here, lower) == pytest.approx(math.exp(-2.0))
    assert searcher.acceptance(here, higher) == 1.0
    assert searcher.acceptance(here, here) == 1.0


def test_it_cools_and_begins_anew() -> None:
    """The temperature falls during a cycle; the next begins as hot as the first."""
    searcher: Any = Annealing(SPACE, Random(0), steps=20)
    for score in (1.0, 5.0):
        searcher.tell(ask(searcher).number, Success((score,)))
    here, lower = (Member(searcher.proposed(0), (score,)) for score in (3.0, 2.0))
    chances = []
    for _ in range(20):
        chances.append(searcher.acceptance(here, lower))
        ask(searcher)
    assert chances[:18] == sorted(chances[:18], reverse=True)
    assert chances[17] < 0.001
    assert chances[18] > 0.2


@pytest.mark.parametrize("cooling", ("exponential", "linear", "cosine", "none"))
def test_schedules_of_temperature(cooling: str) -> None:
    """All begin at the start; all but `none` end at the end."""
    searcher: Any = Annealing(SPACE, Random(0), cooling=cooling, start=2.0, end=0.5, steps=100)
    schedule = searcher.settings.schedule
    assert schedule.at(0) == 2.0
    assert schedule.at(100) == pytest.approx(2.0 if cooling == "none" else 0.5)


def test_annealing_prefers_what_is_feasible() -> None:
    """An infeasible mutant takes the place of one that is no less infeasible, never of a feasible one."""
    searcher: Any = Annealing(SPACE, Random(0))
    point = SPACE.sample(Random(0))
    fine, bad, worse = (
        Member(point, scores, broken) for scores, broken in (((1.0,), {}), ((), {"ms": 1.0}), ((), {"ms": 2.0}))
    )
    assert searcher.acceptance(fine, bad) == searcher.acceptance(bad, worse) == 0.0
    assert searcher.acceptance(bad, fine) == searcher.acceptance(worse, bad) == searcher.acceptance(bad, bad) == 1.0


@pytest.mark.parametrize("scores", ((1e-200, 2e-200), (-1.7e308, 1.7e308), (3.0, 3.0)))
def test_scores_of_every_size(scores: tuple[float, float]) -> None:
    """Tiny, huge and equal scores break nothing."""
    searcher: Any = Annealing(SPACE, Random(0))
    for number in range(40):
        searcher.tell(ask(searcher).number, Success((scores[number % 2],)))


# ------------------------------------------------------------------------------------------------ all


@pytest.mark.parametrize("kind", ("local_search", "hill_climbing", "annealing"))
@pytest.mark.parametrize("objectives", (None, TWO))
def test_they_climb(kind: str, objectives: tuple[Objective, ...] | None) -> None:
    """On a smooth space of 4^20 points each ends far above random search; of two objectives, in both that agree."""
    space = ToySpace(tuple(decision(f"d{index:02}", 4) for index in range(20)))
    best = {}
    for spec in (kind, "random"):
        searcher = create(spec, space, Random(0), objectives)
        values = []
        for _ in range(400):
            proposal = ask(searcher)
            values.append(proposal.architecture.value)
            searcher.tell(proposal.number, Success((values[-1], -values[-1])[: len(objectives or "1")]))
        best[spec] = max(values)
    assert best[kind] > 1.15 * best["random"]
