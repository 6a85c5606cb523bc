"""Rows of a block: which nodes stand side by side, and in which order."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from symnas.picture.nodes import Kind, Node

__all__ = ["ordered", "rows_of"]

_MOST = 5
"""Boxes side by side."""


class _Placed(Protocol):
    @property
    def middle(self) -> float: ...


def rows_of(node: Node) -> list[list[int]]:
    """Places of *node*'s children by row: inputs first, results last, each below everything it reads."""
    count = len(node.children)
    sources: list[list[int]] = [[] for _ in range(count)]
    targets: list[list[int]] = [[] for _ in range(count)]
    for source, target in node.edges:
        sources[target].append(source)
        targets[source].append(target)
    ranks = [0] * count
    fed = [node.children[place].kind in {Kind.PORT, Kind.INPUT} and not sources[place] for place in range(count)]
    for place in range(count):  # children come in the order they run
        if not fed[place]:
            ranks[place] = 1 + max((ranks[each] for each in sources[place]), default=0)
            fed[place] = any(fed[each] for each in sources[place])
    for place in reversed(range(count)):
        if not fed[place]:  # what no input leads to stands right above its first reader
            ranks[place] = max(ranks[place], min((ranks[each] for each in targets[place]), default=2) - 1)
    ranks[-1] = max(ranks[:-1], default=0) + 1
    rows = [[place for place in range(count) if ranks[place] == rank] for rank in range(max(ranks) + 1)]
    return [row[start : start + _MOST] for row in rows for start in range(0, len(row), _MOST)]


def ordered(row: Sequence[int], edges: Iterable[tuple[int, int]], placed: Sequence[_Placed]) -> list[int]:
    """*row* from left to right, each node near those that it reads."""
    above: dict[int, list[float]] = {place: [] for place in row}
    for source, target in edges:
        if target in above and source not in above:
            above[target].append(placed[source].middle)
    return sorted(row, key=lambda place: (round(sum(above[place]) / max(1, len(above[place])), 1), place))
