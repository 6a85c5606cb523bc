"""Searches that are stopped in every way and gone on with: nothing is lost, and nothing is different."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import evaluators
import pytest
import searching
from searching import SEARCHER, SEED, SPACE
from toy import ToyArchitecture, ToySpace, decision, open_toy

from symnas.errors import SearchError
from symnas.searchers import RegularisedEvolution
from symnas.study import SavedStudy, Storage, Study, StudyRecord, Trial, search
from symnas.tree import Direction

TRIALS = 40
SCRIPT = Path(searching.__file__)


def facts(trials: Iterable[Trial]) -> list[Any]:
    """All of a trial that does not depend on when and where it ran."""
    return [(trial.number, trial.genotype, trial.seed, trial.state, trial.values, trial.reason) for trial in trials]


@pytest.fixture(scope="module")
def uninterrupted() -> list[Any]:
    """The same search, run in one go."""
    study = search(SPACE, evaluators.value, searcher=SEARCHER, seed=SEED, trials=TRIALS)
    return facts(study.trials)


def start(store: Path, workers: int, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, str(SCRIPT), str(store), str(workers), str(TRIALS), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def saved(store: Path) -> SavedStudy:
    found = Storage.existing(store).find("search")
    assert found
    return found


def stored(store: Path) -> tuple[Trial, ...]:
    return saved(store).trials


@pytest.mark.parametrize(("workers", "seed"), ((0, 1), (0, 2), (2, 3)))
def test_killed_again_and_again_it_comes_to_the_same_end(
    tmp_path: Path, uninterrupted: list[Any], workers: int, seed: int
) -> None:
    """`kill -9` at random moments, resumed each time: all trials are as in a search that was never disturbed."""
    rng, store, kills = random.Random(f"{workers}/{seed}"), tmp_path / "s.db", 0
    while True:
        process = start(store, workers, *(["--resume"] if kills else []))
        assert process.stdout is not None
        with process:
            for _ in range(rng.randrange(1, 20)):
                process.stdout.readline()
            time.sleep(rng.random() * 0.02)
            process.kill()
            _, errors = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), errors
        if process.returncode == 0:
            break
        kills += 1
        before = [each for each in stored(store) if each.is_finished]
        assert facts(before) == [each for each in uninterrupted if each[0] in {one.number for one in before}]
        if len(before) == TRIALS:
            break
    assert kills >= 2
    assert facts(stored(store)) == uninterrupted


def test_ctrl_c_ends_the_search_and_loses_nothing(tmp_path: Path, uninterrupted: list[Any]) -> None:
    """Ctrl-C stops at once; no trial is left as running; the search goes on from there."""
    store = tmp_path / "s.db"
    with start(store, 2) as process:
        assert process.stdout is not None
        for _ in range(10):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in errors
    trials = stored(store)
    assert not any(each.is_running for each in trials)
    assert 10 <= sum(each.is_finished for each in trials) < TRIALS
    assert saved(store).record.runner == ""
    study = search(SPACE, evaluators.value, trials=TRIALS, store=store, resume=True)
    assert facts(study.trials) == uninterrupted


@pytest.mark.parametrize("after", (1, 7, 8, 31))
def test_ctrl_c_in_an_evaluation_of_this_process(tmp_path: Path, uninterrupted: list[Any], after: int) -> None:
    """The trial that was interrupted is evaluated again."""
    calls = iter(range(1000))

    def evaluate(architecture: ToyArchitecture, _recipe: object) -> float:
        if next(calls) == after:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        return architecture.value

    store = tmp_path / "s.db"
    study = Study.create(SPACE, searcher=SEARCHER, seed=SEED, store=store)
    with pytest.raises(KeyboardInterrupt):
        study.run(evaluate, trials=TRIALS)
    assert study.finished == after
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    study.run(evaluate, trials=TRIALS)
    assert facts(study.trials) == uninterrupted
    assert facts(stored(store)) == uninterrupted


def test_ctrl_c_while_something_is_written_waits(tmp_path: Path, uninterrupted: list[Any]) -> None:
    """Progress is reported outside evaluations: Ctrl-C there is held back until nothing can be lost."""

    def press(trial: Trial, _standing: object) -> None:
        if trial.number == 5:
            os.kill(os.getpid(), signal.SIGINT)

    study = Study.create(SPACE, searcher=SEARCHER, seed=SEED, store=tmp_path / "s.db")
    with pytest.raises(KeyboardInterrupt):
        study.run(evaluators.value, trials=TRIALS, progress=press)
    assert study.finished == 6
    study.run(evaluators.value, trials=TRIALS)
    assert facts(study.trials) == uninterrupted


def test_more_trials_continue_the_same_search(tmp_path: Path, uninterrupted: list[Any]) -> None:
    """Ten trials at a time, in three processes' worth of memory, are the same as all at once."""
    store = tmp_path / "s.db"
    search(SPACE, evaluators.value, searcher=SEARCHER, seed=SEED, trials=10, store=store).close()
    for trials in (11, 30, TRIALS):
        study = search(SPACE, evaluators.value, trials=trials, store=store, resume=True)
        assert study.finished == trials
        study.close()
    assert facts(stored(store)) == uninterrupted


