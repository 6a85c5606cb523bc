"""Evaluators for tests of studies. They stand here, at the top level of a module, so that worker processes find them."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from toy import ToyArchitecture

from symnas.study import Run

Recipe = Mapping[str, object]


class HasParams(Protocol):
    """An architecture of a program."""

    @property
    def params(self) -> int:
        """Trainable parameters."""
        ...


def value(architecture: ToyArchitecture, _recipe: Recipe) -> float:
    """The architecture's own value."""
    return architecture.value


def slow(architecture: ToyArchitecture, _recipe: Recipe) -> float:
    """The value after a time that differs from trial to trial, so that results come out of order."""
    time.sleep(0.002 + 0.01 * (architecture.params % 4))
    return architecture.value


def metrics(architecture: ToyArchitecture, _recipe: Recipe, seed: int) -> dict[str, float]:
    """Several numbers, the trial's seed and two draws from global generators among them."""
    return {"score": architecture.value, "seed": float(seed), "draw": random.random(), "pid": float(os.getpid())}


def threads(_architecture: ToyArchitecture, _recipe: Recipe) -> dict[str, float]:
    """How many threads the environment asks for."""
    return {"score": float(os.environ["OMP_NUM_THREADS"])}


def moody(architecture: ToyArchitecture, _recipe: Recipe) -> float:
    """Every fourth value is an error, every seventh NaN."""
    if architecture.params % 4 == 3:
        raise ValueError(f"no luck with {architecture.params}")
    return float("nan") if architecture.params % 7 == 6 else architecture.value


def leaving(architecture: ToyArchitecture, _recipe: Recipe) -> float:
    """Where the first choice is 1 the process ends without a word, where it is 2 by a signal."""
    match architecture.genotype["a"]:
        case 1:
            os._exit(3)
        case 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        case _:
            pass
    return architecture.value


def exiting(_architecture: ToyArchitecture, _recipe: Recipe) -> float:
    """`sys.exit` instead of a result."""
    sys.exit(4)


def hanging(architecture: ToyArchitecture, _recipe: Recipe) -> float:
    """Never comes back where the first choice is 1, and starts a process that does not either."""
    if architecture.genotype["a"] == 1:
        subprocess.run(["sleep", "1000"], check=True)
    return architecture.value


class Fragile:
    """Dies at its first attempt at each architecture; `folder` remembers which were tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, architecture: ToyArchitecture, _recipe: Recipe) -> float:
        """The value, at the second attempt."""
        mark = self.folder / "-".join(map(str, architecture.genotype.values()))
        if not mark.exists():
            mark.touch()
            os._exit(9)
        return architecture.value


def wordy(_architecture: ToyArchitecture, _recipe: Recipe) -> str:
    """Breaks the contract."""
    return "very good"


def mistaken(_architecture: ToyArchitecture, _recipe: Recipe) -> dict[str, float]:
    """Reports something, but not the objective."""
    return {"loss": 0.5}


def capacity(architecture: HasParams, recipe: Recipe, seed: int) -> dict[str, float]:
    """A stand-in for training: parameters times the learning rate, and the seed."""
    rate = recipe["lr"]
    assert isinstance(rate, int | float)
    return {"accuracy": architecture.params * float(rate), "seed": float(seed)}


def stepwise(architecture: ToyArchitecture, _recipe: Recipe, run: Run) -> float:
    """Training that can be gone on with: a number is added at each step, and kept in a file; slower for some."""
    kept = None if run.inherited is None else run.inherited / "sum.txt"
    done, total = (int(part) for part in kept.read_text().split()) if kept is not None else (0, 0)
    for step in range(done + 1, (run.until or 8) + 1):
        time.sleep(0.001 * (architecture.params % 3))
        total += architecture.params
        run.report(step, float(total))
    if run.until is not None:
        (run.folder / "sum.txt").write_text(f"{run.until} {total}")
    return float(total)


def crashing(architecture: ToyArchitecture, _recipe: Recipe, run: Run) -> float:
    """Reports two steps; then the process is gone where the first choice is 1."""
    run.report(1, architecture.value)
    run.report(2, architecture.value)
    if architecture.genotype["a"] == 1:
        os._exit(3)
    return architecture.value


def backwards(_architecture: ToyArchitecture, _recipe: Recipe, run: Run) -> float:
    """Breaks the contract of reports."""
    run.report(-1, 1.0)
    return 1.0


def unsaid(_architecture: ToyArchitecture, _recipe: Recipe, run: Run) -> dict[str, float]:
    """Reports a step without the objective."""
    run.report(1, {"loss": 1.0})
    return {"score": 1.0}


def swallowing(architecture: ToyArchitecture, _recipe: Recipe, run: Run) -> float:
    """Catches every exception, as training loops do; a stop is none."""
    for step in range(1, 9):
        with suppress(Exception):
            run.report(step, float(architecture.params * step))
    return architecture.value
