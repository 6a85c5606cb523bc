"""Early stopping: what a rule demands, what it is made from, and that it is the same wherever it is looked at."""

import json
from random import Random

import pytest
from toy import ToyArchitecture, ToySpace, decision

from symnas.searchers import AnySearcher, Partial, Proposal, Stopping, Success, create
from symnas.searchers.budgets.curves import bar_of
from symnas.searchers.budgets.rules import Bar, Hurdle
from symnas.tree import Direction

Toy = AnySearcher[ToyArchitecture]

DECISIONS = tuple(decision(name, 5) for name in "abcdef")
SPACE = ToySpace(DECISIONS)
STEPS = 6


def make(spec: str, seed: int = 0, space: ToySpace = SPACE) -> Toy:
    return create(spec, space, Random(seed))


def tell(searcher: Toy, values: list[float]) -> Proposal[ToyArchitecture]:
    """Ask, then report *values* from step 1 on until the rule ends it; the last of them is the result."""
    proposal = searcher.ask()
    assert proposal
    curve: list[Partial] = []
    for step, value in enumerate(values, 1):
        curve.append(Partial(step, (value,)))
        searcher.tell(proposal.number, curve[-1])
        if proposal.stopping is not None and proposal.stopping.ends(curve):
            searcher.tell(proposal.number, Success((value,), stopped=True))
            return proposal
    searcher.tell(proposal.number, Success((values[-1],)))
    return proposal


def bars(proposal: Proposal[ToyArchitecture]) -> dict[int, float]:
    """What a rule of `median` asks at each step."""
    rule = proposal.stopping
    return {} if rule is None else {each.step: each.bars[0].least for each in rule.hurdles}


def test_the_median_rule_is_the_papers() -> None:
    """The bar at step s is the median of the averages up to s: Vizier's rule on three curves, by hand."""
    searcher = make("median:startup=3,grace=0")
    for values in ([1.0, 3.0, 5.0], [2.0, 2.0, 2.0], [0.0, 6.0, 9.0]):
        assert bars(tell(searcher, values)) == {}
    proposal = searcher.ask()
    assert proposal
    assert bars(proposal) == {1: 1.0, 2: 2.0, 3: 3.0}
    rule = proposal.stopping
    assert rule is not None
    assert not rule.ends([Partial(1, (1.0,))])  # not strictly worse
    assert rule.ends([Partial(1, (0.9,))])
    assert not rule.ends([Partial(1, (2.0,)), Partial(2, (0.0,))])  # the best so far counts
    assert rule.ends([Partial(1, (2.0,)), Partial(2, (0.0,)), Partial(3, (2.9,))])


def test_smaller_may_be_better() -> None:
    """Where an objective is minimised, the rule is turned round."""
    space = ToySpace(DECISIONS, objectives=(("loss", Direction.MINIMIZE),))
    searcher = make("median:startup=1,grace=0", space=space)
    tell(searcher, [3.0, 2.0])
    proposal = searcher.ask()
    assert proposal
    assert proposal.stopping is not None
    assert proposal.stopping.ends([Partial(1, (3.1,))])
    assert not proposal.stopping.ends([Partial(1, (2.9,))])


def test_nobody_is_stopped_before_enough_is_known() -> None:
    """`startup` trials must have come to a step, and `grace` steps are everyone's."""
    searcher = make("median:startup=2,grace=2")
    tell(searcher, [1.0] * 4)
    assert bars(tell(searcher, [1.0] * 3)) == {}
    proposal = searcher.ask()
    assert proposal
    assert bars(proposal) == {3: 1.0}  # one alone came to step 4


def test_stopped_trials_count_as_far_as_they_came() -> None:
    """What was stopped says what the steps before looked like."""
    searcher = make("median:startup=1,grace=0")
    tell(searcher, [4.0, 4.0])
    stopped = tell(searcher, [2.0, 9.0])
    assert searcher.result(stopped.number) == Success((2.0,), stopped=True)
    proposal = searcher.ask()
    assert proposal
    assert bars(proposal) == {1: 3.0, 2: 4.0}


def test_with_several_objectives_all_must_be_missed() -> None:
    """A trial that is ahead in one objective goes on."""
    rule = Stopping((1, -1), (Hurdle(1, (Bar((1.0, 0.0, 0.0), 5.0), Bar((1.0, 0.0, 0.0), -3.0))),))
    assert rule.ends([Partial(1, (4.0, 3.5))])
    assert not rule.ends([Partial(1, (5.0, 3.5))])
    assert not rule.ends([Partial(1, (4.0, 3.0))])


