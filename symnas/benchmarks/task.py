"""A task: a space whose architectures have all been evaluated already, and what a search on it sees and is judged by.

Which tasks there are is `catalogue`'s business, how one is run `running`'s.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from attrs import field, frozen

from symnas.domains import Choice
from symnas.program import parse
from symnas.searchers import Failure, Final, Objective, Success
from symnas.space import Space
from symnas.tree import Direction

__all__ = ["Column", "Flat", "Task"]

Column = Sequence[float]
"""One measurement of every row of a table; NaN where there is none."""


@frozen
class Flat:
    """A space as other libraries have it: independent decisions by name, each with its number of choices."""

    decisions: tuple[tuple[str, int], ...]
    row: Callable[[Sequence[int]], int | None]
    """The row of one choice for each decision; `None` where they make no architecture of the table."""


@frozen(eq=False)
class Task:
    """A table with its space. The search sees the columns *seen*, one for each objective; whoever judges it looks at
    *reported*, in which more is better: the values of the architecture that the search, by what it saw, thinks best.
    """

    name: str
    title: str
    text: str
    """The space, as a program."""
    objectives: tuple[Objective, ...]
    seen: tuple[Column, ...]
    reported: Mapping[str, Column]
    row_of: Callable[[Mapping[str, Choice]], int]
    """The row of an architecture of the space, by its genotype."""
    flat: Flat
    cost: Column | None = None
    """Seconds that evaluating each row took, where a budget may be given in seconds."""
    goal: float | None = field(default=None)
    """The value of the only objective at which the search has found what there is to find."""

    @cached_property
    def space(self) -> Space:
        """The space, elaborated."""
        return parse(self.text, f"{self.name}.nas").space()

    def __len__(self) -> int:
        return len(self.seen[0])

    def result(self, row: int) -> Final:
        """What a search is told of a row."""
        values = tuple(column[row] for column in self.seen)
        if any(map(math.isnan, values)):
            return Failure("not measured: the table has no value")
        return Success(values)

    def best(self, metric: str) -> float:
        """The largest value of a reported metric in the table."""
        return max(value for value in self.reported[metric] if not math.isnan(value))

    def score(self, row: int) -> float:
        """The only objective of a row, turned so that larger is better."""
        (_, direction), value = self.objectives[0], self.seen[0][row]
        return value if direction is Direction.MAXIMIZE else -value

    @cached_property
    def top(self) -> float | None:
        """The largest score of all rows; `None` where there are several objectives."""
        if len(self.objectives) > 1:
            return None
        return max(score for score in map(self.score, range(len(self))) if not math.isnan(score))

    def incumbents(self, rows: Sequence[int]) -> list[int]:
        """After each of the evaluations *rows*, the row that is best by what the search has seen; the first of equals."""
        found: list[int] = []
        for row in rows:
            best = found[-1] if found else row
            found.append(row if self._is_better(row, best) else best)
        return found

    def _is_better(self, row: int, other: int) -> bool:
        score, known = self.score(row), self.score(other)
        return score > known or (math.isnan(known) and not math.isnan(score))
