"""How many members of a space have each decision. Only where tries are complete.

By which choices members are told apart is `breaking_down.py`'s business.
"""

import math

from symnas.elaborate.counting import Counter, End
from symnas.elaborate.tries import Kind, Node, Region, resolve
from symnas.errors import SearchError

__all__ = ["presence"]

_MOST = 5_000_000
"""Counts that are added up before it is given up: a hundred decisions in tries of 50,000 nodes."""

Present = dict[str, dict[End, int]]
"""Members by the decisions that they have, and by their end."""


def presence(region: Region, counter: Counter) -> dict[str, int]:
    """How many members of *region*, a whole program, have each decision, by path.

    Raises:
        SearchError: there are too many decisions for that.
    """
    return _Finder(counter).whole(region)


class _Finder:
    """Goes through every way of every region once."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.known: dict[Region, Present] = {}
        self.work = 0

    def whole(self, region: Region) -> dict[str, int]:
        """The members that have each decision, those of cells included."""
        found: dict[str, int] = {}
        for path, by_end in self.region(region).items():
            for end, count in by_end.items():
                found[path] = found.get(path, 0) + count * self._cells(end)
        for end, count in region.summary.ends.items():
            for cell in sorted(end[1]):
                inner = self.counter.cells[cell]
                others = count * self._cells(end) // inner.summary.total
                for path, by_end in self.region(inner).items():
                    absolute = resolve(cell[0], path)
                    found[absolute] = found.get(absolute, 0) + others * sum(by_end.values())
        return found

    def _cells(self, end: End) -> int:
        return math.prod(self.counter.cells[cell].summary.total for cell in end[1])

    def region(self, region: Region) -> Present:
        """The members of *region* that have each decision, cells apart."""
        if region not in self.known:
            assert region.root is not None
            self.known[region] = self._visit(region.root)
        return self.known[region]

    def _visit(self, node: Node) -> Present:
        if not node.counts or node.kind == Kind.LEAF:
            return {}
        found: Present = {}
        if node.kind == Kind.ASK:
            found[node.path] = dict(node.counts)
            for child in node.next.values():
                for path, by_end in self._visit(child).items():
                    for end, count in by_end.items():
                        self._add(found, path, end, count)
            return found
        self._invoked(node, found)
        return found

    def _invoked(self, node: Node, found: Present) -> None:
        inner: Region = node.region
        own = frozenset() if inner.cell is None else frozenset({(inner.cell, inner.summary.shape)})
        below = {outcome: self._visit(child) for outcome, child in node.next.items()}
        for (outcome, touched), many in inner.summary.ends.items():
            times = many if inner.cell is None else 1
            for path, by_end in below[outcome].items():
                for (last, later), count in by_end.items():
                    self._add(found, path, (last, touched | own | later), times * count)
        if inner.cell is not None:
            return
        for path, by_end in self.region(inner).items():
            for (outcome, touched), many in by_end.items():
                for (last, later), count in node.next[outcome].counts.items():
                    self._add(found, resolve(node.path, path), (last, touched | later), many * count)

    def _add(self, found: Present, path: str, end: End, count: int) -> None:
        by_end = found.setdefault(path, {})
        by_end[end] = by_end.get(end, 0) + count
        self.work += 1
        if self.work > _MOST:
            raise SearchError("there are too many decisions to say how many architectures have each")
