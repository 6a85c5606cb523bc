"""Counts broken down: how many members take each value of chosen decisions, or give each type. Only where tries are
complete.

A `Facet` says what members are told apart by. The ways through the regions that lead to its decisions are walked
once more with the value met so far beside each count; every other region counts as it did. Which decisions a name
stands for, and how tables look, is the business of others.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping

from attrs import frozen

from symnas.domains import Choice, Domain
from symnas.elaborate.counting import Counter, End
from symnas.elaborate.tries import Kind, Node, Region
from symnas.errors import SearchError

__all__ = ["MOST_CELLS", "Facet", "Key", "Told", "break_down"]

MOST_CELLS = 20_000
"""Cells that a table of counts has at most."""

Key = tuple[Hashable, ...]
"""The value of each facet."""
Spread = dict[End, dict[Key, int]]
"""Members by end, and by key."""


@frozen
class Facet:
    """What members are told apart by: the values that *read* makes of the choices of decisions at *paths*.

    *empty* is the value where none of them is decided, and *join* makes one value of two, whichever comes first.
    *given* reads what the whole program gives, at its end.
    """

    paths: frozenset[str]
    read: Callable[[Domain, Choice], Hashable]
    empty: Hashable = None
    join: Callable[[Hashable, Hashable], Hashable] = lambda one, other: other if one is None else one
    given: Callable[[Node], Hashable] | None = None


@frozen
class Told:
    """What architectures are told apart by under limits on costs: the values of the decisions at the paths of *read*, joined by *join*; *empty*
    where none of them is decided.
    """

    read: Mapping[str, Callable[[Choice], Hashable]]
    empty: Hashable
    join: Callable[[Hashable, Hashable], Hashable]


def break_down(region: Region, counter: Counter, facets: tuple[Facet, ...]) -> dict[Key, int]:
    """How many members of *region*, a whole program whose trie is complete, have each combination of values.

    The decisions of cells, made once for the program, are multiplied in once. It takes as many steps as the tries on
    the way to the decisions have nodes, times the combinations met.

    Raises:
        SearchError: there are more than 20,000 combinations.
    """
    return _Breaker(counter, facets).whole(region)


def _inside(path: str, prefix: str, *, whole: bool = False) -> Iterator[str]:
    """*path* as a region at *prefix* may spell it; nothing if it leads elsewhere.

    A setting of `train` spells it in full as well, the *whole* path.
    """
    if not prefix:
        yield path
    elif path == prefix or path.startswith(prefix + "."):
        yield path[len(prefix) :]
        if whole:
            yield path


Wanted = tuple[frozenset[str], ...]
"""For each facet, the decisions that it reads, as the region at hand spells them."""


class _Breaker:
    """Goes through every region that holds decisions asked for once for each way of spelling them."""

    def __init__(self, counter: Counter, facets: tuple[Facet, ...]) -> None:
        self.counter = counter
        self.facets = facets
        self.blank: Key = tuple(each.empty for each in facets)
        self.known: dict[tuple[Region, Wanted], Spread] = {}
        self.top: Region | None = None

    def whole(self, region: Region) -> dict[Key, int]:
        """The counts of a whole program, its cells multiplied in."""
        self.top = region
        wanted = tuple(each.paths for each in self.facets)
        found: dict[Key, int] = {}
        for (_, touched), by_key in self.region(region, wanted).items():
            for cell in sorted(touched):
                by_key = self._times(by_key, self._cell(self.counter.cells[cell], wanted))
            self._add(found, by_key)
        return found

    def _cell(self, cell: Region, wanted: Wanted) -> dict[Key, int]:
        """The ways to decide a cell, by key."""
        assert cell.cell is not None
        found: dict[Key, int] = {}
        for by_key in self.region(cell, self._within(wanted, cell.cell, cell)).values():
            self._add(found, by_key)
        return found

    def region(self, region: Region, wanted: Wanted) -> Spread:
        """The members of *region* by end and key."""
        if not any(wanted) and region is not self.top:
            return {end: {self.blank: count} for end, count in region.summary.ends.items()}
        found = self.known.get((region, wanted))
        if found is None:
            assert region.root is not None
            found = self.known[region, wanted] = self._visit(region, region.root, wanted)
        return found

    def _visit(self, region: Region, node: Node, wanted: Wanted) -> Spread:
        if not node.counts:
            return {}
        if node.kind == Kind.LEAF:
            key = self._given(node) if region is self.top else self.blank
            return {(node.outcome, frozenset()): {key: 1}}
        if node.kind == Kind.ASK:
            return self._asked(region, node, wanted)
        return self._invoked(region, node, wanted)

    def _given(self, leaf: Node) -> Key:
        return tuple(each.empty if each.given is None else each.given(leaf) for each in self.facets)

    def _asked(self, region: Region, node: Node, wanted: Wanted) -> Spread:
        places = [place for place, paths in enumerate(wanted) if node.path in paths]
        found: Spread = {}
        for choice, child in node.next.items():
            values = {place: self.facets[place].read(node.domain, choice) for place in places}
            for end, by_key in self._visit(region, child, wanted).items():
                if values:
                    by_key = self._joined(by_key, values)
                self._add(found.setdefault(end, {}), by_key)
        return found

    def _joined(self, by_key: dict[Key, int], values: dict[int, Hashable]) -> dict[Key, int]:
        met = tuple(values.get(place, empty) for place, empty in enumerate(self.blank))
        return self._times({met: 1}, by_key)

    def _invoked(self, region: Region, node: Node, wanted: Wanted) -> Spread:
        inner: Region = node.region
        below = {outcome: self._visit(region, child, wanted) for outcome, child in node.next.items()}
        parts = self._ends(inner, self._within(wanted, node.path, inner))
        found: Spread = {}
        for (outcome, touched), by_key in parts.items():
            for (last, later), further in below.get(outcome, {}).items():
                end = (last, touched | later)
                self._add(found.setdefault(end, {}), self._times(by_key, further))
        return found

    def _ends(self, inner: Region, wanted: Wanted) -> Spread:
        """The members of a region invoked; of a cell, that it was used."""
        if inner.cell is None:
            return self.region(inner, wanted)
        own = frozenset({(inner.cell, inner.summary.shape)})
        return {(outcome, touched | own): {self.blank: 1} for outcome, touched in inner.summary.ends}

    def _within(self, wanted: Wanted, prefix: str, inner: Region) -> Wanted:
        whole = inner.recipe
        return tuple(
            frozenset(path for each in paths for path in _inside(each, prefix, whole=whole)) for paths in wanted
        )

    def _times(self, one: dict[Key, int], other: dict[Key, int]) -> dict[Key, int]:
        """Every member of *one* with every member of *other*."""
        if len(one) == 1 and self.blank in one:
            times = one[self.blank]
            return other if times == 1 else {key: times * count for key, count in other.items()}
        found: dict[Key, int] = {}
        for key, count in one.items():
            for further, many in other.items():
                both = self._both(key, further)
                found[both] = found.get(both, 0) + count * many
        return self._checked(found)

    def _both(self, one: Key, other: Key) -> Key:
        return tuple(
            a if b == facet.empty else b if a == facet.empty else facet.join(a, b)
            for a, b, facet in zip(one, other, self.facets, strict=True)
        )

    def _add(self, found: dict[Key, int], more: dict[Key, int]) -> None:
        for key, count in more.items():
            found[key] = found.get(key, 0) + count
        self._checked(found)

    @staticmethod
    def _checked(found: dict[Key, int]) -> dict[Key, int]:
        if len(found) > MOST_CELLS:
            raise SearchError(f"a table of more than {MOST_CELLS:,} counts; break down by fewer decisions")
        return found
