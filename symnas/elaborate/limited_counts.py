"""Counts under limits on costs, told apart by facets: the tables of a circuit, one for each combination of values.

Where nothing is told apart below a part, its table is that of the weighing. Facets without limits are the business of
`breaking_down`.
"""

from collections.abc import Hashable, Mapping, Sequence
from itertools import product

from symnas.domains import Choice as Chosen
from symnas.elaborate.breaking_down import Told
from symnas.elaborate.circuits import Choice, Leaf, Node, Pair
from symnas.elaborate.tables import Table
from symnas.elaborate.tries import resolve
from symnas.elaborate.weighing import Weighing
from symnas.errors import SearchError

__all__ = ["counts_within"]

_MOST = 20_000
"""Combinations of values."""

Key = tuple[Hashable, ...]


def counts_within(weighing: Weighing, told: Sequence[Told]) -> dict[Key, int]:
    """How many architectures that meet the limits of *weighing*, which keeps its tables, have each combination of values.

    Raises:
        SearchError: there are too many combinations. TooMany: a table has too many costs.
    """
    weighing.table()
    found = {key: weighing.meeting_of(table) for key, table in _Counting(weighing, told).of(weighing.whole, "").items()}
    return {key: count for key, count in found.items() if count}


class _Counting:
    """Tables of parts at their places, for each combination of values."""

    def __init__(self, weighing: Weighing, told: Sequence[Told]) -> None:
        self.weighing = weighing
        self.told = tuple(told)
        self.empty: Key = tuple(each.empty for each in told)
        self.paths = sorted({path for each in told for path in each.read})
        self._kept: dict[tuple[int, str], dict[Key, Table]] = {}

    def of(self, node: Node, prefix: str) -> dict[Key, Table]:
        """The tables of *node*, whose decisions are below *prefix*."""
        if isinstance(node, Leaf) or not self._may_tell(prefix):
            return {self.empty: self.weighing.of(node)}
        place = (id(node), prefix)
        if place not in self._kept:
            self._kept[place] = self._choice(node, prefix) if isinstance(node, Choice) else self._pair(node, prefix)
        return self._kept[place]

    def _may_tell(self, prefix: str) -> bool:
        """Whether one of the decisions may be below *prefix*: those of `let`s and cells may be anywhere."""
        net = prefix.partition(".")[0]
        return any(not prefix or path.startswith(prefix) or path.partition(".")[0] != net for path in self.paths)

    def _choice(self, node: Choice, prefix: str) -> dict[Key, Table]:
        parts: dict[Key, list[Table]] = {}
        for label, below in node.branches:
            path = None if label is None else resolve(prefix, label.path)
            for key, table in self.of(below, prefix).items():
                made = key if label is None or path is None else self._with(key, path, label.choice)
                if len(table):
                    parts.setdefault(made, []).append(table)
        return self._collected(parts, node)

    def _pair(self, node: Pair, prefix: str) -> dict[Key, Table]:
        parts: dict[Key, list[Table]] = {}
        inner, rest = self.of(node.inner, resolve(prefix, node.path)), self.of(node.rest, prefix)
        for (one, first), (other, second) in product(inner.items(), rest.items()):
            if len(first) and len(second):
                key = tuple(told.join(*pair) for told, *pair in zip(self.told, one, other, strict=True))
                parts.setdefault(key, []).append(first.plus(second))
        return self._collected(parts, node)

    def _collected(self, parts: Mapping[Key, list[Table]], node: Node) -> dict[Key, Table]:
        if len(parts) > _MOST:
            raise SearchError(f"this table would have more than {_MOST:,} combinations; break the count down by less")
        return {key: self.weighing.trimmed(Table.union(tables), node) for key, tables in parts.items()}

    def _with(self, key: Key, path: str, choice: Chosen) -> Key:
        return tuple(
            told.join(told.read[path](choice), value) if path in told.read else value
            for told, value in zip(self.told, key, strict=True)
        )
