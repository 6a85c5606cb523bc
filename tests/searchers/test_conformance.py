"""What every searcher that has a name must do, on every kind of space."""

import json
import math
from collections import Counter
from random import Random
from typing import Any

import pytest
from toy import ToyArchitecture, ToySpace, decision, real

from symnas.errors import SearchError
from symnas.searchers import (
    AnySearcher,
    Failure,
    Infeasible,
    Partial,
    Proposal,
    Result,
    Success,
    create,
    registered,
    settings_help,
)
from symnas.searchers.settings import NESTED, split_spec
from symnas.space import Measure
from symnas.tree import Direction

Toy = AnySearcher[ToyArchitecture]

SPACES = {
    "one point": ToySpace((decision("only", 1),)),
    "no decisions": ToySpace(()),
    "two points": ToySpace((decision("a", 2),)),
    "three points": ToySpace((decision("a", 3),)),
    "flat": ToySpace(tuple(decision(name, 4) for name in "abcde")),
    "conditional": ToySpace(
        (
            decision("cell", 3, _1=[decision("kernel", 3), decision("gate", 2, _1=[decision("ratio", 2)])]),
            decision("width", 3, _2=[decision("drop", 2)]),
        )
    ),
    "constrained": ToySpace(
        tuple(decision(name, 3) for name in "abc"), ((("a", 0), ("b", 0)), (("b", 2),), (("c", 1), ("a", 1)))
    ),
    "one legal": ToySpace((decision("a", 5),), tuple(((("a", choice),)) for choice in (0, 1, 2, 4))),
    "continuous": ToySpace((real("lr"), real("decay"))),
    "mixed": ToySpace((decision("optimiser", 2, _0=[real("momentum")]), decision("width", 3))),
    "deep": ToySpace(tuple(decision(f"d{index:03}", 3) for index in range(120))),
    "two objectives": ToySpace(
        tuple(decision(name, 4) for name in "abcde"),
        objectives=(("score", Direction.MAXIMIZE), ("latency", Direction.MINIMIZE)),
    ),
}
FINITE = [name for name, space in SPACES.items() if not space.continuous and space.size < 2000]
KINDS = [kind.name for kind in registered()]

every_searcher = pytest.mark.parametrize("kind", KINDS)
every_space = pytest.mark.parametrize("space", SPACES)


def make(kind: str, space: str, seed: int = 0, **settings: object) -> Toy:
    spec = kind + (":" if settings else "") + ",".join(f"{name}={value}" for name, value in settings.items())
    return create(spec, SPACES[space], Random(seed))


def judge(proposal: Proposal[ToyArchitecture], objectives: int) -> Result:
    """A result that depends on the proposal alone; every seventh fails, every eleventh is infeasible."""
    if proposal.number % 7 == 3:
        return Failure("out of memory")
    if proposal.number % 11 == 5:
        return Infeasible({"latency <= 3ms": 0.5})
    return Success((proposal.architecture.value, -float(proposal.number))[:objectives])


def step(searcher: Toy, waiting: list[Proposal[ToyArchitecture]], ahead: int) -> list[Proposal[ToyArchitecture]]:
    """Ask until *ahead* are open, then tell the first of them; return what was proposed."""
    asked = []
    while len(waiting) < ahead and (proposal := searcher.ask()):
        waiting.append(proposal)
        asked.append(proposal)
    if waiting:
        proposal = waiting.pop(0)
        searcher.tell(proposal.number, judge(proposal, len(searcher.objectives)))
    return asked


def search(searcher: Toy, steps: int, ahead: int = 1) -> list[Proposal[ToyArchitecture]]:
    """Everything proposed in *steps* steps."""
    waiting: list[Proposal[ToyArchitecture]] = []
    return [proposal for _ in range(steps) for proposal in step(searcher, waiting, ahead)]


def key(proposal: Proposal[ToyArchitecture]) -> object:
    """What no two proposals have in common: the same architecture may be trained further, or from other weights."""
    return proposal.architecture.genotype, proposal.fidelity, proposal.inherits


@every_searcher
@every_space
@pytest.mark.parametrize("ahead", (1, 4))
def test_same_seed_same_proposals(kind: str, space: str, ahead: int) -> None:
    """Two searchers made and told alike propose alike."""
    assert search(make(kind, space), 120, ahead) == search(make(kind, space), 120, ahead)


