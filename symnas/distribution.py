"""Distributions: how many architectures of a space cost how much, as bars between the least and the greatest."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from symnas.elaborate.limiting import Limit
from symnas.elaborate.roots import deep_recursion
from symnas.elaborate.tables import Table, TooMany
from symnas.elaborate.weighing import Weighing
from symnas.errors import SearchError

if TYPE_CHECKING:
    from symnas.elaborate.circuits import Node

__all__ = ["Bar", "Distribution", "distribution", "distribution_within", "of_draws"]


@frozen
class Bar:
    """*count* architectures cost from *low* to *high*, both included."""

    low: int
    high: int
    count: int


class Distribution:
    """Numbers of architectures by cost. Costs may be off by *error*: 0 if they are exact. With *draws*, the architectures
    are that many which were drawn, not all.
    """

    def __init__(self, table: Table, error: int, draws: int = 0) -> None:
        self._table = table
        self.error = error
        self.draws = draws
        self.total = table.total
        self.least, self.greatest = int(table.costs[0]), int(table.costs[-1])
        self.different = len(table)
        """How many different costs there are, as far as they are told apart."""

    def at_most(self, cost: int) -> int:
        """How many architectures cost *cost* or less."""
        return self._table.kept(self._table.costs <= cost).total if cost >= self.least else 0

    def by_cost(self) -> dict[int, int]:
        """The number of architectures for each cost that occurs, ascending."""
        return dict(zip(self._table.costs.tolist(), self._table.counts.tolist(), strict=True))

    def quantile(self, share: Fraction) -> int:
        """The least cost that at least *share* of the architectures do not exceed."""
        wanted, so_far = ceil(share * self.total), 0
        for cost, count in self.by_cost().items():
            so_far += count
            if so_far >= wanted:
                return cost
        return self.greatest

    def mean(self) -> Fraction:
        """The mean cost, exact if costs are."""
        return Fraction(sum(cost * count for cost, count in self.by_cost().items()), self.total)

    def bars(self, bins: int = 20) -> list[Bar]:
        """*bins* bars of the same width, as nearly as whole numbers allow, from the least to the greatest."""
        width = max(1, -((self.least - self.greatest - 1) // bins))
        found, before = [], 0
        for low in range(self.least, self.greatest + 1, width):
            high = min(low + width - 1, self.greatest)
            upto = self.at_most(high)
            found.append(Bar(low, high, upto - before))
            before = upto
        return found


def distribution(whole: "Node", limit: Limit) -> Distribution | None:
    """The distribution of the one cost of *whole*, of those architectures that meet *limit*; `None` if none does."""
    with deep_recursion():
        try:
            weighing = Weighing(whole, (Limit(),))
            table = weighing.table()
        except TooMany:
            weighing = Weighing(whole, (Limit(),), coarse=True)
            table = weighing.table()
    if limit.low is not None:
        table = table.kept(table.costs >= limit.low)
    if limit.high is not None:
        table = table.kept(table.costs <= limit.high)
    return Distribution(table, weighing.error) if len(table) else None


def of_draws(costs: Sequence[int]) -> Distribution:
    """The distribution of the *costs* of some architectures that were drawn."""
    different, counts = np.unique(np.array(costs, np.int64), return_counts=True)
    return Distribution(Table(different, counts.astype(np.int64)), 0, len(costs))


def distribution_within(whole: "Node", limits: Sequence[Limit]) -> Distribution | None:
    """The distribution of the last cost of *whole*, of those architectures whose costs meet *limits*, one a cost;
    `None` where there are too many different costs to tell.

    Raises:
        SearchError: no architecture meets them.
    """
    if len(limits) == 1:
        found = distribution(whole, limits[0])
        if found is not None and found.error:
            return None  # costs that are off may be on the wrong side of the limit
        table = found
    else:
        try:
            with deep_recursion():
                own = Limit(limits[-1].low or 0, limits[-1].high)  # with a least, costs are told apart
                table = _marginal(Weighing(whole, [*limits[:-1], own]))
        except TooMany:
            return None
    if table is None:
        raise SearchError("this space is empty: no architecture meets every `require`")
    return table


def _marginal(weighing: Weighing) -> Distribution | None:
    """The last of several costs, of those architectures that meet the limits of *weighing*."""
    table = weighing.table()
    mask = weighing.meets(table)
    if not mask.any():
        return None
    return Distribution(Table.collected(weighing.unpacked(table.costs)[-1][mask], table.counts[mask]), 0)
