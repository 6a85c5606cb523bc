"""Studies whose trials report steps: rules end them, others go on from them, and none of it depends on workers."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import budgets
import evaluators
import pytest
from budgets import SEARCHERS
from searching import SPACE
from toy import ToyArchitecture, open_toy

import symnas
from symnas.errors import SearchError
from symnas.searchers import Partial, create
from symnas.study import Run, Storage, Study, Trial, TrialState, search
from symnas.tree import Direction

TRIALS = 40
OBJECTIVES = (("score", Direction.MAXIMIZE),)
SCRIPT = Path(budgets.__file__)


def facts(trials: Iterable[Trial]) -> list[Any]:
    """All of a trial that does not depend on when and where it ran."""
    return [
        (each.number, each.genotype, each.state, each.values, each.fidelity, each.inherits, each.stopping, each.curve)
        for each in trials
    ]


def plain(searcher: str) -> list[Any]:
    """The search in one go, in this process, in memory."""
    return facts(search(SPACE, evaluators.stepwise, searcher=searcher, seed=3, trials=TRIALS).trials)


def stored(store: Path) -> tuple[Trial, ...]:
    storage = Storage.existing(store)
    found = storage.find("search")
    storage.close()
    assert found
    return found.trials


@pytest.mark.parametrize("searcher", SEARCHERS)
def test_the_number_of_workers_changes_nothing(tmp_path: Path, searcher: str) -> None:
    """Rules, promotions and inherited weights are the same in one process, in workers, and as read from the store."""
    store = tmp_path / "s.db"
    study = search(
        SPACE, evaluators.stepwise, searcher=searcher, seed=3, trials=TRIALS, workers=3, open_space=open_toy, store=store
    )  # fmt: skip
    assert facts(study.trials) == plain(searcher)
    assert facts(stored(store)) == facts(study.trials)


@pytest.mark.parametrize("searcher", (SEARCHERS[0], SEARCHERS[2], SEARCHERS[3]))
def test_killed_and_resumed_it_comes_to_the_same_end(tmp_path: Path, searcher: str) -> None:
    """`kill -9` at random moments of a search in worker processes, resumed each time."""
    rng, store, kills = Random(searcher), tmp_path / "s.db", 0
    while True:
        command = [sys.executable, str(SCRIPT), str(store), searcher, str(TRIALS), *(["--resume"] if kills else [])]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(rng.randrange(8, 25)):
                process.stdout.readline()
            process.kill()
            _, errors = process.communicate()
        kills += 1
        assert process.returncode in (0, -9), errors
        if sum(each.is_finished for each in stored(store)) >= TRIALS:
            break
    assert kills >= 2
    assert facts(stored(store)) == plain(searcher)


@pytest.mark.parametrize("stop", (1, 7, 19))
@pytest.mark.parametrize("searcher", SEARCHERS)
def test_a_searcher_in_a_study_is_restored_in_the_middle(tmp_path: Path, searcher: str, stop: int) -> None:
    """Ten trials, another process, ten more: the same as all at once."""
    store = tmp_path / "s.db"
    search(SPACE, evaluators.stepwise, searcher=searcher, seed=3, trials=stop, store=store).close()
    study = search(SPACE, evaluators.stepwise, trials=TRIALS, store=store, resume=True)
    assert facts(study.trials) == plain(searcher)


def test_going_on_is_as_good_as_training_at_once() -> None:
    """What is promoted continues from what was kept: the sums are those of all steps, each reported once."""
    study = search(SPACE, evaluators.stepwise, searcher="asha:max=9", seed=0, trials=60)
    promoted = [each for each in study.trials if each.is_finished and each.inherits is not None]
    assert promoted
    for trial in promoted:
        below = study.trials[trial.inherits or 0]
        assert trial.values == (float(study.architecture(trial).params * (trial.fidelity or 0)),)
        assert [each.step for each in trial.curve] == list(range((below.fidelity or 0) + 1, (trial.fidelity or 0) + 1))
        assert study.lineage(trial)[-2:] == (below, trial)


def test_a_stopped_trial_ends_where_its_rule_says() -> None:
    """Its state says so, its values are those of the last step, and it is none of the best."""
    study = search(SPACE, evaluators.stepwise, searcher="median:startup=3", seed=1, trials=40)
    stopped = [each for each in study.trials if each.state is TrialState.STOPPED]
    assert stopped
    for trial in stopped:
        assert trial.stopping is not None
        assert trial.stopping.ends(trial.curve)
        assert not any(trial.stopping.ends(trial.curve[:length]) for length in range(len(trial.curve)))
        assert trial.values == trial.curve[-1].values
    assert not {each.number for each in study.best(100)} & {each.number for each in stopped}
    assert all(len(each.curve) == 8 for each in study.trials if each.state is TrialState.COMPLETE)


def test_whoever_catches_exceptions_is_stopped_nevertheless() -> None:
    """A stop is no `Exception`, and asks again at each step."""
    study = search(SPACE, evaluators.swallowing, searcher="median:startup=3", seed=1, trials=30)
    assert any(each.state is TrialState.STOPPED for each in study.trials)


def test_the_best_are_those_trained_furthest() -> None:
    """A value of few steps is not compared with one of many; an architecture stands there once."""

    def worse(architecture: ToyArchitecture, _recipe: object, run: Run) -> float:
        assert run.until is not None
        return architecture.value - run.until

    study = search(SPACE, worse, searcher="asha:max=9", seed=0, trials=60)
    best = study.best(20)
    reached = [each.fidelity or 0 for each in best]
    assert reached == sorted(reached, reverse=True)
    assert reached[0] == 9
    assert len({each.genotype for each in best}) == len(best)


def test_weights_lie_beside_the_store_while_they_are_needed(tmp_path: Path) -> None:
    """What nobody will go on from is removed, what somebody may is there."""
    store = tmp_path / "my.db"
    study = search(SPACE, evaluators.stepwise, searcher="halving:max=9", seed=0, trials=26, store=store)
    there = {int(each.name) for each in (tmp_path / "my.weights" / "search").iterdir()}
    searcher = create(study.record.searcher, SPACE, Random(0))
    saved = Storage.existing(store).find("search")
    assert saved
    searcher.restore_snapshot(saved.snapshot, study._ledger.past())
    needed = {number for number in range(searcher.count) if number not in searcher.open}
    needed = {number for number in needed if searcher.is_inheritable(number)}
    waiting = {each.inherits for each in study.trials if each.number in searcher.open} - {None}
    assert there - {each.number for each in study.trials if each.number in searcher.open} == needed | waiting
    assert len(there) < 12


def test_lost_weights_cost_time_alone(tmp_path: Path) -> None:
    """Where what was kept is gone, training begins anew; an evaluator that keeps nothing always does."""
    store = tmp_path / "s.db"

    def forgetful(architecture: ToyArchitecture, _recipe: object, run: Run) -> float:
        assert run.inherited is None
        assert run.until is not None
        for step in range(1, run.until + 1):
            run.report(step, float(step * architecture.params))
        return float(run.until * architecture.params)

    study = search(SPACE, forgetful, searcher="asha:max=9", seed=0, trials=30, store=store)
    assert not (tmp_path / "s.weights").exists()
    kept = search(SPACE, evaluators.stepwise, searcher="asha:max=9", seed=0, trials=30)
    assert [each.values for each in study.trials] == [each.values for each in kept.trials]


def test_steps_are_on_disk_before_the_trial_ends(tmp_path: Path) -> None:
    """A worker's reports can be read while it goes on; those of an attempt that came to nothing are forgotten."""
    store = tmp_path / "s.db"
    study = search(
        SPACE, evaluators.crashing, searcher="random", seed=0, trials=20, workers=2, open_space=open_toy, store=store
    )  # fmt: skip
    lost = [each for each in study.trials if each.state is TrialState.FAILED]
    assert lost
    assert all(each.attempts == 2 for each in lost)
    for trial in stored(store):
        if trial.is_finished:
            assert trial.curve == tuple(Partial(step, (study.architecture(trial).value,)) for step in (1, 2))


