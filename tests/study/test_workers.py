"""Worker processes that die, hang, or cannot start, and what is left of them afterwards: nothing."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import evaluators
import pytest
import searching
from toy import ToyArchitecture, ToySpace, decision, open_toy

from symnas.errors import SearchError
from symnas.study import Study, Trial, TrialState, search

SPACE = ToySpace((decision("a", 3), decision("b", 2)))
SCRIPT = Path(searching.__file__)


def run(evaluate: Any, **settings: Any) -> Study[ToyArchitecture]:
    given = {"searcher": "random", "workers": 2, "open_space": open_toy, **settings}
    return search(SPACE, evaluate, **given)


def by_first_choice(study: Study[ToyArchitecture], choice: int) -> list[Trial]:
    return [trial for trial in study.trials if trial.genotype["a"] == choice]


def children(process: int) -> set[int]:
    """All living descendants of *process*."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    found: set[int] = set()
    while True:
        below = {int(pid) for pid, parent, state in rows if int(parent) in found | {process} and state[0] != "Z"}
        if below <= found:
            return found
        found |= below


def is_alive(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_a_trial_whose_worker_dies_twice_fails() -> None:
    """Exit and signal are told apart in the reason; every other trial is complete."""
    study = run(evaluators.leaving)
    assert study.finished == 6
    for trial in by_first_choice(study, 0):
        assert (trial.state, trial.attempts) == (TrialState.COMPLETE, 1)
    for choice, how in ((1, "ended with exit status 3"), (2, "was killed by SIGSEGV")):
        for trial in by_first_choice(study, choice):
            assert (trial.state, trial.attempts) == (TrialState.FAILED, 2)
            assert trial.reason == f"the worker process {how}; so it was when tried again"


def test_a_trial_whose_worker_dies_once_is_tried_again(tmp_path: Path) -> None:
    """The second attempt counts."""
    study = run(evaluators.Fragile(tmp_path))
    assert [(trial.state, trial.attempts) for trial in study.trials] == [(TrialState.COMPLETE, 2)] * 6


def test_a_trial_that_hangs_is_ended_with_all_that_it_started() -> None:
    """After `trial_seconds` the worker and its own children are killed; the search goes on."""
    study = run(evaluators.hanging, trial_seconds=0.3)
    for trial in study.trials:
        hung = trial.genotype["a"] == 1
        assert trial.state is (TrialState.FAILED if hung else TrialState.COMPLETE)
        assert not hung or trial.reason.startswith("took longer than 0.3 s")
    wait_until(lambda: not workers_of(os.getpid()))
    listed = subprocess.run(["ps", "-eo", "pgid=,args="], capture_output=True, text=True, check=True).stdout
    groups = {int(trial.worker) for trial in study.trials}
    assert not [line for line in listed.splitlines() if "sleep 1000" in line and int(line.split()[0]) in groups]


def workers_of(process: int) -> set[int]:
    """Descendants of *process* that run Python's spawn, which workers do; its resource tracker is none."""
    found = set()
    for each in children(process):
        with contextlib.suppress(OSError):
            if "spawn_main" in Path(f"/proc/{each}/cmdline").read_text():
                found.add(each)
    return found


@pytest.mark.parametrize(("user", "expected"), ((None, None), ("7", 7.0)))
def test_cores_are_shared_among_workers(
    monkeypatch: pytest.MonkeyPatch, user: str | None, expected: float | None
) -> None:
    """Each worker uses its share of the cores, unless the user has said otherwise; our own environment stays."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if user:
        monkeypatch.setenv("OMP_NUM_THREADS", user)
    study = run(evaluators.threads, workers=2, trials=2)
    assert study.trials[0].values[0] == (expected or max(1, len(os.sched_getaffinity(0)) // 2))
    assert os.environ.get("OMP_NUM_THREADS") == user


def test_an_evaluator_that_cannot_travel_is_refused() -> None:
    """A function without a name of its own cannot be imported by a worker; the message says what to do."""
    with pytest.raises(SearchError, match=r"cannot be sent to a worker process[\s\S]*workers=0"):
        run(lambda _architecture, _recipe: 1.0)


def test_a_worker_that_cannot_build_the_space_is_reported() -> None:
    """What goes wrong while a worker starts ends the search with its reason, instead of failing trial after trial."""
    with pytest.raises(SearchError, match="a worker process cannot start: ValueError: invalid literal"):
        run(evaluators.value, open_space=int)


def test_a_script_without_a_guard_is_told_so(tmp_path: Path) -> None:
    """A script that searches on import would do so in its workers, too."""
    script = tmp_path / "unguarded.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(SCRIPT.parent)!r})\n"
        "from searching import SPACE, evaluators, open_toy, search\n"
        "from symnas.errors import SearchError\n"
        "try:\n    search(SPACE, evaluators.value, trials=3, workers=1, open_space=open_toy)\n"
        "except SearchError as error:\n    print('refused:', error)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=60)
    assert "refused: a worker process died while it started" in done.stdout
    assert '__name__ == "__main__"' in done.stdout


@pytest.mark.parametrize("how", (signal.SIGKILL, signal.SIGTERM, signal.SIGINT))
def test_no_worker_survives_its_search(tmp_path: Path, how: signal.Signals) -> None:
    """However a search ends, kill -9 included, its workers and what they started are gone soon after."""
    command = [sys.executable, str(SCRIPT), str(tmp_path / "s.db"), "2", "100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        for _ in range(8):
            process.stdout.readline()
        below = children(process.pid)
        assert len(workers_of(process.pid)) == 2
        process.send_signal(how)
        process.wait(20)
    wait_until(lambda: not any(map(is_alive, below)))
