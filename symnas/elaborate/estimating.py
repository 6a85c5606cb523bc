"""How large a space is at least, and about, where an exact count would take too long."""

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from attrs import frozen

from symnas.elaborate.counting import MOST_BITS
from symnas.elaborate.tries import Kind, Node, Outcome, Region

__all__ = ["Estimate", "estimate", "least"]


@frozen
class Estimate:
    """What is known of a size without counting: *least* architectures have been seen to exist; *about* so many do,
    with a relative standard *error*, if the draws agree well enough to say; *reason* is why it was not counted.
    """

    least: int
    about: int | None
    error: float | None
    draws: int
    reason: str

    def __str__(self) -> str:
        found = []
        if self.least > 1 or self.about is None:
            found.append(f"at least {_scientific(self.least)}")
        if self.about is not None and self.error is not None:
            percent = max(1, round(100 * self.error))
            found.append(f"about {_scientific(self.about)} (± {percent}%, from {self.draws} draws)")
        return f"{', '.join(found)} architectures"


def _scientific(number: int) -> str:
    """A number in full, or its first digits and the power of ten: sizes here have no bound."""
    if number < 10**9:
        return f"{number:,}"
    power = int((number.bit_length() - 1) * math.log10(2))
    power += number >= 10 ** (power + 1)
    return f"{number // 10 ** (power - 1) / 10:.1f}e{power}"


def least(region: Region) -> int:
    """The number of members that the ways remembered of *region* make: a lower bound of its size.

    Ways through a region and ways through those that it invokes go together freely. What a cell decides is decided
    for all of its uses, so a cell counts once.
    """
    return sum(_known(region, {}).values())


def _known(region: Region, found: dict[Region, dict[Outcome, int]]) -> dict[Outcome, int]:
    known = found.get(region)
    if known is None:
        known = found[region] = {}
        if region.root is not None:
            known.update(_below(region.root, found))
    return known


def _below(node: Node, found: dict[Region, dict[Outcome, int]]) -> dict[Outcome, int]:
    """Members behind *node* by outcome, as far as its ways are known."""
    if node.kind == Kind.LEAF:
        return {node.outcome: 1}
    total: dict[Outcome, int] = {}
    inner: dict[Any, int] = {}
    if node.kind == Kind.INVOKE and node.region.cell is None:
        inner = _known(node.region, found)
    for taken, child in node.next.items():
        for outcome, count in _below(child, found).items():
            many = inner.get(taken, 1)
            if many.bit_length() + count.bit_length() > MOST_BITS:
                many = 1  # still a lower bound
            total[outcome] = total.get(outcome, 0) + count * many
    return total


def estimate(region: Region, weights: Iterable[int], reason: str) -> Estimate:
    """The size of *region* from *weights*: for each draw, uniform over decisions, the product of the numbers of
    alternatives it chose among; 0 for one that makes no network. Their mean is unbiased (Knuth, Estimating the
    Efficiency of Backtrack Programs, 1975).
    """
    drawn = list(weights)
    mean = Fraction(sum(drawn), len(drawn))
    spread = sum((weight - mean) ** 2 for weight in drawn) / (len(drawn) * (len(drawn) - 1))
    error = math.sqrt(spread / mean**2) if mean else math.inf
    told = error <= _TRUSTED
    return Estimate(least(region), round(mean) if told else None, error if told else None, len(drawn), reason)


_TRUSTED = 0.25
"""Relative standard errors above it say that rare draws make up the mean, and that it may be far off."""
