"""Scalar schedules: numbers that change in the course of a search.

An `Amount` is a number or a schedule; whoever is given one asks `value` for it at a step. Steps count proposals from 0,
unless the user of the schedule says what else they count.
"""

import math
from abc import ABC, abstractmethod

from attrs import field, frozen
from attrs.validators import ge, gt

__all__ = ["Amount", "Constant", "Cosine", "Exponential", "Linear", "Schedule", "Stepwise", "value"]


class Schedule(ABC):
    """A number for each step."""

    @abstractmethod
    def at(self, step: int) -> float:
        """The number at *step*, which counts from 0."""


Amount = float | Schedule
"""A number that stays, or one that changes with the steps."""


def value(amount: Amount, step: int) -> float:
    """What *amount* is at *step*."""
    return amount.at(step) if isinstance(amount, Schedule) else amount


@frozen
class Constant(Schedule):
    """Always the same."""

    number: float

    def at(self, step: int) -> float:
        """The number."""
        return self.number


@frozen
class Linear(Schedule):
    """From *start* in equal steps to *end*, which is reached at step *steps* and stays."""

    start: float
    end: float
    steps: int = field(validator=ge(1))

    def at(self, step: int) -> float:
        """The number on the line."""
        return self.start + (self.end - self.start) * _share(step, self.steps)


@frozen
class Exponential(Schedule):
    """From *start* by equal factors to *end*, which is reached at step *steps* and stays. Both are above 0."""

    start: float = field(validator=gt(0))
    end: float = field(validator=gt(0))
    steps: int = field(validator=ge(1))

    def at(self, step: int) -> float:
        """The number on the curve."""
        share = _share(step, self.steps)
        return math.pow(self.start, 1.0 - share) * math.pow(self.end, share)


@frozen
class Cosine(Schedule):
    """From *start* to *end* along half a cosine: slowly, faster in the middle, slowly (Loshchilov and Hutter 2017, eq. 5)."""

    start: float
    end: float
    steps: int = field(validator=ge(1))

    def at(self, step: int) -> float:
        """The number on the curve."""
        return self.end + (self.start - self.end) * (1.0 + math.cos(math.pi * _share(step, self.steps))) / 2.0


@frozen
class Stepwise(Schedule):
    """*start*, multiplied by *factor* after every *every* steps."""

    start: float
    factor: float
    every: int = field(validator=ge(1))

    def at(self, step: int) -> float:
        """The number of the stair."""
        return self.start * math.pow(self.factor, step // self.every)


def _share(step: int, steps: int) -> float:
    return min(1.0, step / steps)
