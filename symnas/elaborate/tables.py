"""Tables: for each cost how many architectures have it, exactly, with numpy for large ones.

A table is one integer for each cost that occurs, ascending, and the number of architectures that have it. Several costs
are one integer, too (`Packing`), so that whatever adds up adds up. What tables are made of is `circuits.py`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

__all__ = ["MOST_ENTRIES", "Array", "Table", "TooMany"]

Array = Any
"""A numpy array: of 64-bit integers, or of Python's where numbers may be larger."""

MOST_ENTRIES = 4_000_000
"""Different costs that a table may have."""

_MOST_WIDE = 1 << 16
"""The same where numbers of architectures need more than 64 bits."""

_FEW = 512
"""Up to so many costs, the other table is moved by each; more are convolved."""

_PAIRS = 1 << 21
"""Sums of two costs that are sorted at once."""

_SPREAD = 16
"""How many times as many places as sums an array may have that is indexed by cost."""


class TooMany(Exception):
    """A table would have more entries than are kept."""


@frozen(eq=False)
class Table:
    """*costs*, ascending and different, and how many architectures have each: *counts*, all above 0."""

    costs: Array
    counts: Array
    total: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "total", int(self.counts.sum(dtype=object)) if len(self.counts) else 0)

    @staticmethod
    def one(cost: int) -> "Table":
        """One architecture."""
        return Table(np.array([cost], np.int64), np.array([1], np.int64))

    def __len__(self) -> int:
        return len(self.costs)

    @staticmethod
    def collected(costs: Array, counts: Array) -> "Table":
        """A table of *costs* in any order, equal ones put together."""
        return _collected(costs, counts) if len(costs) else Table(costs, counts)

    def shifted(self, cost: int) -> "Table":
        """Every architecture at *cost* more."""
        return Table(self.costs + cost, self.counts) if cost else self

    def times(self, count: int) -> "Table":
        """*count* architectures for each."""
        if count == 1:
            return self
        return Table(self.costs, _wide(self.counts, count * self.total) * count)

    def at(self, cost: int) -> int:
        """How many have exactly *cost*."""
        place = int(np.searchsorted(self.costs, cost))
        return int(self.counts[place]) if place < len(self.costs) and self.costs[place] == cost else 0

    def kept(self, mask: Array) -> "Table":
        """The entries for which *mask* is true."""
        return self if mask.all() else Table(self.costs[mask], self.counts[mask])

    @staticmethod
    def union(tables: Sequence["Table"]) -> "Table":
        """All architectures of *tables*, which have none in common."""
        if len(tables) == 1:
            return tables[0]
        total = sum(table.total for table in tables)
        costs = np.concatenate([table.costs for table in tables])
        return _collected(costs, np.concatenate([_wide(table.counts, total) for table in tables]))

    def plus(self, other: "Table", most: int | None = None) -> "Table":
        """Every architecture of one with every one of the other, costs added; *most* different costs, about.

        Raises:
            TooMany: there are too many different sums.
        """
        few, many = sorted((self, other), key=len)
        total = few.total * many.total
        if len(few) == 1:
            return many.times(int(few.counts[0])).shifted(int(few.costs[0]))
        low = int(few.costs[0] + many.costs[0])
        step = int(np.gcd.reduce(np.concatenate([few.costs - few.costs[0], many.costs - many.costs[0]])))
        places = (int(few.costs[-1] + many.costs[-1]) - low) // step + 1
        sums = len(few) * len(many)
        most = most or (MOST_ENTRIES if total < 2**63 else _MOST_WIDE)
        if places <= max(1 << 14, min(_SPREAD * sums, 4 * most)):
            if len(few) <= _FEW and len(few) * places > most << 7:
                raise TooMany
            return _checked(_dense(few, many, low, step, places, total), most)
        if sums > most << 5:
            raise TooMany
        return _checked(_sparse(few, many, total, most), most)


def _checked(table: Table, most: int) -> Table:
    if len(table) > most:
        raise TooMany
    return table


def _wide(counts: Array, most: int) -> Array:
    """*counts* as numbers that can hold *most*."""
    return counts if most < 2**63 else counts.astype(object)


def _dense(few: Table, many: Table, low: int, step: int, places: int, total: int) -> Table:
    """Sums by place in one array: each cost of the smaller table moves the larger one."""
    first, second = (few.costs - few.costs[0]) // step, (many.costs - many.costs[0]) // step
    if len(few) > _FEW:
        counts = _convolved(first, few.counts, second, many.counts, places, total)
    else:
        large = _wide(many.counts, total)
        counts = np.zeros(places, large.dtype)
        contiguous = len(many) == int(second[-1]) + 1
        for place, count in zip(first.tolist(), few.counts.tolist(), strict=True):
            if contiguous:
                counts[place : place + len(many)] += large * count
            else:
                counts[second + place] += large * count
    found = np.flatnonzero(counts)
    return Table(low + step * found, counts[found])


def _sparse(few: Table, many: Table, total: int, most: int) -> Table:
    """Sums sorted, some at a time."""
    at_once = max(1, _PAIRS // len(many))
    large, small = _wide(many.counts, total), _wide(few.counts, total)
    waiting: list[Table] = []
    for start in range(0, len(few), at_once):
        costs = few.costs[start : start + at_once, None] + many.costs[None, :]
        counts = small[start : start + at_once, None] * large[None, :]
        waiting.append(_collected(costs.ravel(), counts.ravel()))
        while len(waiting) > 1 and len(waiting[-2]) <= 2 * len(waiting[-1]):
            last = waiting.pop()
            waiting.append(_checked(Table.union([waiting.pop(), last]), most))
    return Table.union(waiting)


def _collected(costs: Array, counts: Array) -> Table:
    """Equal costs put together."""
    order = np.argsort(costs, kind="stable")
    costs, counts = costs[order], counts[order]
    first = np.flatnonzero(np.concatenate([[True], costs[1:] != costs[:-1]]))
    return Table(costs[first], np.add.reduceat(counts, first))


def _convolved(first: Array, few: Array, second: Array, many: Array, places: int, total: int) -> Array:
    """The exact convolution of counts at places: their digits, few bits each, are convolved by Fourier transforms,
    whose errors stay far below one half.
    """
    size = 1 << (places - 1).bit_length()
    bits = max(1, (49 - size.bit_length()) // 2)
    one, two = (list(_transformed(*each, size, bits)) for each in ((first, few), (second, many)))
    wide = total >= 2**63
    result: Array = np.zeros(places, object if wide else np.int64)
    for digit in range(len(one) + len(two) - 1):
        parts = (one[i] * two[digit - i] for i in range(len(one)) if 0 <= digit - i < len(two))
        found = np.rint(np.fft.irfft(sum(parts), size)[:places]).astype(np.int64)
        shift = digit * bits
        if not wide and shift > 62:
            continue  # the digits above are 0: all counts are below 2 ** 63
        result += (found.astype(object) if wide else found) << shift
    return result


def _transformed(places: Array, counts: Array, size: int, bits: int) -> Iterable[Array]:
    """Fourier transforms of the digits of *counts*, the lowest first."""
    rest = counts
    while True:
        digit = np.zeros(size)
        digit[places] = (rest & ((1 << bits) - 1)).astype(np.float64)
        yield np.fft.rfft(digit)
        rest = rest >> bits
        if not rest.any():
            return
