"""(μ+λ), (μ,λ) and NSGA-II: who lives on, and what they find."""

import math
from random import Random
from typing import Any

import pytest
from toy import ToyArchitecture, ToySpace, decision

from symnas.errors import SearchError
from symnas.searchers import NSGA2, AnySearcher, Infeasible, MuLambda, Objective, Proposal, Success, create
from symnas.searchers.parts import undominated
from symnas.tree import Direction

SPACE = ToySpace(tuple(decision(f"d{index:02}", 4) for index in range(20)))
TWO: tuple[Objective, ...] = (("up", Direction.MAXIMIZE), ("down", Direction.MINIMIZE))


def ask(searcher: AnySearcher[ToyArchitecture]) -> Proposal[ToyArchitecture]:
    proposal = searcher.ask()
    assert proposal
    return proposal


def alive(searcher: Any) -> list[int]:
    numbers: list[int] = searcher.memory()["population"]
    return numbers


# ------------------------------------------------------------------------------------------ (μ+λ), (μ,λ)


@pytest.mark.parametrize(("survival", "expected"), (("plus", [1, 0]), ("comma", [4, 2])))
def test_parents_live_on_with_a_plus_alone(survival: str, expected: list[int]) -> None:
    """Two parents with scores 8 and 9, three children with scores 1, 0, 2."""
    searcher: Any = MuLambda(SPACE, Random(0), parents=2, children=3, survival=survival)
    for score in (8.0, 9.0):
        searcher.tell(ask(searcher).number, Success((score,)))
    assert alive(searcher) == [1, 0]
    for score in (1.0, 0.0, 2.0):
        searcher.tell(ask(searcher).number, Success((score,)))
    assert alive(searcher) == expected


def test_a_comma_needs_as_many_children_as_parents() -> None:
    """Else there would be too few to live on."""
    with pytest.raises(SearchError, match="searcher `mu_lambda`: 5 cannot live on of 4 children"):
        create("mu_lambda:parents=5,children=4,survival=comma", SPACE, Random(0))


@pytest.mark.parametrize("survival", ("plus", "comma"))
def test_the_best_live_on_to_the_better(survival: str) -> None:
    """On a smooth space, far above random search."""
    best = {}
    for spec in (f"mu_lambda:survival={survival}", "random"):
        searcher = create(spec, SPACE, Random(0))
        values = []
        for _ in range(400):
            proposal = ask(searcher)
            values.append(proposal.architecture.value)
            searcher.tell(proposal.number, Success((values[-1],)))
        best[spec] = max(values)
    assert best[f"mu_lambda:survival={survival}"] > 1.15 * best["random"]


# ------------------------------------------------------------------------------------------------ NSGA-II


def test_the_undominated_and_least_crowded_live_on() -> None:
    """Three of six: the two ends of the front, and the one between them that has most room."""
    searcher: Any = NSGA2(SPACE, Random(0), TWO, population=3)
    scores = [(0.0, -4.0), (4.0, 0.0), (1.0, 0.0), (1.0, -3.5), (1.2, -3.3), (3.0, -2.0)]
    for up, down in scores:
        searcher.tell(ask(searcher).number, Success((up, down)))
    assert sorted(alive(searcher)) == [0, 1, 5]


def test_constraints_come_first() -> None:
    """What is feasible lives on before what is not, however good; of the rest the less violating."""
    searcher: Any = NSGA2(SPACE, Random(0), TWO, population=2)
    for result in (Infeasible({"ms": 3.0}), Infeasible({"ms": 1.0}), Infeasible({"ms": 2.0}), Success((-9.0, 9.0))):
        searcher.tell(ask(searcher).number, result)
    assert alive(searcher) == [3, 1]


def objectives_of(architecture: ToyArchitecture) -> tuple[float, float]:
    """Two that disagree: the first half's choices are good for one, and the second half's distance from them for both."""
    choices = [architecture.genotype[f"d{index:02}"] for index in range(20)]
    size = sum(choices[:10])
    off = sum(abs(mine - theirs) for mine, theirs in zip(choices[:10], choices[10:], strict=True))
    return float(size), float(size + off)


def front_area(values: list[tuple[float, float]]) -> float:
    """The area that is dominated above (0, 60): `up` is maximised, `down` minimised."""
    front = sorted({values[each] for each in undominated([(up, -down) for up, down in values])})
    area, before = 0.0, 0.0
    for up, down in front:
        area += (up - before) * (60 - down)
        before = up
    return area


def test_nsga2_finds_a_better_front_than_random_search() -> None:
    """The dominated area after 600 trials, on two objectives that disagree: random searches never reach a tenth more."""

    def area(spec: str, seed: int) -> float:
        searcher = create(spec, SPACE, Random(seed), TWO)
        values = []
        for _ in range(600):
            proposal = ask(searcher)
            values.append(objectives_of(proposal.architecture))
            searcher.tell(proposal.number, Success(values[-1]))
        return front_area(values)

    seeds = range(4)
    assert sum(area("nsga2", seed) for seed in seeds) > 1.1 * sum(area("random", seed) for seed in seeds)


def test_nsga2_with_one_objective_is_elitist() -> None:
    """The best ever lives on."""
    searcher: Any = NSGA2(SPACE, Random(0), population=10)
    best = -math.inf
    for _ in range(100):
        proposal = ask(searcher)
        best = max(best, proposal.architecture.value)
        searcher.tell(proposal.number, Success((proposal.architecture.value,)))
    assert searcher.population[0].scores == (best,) or best in [each.scores[0] for each in searcher._children]
