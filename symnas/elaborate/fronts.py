"""Fronts: the least of one cost over a circuit, under limits on others, with choices that attain it.

Each part of a circuit is reduced to those architectures that may be the best of the whole: none that another one beats
or equals in every cost, and none that breaks a limit whatever stands beside it. What a part costs of a limited form is
not told apart where the limit holds however the rest is decided.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from symnas.domains import Choice as Chosen
from symnas.elaborate.circuits import Bounds, Choice, Leaf, Node, Pair, below_first, rooms
from symnas.elaborate.tables import Array, TooMany
from symnas.elaborate.tries import resolve

__all__ = ["Best", "least_within"]

_MOST_ROWS = 200_000
"""Architectures of a part that are kept under one limit."""

_MOST_COMPARED = 10_000
"""The same under several limits, where each is compared with every other."""

_MOST_SUMS = 20_000_000
"""Sums that are formed of two parts at once."""

_AT_ONCE = 512


@frozen
class Best:
    """The least cost within the limits, and the choices that attain it."""

    cost: int
    choices: dict[str, Chosen]


def least_within(whole: Node, highs: Sequence[int]) -> Best | None:
    """The least of the last form of *whole* among architectures whose other forms are at most *highs*; `None` if no
    architecture is within.

    Raises:
        TooMany: there are too many that neither beats the other.
    """
    fronts = _Fronts(whole, highs)
    front = fronts.of(whole)
    if not len(front):
        return None
    row = front[int(np.argmin(front[:, -1]))]
    return Best(int(row[-1]), fronts.choices(row))


class _Fronts:
    """The rows of each part: what its architectures cost that may be the best of the whole, one form a column."""

    def __init__(self, whole: Node, highs: Sequence[int]) -> None:
        self.whole = whole
        order = list(below_first(whole))
        self._bounds = Bounds()
        self._rooms = rooms(order, self._bounds, [(high, high) for high in highs])
        self._found: dict[int, Array] = {}
        for node in order:
            self._found[id(node)] = self._made(node)

    def of(self, node: Node) -> Array:
        return self._found[id(node)]

    def _made(self, node: Node) -> Array:
        if isinstance(node, Leaf):
            rows = np.array([node.cost], np.int64)
        elif isinstance(node, Choice):
            rows = np.concatenate([self.of(below) for _, below in node.branches])
        else:
            rows = self._sums(node)
        return _front(self._trimmed(rows, node))

    def _sums(self, node: Pair) -> Array:
        inner, rest = self.of(node.inner), self.of(node.rest)
        if len(inner) * len(rest) > _MOST_SUMS:
            raise TooMany
        return (inner[:, None, :] + rest[None, :, :]).reshape(-1, inner.shape[1])

    def _trimmed(self, rows: Array, node: Node) -> Array:
        """Without those that break a limit in any case; costs that meet it in any case are the same."""
        for place, (most, _) in enumerate(self._rooms[id(node)]):
            assert most is not None
            rows = rows[rows[:, place] <= most]
        return self._levelled(rows, node)

    def _levelled(self, rows: Array, node: Node) -> Array:
        """Costs that meet a limit however the rest is decided are made the least that there are."""
        least, _ = self._bounds.of(node)
        for place, (_, plenty) in enumerate(self._rooms[id(node)]):
            assert plenty is not None
            rows[:, place] = np.where(rows[:, place] <= plenty, least[place], rows[:, place])
        return rows

    def choices(self, row: Array) -> dict[str, Chosen]:
        """The choices of an architecture that is *row* of the whole."""
        found: dict[str, Chosen] = {}
        waiting = [(self.whole, "", row)]
        while waiting:
            node, prefix, row = waiting.pop()
            match node:
                case Leaf():
                    pass
                case Choice():
                    label, below, place = next(
                        (label, below, places[0])
                        for label, below in node.branches
                        if len(places := self._places(node, self.of(below), row))
                    )
                    if label is not None:
                        found[resolve(prefix, label.path)] = label.choice
                    waiting.append((below, prefix, self.of(below)[place]))
                case Pair():
                    inner, rest = self.of(node.inner), self.of(node.rest)
                    first, second = divmod(int(self._places(node, self._sums(node), row)[0]), len(rest))
                    waiting.append((node.rest, prefix, rest[second]))
                    waiting.append((node.inner, resolve(prefix, node.path), inner[first]))
        return found

    def _places(self, node: Node, rows: Array, row: Array) -> Array:
        """Where *rows* of the parts of *node* are its own *row*."""
        return np.flatnonzero((self._levelled(rows.copy(), node) == row).all(1))


def _front(rows: Array) -> Array:
    """The rows that no other beats or equals in every column."""
    rows = rows[np.lexsort(rows.T[::-1])]
    if rows.shape[1] == 2:
        before = np.minimum.accumulate(rows[:, 1])
        rows = rows[np.concatenate([[True], rows[1:, 1] < before[:-1]])] if len(rows) else rows
        if len(rows) > _MOST_ROWS:
            raise TooMany
        return rows
    kept = rows[:0]
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        some = some[~_beaten(some, kept)]
        later = np.arange(len(some))
        among = (some[None, :, :] <= some[:, None, :]).all(2) & (later[None, :] < later[:, None])
        kept = np.concatenate([kept, some[~among.any(1)]])
        if len(kept) > _MOST_COMPARED:
            raise TooMany
    return kept


def _beaten(rows: Array, by: Array) -> Array:
    """Which of *rows* one of *by* beats or equals in every column."""
    return (by[None, :, :] <= rows[:, None, :]).all(2).any(1)
