"""When an evaluation is not worth going on with: a rule that is made with a proposal and travels with it.

A rule is data, fixed by what had been told when its proposal was made. So it says the same wherever and whenever the
evaluation runs, without asking the searcher back, and the same seed gives the same search. How hurdles are found is
the business of `stopping`.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Self

from attrs import frozen

from symnas.searchers.results import Partial, is_finite

__all__ = ["FEATURES", "Bar", "Hurdle", "Stopping", "features"]

FEATURES = ("last", "best", "mean")
"""What a rule looks at in a curve of scores (larger is better): the last, the best so far, the mean so far."""


def features(scores: Sequence[float]) -> tuple[float, ...]:
    """The numbers of `FEATURES` for a curve of at least one score."""
    return scores[-1], max(scores), sum(scores) / len(scores)


@frozen
class Bar:
    """What one objective has to reach: the features of its curve, weighted and added, are at least *least*."""

    weights: tuple[float, ...]
    least: float

    def is_missed(self, scores: Sequence[float]) -> bool:
        """Whether the curve of *scores* stays below."""
        return sum(weight * each for weight, each in zip(self.weights, features(scores), strict=True)) < self.least


@frozen
class Hurdle:
    """From *step* on, until the next hurdle: a bar for each objective."""

    step: int
    bars: tuple[Bar, ...]


@frozen
class Stopping:
    """Ends an evaluation that misses the bars of *every* objective at the hurdle that it has come to.

    *signs* turn values into scores: 1 where larger is better, -1 where smaller is. *hurdles* are in the order of steps.
    """

    signs: tuple[int, ...]
    hurdles: tuple[Hurdle, ...]

    def ends(self, curve: Sequence[Partial]) -> bool:
        """Whether an evaluation that has come to the end of *curve*, its partial results so far, is to end there."""
        finite = [each for each in curve if is_finite(each.values)]
        if not finite:
            return False
        come_to = bisect_right(self.hurdles, finite[-1].step, key=lambda each: each.step)
        if not come_to:
            return False
        scores = zip(*(each.values for each in finite), strict=True)
        curves = ([sign * each for each in values] for sign, values in zip(self.signs, scores, strict=True))
        bars = self.hurdles[come_to - 1].bars
        return all(bar.is_missed(each) for bar, each in zip(bars, curves, strict=True))

    def to_data(self) -> dict[str, Any]:
        """The rule as JSON."""
        hurdles = [[each.step, [[list(bar.weights), bar.least] for bar in each.bars]] for each in self.hurdles]
        return {"signs": list(self.signs), "hurdles": hurdles}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """The rule that `to_data` wrote."""
        hurdles = (
            Hurdle(step, tuple(Bar(tuple(weights), least) for weights, least in bars)) for step, bars in data["hurdles"]
        )
        return cls(tuple(data["signs"]), tuple(hurdles))