@every_searcher
def test_another_seed_gives_other_proposals(kind: str) -> None:
    """The generator that is passed in decides, unless the searcher says that it draws nothing."""
    one, other = make(kind, "deep", seed=1), make(kind, "deep", seed=2)
    assert (search(one, 50) != search(other, 50)) == one.is_random


@every_searcher
@every_space
def test_proposals_are_legal_and_new(kind: str, space: str) -> None:
    """Every proposal is a point of the space, and none comes twice."""
    proposals = search(make(kind, space), 150, ahead=3)
    assert len(set(map(key, proposals))) == len(proposals)
    for proposal in proposals:
        assert SPACES[space].architecture(proposal.architecture.genotype) == proposal.architecture


@every_searcher
@every_space
def test_proposals_are_numbered_in_order(kind: str, space: str) -> None:
    """Numbers count from 0, whatever was told meanwhile."""
    proposals = search(make(kind, space), 60, ahead=2)
    assert [proposal.number for proposal in proposals] == list(range(len(proposals)))


@every_searcher
@pytest.mark.parametrize("space", FINITE)
@pytest.mark.parametrize("ahead", (1, 64))
def test_a_finite_space_is_proposed_whole_and_then_ends(kind: str, space: str, ahead: int) -> None:
    """Every legal point comes exactly once, further training apart; then `ask` gives `None`, and goes on to."""
    searcher = make(kind, space)
    trained = 1 if searcher.furthest is None else searcher.furthest
    proposals = search(searcher, SPACES[space].size * trained + 2, ahead)
    first = [proposal for proposal in proposals if proposal.inherits is None]
    expected = {point.genotype for point in SPACES[space].legal()}
    assert {proposal.architecture.genotype for proposal in first} == expected
    assert len(first) == len(expected)
    assert len(set(map(key, proposals))) == len(proposals)
    assert searcher.ask() is None
    assert searcher.ask() is None


@every_searcher
@pytest.mark.parametrize("space", ("one point", "two points", "one legal", "continuous"))
def test_repeating_never_ends(kind: str, space: str) -> None:
    """With `repeat` a searcher may propose a point again, and always proposes something."""
    assert len(search(make(kind, space, repeat=True), 50)) == 50


@every_searcher
@every_space
@pytest.mark.parametrize("moment", (0, 1, 7, 33, 80))
def test_a_restored_searcher_continues_identically(kind: str, space: str, moment: int) -> None:
    """State written as JSON at any moment, with proposals open, gives the same continuation."""
    searcher = make(kind, space)
    waiting: list[Proposal[ToyArchitecture]] = []
    for _ in range(moment):
        step(searcher, waiting, 3)
    state = json.loads(json.dumps(searcher.state()))
    restored = make(kind, space, seed=99)
    restored.restore(state)
    waiting_too = list(waiting)
    assert restored.open == searcher.open
    assert restored.state() == state
    for _ in range(60):
        assert step(restored, waiting_too, 3) == step(searcher, waiting, 3)
    assert restored.state() == searcher.state()


@every_searcher
def test_a_restored_searcher_continues_identically_between_asks(kind: str) -> None:
    """State may also be saved while a batch is being asked for."""
    searcher = make(kind, "flat")
    search(searcher, 70)
    first = [searcher.ask() for _ in range(5)]
    restored = make(kind, "flat")
    restored.restore(searcher.state())
    assert [restored.ask() for _ in range(20)] == [searcher.ask() for _ in range(20)]
    for each in first:
        assert each
        restored.tell(each.number, Failure("late"))


@every_searcher
def test_a_snapshot_does_not_grow(kind: str) -> None:
    """What must be written at each tell has the same size after 2,000 trials as after 200."""
    searcher = make(kind, "deep")
    search(searcher, 200)
    early = len(json.dumps(searcher.snapshot()))
    search(searcher, 1800)
    assert len(json.dumps(searcher.snapshot())) < 1.1 * early


@every_searcher
def test_the_state_of_another_searcher_is_refused(kind: str) -> None:
    """A state with other settings is not silently taken for one's own."""
    with pytest.raises(SearchError, match="repeat=true"):
        make(kind, "flat").restore(make(kind, "flat", repeat=True).state())


