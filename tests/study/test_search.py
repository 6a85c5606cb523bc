"""Searches in this process and in workers: budgets, order, failures, results, what is recorded."""

import json
import random
import threading
import time
from pathlib import Path
from typing import Any

import evaluators
import pytest
from searching import SPACE
from toy import ToyArchitecture, ToySpace, decision, open_toy, real

from symnas.errors import SearchError
from symnas.genotype import Genotype
from symnas.searchers import Failure, Infeasible, Success
from symnas.study import AHEAD, Standing, Study, Trial, TrialState, search
from symnas.tree import Direction

SMALL = ToySpace((decision("a", 3), decision("b", 2)))
FAST = "evolution:population=8,tournament=3"


def run(space: ToySpace = SPACE, evaluate: Any = evaluators.value, **settings: Any) -> Study[ToyArchitecture]:
    return search(space, evaluate, **{"searcher": FAST, "open_space": open_toy, **settings})


def genotypes(study: Study[ToyArchitecture]) -> list[Genotype]:
    return [trial.genotype for trial in study.trials]


def states(study: Study[ToyArchitecture]) -> list[TrialState]:
    return [trial.state for trial in study.trials]


def test_a_search_from_start_to_end() -> None:
    """Trials are evaluated, the best come first, and rows hold everything."""
    study = run(trials=60)
    assert study.finished == 60
    best = study.best(3)
    assert [trial.values for trial in best] == sorted((trial.values for trial in best), reverse=True)
    assert best[0].values[0] == max(trial.values[0] for trial in study.trials if trial.values)
    assert study.architecture(best[0]).value == best[0].values[0]
    rows = json.loads(json.dumps(study.to_rows()))
    assert rows[0]["number"] == 0
    assert rows[0]["score"] == study.trials[0].values[0]
    assert rows[0]["choices.d0"] == study.trials[0].genotype["d0"]
    assert rows[-1]["state"] == "proposed"
    assert rows[-1]["score"] is None


def test_a_trial_records_what_happened() -> None:
    """Seed, times, worker and number of attempts are kept."""
    before = time.time()
    trial = run(trials=1).trials[0]
    assert trial.state is TrialState.COMPLETE
    times = [before, trial.proposed, trial.started, trial.finished, time.time()]
    assert times == sorted(each for each in times if each is not None)
    assert trial.attempts == 1
    assert trial.worker
    assert trial.seconds is not None


def test_the_same_seed_gives_the_same_search_with_any_number_of_workers() -> None:
    """Results come out of order from workers, and yet everything but times is equal."""

    def told(study: Study[ToyArchitecture]) -> list[Any]:
        return [(trial.genotype, trial.seed, trial.values, trial.state) for trial in study.trials]

    alone = run(evaluate=evaluators.slow, trials=40, seed=5)
    assert told(run(evaluate=evaluators.slow, trials=40, seed=5, workers=1)) == told(alone)
    assert told(run(evaluate=evaluators.slow, trials=40, seed=5, workers=3)) == told(alone)
    assert told(run(evaluate=evaluators.slow, trials=40, seed=6)) != told(alone)


def test_a_longer_search_begins_like_a_shorter_one() -> None:
    """The budget of trials does not influence what is proposed."""
    assert genotypes(run(trials=50))[:24] == genotypes(run(trials=20))


def test_at_most_ahead_proposals_are_unanswered() -> None:
    """When a trial is begun, all but `ahead` of the earlier ones have been told."""
    study = run(trials=30, ahead=2)
    assert len(study.trials) == 32
    assert len(run(trials=30).trials) == 30 + AHEAD


def test_eager_tells_results_as_they_arrive() -> None:
    """An eager study evaluates the same number of trials, all different."""
    study = run(evaluate=evaluators.slow, trials=30, eager=True, workers=2)
    assert study.finished == 30
    assert len(set(genotypes(study))) == len(study.trials)


def test_a_budget_of_seconds_begins_no_more_trials() -> None:
    """After the time is up, what runs is finished, and no more."""
    began = time.monotonic()
    study = run(evaluate=evaluators.slow, seconds=0.3)
    assert 0.3 <= time.monotonic() - began < 5
    assert 0 < study.finished < 1000


