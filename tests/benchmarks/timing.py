"""Timing of operations side by side, and the other libraries that symnas is measured against.

Times are processor time of this process: on a busy machine the clock on the wall measures the neighbours. The
contenders take turns, round after round, so that a slow moment hits all of them alike, and the median counts.
"""

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from attrs import frozen

__all__ = ["Operation", "duration", "medians", "rival", "show", "table"]

INSTALL = "pip install pyglove==0.4.5 ConfigSpace optuna"


@frozen
class Operation:
    """Something to time: *act* on each of the inputs that *prepare* makes, *count* of them in a round."""

    act: Callable[[Any], object]
    prepare: Callable[[int], Sequence[Any]] = range
    count: int = 1000


def seconds_of(operation: Operation) -> float:
    """Seconds that one call of *operation* takes, from one round; preparing is not counted."""
    inputs, act = operation.prepare(operation.count), operation.act
    begin = time.process_time()
    for each in inputs:
        act(each)
    return (time.process_time() - begin) / operation.count


def medians(operations: Mapping[str, Operation], rounds: int) -> dict[str, float]:
    """Microseconds of each operation: the median over rounds in which all take turns, after one to warm up."""
    times: dict[str, list[float]] = {name: [] for name in operations}
    for turn in range(rounds + 1):
        for name, operation in operations.items():
            taken = seconds_of(operation)
            if turn:
                times[name].append(taken)
    return {name: 1e6 * statistics.median(taken) for name, taken in times.items()}


def duration(act: Callable[[], object]) -> float:
    """Seconds that *act* takes, once."""
    begin = time.process_time()
    act()
    return time.process_time() - begin


def rival(name: str) -> ModuleType | None:
    """The library called *name*, or `None`, and a line that says how to get it."""
    try:
        return import_module(name)
    except ImportError:
        sys.stderr.write(f"{name} is not installed and left out; for the whole comparison: {INSTALL}\n")
        return None


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of text as a Markdown table with numbers set to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [
        f"| {row[0].ljust(widths[0])} | " + " | ".join(map(str.rjust, row[1:], widths[1:])) + " |"
        for row in (head, rule, *rows)
    ]
    return "\n".join(lines)


def show(text: str) -> None:
    """Print *text* at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
