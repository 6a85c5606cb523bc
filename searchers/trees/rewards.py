"""Rewards: scores on a scale on which an exploration constant means the same in every search.

A reward is a whole number of 2^-53ths, so that sums do not depend on the order of results: a search that is restored
adds them up in another order and has to decide alike. How rewards are averaged is the business of nodes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import Enum
from statistics import NormalDist
from typing import assert_never

__all__ = ["ONE", "Rewards", "Scale"]

ONE = 1 << 53
"""The reward 1."""

_KNOTS = 65
"""Scores that stand for the distribution of all: ranks are told apart to 1/64, and in between by interpolation."""

_NORMAL = NormalDist()


class Scale(Enum):
    """What a score is worth."""

    RANK = "rank"
    """The share of scores that it beats: 0 to 1, the same whatever monotone function is applied to all scores, and
    untroubled by a few that are far off."""
    NORMAL = "normal"
    """What a normal law has in place of that rank: about -2.4 for the worst of many, 2.4 for the best, so that the best are
    told apart more clearly than the many in the middle."""
    RANGE = "range"
    """How far it is on the way from the worst score to the best."""
    RAW = "raw"
    """The score itself, as the DeepArchitect paper has it: for accuracies between 0 and 1."""


class Rewards:
    """What the scores of one objective are worth, by *knots*: scores that have been told, sorted, spread evenly over
    their ranks.
    """

    def __init__(self, scale: Scale, knots: Sequence[float] = ()) -> None:
        self.scale = scale
        self.knots = list(knots)

    @classmethod
    def of(cls, scale: Scale, told: Sequence[float]) -> "Rewards":
        """By the scores *told* so far."""
        if len(told) <= _KNOTS:
            return cls(scale, sorted(told))
        ranked, last = sorted(told), len(told) - 1
        return cls(scale, [ranked[last * place // (_KNOTS - 1)] for place in range(_KNOTS)])

    def reward(self, score: float) -> int:
        """What *score* is worth; larger is better."""
        return round(self._share(score) * ONE)

    @property
    def worst(self) -> int:
        """What a proposal without a score counts as: one that failed, or is still open."""
        if self.scale is Scale.RAW and self.knots:
            return min(0, round(self.knots[0] * ONE))
        return round(self._normal(0.0) * ONE) if self.scale is Scale.NORMAL else 0

    def _share(self, score: float) -> float:
        match self.scale:
            case Scale.RANK:
                return self._rank(score)
            case Scale.NORMAL:
                return self._normal(self._rank(score))
            case Scale.RANGE:
                return self._way(score)
            case Scale.RAW:
                return score
            case _:
                assert_never(self.scale)

    def _rank(self, score: float) -> float:
        """Where *score* stands among the knots, 0 to 1; a half where there are none or all are equal to it."""
        knots = self.knots
        low, high = bisect_left(knots, score), bisect_right(knots, score)
        if low < high or len(knots) < 2:
            return (low + high) / (2 * len(knots)) if knots else 0.5
        if low in (0, len(knots)):
            return float(low > 0)
        between = (score - knots[low - 1]) / (knots[low] - knots[low - 1])
        return (low - 0.5 + between) / len(knots)

    def _normal(self, rank: float) -> float:
        """The quantile of *rank*, which is at least half a knot away from certainty."""
        least = 0.5 / max(2, len(self.knots))
        return _NORMAL.inv_cdf(min(max(rank, least), 1.0 - least))

    def _way(self, score: float) -> float:
        """How far *score* is on the way between the outermost knots; beyond them, less than 0 or more than 1."""
        if not self.knots or self.knots[-1] == self.knots[0]:
            return 0.5
        return (score - self.knots[0]) / (self.knots[-1] - self.knots[0])
