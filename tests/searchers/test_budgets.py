"""Halving, Hyperband, ASHA and population-based training: the papers' arithmetic, who goes on, and what is inherited."""

import json
from collections import Counter
from random import Random

import pytest
from toy import ToyArchitecture, ToySpace, decision

from symnas.errors import SearchError
from symnas.searchers import AnySearcher, Failure, Infeasible, Partial, Proposal, Result, Success, create
from symnas.searchers.budgets.rungs import Rung, best_first
from symnas.searchers.budgets.schedule import Rungs, hyperband_size, rates
from symnas.tree import Direction

Toy = AnySearcher[ToyArchitecture]

DECISIONS = tuple(decision(name, 5) for name in "abcdef")
SPACE = ToySpace(DECISIONS)
KINDS = ("asha:max=9", "halving:max=9", "hyperband:max=9", "pbt:population=6,max=9,interval=2")
every_kind = pytest.mark.parametrize("kind", KINDS)


def make(spec: str, seed: int = 0, space: ToySpace = SPACE) -> Toy:
    return create(spec, space, Random(seed))


def curve(proposal: Proposal[ToyArchitecture], first: int = 1) -> list[Partial]:
    """The value of an architecture, approached as it is trained."""
    assert proposal.fidelity is not None
    steps = range(first, proposal.fidelity + 1)
    return [Partial(step, (proposal.architecture.value * (1 - 0.5**step),)) for step in steps]


def run(searcher: Toy, trials: int, ahead: int = 1) -> list[Proposal[ToyArchitecture]]:
    """Proposals of a search that reports each step."""
    waiting: list[Proposal[ToyArchitecture]] = []
    asked: list[Proposal[ToyArchitecture]] = []
    while len(asked) < trials:
        while len(waiting) < ahead and (proposal := searcher.ask()):
            waiting.append(proposal)
            asked.append(proposal)
        if not waiting:
            break
        proposal = waiting.pop(0)
        partials = curve(proposal)
        for each in partials:
            searcher.tell(proposal.number, each)
        searcher.tell(proposal.number, Success(partials[-1].values))
    return asked


# ------------------------------------------------------------------------------------------ the papers' numbers


