"""Algorithms put together from operators: how they live where results come late, fail, or are infeasible."""

from random import Random
from typing import Any

import pytest
from toy import ToyArchitecture, ToySpace, decision

from symnas.searchers import Failure, Infeasible, Proposal, Settings, Success, create, register, registered
from symnas.searchers.parts import Evolving, First, Last, Mutate, Operator, Top, Tournament, Unchanged, UniformCrossover

SPACE = ToySpace(tuple(decision(f"d{index}", 5) for index in range(12)))


class Mine(Evolving[Any, Settings]):
    """As the docs have it."""

    name, summary = "mine", "the best fifteen and the youngest five; children of tournaments"
    offspring = Tournament(2, among=5) >> UniformCrossover() >> Mutate()
    survivors = Top(15) | Last(5)


def ask(searcher: Any) -> Proposal[ToyArchitecture]:
    proposal: Proposal[ToyArchitecture] | None = searcher.ask()
    assert proposal
    return proposal


def numbers(searcher: Evolving[Any, Any]) -> list[int | None]:
    return [each.number for each in searcher.population]


def test_an_algorithm_of_ones_own_in_five_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is registered, searches far better than at random, and continues exactly from its state."""
    monkeypatch.setattr("symnas.searchers.registry._REGISTERED", {each.name: each for each in registered()})
    register(Mine)
    best = {}
    for spec in ("mine", "random"):
        searcher = create(spec, SPACE, Random(0))
        values = []
        for _ in range(300):
            proposal = ask(searcher)
            values.append(proposal.architecture.value)
            searcher.tell(proposal.number, Success((values[-1],)))
        best[spec] = max(values)
    assert best["mine"] == 312  # the best that there is
    assert best["random"] < 280
    searcher = create("mine", SPACE, Random(1))
    for number in range(50):
        searcher.tell(ask(searcher).number, Success((float(number % 7),)))
    again = create("mine", SPACE, Random(2))
    again.restore(searcher.state())
    assert [ask(searcher) for _ in range(20)] == [ask(again) for _ in range(20)]


def test_children_of_one_call_wait_for_their_turn() -> None:
    """An operator that makes several children is asked again when all have been proposed; they survive a restart."""

    class Litters(Mine):
        name = "litters"
        start = 1
        offspring = First(1) >> Mutate() * 4
        survivors: Operator = Unchanged()

    searcher = Litters(SPACE, Random(0))
    searcher.tell(ask(searcher).number, Success((1.0,)))
    ask(searcher)
    assert len(searcher.memory()["brood"]) == 3
    again = Litters(SPACE, Random(1))
    again.restore(searcher.state())
    assert [ask(again) for _ in range(9)] == [ask(searcher) for _ in range(9)]


def test_a_generation_ends_when_enough_children_have_joined() -> None:
    """Survivors are selected then and not before; failures count for nothing, infeasible ones join as the worst."""

    class Generations(Mine):
        name = "generations"
        start = generation = 3
        survivors: Operator = Top(3)

    searcher = Generations(SPACE, Random(0))
    for score in (1.0, 2.0, 3.0):
        searcher.tell(ask(searcher).number, Success((score,)))
    assert numbers(searcher) == [2, 1, 0]
    for result in (Success((9.0,)), Failure("crash"), Infeasible({"ms": 1.0})):
        searcher.tell(ask(searcher).number, result)
    assert numbers(searcher) == [2, 1, 0]
    searcher.tell(ask(searcher).number, Success((0.0,)))
    assert numbers(searcher) == [3, 2, 1]


def test_infeasible_members_lead_to_feasible_ones() -> None:
    """Where nothing drawn at random is feasible, the least violating have the children, until something is."""
    searcher = create("evolution:population=20", SPACE, Random(0))
    feasible = None
    for number in range(400):
        proposal = ask(searcher)
        over = proposal.architecture.value - 40.0  # random points have 156 on average
        feasible = number if over <= 0 and feasible is None else feasible
        searcher.tell(proposal.number, Infeasible({"value": over}) if over > 0 else Success((1.0,)))
    assert feasible is not None
    assert feasible > 20