def test_what_is_not_a_number_is_passed_over() -> None:
    """A NaN on the way neither stops nor saves."""
    rule = Stopping((1,), (Hurdle(2, (Bar((0.0, 1.0, 0.0), 5.0),)),))
    assert not rule.ends([])
    assert not rule.ends([Partial(2, (float("nan"),))])
    assert not rule.ends([Partial(1, (1.0,)), Partial(2, (float("nan"),))])
    assert rule.ends([Partial(1, (1.0,)), Partial(2, (float("nan"),)), Partial(7, (2.0,))])


def test_a_rule_survives_json() -> None:
    """It is kept with its trial, to the last bit."""
    searcher = make("curves:startup=5")
    for number in range(12):
        tell(searcher, [number * 0.3 + step / 7 for step in range(STEPS)])
    proposal = searcher.ask()
    assert proposal
    rule = proposal.stopping
    assert rule is not None
    assert Stopping.from_data(json.loads(json.dumps(rule.to_data()))) == rule


def test_ranks_are_learnt_from_curves() -> None:
    """Curves that stay in order: who is far behind the best is stopped, who is close or ahead is not."""
    searcher = make("curves:startup=8")
    rng = Random(0)
    finals = [rng.random() for _ in range(30)]
    for final in finals:
        tell(searcher, [final * (1 - 0.6**step) for step in range(1, STEPS + 1)])
    proposal = searcher.ask()
    assert proposal
    rule = proposal.stopping
    assert rule is not None
    best = max(finals)
    assert rule.ends([Partial(step, (0.1 * best * (1 - 0.6**step),)) for step in (1, 2, 3)])
    assert not rule.ends([Partial(step, (1.05 * best * (1 - 0.6**step),)) for step in (1, 2, 3)])


def test_ranks_that_tell_nothing_stop_nobody() -> None:
    """Where the beginning of a curve has nothing to do with its end, nobody is stopped."""
    rng = Random(1)
    seen = [(rng.random(), rng.random(), rng.random()) for _ in range(60)]
    bar = bar_of(seen, [rng.random() for _ in seen], 0.05)
    assert not any(bar.is_missed([value]) for value in (0.0, 0.5, 1.0))
    assert bar_of(seen, [1.0] * 60, 0.05).weights == (0.0, 0.0, 0.0)


def test_a_larger_chance_stops_more() -> None:
    """The bar rises with the chance that is asked for, and the chance is the model's own."""
    rng = Random(2)
    ends = [rng.random() for _ in range(40)]
    seen = [(end + rng.gauss(0, 0.2), end + 0.1, end / 2) for end in ends]
    low, high = (bar_of(seen, ends, chance) for chance in (0.05, 0.3))
    assert low.weights == high.weights
    assert low.least < high.least


@pytest.mark.parametrize("kind", ("median:startup=3", "curves:startup=4"))
@pytest.mark.parametrize("inner", ("random", "evolution:population=6", "asha:max=6"))
def test_states_go_on_identically(kind: str, inner: str) -> None:
    """Rules follow from what was told: a restored searcher makes the same."""

    def values(proposal: Proposal[ToyArchitecture]) -> list[float]:
        begun = 0 if proposal.inherits is None else 2
        last = proposal.fidelity or STEPS
        return [proposal.architecture.value * (1 - 0.7**step) for step in range(begun + 1, last + 1)]

    def step(searcher: Toy, waiting: list[Proposal[ToyArchitecture]]) -> list[Proposal[ToyArchitecture]]:
        asked = []
        while len(waiting) < 3 and (proposal := searcher.ask()):
            waiting.append(proposal)
            asked.append(proposal)
        proposal = waiting.pop(0)
        curve = [Partial(place, (value,)) for place, value in enumerate(values(proposal), 1)]
        for partial in curve:
            searcher.tell(proposal.number, partial)
        ended = proposal.stopping is not None and proposal.stopping.ends(curve)
        searcher.tell(proposal.number, Success(curve[-1].values, stopped=ended))
        return asked

    searcher = make(f"{kind},searcher={inner}")
    waiting: list[Proposal[ToyArchitecture]] = []
    rules = [each.stopping for _ in range(30) for each in step(searcher, waiting)]
    assert any(rules)
    restored = make(f"{kind},searcher={inner}", seed=5)
    restored.restore(json.loads(json.dumps(searcher.state())))
    waiting_too = list(waiting)
    for _ in range(30):
        assert step(restored, waiting_too) == step(searcher, waiting)


def test_the_searcher_inside_sees_stopped_trials_as_they_stood() -> None:
    """It learns their last value: no failure, and rightly no good one."""
    searcher = make("median:startup=1,grace=0,searcher=evolution:population=3")
    tell(searcher, [4.0, 4.0])
    stopped = tell(searcher, [2.0, 9.0])
    inner = searcher.inner  # type: ignore[attr-defined]  # what `median` holds
    assert inner.result(stopped.number) == Success((2.0,), stopped=True)
    assert [each.values for each in inner.curve(stopped.number)] == [(2.0,)]
