"""Long searches: what one ask and tell cost, and how much must be saved, do not grow with the number of trials.

Work is counted in calls of functions, Python's and those of libraries, which is the same on every machine; the clock is not
looked at.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from types import FrameType

from attrs import define, frozen

from symnas.conformance.playing import Asked, Made, Maker, demand, step
from symnas.program import parse

__all__ = ["Growth", "endure", "measure"]

WIDE = "train { " + ", ".join(f"d{place}: oneof({', '.join(map(str, range(8)))})" for place in range(12)) + " }"
"""12 decisions of 8 alternatives: large enough never to end, and quick to draw from."""

SLACK = 500
"""Characters that a snapshot may grow by in any case: numbers get longer."""

WINDOW = 40
"""Steps whose work is counted at a time."""


@frozen
class Growth:
    """Early and late in a search: calls of functions for an ask and a tell (the median), and characters of a snapshot."""

    early_calls: float
    late_calls: float
    early_size: int
    late_size: int


def measure(make: Maker, tells: int, after: int = 400) -> Growth:
    """Search for *tells* trials; early is after *after* of them."""
    searcher = make(parse(WIDE, "wide.nas").space())
    waiting: list[Asked] = []
    _go(searcher, waiting, after - WINDOW)
    early, early_size = _calls(searcher, waiting), _size(searcher)
    _go(searcher, waiting, tells - after - WINDOW)
    return Growth(early, _calls(searcher, waiting), early_size, _size(searcher))


def endure(make: Maker, tells: int, factor: float = 3.0) -> None:
    """Demand that work and snapshot after *tells* trials are at most *factor* times those after 400."""
    found = measure(make, tells)
    demand(
        found.late_calls <= factor * found.early_calls,
        f"a step costs at most {factor:g} times as much after {tells:,} trials as after 400; "
        f"it takes {found.late_calls:,.0f} calls in place of {found.early_calls:,.0f}",
    )
    demand(
        found.late_size <= factor * found.early_size + SLACK,
        f"a snapshot is at most {factor:g} times as large after {tells:,} trials as after 400; "
        f"it has {found.late_size:,} characters in place of {found.early_size:,}",
    )


def _go(searcher: Made, waiting: list[Asked], steps: int) -> None:
    for _ in range(steps):
        step(searcher, waiting, 1)


def _size(searcher: Made) -> int:
    """Characters of a snapshot, the generator's own apart, which are many and always as many."""
    return len(json.dumps({**searcher.snapshot(), "generator": None}))


def _calls(searcher: Made, waiting: list[Asked]) -> float:
    counts = []
    for _ in range(WINDOW):
        with _counting() as counter:
            step(searcher, waiting, 1)
        counts.append(counter.calls)
    return median(counts)


@define
class _Counter:
    calls: int = 0

    def heard(self, _frame: FrameType, event: str, _of: object) -> None:
        """Called by the interpreter."""
        if event in {"call", "c_call"}:
            self.calls += 1


@contextmanager
def _counting() -> Iterator[_Counter]:
    counter, before = _Counter(), sys.getprofile()
    sys.setprofile(counter.heard)
    try:
        yield counter
    finally:
        sys.setprofile(before)
