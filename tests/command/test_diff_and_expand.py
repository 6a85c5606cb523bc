"""`symnas diff` and `symnas expand`, run as a user runs them."""

import json
from pathlib import Path

import pytest
from canonical import canonical
from commands import Run, runner

import symnas

OLD = "let width = oneof(8, 16)\nnet A(x: f32[N, 8]) = x -> Linear(width) -> oneof(ReLU, SiLU)\n"
NEW = OLD.replace("oneof(8, 16)", "oneof(8, 32)")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with two versions of a program and a wrong one."""
    (tmp_path / "old.nas").write_text(OLD, encoding="utf-8")
    (tmp_path / "new.nas").write_text(NEW, encoding="utf-8")
    (tmp_path / "wrong.nas").write_text("let a = (\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_diff_says_what_differs(run: Run) -> None:
    """Differences are printed a line each; the status says whether there are any."""
    ran = run("diff", "old.nas", "new.nas")
    assert (ran.status, ran.out, ran.err) == (1, "width: oneof(8, 16) → oneof(8, 32)\n", "")
    same = run("diff", "old.nas", "old.nas")
    assert (same.status, same.out, same.err) == (0, "", "")


def test_diff_tells_architectures_apart(run: Run, folder: Path) -> None:
    """Of two architectures, decisions and costs are told."""
    (folder / "a.nas").write_text(OLD + "pick { width: 8, A.oneof: ReLU }\n", encoding="utf-8")
    (folder / "b.nas").write_text(OLD + "pick { width: 16, A.oneof: ReLU }\n", encoding="utf-8")
    assert run("diff", "a.nas", "b.nas").out == "width: 8 → 16\nA.params: 72 → 144\nA.macs: 64 → 128\n"


def test_diff_for_programs(run: Run) -> None:
    """`--json` has the kind, the path, both texts and both places of each difference."""
    found = json.loads(run("diff", "--json", "old.nas", "new.nas").out)
    assert found == {
        "equal": False,
        "differences": [
            {
                "path": "width",
                "kind": "changed",
                "before": "oneof(8, 16)",
                "after": "oneof(8, 32)",
                "a": {"line": 1, "column": 13},
                "b": {"line": 1, "column": 13},
            }
        ],
        "costs": [],
    }
    assert json.loads(run("diff", "--json", "old.nas", "old.nas").out)["equal"] is True


@pytest.mark.parametrize("file", ("wrong.nas", "none.nas"))
def test_diff_has_a_status_for_what_cannot_be_compared(run: Run, file: str) -> None:
    """A file that cannot be read is neither equal nor different."""
    ran = run("diff", "old.nas", file)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err


def test_expand_writes_one_network(run: Run, folder: Path) -> None:
    """With a seed, or with picks for all decisions, a network without placeholders is printed or written."""
    ran = run("expand", "old.nas", "--pick", "width=16", "--pick", "A.oneof=SiLU")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "nas 1\n\nnet A(x: f32[N, 8]) = x -> Linear(16) -> SiLU\n"
    written = run("expand", "old.nas", "--seed", "3", "-o", "alone.nas")
    assert (written.status, written.out) == (0, "")
    assert written.err.endswith("wrote alone.nas\n")
    program = symnas.load(folder / "alone.nas")
    drawn = run("sample", "old.nas", "--seed", "3").out
    assert canonical(program.architecture().graph()) in {
        canonical(each.graph()) for each in map(symnas.load("old.nas").space().__getitem__, range(4))
    }
    assert drawn


def test_expand_keeps_a_space(run: Run) -> None:
    """What leaves decisions open stays the same space."""
    ran = run("expand", "old.nas", "--pick", "width=16")
    assert ran.status == 0
    assert symnas.parse(ran.out).space().size == 2
