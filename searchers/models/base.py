"""What a surrogate model is: it learns a target from rows of numbers, and says how sure it is.

A model depends on what it is fitted to and on nothing else: fitted to the same observations after a restart, it is the
same model. How architectures become rows is the business of `searchers.candidates`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from attrs import frozen
from scipy.special import ndtri

__all__ = ["Belief", "Function", "Model", "Observations", "Refitted", "Vector", "normal_scores"]

Vector = npt.NDArray[np.float64]
"""Numbers: one for each architecture, or a row of columns for each."""

Function = Callable[[Vector], Vector]
"""A value for each row: shape (rows, columns) to (rows,)."""

GROWTH = 1.2
"""A model whose training is slow is trained anew when there are so many times the observations."""

MANY = 200
"""From so many observations on, ..."""

SLOW_GROWTH = 1.5
"""... when there are so many times as many: what is new says less then, and training takes longer."""


@frozen(eq=False)
class Observations:
    """What has been seen, in the order of proposals: the *rows* that they are, and how they did.

    Only the order of *standings* counts, larger being better: models learn `targets`. The first *settled* stay for many
    fits; the last *assumed* have not been seen, but are taken for what they are said to be.
    """

    rows: Vector
    standings: Vector
    settled: int = 0
    assumed: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def targets(self) -> Vector:
        """Normal scores of the standings."""
        return normal_scores(self.standings)

    def first(self, count: int) -> "Observations":
        """The first *count* of them."""
        return Observations(self.rows[:count], self.standings[:count], min(count, self.settled))


@frozen(eq=False)
class Belief:
    """What a model expects of each row, and the standard deviation of it: shape (rows,)."""

    mean: Vector
    deviation: Vector


class Model(ABC):
    """Learns a target from rows."""

    quick: ClassVar[int] = 1000
    """How many rows it judges in a few milliseconds."""

    @abstractmethod
    def fit(self, seen: Observations) -> None:
        """Learn from *seen*, which has two observations at least; what was learned before is forgotten."""

    @abstractmethod
    def believe(self, rows: Vector) -> Belief:
        """What is expected of *rows*, and how surely."""

    def expect(self, rows: Vector) -> Vector:
        """What is expected of *rows* alone, which some models know sooner."""
        return self.believe(rows).mean

    def draw(self, rng: np.random.Generator, spread: float = 1.0) -> Function:
        """A function drawn from what is believed, *spread* times as far from what is expected as chance has it. Here each
        row is drawn by itself, as in "independent Thompson sampling" of BANANAS; a model that can draw functions does.
        """

        def drawn(rows: Vector) -> Vector:
            belief = self.believe(rows)
            return belief.mean + spread * belief.deviation * rng.standard_normal(len(rows))

        return drawn


class Refitted(Model):
    """A model whose training is slow: trained anew on the first observations whenever they are a fifth more; once they are
    many, half as many more.

    So training costs the same share of a search however long it is.
    """

    def __init__(self) -> None:
        self._trained_on: bytes | None = None

    def fit(self, seen: Observations) -> None:
        """Train anew if there are enough new observations, or late results among the old ones."""
        first = seen.first(_last_step(len(seen)))
        key = first.rows.tobytes() + first.targets.tobytes()
        if key != self._trained_on:
            self.train(first.rows, first.targets)
            self._trained_on = key

    @abstractmethod
    def train(self, rows: Vector, targets: Vector) -> None:
        """Learn from scratch."""


def _last_step(count: int) -> int:
    """The largest number of observations, of those at which there is a training, that is not above *count*."""
    step = 2
    while (following := max(step + 1, int(step * (GROWTH if step < MANY else SLOW_GROWTH)))) <= count:
        step = following
    return step


def normal_scores(standings: Vector) -> Vector:
    """What a normal law would have in place of each value, going by its rank alone: (rank - ½) / n as a quantile.

    Equals share their mean rank. So no outlier (a network that did not train) hides what matters among the good ones,
    and every objective has the same scale. Shape (n,) to (n,).
    """
    _, place, count = np.unique(standings, return_inverse=True, return_counts=True)
    rank = np.cumsum(count) - (count - 1) / 2
    scores: Vector = ndtri((rank[place] - 0.5) / len(standings))
    return scores
