"""`symnas search` from a file to a trained network: what it prints and writes, and that no interruption changes it."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from commands import BLOCKED, Run, runner
from stores import stored

import symnas
from symnas.command.planning import net_reads
from symnas.errors import SourceError
from symnas.study import Trial
from symnas.training.evaluate import Evaluator, final

TINY = """
net Tiny(image: f32[N, 1, 8, 8]) {
  image -> Conv2d(oneof(2, 4, 6), oneof(1, 3)) -> oneof(ReLU, Tanh) -> GlobalAvgPool2d -> Flatten
    -> Dropout(train.dropout) -> Linear(10)
}
train { data: "digits", epochs: 1, batch_size: 128, lr: range(1e-3, 1e-1, log = true), dropout: oneof(0.0, 0.1) }
search { searcher: "evolution:population=4,tournament=2", trials: 8, workers: 0 }
require Tiny.params <= 200
maximize accuracy
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.nas").write_text(TINY)
    return runner(capsys)


def facts(trials: list[Trial]) -> list[Any]:
    return [(each.number, each.genotype, each.seed, each.values) for each in trials]


def test_a_search_ends_with_a_table_and_a_network(run: Run, tmp_path: Path) -> None:
    """The table names the best with validation and test figures beside the random mean; three files are written."""
    ran = run("search", "tiny.nas", "--best", "2", "--baseline", "3")
    assert ran.status == 0, ran.err
    assert "validation accuracy" in ran.out
    assert "test accuracy" in ran.out
    assert "3 architectures, drawn uniformly" in ran.out
    folder = tmp_path / "tiny.search"
    assert {each.name for each in folder.iterdir()} >= {"best.nas", "best.pt", "best.py", "tiny.study.db"}
    assert len([each for each in stored(folder / "tiny.study.db") if each.is_finished]) == 8
    assert symnas.load(folder / "best.nas").space().size == 1


def test_the_figures_are_those_of_training_again(run: Run, tmp_path: Path) -> None:
    """The random mean is the mean test accuracy of the first random trials, each trained as its trial was."""
    told = json.loads(run("search", "tiny.nas", "--baseline", "3", "--json").out)
    space = symnas.load("tiny.nas").space()
    evaluator = Evaluator(net_reads=["dropout"])
    tested = []
    for trial in stored(tmp_path / "tiny.search" / "tiny.study.db")[:3]:
        architecture = space.architecture(trial.genotype)
        tested.append(final(evaluator, architecture, architecture.recipe, trial.seed).test["accuracy"])
    assert told["random"]["count"] == 3
    assert told["random"]["mean"] == pytest.approx(sum(tested) / 3)
    best = told["best"][0]
    assert best["validation"]["accuracy"] == max(
        each.values[0] for each in stored(tmp_path / "tiny.search" / "tiny.study.db") if each.values
    )


def test_the_network_runs_without_symnas(run: Run, tmp_path: Path) -> None:
    """`best.py` loads `best.pt` where symnas cannot be imported, and computes what the architecture does here."""
    assert run("search", "tiny.nas", "--trials", "3", "--best", "1", "--baseline", "0").status == 0
    folder = tmp_path / "tiny.search"
    command = [sys.executable, "-c", BLOCKED, str(folder / "best.py")]
    alone = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    import torch

    module = symnas.compile(symnas.load(folder / "best.nas").space().sample(Random(0)), "torch")
    module.load_state_dict(torch.load(folder / "best.pt", weights_only=True))
    torch.manual_seed(0)
    expected = module.eval()(torch.rand(2, 1, 8, 8)).flatten().tolist()
    assert json.loads(alone) == pytest.approx(expected, abs=1e-6)


def test_a_search_that_is_there_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    """Without `--resume` an existing search is left alone, and the message says what to do; with it, it goes on."""
    assert run("search", "tiny.nas", "--trials", "2", "--best", "1", "--baseline", "0").status == 0
    before = facts(stored(tmp_path / "tiny.search" / "tiny.study.db"))
    again = run("search", "tiny.nas")
    assert again.status == 1
    assert "--resume" in again.err
    assert facts(stored(tmp_path / "tiny.search" / "tiny.study.db")) == before
    assert run("search", "tiny.nas", "--resume", "--trials", "4", "--best", "1", "--baseline", "0").status == 0
    after = stored(tmp_path / "tiny.search" / "tiny.study.db")
    assert sum(each.is_finished for each in after) == 4
    assert run("search", "tiny.nas", "--resume", "--seed", "9").status == 1


def test_nothing_to_resume_is_said(run: Run) -> None:
    """`--resume` where there is no search ends with status 1, and makes no store."""
    ran = run("search", "tiny.nas", "--resume")
    assert ran.status == 1
    assert "no store" in ran.err
    assert not Path("tiny.search").exists()


def test_settings_that_make_no_sense_begin_nothing(run: Run, tmp_path: Path) -> None:
    """Contradictions and recipes that no trial could follow are told before a store is made."""
    (tmp_path / "data.nas").write_text(TINY.replace('"digits"', '"digitz"'))
    (tmp_path / "setting.nas").write_text(TINY.replace("trials: 8", "trails: 8"))
    for words, message in (
        (("tiny.nas", "--workers", "9"), "--ahead 9"),
        (("tiny.nas", "--workers", "0", "--trial-seconds", "5"), "--workers"),
        (("tiny.nas", "--searcher", "evolutoin"), "`evolution`"),
        (("data.nas",), "digitz"),
        (("setting.nas",), "`trials`"),
    ):
        ran = run("search", *words)
        assert ran.status == 1
        assert message in ran.err
        assert not list(tmp_path.glob("*.search/*.db"))