@every_searcher
@pytest.mark.parametrize("value", (math.nan, math.inf, -math.inf))
def test_what_is_not_finite_is_a_failure(kind: str, value: float) -> None:
    """NaN and infinity count as no score, and the search goes on."""
    searcher = make(kind, "flat")
    for _ in range(60):
        proposal = searcher.ask()
        assert proposal
        searcher.tell(proposal.number, Success((value,)))
        assert isinstance(searcher.result(proposal.number), Failure)
    assert searcher.ask()


@every_searcher
@every_space
def test_failures_and_infeasible_points_alone(kind: str, space: str) -> None:
    """A search in which nothing ever succeeds still proposes new legal points."""
    searcher = make(kind, space)
    seen = set()
    for _ in range(40):
        proposal = searcher.ask()
        if proposal is None:
            break
        seen.add(proposal.architecture.genotype)
        searcher.tell(proposal.number, Infeasible({"size": 1.0}) if proposal.number % 2 else Failure("crash"))
    assert seen


@every_searcher
@every_space
def test_batches_before_any_result(kind: str, space: str) -> None:
    """64 proposals may be open before the first result, and be answered in any order."""
    searcher = make(kind, space)
    batch = [proposal for _ in range(64) if (proposal := searcher.ask())]
    Random(1).shuffle(batch)
    for proposal in batch:
        searcher.tell(proposal.number, judge(proposal, len(searcher.objectives)))
    assert searcher.open == ()
    assert len({each.architecture.genotype for each in batch}) == len(batch)
    search(searcher, 64)


@every_searcher
def test_partial_results_leave_a_proposal_open(kind: str) -> None:
    """Any number of partial results, NaN among them, may come before the final one."""
    searcher = make(kind, "flat")
    proposal = searcher.ask()
    assert proposal
    for epoch, value in enumerate([0.1, math.nan, 0.3]):
        searcher.tell(proposal.number, Partial(epoch, (value,)))
    assert len(searcher.open) == 1
    searcher.tell(proposal.number, Success((0.5,)))
    assert not searcher.open


@every_searcher
def test_a_wrong_tell_is_refused(kind: str) -> None:
    """An unknown number, one told already, and a wrong number of values are errors that say so."""
    searcher = make(kind, "flat")
    with pytest.raises(SearchError, match="trial 0, which was never proposed"):
        searcher.tell(0, Failure(""))
    assert searcher.ask()
    with pytest.raises(SearchError, match="trial -1, which was never proposed"):
        searcher.tell(-1, Failure(""))
    with pytest.raises(SearchError, match=r"2 values told for 1 objectives \(score\)"):
        searcher.tell(0, Success((1.0, 2.0)))
    searcher.tell(0, Success((1.0,)))
    with pytest.raises(SearchError, match="trial 0, which has been told already"):
        searcher.tell(0, Success((1.0,)))


@every_searcher
def test_asking_and_telling_leave_no_trace_outside(kind: str) -> None:
    """Nothing is drawn from Python's global generator."""
    import random

    random.seed(5)
    before = random.getstate()
    search(make(kind, "deep"), 50)
    assert random.getstate() == before


@every_searcher
def test_its_text_makes_it_again(kind: str) -> None:
    """`spec` holds every setting, so that changed defaults do not change an old study."""
    searcher = make(kind, "flat")
    again = create(searcher.spec, SPACES["flat"], Random(0))
    assert (again.spec, again.settings) == (searcher.spec, searcher.settings)
    defaults = {each.name: each.default for each in settings_help(searcher.settings_type)}
    if NESTED in defaults:
        defaults[NESTED] = make(defaults[NESTED], "flat").spec
    assert split_spec(searcher.spec)[1] == defaults


@every_searcher
def test_help_is_complete(kind: str) -> None:
    """Every setting has a type, a default and a meaning, and the searcher a summary of one line."""
    cls: Any = next(each for each in registered() if each.name == kind)
    assert cls.summary
    assert "\n" not in cls.summary
    for each in settings_help(cls.settings_type):
        assert each.name
        assert each.type
        assert each.default
        assert each.meaning


def test_random_measures_differ() -> None:
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


def test_random_orders_of_a_small_space_are_equally_likely() -> None:
    """To the last point: drawing without replacement and taking what is left over do not distort each other."""
    counts: Counter[tuple[float, ...]] = Counter()
    for seed in range(4800):
        proposals = search(create("random", ToySpace((decision("a", 4),)), Random(seed)), 4)
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
