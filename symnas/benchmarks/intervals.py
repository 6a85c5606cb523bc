"""Means of runs with their 95 % intervals, by the bootstrap: regrets are skewed and bounded, so no normal law is assumed."""

from collections.abc import Sequence
from functools import lru_cache
from random import Random
from statistics import fmean

from attrs import frozen

__all__ = ["Interval", "difference", "mean"]

RESAMPLES = 4000
LEVEL = 0.95


@frozen
class Interval:
    """A mean, and between what its true value lies with 95 % confidence."""

    mean: float
    low: float
    high: float

    @property
    def above_zero(self) -> bool:
        """Whether it is sure to be more than nothing."""
        return self.low > 0


def mean(values: Sequence[float]) -> Interval:
    """The mean of *values* with the percentiles of 4,000 resampled means; the same in every process."""
    return _interval(fmean(values), _resampled(tuple(values), 0))


def difference(first: Sequence[float], second: Sequence[float]) -> Interval:
    """The mean of *first* less that of *second*.

    Each is resampled by itself, so they need not be equally many, and runs of one seed are not taken for pairs: searchers
    of different libraries share nothing by it.
    """
    firsts, seconds = _resampled(tuple(first), 1), _resampled(tuple(second), 2)
    return _interval(fmean(first) - fmean(second), [one - two for one, two in zip(firsts, seconds, strict=True)])


@lru_cache(maxsize=1000)  # a report compares each searcher with several
def _resampled(values: tuple[float, ...], seed: int) -> tuple[float, ...]:
    rng, count = Random(seed), len(values)
    return tuple(sum(rng.choices(values, k=count)) / count for _ in range(RESAMPLES))


def _interval(centre: float, resampled: Sequence[float]) -> Interval:
    ordered = sorted(resampled)
    outside = round(len(ordered) * (1 - LEVEL) / 2)
    return Interval(centre, ordered[outside], ordered[-1 - outside])
