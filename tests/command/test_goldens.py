"""What people read, word for word: the mistakes of the published wrong programs, and the README."""

import os
import re
from pathlib import Path

import pytest
from commands import Run, runner

from symnas.study import AHEAD

GOLDEN = Path(__file__).parent / "goldens" / "check_errors.txt"

UPDATE = "SYMNAS_UPDATE_GOLDENS"
"""Set to rewrite the golden file: `SYMNAS_UPDATE_GOLDENS=1 pytest tests/command/test_goldens.py`."""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


def test_wrong_programs_get_their_messages(run: Run, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`symnas check` shows every published wrong program its mistake, place and remedy."""
    monkeypatch.chdir(shared / "language" / "errors")
    ran = run("check", *sorted(path.name for path in Path().glob("*.nas")))
    assert ran.status == 1
    if os.environ.get(UPDATE):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(ran.out, encoding="utf-8")
    assert ran.out == GOLDEN.read_text(encoding="utf-8")


def test_the_python_of_the_readme_runs(root: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """The README's Python runs as it stands."""
    monkeypatch.chdir(root)
    (code,) = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 (our own text)
    del run  # its capture kept the output away


def test_the_program_of_the_readme_is_the_samples(root: Path) -> None:
    """Lines that the README shows of a net are lines of the sample."""
    (shown,) = re.findall(r"```nas\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    sample = (root / "samples" / "digits.nas").read_text(encoding="utf-8")
    (net,) = re.findall(r"^net .*?^}\n", shown, re.DOTALL | re.MULTILINE)
    assert net in sample


def test_help_states_the_default_of_the_study(run: Run) -> None:
    """The number of open proposals in `search --help` is the study's."""
    assert f"bound of --workers ({AHEAD})" in " ".join(run("search", "--help").out.split())