def test_an_eager_study_goes_on_too(tmp_path: Path) -> None:
    """Without the promise of order, there is still the one that nothing is lost or evaluated twice."""
    store = tmp_path / "s.db"
    search(SPACE, evaluators.slow, trials=15, store=store, eager=True, workers=2, open_space=open_toy)
    study = search(SPACE, evaluators.slow, trials=30, store=store, resume=True, workers=2, open_space=open_toy)
    assert study.finished == 30
    assert len({each.genotype for each in study.trials}) == len(study.trials)


def test_a_study_is_not_begun_twice(tmp_path: Path) -> None:
    """A store with a study in it wants `--resume`, or another store, or the study another name."""
    store = tmp_path / "s.db"
    search(SPACE, evaluators.value, trials=3, store=store)
    with pytest.raises(SearchError, match=r"has a study `search` already, of 7 trials: .*`--resume`.*`--store`"):
        search(SPACE, evaluators.value, trials=3, store=store)
    search(SPACE, evaluators.value, trials=3, store=store, name="other")
    assert Storage.existing(store).names() == ("search", "other")


def test_nothing_to_resume(tmp_path: Path) -> None:
    """A missing store and a missing study are two errors, and neither makes a store."""
    store = tmp_path / "s.db"
    with pytest.raises(SearchError, match="there is no store at"):
        search(SPACE, evaluators.value, store=store, resume=True)
    assert not store.exists()
    search(SPACE, evaluators.value, trials=1, store=store, name="mine")
    with pytest.raises(SearchError, match=r"has no study `search` to go on with \(there is `mine`\)"):
        search(SPACE, evaluators.value, store=store, resume=True)


def test_another_space_is_refused_and_the_difference_shown(tmp_path: Path) -> None:
    """A changed file cannot continue a study; the error shows what changed."""
    store = tmp_path / "s.db"
    search(ToySpace((decision("a", 3),)), evaluators.value, trials=1, store=store)
    with pytest.raises(SearchError) as caught:
        search(ToySpace((decision("b", 3),)), evaluators.value, trials=2, store=store, resume=True)
    message = str(caught.value)
    assert "searches another space" in message
    assert '-[[["a"' in message
    assert '+[[["b"' in message


@pytest.mark.parametrize(
    ("setting", "message"),
    (
        ({"searcher": "random"}, "was begun with searcher evolution:.*population=8"),
        ({"seed": 12}, "was begun with seed 11, not 12"),
        ({"ahead": 8}, "was begun with ahead 4, not 8"),
        ({"eager": True}, "was begun with eager False, not True"),
        ({"objectives": (("score", Direction.MINIMIZE),)}, "was begun with objectives"),
    ),
)
def test_a_study_is_gone_on_with_as_it_was_begun(tmp_path: Path, setting: dict[str, Any], message: str) -> None:
    """What would make it another search is refused; the same again is fine."""
    store = tmp_path / "s.db"
    search(SPACE, evaluators.value, searcher=SEARCHER, seed=SEED, trials=2, store=store)
    with pytest.raises(SearchError, match=message):
        search(SPACE, evaluators.value, trials=3, store=store, resume=True, **setting)
    search(SPACE, evaluators.value, trials=3, store=store, resume=True, searcher=SEARCHER, seed=SEED, ahead=4)


