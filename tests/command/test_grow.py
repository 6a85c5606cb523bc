"""`symnas grow` from a file to a grown network: what it prints and writes, and that no interruption changes it."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
from commands import BLOCKED, Run, runner
from growing_programs import DIGITS
from stores import stored

import symnas
from symnas.study import Trial

TINY = DIGITS.replace("epochs: 2", "epochs: 1")
START, RULES = (
    TINY.split("rule wider")[0] + "train" + TINY.split("train")[1],
    "block Conv" + TINY.split("block Conv")[1],
)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.nas").write_text(TINY)
    return runner(capsys)


def facts(trials: list[Trial]) -> list[Any]:
    """All of a trial that does not depend on when it ran."""
    return [(each.number, each.genotype, each.inherits, each.seed, each.values) for each in trials]


def test_a_search_ends_with_a_table_a_line_and_a_network(run: Run, tmp_path: Path) -> None:
    """The best, the ancestors of the very best, figures of the test part, and three files that need no symnas."""
    ran = run("grow", "tiny.nas", "--trials", "5", "--best", "2", "--workers", "0", "--start-epochs", "2")
    assert ran.status == 0, ran.err
    assert ran.out.startswith("5 trials by evolution, seed 0; 6 epochs in all\n")
    assert ran.out.splitlines()[2].split() == ["trial", "parent", "accuracy", "params", "MACs", "moves"]
    assert "the start\n" in ran.out
    assert "The search never sees the test part." in ran.out
    folder = tmp_path / "tiny.grow"
    assert sorted(each.name for each in folder.iterdir()) == [
        "begun.json", "best.nas", "best.pt", "best.py", "tiny.study.db", "tiny.weights",
    ]  # fmt: skip
    best = symnas.load(folder / "best.nas").architecture()
    weights = torch.load(folder / "best.pt", weights_only=True)
    symnas.compile(best).load_state_dict(weights)
    process = [sys.executable, "-c", BLOCKED, str(folder / "best.py")]
    assert len(json.loads(subprocess.run(process, check=True, capture_output=True, text=True).stdout)) == 20


def test_rules_may_lie_in_another_file(run: Run, tmp_path: Path) -> None:
    """`--rules` names it, `--rule` some of them; going on needs neither, and remembers epochs and seed."""
    (tmp_path / "start.nas").write_text(START)
    (tmp_path / "rules.nas").write_text(RULES)
    begun = ("grow", "start.nas", "--rules", "rules.nas", "--rule", "deeper", "--seed", "3", "--workers", "0")
    assert run(*begun, "--trials", "3").status == 0
    assert run("grow", "start.nas", "--resume", "--trials", "4", "--workers", "0").status == 0
    assert run(*begun, "--trials", "4", "-o", "whole").status == 0
    trials = stored(tmp_path / "start.grow" / "start.study.db")
    assert facts(trials) == facts(stored(tmp_path / "whole" / "start.study.db"))
    assert {key.split()[1] for each in trials for key in each.genotype} == {"deeper"}


def test_rules_may_be_python(run: Run, tmp_path: Path) -> None:
    """A file of rules in Python is run, in each worker, too; the search goes on from it."""
    (tmp_path / "start.nas").write_text(START)
    (tmp_path / "mine.py").write_text(
        "import symnas\nfrom symnas.rewriting import nas\n\n@symnas.rule(on='Conv', keep='replicate')\n"
        "def wide(layer):\n    return nas.Conv(layer['out'] * 2)\n"
    )
    ran = run("grow", "start.nas", "--rules", "mine.py", "--trials", "2", "--workers", "1")
    assert ran.status == 0, ran.err
    ran = run("grow", "start.nas", "--resume", "--trials", "3", "--workers", "0")
    assert ran.status == 0, ran.err
    trials = stored(tmp_path / "start.grow" / "start.study.db")
    assert {key.split()[1] for each in trials for key in each.genotype} == {"wide"}
    assert all(each.metrics["inherited"] == 1 for each in trials[1:3])


def test_json_tells_the_same(run: Run) -> None:
    """Trials with their parents and moves, the line, figures of the test part, files."""
    ran = run("grow", "tiny.nas", "--trials", "4", "--workers", "0", "--json", "--searcher", "climbing:children=3")
    found = json.loads(ran.out)
    assert found["trials"] == 4
    assert found["searcher"].startswith("climbing:children=3")
    assert found["epochs"] == 4
    assert {0, None} >= {each["parent"] for each in found["best"]}
    assert found["line"][0]["trial"] == 0
    assert found["line"][0]["told"] == "the start"
    assert found["line"][-1]["trial"] == found["best"][0]["trial"]
    assert 0 <= found["test"]["accuracy"] <= 1
    assert found["best"][0]["moves"] == [move for each in found["line"] for move in each["made_by"]]


def test_the_line_of_any_trial_is_told_later(run: Run) -> None:
    """`--line` searches nothing; it prints the ancestors of the best, or of the trial that is named, as text or JSON."""
    assert run("grow", "tiny.nas", "--trials", "4", "--workers", "0").status == 0
    ran = run("grow", "tiny.nas", "--line", "2")
    assert ran.status == 0
    head, _, start, second = ran.out.splitlines()
    assert head.split() == ["trial", "accuracy", "params", "epochs", "inherited"]
    assert start.split()[0] == "0"
    assert start.endswith("the start")
    assert second.split()[0] == "2"
    assert " → Conv(" in second
    told = json.loads(run("grow", "tiny.nas", "--line", "--json").out)
    assert told[0]["trial"] == 0
    assert run("grow", "tiny.nas", "--line", "9").err.startswith("error: there is no trial 9; the last is ")


def test_a_trained_network_is_the_start(run: Run, tmp_path: Path) -> None:
    """`--weights` with `--start-epochs 0`: what was found before goes on, and so does a shrinking one."""
    assert run("grow", "tiny.nas", "--trials", "1", "--workers", "0").status == 0
    shrink = "rule narrower: Conv($out, $kernel) where $out > 1 => Conv($out // 2, $kernel) keep slice\n"
    (tmp_path / "big.nas").write_text(START + shrink)
    ran = run(
        "grow", "big.nas", "--weights", "tiny.grow/best.pt", "--start-epochs", "0", "--epochs", "1", "--trials", "4",
        "--workers", "0", "--searcher", "reinforce:reward=compression", "--json",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    found = json.loads(ran.out)
    before = json.loads(run("grow", "tiny.nas", "--line", "0", "--json").out)
    start = next(each for each in found["line"] if each["trial"] == 0)
    assert start["values"] == before[0]["values"]
    assert start["metrics"]["epochs"] == 0
    trials = stored(tmp_path / "big.grow" / "big.study.db")[1:4]
    assert all(each.metrics["inherited"] == 1 for each in trials)


def test_the_file_may_name_its_evaluator(run: Run, tmp_path: Path) -> None:
    """Python that the file names trains; its weights are its own affair, so the program alone is written."""
    (tmp_path / "mine.py").write_text("def learn(architecture, recipe):\n    return architecture.params\n")
    text = START.replace("maximize accuracy", "maximize size").replace('data: "digits", ', "")
    text += "use mine (learn)\nsearch { evaluator: learn }\n" + "rule wider: Conv(4, $k) => Conv(8, $k)\n"
    (tmp_path / "own.nas").write_text(text)
    ran = run("grow", "own.nas", "--trials", "3", "--workers", "0", "--allow", "mine")
    assert ran.status == 0, ran.err
    assert "wrote own.grow/best.nas\ntrials are" in ran.out
    assert "test " not in ran.out
    ran = run("grow", "own.nas", "--allow", "mine", "--epochs", "3", "-o", "other")
    assert "`--epochs` is for the built-in trainer; the file's `evaluator` decides that itself" in ran.err


def test_a_file_says_how_it_is_searched(run: Run, tmp_path: Path) -> None:
    """Trials, seed and workers of its `search { … }` hold where the command does not say otherwise."""
    (tmp_path / "told.nas").write_text(TINY + "search { trials: 3, seed: 4, workers: 0, ahead: 2 }\n")
    assert run("grow", "told.nas").out.startswith("3 trials by evolution, seed 4;")
    assert len(stored(tmp_path / "told.grow" / "told.study.db")) <= 5
    assert run("grow", "told.nas", "--seed", "5", "--trials", "2", "-o", "other").out.startswith(
        "2 trials by evolution, seed 5;"
    )
    ran = run("grow", "told.nas", "--trial-seconds", "9", "-o", "third")
    assert "`trial_seconds` needs worker processes" in ran.err


WRONG = (
    (("grow", "tiny.nas", "--rule", "widr"), "tiny.nas has no rule `widr`; did you mean `wider`?"),
    (("grow", "tiny.nas", "--searcher", "climb"), "no searcher over moves is called `climb`"),
    (("grow", "tiny.nas", "--searcher", "climbing:children=0"), "searcher `climbing`"),
    (("grow", "tiny.nas", "--resume"), "tiny.grow holds no search to go on with"),
    (("grow", "tiny.nas", "--line"), "tiny.grow holds no search to go on with"),
    (("grow", "tiny.nas", "--weights", "none.pt"), "none.pt"),
    (("grow", "tiny.nas", "--rules", "none.nas"), "cannot read none.nas"),
    (("grow", "none.nas"), "cannot read none.nas"),
    (("grow", "tiny.nas", "--workers", "9"), "9 workers need as many open proposals, not 4"),
    (("grow", "bare.nas"), "bare.nas declares no rule"),
    (("grow", "idle.nas"), "no rule matches in the start; there are the rules `bent`"),
    (("grow", "open.nas"), "rule `open` leaves something to be decided"),
    (("grow", "dataless.nas"), "names no data"),
)


@pytest.mark.parametrize(("words", "expected"), WRONG, ids=[" ".join(words[1:]) for words, _ in WRONG])
def test_mistakes_are_told_before_anything_is_written(
    run: Run, tmp_path: Path, words: tuple[str, ...], expected: str
) -> None:  # fmt: skip
    """Each with what is wrong, in one message and without a traceback; no folder is left."""
    (tmp_path / "bare.nas").write_text(START)
    (tmp_path / "idle.nas").write_text(START + "rule bent: SiLU => Tanh\n")
    (tmp_path / "open.nas").write_text(START + "rule open: ReLU => oneof(SiLU, Tanh)\n")
    (tmp_path / "dataless.nas").write_text(TINY.replace('data: "digits", ', ""))
    ran = run(*words)
    assert ran.status == 1
    assert expected in ran.err
    assert "Traceback" not in ran.err
    assert not list(tmp_path.glob("*.grow"))


def test_a_search_goes_on_as_it_was_begun(run: Run) -> None:
    """What is given again must be the same; a second search in the same place is refused."""
    assert run("grow", "tiny.nas", "--trials", "2", "--workers", "0", "--epochs", "1").status == 0
    assert "has a study `search` already" in run("grow", "tiny.nas", "--trials", "3").err
    ran = run("grow", "tiny.nas", "--resume", "--epochs", "2")
    assert "begun with --epochs 1, not 2: leave --epochs out, or use `-o`" in ran.err
    ran = run("grow", "tiny.nas", "--resume", "--rule", "wider")
    assert "begun without --rule, not wider" in ran.err
    ran = run("grow", "tiny.nas", "--resume", "--searcher", "climbing")
    assert "the state is that of searcher `evolution:" in ran.err
    ran = run("grow", "tiny.nas", "--resume", "--ahead", "2")
    assert "begun with --ahead 4" in ran.err


def test_killed_at_any_moment_it_goes_on_as_if_nothing_had_happened(run: Run, tmp_path: Path) -> None:
    """`kill -9`, then `--resume` alone: the same trials, and the same weights to the last bit."""
    assert run("grow", "tiny.nas", "--trials", "8", "--workers", "0", "-o", "whole").status == 0
    command = [sys.executable, "-m", "symnas", "grow", "tiny.nas", "--workers", "0", "-o", "cut"]
    store = tmp_path / "cut" / "tiny.study.db"
    with subprocess.Popen([*command, "--trials", "8"], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None and _finished(store) < 3:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    assert 3 <= _finished(store) < 8
    result = subprocess.run([*command, "--resume"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert facts(stored(store)) == facts(stored(tmp_path / "whole" / "tiny.study.db"))
    for name in ("best.nas", "best.pt"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_ctrl_c_tells_how_to_go_on(tmp_path: Path) -> None:
    """Ctrl-C ends the search with the command that resumes it, and no traceback."""
    (tmp_path / "tiny.nas").write_text(TINY)
    command = [sys.executable, "-m", "symnas", "grow", "tiny.nas", "--trials", "500", "--workers", "1", "-o", "stopped"]
    store = tmp_path / "stopped" / "tiny.study.db"
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None and _finished(store) < 2:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "symnas grow tiny.nas --resume -o stopped" in errors
    assert "Traceback" not in errors


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
