"""`symnas fmt`, run as a user runs it."""

import io
import json
import stat
import sys
from pathlib import Path

import pytest
from commands import Run, runner

UGLY = "nas 1\nlet a=f( 1 )  # kept\n"
FINE = "nas 1\nlet a = f(1)  # kept\n"
WRONG = "nas 1\nlet a = f(1\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a fine file, one to lay out, a wrong one, and one that is hidden."""
    files = {"fine.nas": FINE, "sub/ugly.nas": UGLY, "wrong.nas": WRONG, ".hidden/ugly.nas": UGLY}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_is_formatted_and_a_mistake_keeps_no_other_file(run: Run, folder: Path) -> None:
    """All files below a folder are laid out, hidden ones apart; one with mistakes is reported and left alone."""
    ran = run("fmt", ".")
    assert ran.status == 1
    assert ran.out == ""
    assert "never closed" in ran.err
    assert "formatted sub/ugly.nas\n" in ran.err
    assert (folder / "sub/ugly.nas").read_text() == FINE
    assert (folder / "wrong.nas").read_text() == WRONG
    assert (folder / ".hidden/ugly.nas").read_text() == UGLY


def test_check_lists_what_would_change(run: Run, folder: Path) -> None:
    """`--check` writes nothing, prints the names of files that would change, and says so by its status."""
    ran = run("fmt", "--check", "fine.nas", "sub/ugly.nas")
    assert (ran.status, ran.out, ran.err) == (1, "sub/ugly.nas\n", "")
    assert (folder / "sub/ugly.nas").read_text() == UGLY
    assert run("fmt", "--check", "fine.nas").status == 0


def test_diff_shows_what_would_change(run: Run, folder: Path) -> None:
    """`--diff` prints a unified diff and writes nothing; only with `--check` is it a failure."""
    ran = run("fmt", "--diff", "sub/ugly.nas")
    assert ran.status == 0
    assert ran.out.splitlines()[0] == "--- sub/ugly.nas"
    assert "-let a=f( 1 )  # kept\n+let a = f(1)  # kept\n" in ran.out
    assert run("fmt", "--check", "--diff", "sub/ugly.nas").status == 1
    assert (folder / "sub/ugly.nas").read_text() == UGLY


def test_standard_input_is_formatted_to_standard_output(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads a program and prints it laid out; of a wrong one nothing is printed but its mistakes."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(UGLY))
    ran = run("fmt", "-")
    assert (ran.status, ran.out, ran.err) == (0, FINE, "")
    monkeypatch.setattr(sys, "stdin", io.StringIO(WRONG))
    ran = run("fmt", "-")
    assert (ran.status, ran.out) == (1, "")
    assert "<stdin>:2:10" in ran.err


def test_permissions_stay_and_links_are_followed(run: Run, folder: Path) -> None:
    """A file keeps its mode; of a link, the file behind it is written and the link stays."""
    target = folder / "sub/ugly.nas"
    target.chmod(0o640)
    (folder / "link.nas").symlink_to(target)
    assert run("fmt", "link.nas").status == 0
    assert (folder / "link.nas").is_symlink()
    assert target.read_text() == FINE
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert [each.name for each in (folder / "sub").iterdir()] == ["ugly.nas"]


def test_line_ends_and_byte_order_marks_are_made_alike(run: Run, folder: Path) -> None:
    """A file with other line ends or a byte order mark would change, and is written without."""
    (folder / "dos.nas").write_bytes(b"\xef\xbb\xbf" + FINE.replace("\n", "\r\n").encode())
    assert run("fmt", "--check", "dos.nas").out == "dos.nas\n"
    run("fmt", "dos.nas")
    assert (folder / "dos.nas").read_bytes() == FINE.encode()


@pytest.mark.usefixtures("folder")
def test_json_tells_what_became_of_each_file(run: Run) -> None:
    """`--json` has an entry for each file: whether it changes, and its mistakes."""
    ran = run("fmt", "--check", "--json", ".")
    found = {each["file"]: each for each in json.loads(ran.out)}
    assert ran.status == 1
    assert [found[name]["changes"] for name in ("fine.nas", "sub/ugly.nas", "wrong.nas")] == [False, True, False]
    assert found["wrong.nas"]["diagnostics"][0]["start"]["line"] == 2


def test_what_is_not_there_is_said(run: Run, folder: Path) -> None:
    """A missing file and a folder without programs are the user's mistakes, not ours."""
    (folder / "empty").mkdir()
    assert run("fmt", "none.nas").status == 1
    assert "there is no .nas file in empty" in run("fmt", "empty").err
