"""A long work as it goes on: a live display on a terminal, which is gone when the work is; else a line now and then."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from symnas.command.terminal import note

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

__all__ = ["STOPPED", "Watch", "clock", "watching"]

STOPPED = 130
"""The exit status of a search that Ctrl-C ended."""

EVERY = 5.0
"""Seconds between lines where there is no terminal."""


class Watch(Protocol):
    """What a work tells of itself."""

    def __call__(self, done: int, total: int | None, best: str, left: float | None, /) -> None:
        """*done* of *total* steps; *best* so far, in words; seconds *left*, as far as these are known."""
        ...


@contextmanager
def watching(what: str, total: int | None, done: int = 0) -> Iterator[Watch]:
    """Show a work that consists of *what* (`trials`) while it lasts; *done* of them are done already."""
    if not sys.stderr.isatty():
        yield _Lines(what)
        return
    with _bar() as bar:
        yield _Display(bar, what, total, done)


class _Lines:
    """A line every few seconds: the first step at once, and the last one."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._last = float("-inf")

    def __call__(self, done: int, total: int | None, best: str, left: float | None) -> None:
        now = time.monotonic()
        if now - self._last >= EVERY or done == total:
            self._last = now
            left_text = "" if left is None else f"{clock(left)} left"
            note(", ".join(filter(None, (_title(self._what, done, total), best, left_text))))


class _Display:
    """A bar that moves, with the time gone by even while nothing is finished."""

    def __init__(self, bar: "Bar", what: str, total: int | None, done: int) -> None:
        self._bar = bar
        self._what = what
        self._task = bar.add_task(_title(what, done, total), total=total, completed=done, best="", left="")

    def __call__(self, done: int, total: int | None, best: str, left: float | None) -> None:
        shown = "" if left is None else f"{clock(left)} left"
        title = _title(self._what, done, total)
        self._bar.update(self._task, description=title, completed=done, total=total, best=best, left=shown)


def _title(what: str, done: int, total: int | None) -> str:
    return f"{done} {what}" if total is None else f"{done} of {total} {what}"


def _bar() -> "Bar":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[best]}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)


def clock(seconds: float) -> str:
    """`1:05`, or `2:00:07`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