@pytest.mark.parametrize(
    ("evaluate", "message"),
    (
        (evaluators.backwards, "reports step -1; steps are whole numbers from 0"),
        (evaluators.unsaid, "reports `loss`, but not `score`"),
    ),
)
def test_a_report_that_breaks_the_contract_ends_the_search(evaluate: Any, message: str) -> None:
    """It would spoil every trial."""
    study = Study.create(SPACE, searcher="random")
    with pytest.raises(SearchError, match=message):
        study.run(evaluate, trials=3)
    assert study.finished == 0


def test_a_nan_on_the_way_is_no_end() -> None:
    """It is kept in the curve and told to nobody."""

    def evaluate(architecture: ToyArchitecture, _recipe: object, run: Run) -> float:
        run.report(1, float("nan"))
        run.report(2, 1.0)
        return architecture.value

    study = search(SPACE, evaluate, searcher="median:startup=1,grace=0", trials=12)
    assert all(len(each.curve) == 2 for each in study.trials if each.is_finished)


def test_rows_say_how_far_and_from_where() -> None:
    """`to_rows` has the fidelity and the trial gone on from, where there are any."""
    study = search(SPACE, evaluators.stepwise, searcher="asha:max=9", seed=0, trials=20)
    rows = study.to_rows()
    assert {(row["fidelity"], row["inherits"]) for row in rows} >= {(1, None)}
    assert any(row["inherits"] is not None for row in rows)
    assert "fidelity" not in search(SPACE, evaluators.value, trials=2).to_rows()[0]


def test_no_network_is_trained_twice_to_the_same_step() -> None:
    """With `unique = "graph"` a network under another name is given the result, at each fidelity; what goes on from such
    a trial goes on from the weights of the one that was evaluated.
    """
    text = (
        """net Tiny(x: f32[N, 4]) = x -> maybe(Identity) -> Linear(oneof(2, 3, 4, 5)) -> maybe(Identity) -> Linear(2)"""
    )
    space = symnas.parse(text).space()
    evaluated = []

    def evaluate(architecture: symnas.Architecture, _recipe: object, run: Run) -> float:
        assert run.until is not None
        evaluated.append((architecture.params, run.until))
        assert run.until == 1 or run.inherited is not None
        assert run.folder.is_dir()
        return float(architecture.params)

    study = search(space, evaluate, searcher="asha:max=4,eta=2", unique="graph", objectives=OBJECTIVES)
    assert study.finished > space.size == 16
    assert len(evaluated) == len(set(evaluated))
    assert any(each.repeats is not None and each.inherits is not None for each in study.trials)
    best = study.best(1)[0]
    assert [each.fidelity for each in study.lineage(best)] == [1, 2, 4]