@pytest.mark.parametrize("workers", (0, 2))
def test_a_finite_space_ends_the_search(workers: int) -> None:
    """Without a budget, every point is evaluated once."""
    study = run(SMALL, searcher="random", workers=workers)
    assert study.finished == len(study.trials) == 6
    assert len(set(genotypes(study))) == 6


def test_seeds_reach_the_evaluator_and_the_global_generators() -> None:
    """A trial's seed does not depend on where it runs; in this process the global generator is left as it was."""
    random.seed(3)
    state = random.getstate()
    here = run(evaluate=evaluators.metrics, trials=6)
    assert random.getstate() == state
    there = run(evaluate=evaluators.metrics, trials=6, workers=2)
    for ours, theirs in zip(here.trials[:6], there.trials[:6], strict=True):
        assert ours.metrics["seed"] == ours.seed == theirs.metrics["seed"]
        assert ours.metrics["draw"] == theirs.metrics["draw"]
        assert ours.metrics["pid"] != theirs.metrics["pid"]
    assert len({trial.seed for trial in here.trials}) == len(here.trials)
    assert {trial.seed for trial in run(trials=6, seed=1).trials}.isdisjoint(trial.seed for trial in here.trials)


@pytest.mark.parametrize("workers", (0, 1))
def test_what_an_evaluator_raises_is_recorded(workers: int) -> None:
    """Errors and NaN make failed trials with a reason; the search goes on, and failures are never best."""
    study = run(evaluate=evaluators.moody, trials=60, workers=workers)
    failed = [trial for trial in study.trials if trial.state is TrialState.FAILED]
    raised = [trial.reason for trial in failed if "no luck" in trial.reason]
    assert raised
    assert raised[0].startswith("ValueError: no luck with ")
    assert "in moody: raise ValueError" in raised[0]
    assert any(trial.reason == "no finite result: score is nan" for trial in failed)
    assert all(trial.attempts == 1 for trial in failed)
    assert all(trial.state is TrialState.COMPLETE for trial in study.best(100))


def test_sys_exit_is_a_failure() -> None:
    """An evaluator that wants to end the process fails its trial instead."""
    study = run(SMALL, evaluators.exiting, trials=2)
    assert states(study)[:2] == [TrialState.FAILED] * 2
    assert study.trials[0].reason.startswith("SystemExit: 4")


def test_evaluators_may_return_results_themselves() -> None:
    """`Success`, `Failure` and `Infeasible` say more than a number does."""
    results = iter([Success((1.0,), {"extra": 2.0}), Failure("not today"), Infeasible({"latency <= 3ms": 0.5})])
    study = run(evaluate=lambda _architecture, _recipe: next(results), trials=3)
    assert states(study)[:3] == [TrialState.COMPLETE, TrialState.FAILED, TrialState.INFEASIBLE]
    assert study.trials[0].metrics == {"extra": 2.0}
    assert study.trials[1].reason == "not today"
    assert study.trials[2].violations == {"latency <= 3ms": 0.5}
    assert study.to_rows()[2]["violations.latency <= 3ms"] == 0.5


def test_numbers_of_numpy_are_numbers() -> None:
    """Whatever has a float value will do."""
    import numpy as np

    study = run(evaluate=lambda _architecture, _recipe: {"score": np.float32(0.5), "other": np.array(3)}, trials=1)
    assert study.trials[0].values == (0.5,)
    assert study.trials[0].metrics == {"score": 0.5, "other": 3.0}


def test_known_costs_need_no_evaluation() -> None:
    """`params`, `macs` and `flops` are objectives that the architecture itself answers."""
    objectives = (("score", Direction.MAXIMIZE), ("flops", Direction.MINIMIZE), ("params", Direction.MINIMIZE))
    study = run(objectives=objectives, trials=30)
    for trial in study.trials[:30]:
        params = study.architecture(trial).params
        assert trial.values[1:] == (20 * params, params)


