"""Operators of the user's own, in a file outside the package: the one that `docs/operators.md` shows, on the command line."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

NET = """nas 1
net Tiny(x: f32[N, 3, 8, 8]) {
  x = x -> Conv2d(8, 3) -> ScaledSwish(beta = oneof(1, 2.5)) -> GlobalAvgPool2d
  x -> Flatten -> Linear(4)
}
"""


@pytest.fixture
def place(tmp_path: Path, root: Path) -> Path:
    """A folder with the page's operator and a program that uses it."""
    page = (root / "docs" / "operators.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(# scaled\.py\n.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "scaled.py").write_text(block, encoding="utf-8")
    (tmp_path / "tiny.nas").write_text(NET, encoding="utf-8")
    return tmp_path


def symnas(place: Path, *words: str, operators: str = "scaled.py") -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, in the folder *place*."""
    environment = {**os.environ, "SYMNAS_OPERATORS": operators}
    command = [sys.executable, "-m", "symnas", *words]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)


def test_an_operator_of_the_user_is_like_all_others(place: Path) -> None:
    """It is checked and counted, both targets agree on it, gradients and parameters too, and the compiled file needs no
    symnas.
    """
    checked = symnas(place, "check", "tiny.nas")
    assert checked.stdout.startswith("tiny.nas: 2 architectures"), checked.stderr
    verified = symnas(place, "verify", "tiny.nas")
    assert verified.returncode == 0, verified.stdout
    assert [line.split()[0] for line in verified.stdout.splitlines()[2:]] == [
        "parameters", "trainable", "MACs", "gradients", "outputs",
    ]  # fmt: skip
    assert symnas(place, "compile", "tiny.nas", "--to", "torch", "-o", "net.py").returncode == 0
    text = (place / "net.py").read_text(encoding="utf-8")
    assert "class ScaledSwish(nn.Module):" in text
    assert {line for line in text.splitlines() if "import" in line} <= {
        "import torch", "import torch.nn.functional as F", "from torch import nn",
    }  # fmt: skip
    assert "ScaledSwish(8, 1.0)" in text or "ScaledSwish(8, 2.5)" in text


def test_its_mistakes_have_their_places(place: Path) -> None:
    """What it refuses is a mistake of the program; a setting that it lacks as well."""
    (place / "wrong.nas").write_text("net A(x: f32[N, 8]) = x -> ScaledSwish\n", encoding="utf-8")
    assert "`ScaledSwish` takes [N, C, H, W]; this is [N, 8]" in symnas(place, "check", "wrong.nas").stdout
    (place / "wrong.nas").write_text(NET.replace("beta", "gamma"), encoding="utf-8")
    assert "gamma" in symnas(place, "check", "wrong.nas").stdout


@pytest.mark.parametrize(
    ("text", "words"),
    (
        (None, "FileNotFoundError"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("from symnas.operators import *\nregister(lookup('ReLU'))\n", "operator `ReLU` is registered already"),
    ),
)
def test_a_file_that_fails_is_said(text: str | None, words: str, place: Path) -> None:
    """A file that is not there, raises, or takes a name: a message with the reason, no traceback."""
    if text is not None:
        (place / "other.py").write_text(text, encoding="utf-8")
    ran = symnas(place, "check", "tiny.nas", operators="other.py")
    assert ran.returncode == 1
    assert ran.stderr.startswith("error: SYMNAS_OPERATORS lists `other.py`, which fails: ")
    assert words in ran.stderr
