"""Every file means the same in every process, however Python hashes strings there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

VERBS = {
    "check": ("check",), "sample": ("sample", "-n", "3", "--seed", "7", "--json"), "summary": ("summary", "--seed", "3"),
    "count": ("count",), "fmt": ("fmt", "--diff"), "expand": ("expand", "--seed", "5"),
}  # fmt: skip
"""What each process is asked about each file."""

QUICK = {"samples": ("sample",), "showcase": ("sample",), "errors": ("check", "fmt")}
"""What is asked of each folder's files; with `SYMNAS_FUZZ` set, everything."""

SCRIPT = """
import json, sys
from symnas.command import main
for file in sys.argv[2:]:
    for words in json.loads(sys.argv[1]):
        print("==", file, *words, main([*words, file]), flush=True)
"""


def said(files: list[Path], verbs: tuple[str, ...]) -> list[bytes]:
    """What two processes that hash differently print about *files*, mistakes included."""
    asked = [sys.executable, "-c", SCRIPT, json.dumps([VERBS[verb] for verb in verbs]), *map(str, files)]
    started = [
        subprocess.Popen(
            asked, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONHASHSEED": seed}
        )
        for seed in ("1", "2")
    ]
    return [each.communicate()[0] for each in started]


@pytest.mark.parametrize("kind", QUICK)
def test_another_process_says_the_same(kind: str, request: pytest.FixtureRequest) -> None:
    """Checks, counts, draws, tables, layouts and expansions of all files are the same bytes under two hash seeds."""
    folder = ROOT / "samples" if kind == "samples" else request.getfixturevalue("shared") / "language" / kind
    files = sorted(folder.rglob("*.nas"))
    assert files
    first, second = said(files, tuple(VERBS) if "SYMNAS_FUZZ" in os.environ else QUICK[kind])
    assert first == second
    assert first.count(b"\n== ") + first.startswith(b"== ") >= len(files)