def test_the_brackets_of_hyperband_are_those_of_the_paper() -> None:
    """R = 81, eta = 3: five brackets, n_i and r_i as Algorithm 1 of Li et al. 2018 computes them."""
    most = rates(1, 81, 3)
    brackets = {rate: Rungs.of(81, 3, rate, hyperband_size(most, rate, 3)) for rate in range(most + 1)}
    assert {rate: list(zip(each.sizes, each.fidelities, strict=True)) for rate, each in brackets.items()} == {
        4: [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
        3: [(34, 3), (11, 9), (3, 27), (1, 81)],
        2: [(15, 9), (5, 27), (1, 81)],
        1: [(8, 27), (2, 81)],
        0: [(5, 81)],
    }


@pytest.mark.parametrize(("least", "most", "eta", "rate"), ((1, 27, 3, 3), (1, 26, 3, 2), (2, 27, 3, 2), (5, 5, 2, 0)))
def test_rates(least: int, most: int, eta: int, rate: int) -> None:
    """s_max is the whole part of log_eta(R), without rounding of logarithms."""
    assert rates(least, most, eta) == rate


def test_the_last_rung_trains_to_the_end_exactly() -> None:
    """Where `max` is no power of eta, the lower rungs are rounded down, and the last is `max`."""
    assert Rungs.of(10, 3, 2, 9).fidelities == (1, 3, 10)


def test_hyperband_proposes_what_its_brackets_say() -> None:
    """One round of all brackets: as many trials of each fidelity as the table has, promotions inheriting."""
    expected: Counter[int] = Counter()
    for rate in range(3):
        rungs = Rungs.of(9, 3, rate, hyperband_size(2, rate, 3))
        for size, fidelity in zip(rungs.sizes, rungs.fidelities, strict=True):
            expected[fidelity] += size
    proposals = run(make("hyperband:max=9"), sum(expected.values()))
    assert Counter(each.fidelity for each in proposals) == expected
    for each in proposals:
        if each.inherits is not None:
            below = proposals[each.inherits]
            assert below.architecture == each.architecture
            assert below.fidelity is not None
            assert each.fidelity == 3 * below.fidelity


def test_halving_keeps_the_best() -> None:
    """Of nine, the best three are trained on, then the best of these."""
    proposals = run(make("halving:max=9"), 13)
    rungs = {fidelity: [each for each in proposals if each.fidelity == fidelity] for fidelity in (1, 3, 9)}
    assert [len(each) for each in rungs.values()] == [9, 3, 1]
    values = sorted((each.architecture.value for each in rungs[1]), reverse=True)
    assert [each.architecture.value for each in rungs[3]] == values[:3]
    assert [each.architecture.value for each in rungs[9]] == values[:1]


def test_halving_of_a_chosen_number() -> None:
    """`first` says how many begin; more than one may then come to the end."""
    proposals = run(make("halving:max=9,first=18"), 18 + 6 + 2)
    assert Counter(each.fidelity for each in proposals) == {1: 18, 3: 6, 9: 2}


def test_asha_promotes_as_its_algorithm_says() -> None:
    """Algorithm 2 of Li et al. 2020 by hand, eta = 3: from the highest rung whose best third has one that waits."""
    searcher = make("asha:max=9")
    asked: list[tuple[int | None, int | None]] = []
    for score in (5.0, 3.0, 4.0, 6.0, 1.0, 7.0, 8.0, 2.0, 2.5, 9.0, 0.0, 0.0):
        proposal = searcher.ask()
        assert proposal
        asked.append((proposal.fidelity, proposal.inherits))
        searcher.tell(proposal.number, Success((score,)))
    new = (1, None)
    assert asked == [
        *(new, new, new, (3, 0)),  # number 0, 5.0, is the best of three
        *(new, new, (3, 5)),  # number 5, 7.0, is the best of five; one of five may go on
        *(new, new, new, (3, 9)),  # two of six, then of seven, went on; number 9 is among the best two of eight
        (9, 6),  # number 6, 8.0, is the best of the three that came to 3 steps
    ]


def test_a_rung_promotes_as_counting_would() -> None:
    """The best that waits goes on if it is among the best one in eta of all; compared with sorting everything."""
    rng = Random(3)
    rung, scores, gone = Rung(), {}, set()
    for number in range(300):
        scores[number] = float(rng.randrange(40))
        rung.join(number, (scores[number],))
        best = sorted(scores, key=lambda each: (-scores[each], each))[: len(scores) // 3]
        expected = next((each for each in best if each not in gone), None)
        assert rung.promotable(3) == expected
        if expected is not None and rng.random() < 0.7:
            rung.promote(expected)
            gone.add(expected)
            assert not rung.holds(expected)


def test_several_objectives_are_ranked_by_fronts() -> None:
    """Who is dominated comes after those who are not; the ends of a front come before its crowded middle."""
    trials = [(0, (1.0, 1.0)), (1, (0.0, 5.0)), (2, (5.0, 0.0)), (3, (3.0, 3.0)), (4, (3.1, 2.9))]
    assert best_first(trials)[-1] == 0
    assert set(best_first(trials)[:2]) == {1, 2}
    rung = Rung()
    for number, scores in trials:
        rung.join(number, scores)
    assert rung.promotable(3) in (1, 2)


def test_two_objectives_in_every_kind() -> None:
    """Halving works on fronts; nothing asks for a single number."""
    space = ToySpace(DECISIONS, objectives=(("score", Direction.MAXIMIZE), ("size", Direction.MINIMIZE)))
    for kind in KINDS:
        searcher = make(kind, space=space)
        for _ in range(80):
            proposal = searcher.ask()
            assert proposal
            value = proposal.architecture.value
            searcher.tell(proposal.number, Success((value, value * value)))
        assert any(searcher.asked(number).inherits is not None for number in range(searcher.count))


# ------------------------------------------------------------------------------------------ who goes on


@every_kind
@pytest.mark.parametrize("result", (Failure("crash"), Infeasible({"latency": 1.0}), Success((99.0,), stopped=True)))
def test_who_fails_never_goes_on(kind: str, result: Result) -> None:
    """Failed, infeasible and stopped trials are not trained further, and nobody inherits from them."""
    searcher = make(kind)
    failed = set()
    for number in range(60):
        proposal = searcher.ask()
        assert proposal
        assert proposal.inherits not in failed
        if number % 3:
            searcher.tell(proposal.number, Success((proposal.architecture.value,)))
        else:
            failed.add(proposal.number)
            searcher.tell(proposal.number, result)


@every_kind
def test_who_is_inherited_from_was_inheritable(kind: str) -> None:
    """What a searcher says may be thrown away is never asked for later."""
    searcher = make(kind)
    gone: set[int] = set()
    waiting: list[Proposal[ToyArchitecture]] = []
    for _ in range(200):
        while len(waiting) < 3 and (proposal := searcher.ask()):
            assert proposal.inherits not in gone
            waiting.append(proposal)
        first = waiting.pop(0)
        searcher.tell(first.number, Success((first.architecture.value,)))
        used = {each.inherits for each in waiting}
        told = set(range(searcher.count)) - set(searcher.open)
        gone |= {each for each in told if each not in used and not searcher.is_inheritable(each)}
    assert gone


def test_hyperband_waits_for_none_but_the_last() -> None:
    """While a rung is waited for, the next bracket begins; halving never asks more of a rung than is known."""
    searcher = make("hyperband:max=9")
    batch = [proposal for _ in range(12) if (proposal := searcher.ask())]
    assert [each.fidelity for each in batch] == [1] * 9 + [3] * 3


def test_population_training_copies_the_best() -> None:
    """After each stretch the worst fifth goes on from one of the best, one decision changed; the others go on as they
    are.
    """
    proposals = run(make("pbt:population=10,interval=1,max=6,share=0.2"), 60)
    copies = 0
    for each in proposals:
        if each.inherits is None:
            assert each.fidelity == 1
            continue
        below = proposals[each.inherits]
        assert below.fidelity is not None
        assert each.fidelity == below.fidelity + 1
        if each.architecture != below.architecture:
            copies += 1
            alike = [other.architecture.value for other in proposals[: each.number] if other.fidelity == below.fidelity]
            assert sum(value > below.architecture.value for value in alike) < 2
            ours, theirs = each.architecture.genotype, below.architecture.genotype
            assert sum(ours[path] != theirs[path] for path in ours) == 1
    assert copies == 2 * 5
    assert Counter(each.fidelity for each in proposals) == dict.fromkeys(range(1, 7), 10)


def test_population_training_begins_anew_at_its_end() -> None:
    """When all members have come to `max`, another population is drawn."""
    proposals = run(make("pbt:population=4,interval=3,max=6"), 16)
    assert [each.inherits is None for each in proposals] == ([True] * 4 + [False] * 4) * 2


def test_the_best_get_better_for_the_same_steps() -> None:
    """With 400 steps in all, halving finds better architectures than training every random one to its end."""
    found: dict[str, list[float]] = {"random": [], "asha:max=9": [], "hyperband:max=9": []}
    for seed in range(20):
        for kind, best in found.items():
            searcher, steps, values = make(kind, seed), 0, [0.0]
            while steps < 400:
                proposal = searcher.ask()
                assert proposal
                begun = 0 if proposal.inherits is None else searcher.asked(proposal.inherits).fidelity or 0
                steps += (proposal.fidelity or 9) - begun
                values.append(proposal.architecture.value)
                searcher.tell(proposal.number, Success((proposal.architecture.value,)))
            best.append(max(values))
    mean = {kind: sum(best) / len(best) for kind, best in found.items()}
    assert mean["asha:max=9"] > mean["random"] + 3
    assert mean["hyperband:max=9"] > mean["random"] + 1


# ------------------------------------------------------------------------------------------ the searcher inside


@every_kind
@pytest.mark.parametrize("inner", ("random", "evolution:population=5,tournament=2"))
@pytest.mark.parametrize("moment", (1, 17, 64))
def test_states_with_curves_go_on_identically(kind: str, inner: str, moment: int) -> None:
    """Partial results of open and answered proposals are part of the state; so is the searcher inside."""

    def step(searcher: Toy, waiting: list[Proposal[ToyArchitecture]]) -> list[Proposal[ToyArchitecture]]:
        asked = []
        while len(waiting) < 3 and (proposal := searcher.ask()):
            waiting.append(proposal)
            asked.append(proposal)
            for each in curve(proposal)[:-1]:
                searcher.tell(proposal.number, each)
        if waiting:
            proposal = waiting.pop(len(waiting) // 2)
            searcher.tell(proposal.number, Success(curve(proposal)[-1].values))
        return asked

    searcher = make(f"{kind},searcher={inner}")
    waiting: list[Proposal[ToyArchitecture]] = []
    for _ in range(moment):
        step(searcher, waiting)
    state = json.loads(json.dumps(searcher.state()))
    restored = make(f"{kind},searcher={inner}", seed=7)
    restored.restore(state)
    assert restored.state() == state
    waiting_too = list(waiting)
    for _ in range(60):
        assert step(restored, waiting_too) == step(searcher, waiting)
    assert restored.state() == searcher.state()


def test_the_searcher_inside_learns_at_the_lowest_fidelity() -> None:
    """A bracket that trains further at once teaches what was reported on the way, so that values compare."""
    searcher = make("hyperband:max=9,searcher=evolution:population=50")
    run(searcher, 60)
    inner = searcher.inner  # type: ignore[attr-defined]  # what `hyperband` holds
    told = {inner.asked(number).genotype: inner.result(number) for number in range(inner.count)}
    assert len(told) == sum(searcher.asked(number).inherits is None for number in range(searcher.count))
    for genotype, result in told.items():
        assert result is None or result.values == (SPACE.architecture(genotype).value * 0.5,)


def test_a_searcher_inside_is_written_last() -> None:
    """`searcher=` with settings takes the rest of the text; without any, other settings may follow."""
    inner = "evolution:apart=1,elite=0,population=5,repeat=false,spread=0.1,start=0,tournament=10"
    whole = f"asha:eta=3,max=9,min=1,repeat=false,searcher={inner}"
    assert make("asha:max=9,searcher=evolution:population=5").spec == whole
    assert make(whole).spec == whole
    assert make("asha:searcher=evolution,max=9").spec == make("asha:max=9,searcher=evolution").spec
    inside = "median:searcher=asha:max=9,searcher=evolution:population=5"
    assert make(inside).spec.endswith(f"searcher={whole}")
    assert make("asha:max=9", space=SPACE).furthest == 9
    assert make(inside).furthest == 9


@pytest.mark.parametrize(
    ("spec", "message"),
    (
        ("asha:min=9,max=3", "`min` is 9 and `max` 3"),
        ("asha:searcher=hyperband", "searcher `asha`: `hyperband` inside it decides on how far to train, too"),
        ("asha:searcher=median:searcher=pbt", "`pbt` inside it decides on how far to train, too"),
        ("median:searcher=curves", "`curves` inside it decides on when to stop early, too"),
        ("asha:searcher=evolutoin", "no searcher is called `evolutoin`; `evolution`?"),
        ("asha:searcher=evolution:max=9", "searcher `evolution` has no setting `max`"),
        ("hyperband:eta=1", "'eta' must be >= 2"),
        ("pbt:share=0.9", "'share' must be <= 0.5"),
    ),
)
def test_what_makes_no_sense_is_refused(spec: str, message: str) -> None:
    """The message names the setting or the searcher that is wrong."""
    with pytest.raises(SearchError, match=message):
        make(spec)


def test_repeat_means_the_searcher_inside() -> None:
    """With `repeat`, what proposes may propose again."""
    space = ToySpace((decision("a", 2),))
    assert len(run(make("asha:max=3,repeat=true", space=space), 30)) == 30
