"""Every file means the same in every process, however Python hashes strings there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sys
from symnas.command import main
for file in sys.argv[1:]:
    for words in (["check"], ["count"], ["sample", "-n", "3", "--seed", "7", "--json"], ["summary", "--seed", "3"],
                  ["fmt", "--diff"], ["expand", "--seed", "5"]):
        print("==", file, *words, main([*words, file]), flush=True)
"""


def said(files: list[Path], seed: str) -> bytes:
    """What a process that hashes by *seed* prints about *files*, mistakes included."""
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, files)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    ).stdout  # fmt: skip


@pytest.mark.parametrize("kind", ("samples", "showcase", "errors"))
def test_another_process_says_the_same(kind: str, request: pytest.FixtureRequest) -> None:
    """Checks, counts, draws, tables, layouts and expansions of all files are the same bytes under two hash seeds."""
    folder = ROOT / "samples" if kind == "samples" else request.getfixturevalue("shared") / "language" / kind
    files = sorted(folder.rglob("*.nas"))
    assert files
    assert said(files, "1") == said(files, "2")
