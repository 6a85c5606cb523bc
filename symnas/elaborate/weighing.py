"""Weighing: the tables of a circuit, from its leaves up, under limits on what an architecture may cost.

Under limits a table keeps only what can still be part of an architecture that meets them; costs that meet them whatever
the rest costs need not be told apart. Tables that would be too large are made coarser, and say by how much.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np

from symnas.domains import Choice as Chosen
from symnas.elaborate.charging import Vector
from symnas.elaborate.circuits import Bounds, Choice, Leaf, Node, Pair, Room, below_first, drawn, parts_of, rooms
from symnas.elaborate.limiting import Limit
from symnas.elaborate.tables import Array, Table, TooMany
from symnas.elaborate.tries import resolve

__all__ = ["Drawer", "Weighing"]

_BINS = 1 << 13
"""Different costs that a table made coarser has at most, about."""

_MOST_WORK = 1 << 28
"""Entries of all tables of a circuit together, those with numbers of more than 64 bits twenty times."""


class Weighing:
    """Tables for the costs of one or several forms, packed into one integer each, over the circuit *whole*.

    Only the table of one form without limits may be *coarse*. Those who draw *keep* the tables of the parts.
    """

    def __init__(
        self, whole: Node, limits: Sequence[Limit], bounds: Bounds | None = None, *, keep: bool = False,
        coarse: bool = False,
    ) -> None:  # fmt: skip
        self.whole = whole
        self.limits = tuple(limits)
        self.bounds = bounds or Bounds()
        self.keep = keep
        self.error = 0
        """By how much the costs of the table may be off: 0 if it is exact."""
        least, greatest = self.bounds.of(whole)
        self.strides = _strides(greatest)
        self.coarse = coarse
        self._work = 0
        self._width = max(1, (greatest[0] - least[0]) // _BINS)
        self._order = list(below_first(whole))
        self._room = self._rooms()
        self._tables: dict[int, tuple[Table, int]] = {}

    def table(self) -> Table:
        """The table of the whole circuit; under limits, of the architectures that meet them.

        Raises:
            TooMany: it has too many entries, and may not be coarse.
        """
        waiting = _uses(self._order)
        for node in self._order:
            if id(node) not in self._tables:
                self._tables[id(node)] = made = self._made(node)
                self._spend(made[0])
            for below in parts_of(node) if not self.keep else ():
                waiting[id(below)] -= 1
                if not waiting[id(below)]:
                    del self._tables[id(below)]
        found, self.error = self._tables[id(self.whole)]
        return found

    def _spend(self, table: Table) -> None:
        self._work += len(table) * (20 if table.total >= 2**63 else 1)
        if self._work > _MOST_WORK and not self.coarse:
            raise TooMany

    def meeting(self) -> int:
        """How many architectures meet the limits.

        Raises:
            TooMany: as for the table.
        """
        return self.meeting_of(self.table())

    def meeting_of(self, table: Table) -> int:
        """How many of *table*, that of whole architectures, meet the limits."""
        return table.kept(self.meets(table)).total if len(table) else 0

    def meets(self, table: Table) -> Array:
        """Which entries of *table*, that of whole architectures, meet the limits."""
        mask = np.ones(len(table), bool)
        for costs, limit in zip(self.unpacked(table.costs), self.limits, strict=True):
            mask &= (costs >= limit.low) if limit.low is not None else True
            mask &= (costs <= limit.high) if limit.high is not None else True
        return mask

    def of(self, node: Node) -> Table:
        """The table of a part; for those who *keep* them."""
        return self._tables[id(node)][0]

    def unpacked(self, costs: Array) -> list[Array]:
        """The cost of each form, of packed ones."""
        found = []
        for stride in self.strides:
            found.append(costs // stride)
            costs = costs % stride
        return found

    def _rooms(self) -> dict[int, list[Room]]:
        if all(limit.high is None for limit in self.limits):
            return {}
        start = [(limit.high, limit.high if limit.low is None else None) for limit in self.limits]
        return rooms(self._order, self.bounds, start)

    # ------------------------------------------------------------------------------------------- bottom up

    def _made(self, node: Node) -> tuple[Table, int]:
        match node:
            case Leaf():
                return self.trimmed(Table.one(self._packed(node.cost)), node), 0
            case Choice():
                parts = [self._tables[id(below)] for _, below in node.branches]
                filled = [table for table, _ in parts if len(table)]
                error = max(each for _, each in parts)
                table = Table.union(filled) if filled else parts[0][0]
                if self.coarse and len(table) > 2 * _BINS:
                    table, moved = self._coarser(table)
                    error += moved
                return self.trimmed(table, node), error
            case Pair():
                (inner, first), (rest, second) = self._tables[id(node.inner)], self._tables[id(node.rest)]
                if not len(inner) or not len(rest):
                    return (rest if len(inner) else inner), 0
                table, more = self._sum(inner, rest)
                return self.trimmed(table, node), first + second + more

    def _sum(self, inner: Table, rest: Table) -> tuple[Table, int]:
        try:
            return inner.plus(rest, 2 * _BINS if self.coarse else None), 0
        except TooMany:
            if not self.coarse:
                raise
        first, moved = self._coarser(inner)
        second, more = self._coarser(rest)
        return first.plus(second), moved + more

    def _coarser(self, table: Table) -> tuple[Table, int]:
        """Costs rounded to whole bins, and by how much they were moved at most."""
        rounded = (table.costs + self._width // 2) // self._width * self._width
        moved = int(np.abs(rounded - table.costs).max())
        return Table.collected(rounded, table.counts), moved

    def trimmed(self, table: Table, node: Node) -> Table:
        """What of *table* may be part of an architecture that meets the limits, where it is that of *node*."""
        room = self._room.get(id(node))
        if room is None:
            return table
        costs = self.unpacked(table.costs)
        mask = np.ones(len(table), bool)
        moved = False
        for place, (most, plenty) in enumerate(room):
            if most is not None:
                mask &= costs[place] <= most
            if plenty is not None and not self.keep:
                low = self.bounds.of(node)[0][place]
                near = (costs[place] <= plenty) & (costs[place] > low)
                if near.any():
                    costs[place] = np.where(near, low, costs[place])
                    moved = True
        if moved:
            packed = sum(each * stride for each, stride in zip(costs, self.strides, strict=True))
            table = Table(packed, table.counts)
        table = table.kept(mask)
        return Table.collected(table.costs, table.counts) if moved else table

    def _packed(self, cost: Vector) -> int:
        return sum(each * stride for each, stride in zip(cost, self.strides, strict=True))


def _strides(greatest: Vector) -> tuple[int, ...]:
    """What each form is multiplied by, so that sums of packed costs are packed sums."""
    strides = [1]
    for most in reversed(greatest[1:]):
        strides.append(strides[-1] * (most + 1))
    if strides[-1] * (greatest[0] + 1) >= 2**62:
        raise TooMany
    return tuple(reversed(strides))


def _uses(order: Sequence[Node]) -> dict[int, int]:
    """How often each node is a part of another."""
    found: dict[int, int] = {}
    for node in order:
        for below in parts_of(node):
            found[id(below)] = found.get(id(below), 0) + 1
    return found


class Drawer:
    """Draws architectures of a circuit that meet a limit, each with the same chance, without rejection."""

    def __init__(self, whole: Node, limit: Limit, bounds: Bounds) -> None:
        self.weighing = Weighing(whole, (limit,), bounds, keep=True)
        self.whole, self.limit, self.bounds = whole, limit, bounds
        table = self.weighing.table()
        self._sums: dict[int, Array] = {}
        self._low, self._high = bounds.of(whole)[0][0], bounds.of(whole)[1][0]
        low = self._low if limit.low is None else max(limit.low, self._low)
        high = self._high if limit.high is None else min(limit.high, self._high)
        self.range = low, high
        self.count = self._between(whole, low, high) if len(table) else 0

    def draw(self, rng: Random) -> dict[str, Chosen]:
        """The choices of one architecture; there has to be one."""
        found: dict[str, Chosen] = {}
        waiting: list[tuple[Node, str, int, int]] = [(self.whole, "", *self.range)]
        while waiting:
            node, prefix, low, high = waiting.pop()
            match node:
                case Leaf():
                    pass
                case Choice():
                    counts = [self._between(below, low, high) for _, below in node.branches]
                    label, below = node.branches[_picked(counts, rng)]
                    if label is not None:
                        found[resolve(prefix, label.path)] = drawn(label, rng)
                    waiting.append((below, prefix, low, high))
                case Pair():
                    inner, rest = self._shared(node, low, high, rng)
                    waiting.append((node.rest, prefix, *rest))
                    waiting.append((node.inner, resolve(prefix, node.path), *inner))
        return found

    def _shared(self, node: Pair, low: int, high: int, rng: Random) -> tuple[tuple[int, int], tuple[int, int]]:
        """What each part of *node* may cost, once it is drawn what the one with fewer different costs does."""
        if self._free(node, low, high):
            return self._bounds(node.inner), self._bounds(node.rest)
        inner, rest = self.weighing.of(node.inner), self.weighing.of(node.rest)
        few, many, other = (inner, rest, node.rest) if len(inner) <= len(rest) else (rest, inner, node.inner)
        sums = self._summed(other)
        above = sums[np.searchsorted(many.costs, high - few.costs, "right")]
        below = sums[np.searchsorted(many.costs, low - few.costs, "left")]
        ways = above - below
        if node.count < 2**63:
            total = np.cumsum(ways * few.counts)
            place = int(np.searchsorted(total, rng.randrange(int(total[-1])), "right"))
        else:
            place = _picked((ways.astype(object) * few.counts.astype(object)).tolist(), rng)
        cost = int(few.costs[place])
        first, second = (cost, cost), (low - cost, high - cost)
        return (first, second) if few is inner else (second, first)

    def _free(self, node: Node, low: int, high: int) -> bool:
        least, greatest = self._bounds(node)
        return low <= least and greatest <= high

    def _bounds(self, node: Node) -> tuple[int, int]:
        least, greatest = self.bounds.of(node)
        return least[0], greatest[0]

    def _between(self, node: Node, low: int, high: int) -> int:
        """How many members of *node* cost from *low* to *high*."""
        least, greatest = self._bounds(node)
        if low <= least and greatest <= high:
            return node.count
        if greatest < low or high < least:
            return 0
        costs, sums = self.weighing.of(node).costs, self._summed(node)
        return int(sums[np.searchsorted(costs, high, "right")] - sums[np.searchsorted(costs, low, "left")])

    def _summed(self, node: Node) -> Any:
        found = self._sums.get(id(node))
        if found is None:
            table = self.weighing.of(node)
            counts = table.counts if table.total < 2**63 else table.counts.astype(object)
            found = self._sums[id(node)] = np.concatenate([np.zeros(1, counts.dtype), np.cumsum(counts)])
        return found


def _picked(counts: Sequence[int], rng: Random) -> int:
    """A place, with chances as *counts*."""
    rank = rng.randrange(sum(counts))
    for place, count in enumerate(counts):
        if rank < count:
            return place
        rank -= count
    raise AssertionError("a rank is below the sum")