def test_the_best_of_several_objectives_are_the_undominated() -> None:
    """Fronts come one after the other, each by its first objective."""
    objectives = (("score", Direction.MAXIMIZE), ("params", Direction.MINIMIZE))
    study = run(SMALL, searcher="random", objectives=objectives)
    done = [trial for trial in study.trials if trial.values]

    def dominates(one: Trial, other: Trial) -> bool:
        better = one.values[0] >= other.values[0] and one.values[1] <= other.values[1]
        return better and one.values != other.values

    front = [trial for trial in done if not any(dominates(other, trial) for other in done)]
    best = study.best(len(front))
    assert {trial.number for trial in best} == {trial.number for trial in front}
    assert [trial.values[0] for trial in best] == sorted((trial.values[0] for trial in best), reverse=True)
    assert len(study.best(100)) == len(done)


def test_minimising() -> None:
    """The best of an objective to be minimised is the smallest."""
    study = run(objectives=(("loss", Direction.MINIMIZE),), trials=40)
    assert study.best()[0].values[0] == min(trial.values[0] for trial in study.trials if trial.values)


@pytest.mark.parametrize("workers", (0, 1))
@pytest.mark.parametrize(
    ("evaluate", "message"),
    (
        (
            evaluators.wordy,
            "the evaluator returned {'score': 'very good'}; it must return a number, or a dict of numbers",
        ),
        (evaluators.mistaken, "the evaluator reports `loss`, but not `score`, which the search optimises"),
    ),
)
def test_an_evaluator_that_is_of_no_use_ends_the_search(
    workers: int, evaluate: Any, message: str, tmp_path: Path
) -> None:
    """A broken contract is no failed trial: mended, the search goes on with all trials."""
    with pytest.raises(SearchError) as caught:
        run(evaluate=evaluate, trials=10, workers=workers, store=tmp_path / "s.db")
    assert message in str(caught.value)
    study = run(trials=10, store=tmp_path / "s.db", searcher=None, resume=True)
    assert states(study)[:10] == [TrialState.COMPLETE] * 10


def test_one_number_is_not_enough_for_two_objectives() -> None:
    """The message names what must be reported."""
    objectives = (("accuracy", Direction.MAXIMIZE), ("latency", Direction.MINIMIZE))
    with pytest.raises(SearchError, match="it must return a dict of `accuracy`, `latency`"):
        run(objectives=objectives, trials=1)


def test_progress_is_told_of_every_trial() -> None:
    """Each finished trial is reported once, with the best so far and the time left."""
    heard: list[tuple[Trial, Standing]] = []
    study = run(trials=25, progress=lambda trial, standing: heard.append((trial, standing)))
    assert [trial for trial, _ in heard] == list(study.trials[:25])
    assert [standing.finished for _, standing in heard] == list(range(1, 26))
    best = [standing.best.values[0] for _, standing in heard if standing.best]
    assert best == sorted(best)
    assert heard[-1][1].best == study.best()[0]
    assert heard[-1][1].left == 0
    assert heard[-1][1].total == 25
    assert (heard[0][1].left or 0) > 0


def test_a_search_may_run_in_another_thread() -> None:
    """Nothing depends on being in the main thread."""
    found: list[Study[ToyArchitecture]] = []
    thread = threading.Thread(target=lambda: found.append(run(trials=5)))
    thread.start()
    thread.join()
    assert found[0].finished == 5


def test_continuous_spaces() -> None:
    """Values travel to workers and into the store exactly."""
    space = ToySpace((real("lr"), decision("width", 3)))
    study = run(space, trials=20, workers=1)
    assert study.finished == 20
    assert genotypes(study)[:20] == genotypes(run(space, trials=20))[:20]


@pytest.mark.parametrize(
    ("settings", "message"),
    (
        ({"trials": 0}, "`trials` must be above 0; it is 0"),
        ({"seconds": -1.0}, "`seconds` must be above 0; it is -1.0"),
        ({"workers": -1}, "`workers` must be at least 0"),
        ({"trial_seconds": 5.0}, "`trial_seconds` needs worker processes"),
        ({"workers": 9}, "9 workers, but at most 4 proposals are open"),
        ({"ahead": 0}, "`ahead` must be at least 1"),
        ({"searcher": "evolutoin"}, "`evolution`?"),
        ({"resume": True}, "there is nothing to resume in memory"),
    ),
)
def test_wrong_settings(settings: dict[str, Any], message: str) -> None:
    """Each says what is wrong, before anything is evaluated."""
    with pytest.raises(SearchError) as caught:
        run(**settings)
    assert message in str(caught.value)
