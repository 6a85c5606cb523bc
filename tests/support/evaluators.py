"""Evaluators for tests of studies. They stand here, at the top level of a module, so that worker processes find them."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from toy import ToyArchitecture

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