def test_killed_at_any_moment_it_goes_on_as_if_nothing_had_happened(run: Run, tmp_path: Path) -> None:
    """`kill -9`, then `--resume` alone: the same trials as in a search that was never disturbed, to the same end."""
    assert run("search", "tiny.nas", "--trials", "10", "--best", "1", "--baseline", "0", "-o", "whole").status == 0
    command = [sys.executable, "-m", "symnas", "search", "tiny.nas", "--best", "1", "--baseline", "0", "-o", "cut"]
    store = tmp_path / "cut" / "tiny.study.db"
    with subprocess.Popen([*command, "--trials", "10"], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None and _finished(store) < 3:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    assert 3 <= _finished(store) < 10
    result = subprocess.run([*command, "--resume"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert facts(stored(store)) == facts(stored(tmp_path / "whole" / "tiny.study.db"))
    for name in ("best.nas", "best.pt"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def _finished(store: Path) -> int:
    """Trials with a result, asked of the file itself: opening it as a store would write to it."""
    if not store.exists():
        return 0
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        try:
            (count,) = connection.execute("SELECT count(*) FROM trials WHERE finished IS NOT NULL").fetchone()
        except sqlite3.OperationalError:  # the tables are just being made
            return 0
    return int(count)


def test_ctrl_c_tells_how_to_go_on(tmp_path: Path) -> None:
    """Ctrl-C ends the search with the command that resumes it, and no traceback."""
    (tmp_path / "tiny.nas").write_text(TINY)
    command = [sys.executable, "-m", "symnas", "search", "tiny.nas", "--trials", "500", "-o", "stopped"]
    store = tmp_path / "stopped" / "tiny.study.db"
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None and _finished(store) < 2:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate()
    assert process.returncode == 130, told
    assert "symnas search tiny.nas --resume -o stopped" in told
    assert "Traceback" not in told


@pytest.mark.slow
def test_worker_processes_find_the_same(run: Run, tmp_path: Path) -> None:
    """Two workers end with the very trials of one process."""
    more = ("--trials", "6", "--best", "1", "--baseline", "2")
    assert run("search", "tiny.nas", *more, "-o", "none").status == 0
    assert run("search", "tiny.nas", *more, "-o", "two", "--workers", "2").status == 0
    alone, together = (stored(tmp_path / name / "tiny.study.db") for name in ("none", "two"))
    assert facts(alone) == facts(together)


# ---------------------------------------------------------------------------------------------------- what a file says


def test_a_file_says_how_it_is_searched() -> None:
    """`search { … }` becomes a plan, and what is not said stays open."""
    program = symnas.parse('search { searcher: "random", trials: 1_000, seconds: 2.5, eager: true }')
    plan = program.space().elaboration.module.plan
    assert (plan.searcher, plan.trials, plan.seconds, plan.eager, plan.seed) == ("random", 1000, 2.5, True, None)


@pytest.mark.parametrize(
    "block", ("search { trials: 0 }", "search { trials: true }", "search { eager: 1 }", "search { trails: 3 }")
)
def test_wrong_settings_of_a_file_are_shown_at_their_place(block: str) -> None:
    """A setting that is unknown or has no such value is an error of the text."""
    with pytest.raises(SourceError) as caught:
        symnas.parse(block).space()
    assert caught.value.diagnostics[0].line == 1


def test_what_a_network_reads_of_the_recipe_is_found(root: Path) -> None:
    """Names read as `train.…` by nets, blocks and requires belong to the network; the rest are the trainer's."""
    assert net_reads(symnas.load(root / "samples" / "digits.nas").module) == {"dropout"}


def test_a_searcher_with_budgets(run: Run, tmp_path: Path) -> None:
    """Halving on the built-in trainer: the best was trained furthest, its figures are those of its whole training, and
    the random ones are trained as far.
    """
    (tmp_path / "tiny.nas").write_text(TINY.replace("epochs: 1", "epochs: 2"))
    options = ("--searcher", "halving:max=2,eta=2,first=4", "--trials", "10", "--workers", "2", "--baseline", "2")
    told = json.loads(run("search", "tiny.nas", *options, "--json").out)
    best = told["best"][0]
    assert best["steps"] == 2
    trials = stored(tmp_path / "tiny.search" / "tiny.study.db")
    trial = trials[best["trial"]]
    assert trial.inherits is not None
    space, evaluator = symnas.load("tiny.nas").space(), Evaluator(net_reads=["dropout"])
    architecture = space.architecture(trial.genotype)
    again = final(evaluator, architecture, architecture.recipe, trials[trial.inherits].seed, 2)
    assert again.validation["accuracy"] == best["validation"]["accuracy"]
    assert again.test["accuracy"] == best["test"]["accuracy"]
    drawn = [space.architecture(each.genotype) for each in trials[:2]]
    random = [
        final(evaluator, each, each.recipe, trial.seed, 2).test["accuracy"]
        for each, trial in zip(drawn, trials[:2], strict=True)
    ]
    assert told["random"]["mean"] == pytest.approx(sum(random) / 2)


def test_a_searcher_that_trains_further_than_the_recipe_is_refused(run: Run, tmp_path: Path) -> None:
    """Nothing is begun, and the message says both ways out."""
    ran = run("search", "tiny.nas", "--searcher", "asha:max=50")
    assert ran.status == 1
    assert "`asha` trains the best for 50 epochs" in ran.err
    assert "--searcher asha:max=" in ran.err
    assert not (tmp_path / "tiny.search").exists()
