"""What type checkers make of annotated code: placeholders are what they stand for, signatures stay, mistakes are found."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from layout import link_tree

PROGRAM = '''\
"""A program whose comments say what type the line reveals, or that it is wrong."""

from collections.abc import Callable

import symnas as sn


class Module:
    """Objects that can be called, as those of torch."""

    __call__: Callable[..., object]


class ReLU(Module):
    """A class to choose."""


class GELU(Module):
    """Another."""


@sn.symbolic
class Block(Module):
    """A class of one's own."""

    def __init__(self, channels: int, kernel: int = 3, act: type[Module] = ReLU) -> None:
        self.channels = channels


@sn.symbolic
def recipe(lr: float, *steps: str, decay: float | None = None) -> dict[str, float]:
    """A function of one's own."""
    return {"lr": lr}


@sn.patch
def wider(value: object, by: int = 2) -> dict[str, int]:
    """A patch."""
    return {str(value): by}


Wrapped = sn.symbolic(GELU)
sizes = [1, 2, 3]

reveal_type(sn.oneof(32, 64))  # int
reveal_type(sn.oneof(1, 2, 3))  # int
reveal_type(sn.oneof(*sizes))  # int
reveal_type(sn.oneof({"a": 1, "b": 2}))  # int
reveal_type(sn.oneof("a", 1))  # str | int
reveal_type(sn.oneof("a", "b", "c", prior=[0.1, 0.2, 0.7]))  # str
reveal_type(sn.range(1, 8))  # int
reveal_type(sn.range(1, 8, step=2))  # int
reveal_type(sn.range(0.0, 1.0, step=0.5))  # float
reveal_type(sn.maybe(3))  # int | None
reveal_type(sn.manyof(2, ["a", "b"]))  # list[str]
reveal_type(sn.subset([1, 2]))  # list[int]
reveal_type(sn.permutation([1, 2]))  # list[int]
reveal_type(Block(sn.oneof(8, 16), act=sn.oneof(ReLU, GELU)))  # Block
reveal_type(Block(sn.range(8, 16)).channels)  # int
reveal_type([Block(sn.oneof(8, 16)) for _ in sizes])  # list[Block]
reveal_type(recipe(sn.range(1e-4, 1e-1), "a"))  # dict[str, float]
reveal_type(Wrapped())  # GELU
reveal_type(sn.partial(Block, kernel=3))  # Block
reveal_type(sn.partial(recipe))  # dict[str, float]
reveal_type(sn.partial(sn.partial(Block, kernel=3), 8))  # Block
reveal_type(sn.clone(Block(8)))  # Block
reveal_type(sn.merge({"a": 1}, {"a": 2}))  # dict[str, int]
reveal_type(sn.space_of(Block(8))[0].build())  # Block
reveal_type(sn.space_of([Block(8)]).size)  # int
reveal_type(sn.to_json(Block(8)))  # str
reveal_type(sn.show(Block(8)))  # str
for trial in sn.search(Block(sn.oneof(1, 2)), trials=3):
    reveal_type(trial.build())  # Block
sn.apply(Block(8), "wider?by=2", {"kernel": 5}).undo()
sn.edit(Block(8), {"kernel": 5}).undo()

Block(sn.oneof("a", "b"))  # wrong
Block(8, kernal=3)  # wrong
Block(kernel=3)  # wrong
Block(8, act=sn.oneof(ReLU, int))  # wrong
recipe(sn.oneof("a", "b"))  # wrong
Wrapped(3)  # wrong
sn.range("a", "b")  # wrong
word: str = sn.oneof(1, 2)  # wrong
sn.edit(Block(8), 3)  # wrong
'''

EXPECTED = {
    number: line.rpartition("  # ")[2]
    for number, line in enumerate(PROGRAM.splitlines(), 1)
    if "reveal_type" in line or line.endswith("# wrong")
}


def mypy(folder: Path) -> dict[int, str]:
    """What mypy says of each line."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-pretty", "--follow-imports=silent", "--cache-dir"]
    environment = os.environ | {"MYPYPATH": str(folder / "names")}
    said = subprocess.run(
        [*command, str(folder / "cache"), "program.py"],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    lines = re.findall(r'^program\.py:(\d+): (?:note: Revealed type is "(.*)"|(error): .*)$', said, re.MULTILINE)
    return {int(number): shown.replace("program.", "") or "wrong" for number, shown, _ in lines}


def pyright(folder: Path) -> dict[int, str]:
    """What pyright says of each line."""
    settings = {"typeCheckingMode": "strict", "extraPaths": ["names"], "include": ["program.py"]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    said = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "program.py"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not said.stdout.startswith("{"):
        pytest.skip(f"pyright does not run here: {said.stdout} {said.stderr}"[:300])
    found = {}
    for each in json.loads(said.stdout)["generalDiagnostics"]:
        shown = re.search(r' is "(.*)"$', each["message"]) if each["severity"] == "information" else None
        found[each["range"]["start"]["line"] + 1] = shown.group(1) if shown else "wrong"
    return found


@pytest.mark.slow
@pytest.mark.parametrize("checker", (mypy, pyright))
def test_checkers_know_what_placeholders_stand_for(checker: Callable[[Path], dict[int, str]], tmp_path: Path) -> None:
    """Line by line, the types that are revealed are those of the comments, and wrong lines, alone, are refused."""
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    link_tree(tmp_path / "names")
    assert checker(tmp_path) == EXPECTED