def test_settings_that_came_later_have_their_defaults(tmp_path: Path) -> None:
    """A study whose store names fewer settings than the searcher has now goes on as if it had named them."""
    store, whole = tmp_path / "s.db", tmp_path / "whole.db"
    search(SPACE, evaluators.value, searcher="evolution:population=8", seed=SEED, trials=20, store=store)
    with closing(sqlite3.connect(store)) as opened, opened:
        opened.execute("update studies set searcher = replace(searcher, ':apart=1,elite=0,', ':')")
        opened.execute("update studies set snapshot = replace(snapshot, ':apart=1,elite=0,', ':')")
        assert opened.execute("select searcher from studies").fetchone()[0].startswith("evolution:population=8")
    resumed = search(SPACE, evaluators.value, trials=30, store=store, resume=True, searcher="evolution:population=8")
    expected = search(SPACE, evaluators.value, searcher="evolution:population=8", seed=SEED, trials=30, store=whole)
    assert [each.genotype for each in resumed.trials] == [each.genotype for each in expected.trials]
    with closing(sqlite3.connect(store)) as opened, opened:
        opened.execute("update studies set snapshot = replace(snapshot, 'population=8', 'population=9')")
    with pytest.raises(SearchError, match="the state is that of searcher"):
        search(SPACE, evaluators.value, trials=31, store=store, resume=True)


def test_a_study_is_run_by_one_process_at_a_time(tmp_path: Path) -> None:
    """While one process runs it, another is told so; when that one is killed, it may go on."""
    store = tmp_path / "s.db"
    with start(store, 0) as process:
        assert process.stdout is not None
        process.stdout.readline()
        study = Study.resume(SPACE, store)
        with pytest.raises(SearchError, match=f"is being run by process {process.pid}"):
            study.run(evaluators.value, trials=TRIALS)
        process.kill()
    study = Study.resume(SPACE, store)
    study.run(evaluators.value, trials=TRIALS)
    assert study.finished == TRIALS


def test_whoever_was_overtaken_stops(tmp_path: Path) -> None:
    """Two that write the same study (from two machines, say) cannot both: the first to notice gives up."""
    store = tmp_path / "s.db"
    first = Study.create(SPACE, searcher=SEARCHER, seed=SEED, store=store)
    second = Study.resume(SPACE, store)
    second.run(evaluators.value, trials=3)
    with pytest.raises(SearchError, match="another process has taken over"):
        first.run(evaluators.value, trials=5)
    assert sum(each.is_finished for each in stored(store)) == 3


class PowerCut(BaseException):
    """The end of everything, at some write."""


@pytest.mark.parametrize("is_written", (False, True))
def test_every_moment_of_the_store_can_be_gone_on_with(
    tmp_path: Path, uninterrupted: list[Any], monkeypatch: pytest.MonkeyPatch, is_written: bool
) -> None:
    """Whatever transaction was the last before a power cut, the search that follows is the same."""
    store, write, writes = tmp_path / "s.db", Storage.write, iter(range(0))

    def write_until_cut(self: Storage, *args: Any, **settings: Any) -> StudyRecord:
        has_power = next(writes, None) is not None
        if not (has_power or is_written):
            raise PowerCut
        record = write(self, *args, **settings)
        if not has_power:
            raise PowerCut
        return record

    monkeypatch.setattr(Storage, "write", write_until_cut)
    study = Study.create(SPACE, searcher=SEARCHER, seed=SEED, store=store)
    for count in (0, 1, 2, 3, 4, 5, 6, 10, 11, 12):
        writes = iter(range(count))
        with pytest.raises(PowerCut):
            study.run(evaluators.value, trials=TRIALS)
        study = Study.resume(SPACE, store)
    monkeypatch.undo()
    study.run(evaluators.value, trials=TRIALS)
    assert facts(study.trials) == uninterrupted
    assert not any(each.is_running for each in stored(store))


def test_a_searcher_that_fails_costs_no_result(
    tmp_path: Path, uninterrupted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was evaluated is on disk before the searcher is asked again; the same study can then go on."""
    store, propose, calls = tmp_path / "s.db", RegularisedEvolution.propose, iter(range(20))

    def failing(self: RegularisedEvolution[ToyArchitecture]) -> ToyArchitecture:
        if next(calls, None) is None:
            raise MemoryError
        return propose(self)

    monkeypatch.setattr(RegularisedEvolution, "propose", failing)
    study = Study.create(SPACE, searcher=SEARCHER, seed=SEED, store=store)
    with pytest.raises(MemoryError):
        study.run(evaluators.value, trials=TRIALS)
    monkeypatch.undo()
    assert sum(each.is_finished for each in stored(store)) == study.finished > 10
    study.run(evaluators.value, trials=TRIALS)
    assert facts(study.trials) == uninterrupted == facts(stored(store))
