"""A canonical order of the nodes of a directed graph without cycles: equal for graphs that differ in numbering alone.

Method. (1) Each node gets a digest of what it is and what it reads, from the sources down. Where all digests differ,
as in most networks, their order is the answer: linear time. (2) Otherwise nodes are told apart further by who reads
them, by refining colours until nothing changes (Weisfeiler and Leman 1968; McKay 1981): O(n² log n) at worst. (3) What is
left are nodes that look alike from everywhere. They fall into parts that are connected among themselves; parts do not
influence one another, so each is ordered alone, and equal parts may stand in any order. Within a part, one node after
another of a smallest-numbered colour is singled out, colours are refined again, and the order that gives the least
description wins. Of nodes with the same neighbours one is tried, and one of those that an automorphism found exchanges.

Step 3 is exponential at worst, in the size of a part that is highly symmetric and has no such twins; the answer is
exact always.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from attrs import frozen

__all__ = ["Vertex", "canonical_order", "canonical_text"]


@frozen
class Vertex:
    """A node: *label*, and edges `(slot, port, node)` from earlier nodes. Edges of one slot are not told apart."""

    label: str
    edges: tuple[tuple[int, int, int], ...]


Colour = tuple[int, ...]
"""Nodes of different colours are different. A longer one tells apart what a prefix of it did not."""


def canonical_order(vertices: Sequence[Vertex]) -> list[int]:
    """The numbers of *vertices*, each of which reads earlier ones alone, in a canonical order."""
    digests = _digests(vertices)
    if len(set(digests)) == len(digests):
        return sorted(range(len(vertices)), key=digests.__getitem__)
    return _Labelling(vertices, digests).order()


def canonical_text(vertices: Sequence[Vertex]) -> str:
    """*vertices* as text, equal for graphs that differ in numbering alone, and for no others.

    A line for each: its label, then the lines of those that it reads, by slot (`slot:line`), and by port where
    that is not 0. Those further from the sources stand behind those that are nearer, as people read.
    """
    depths: list[int] = []
    for vertex in vertices:
        depths.append(1 + max((depths[node] for _, _, node in vertex.edges), default=-1))
    order = sorted(canonical_order(vertices), key=depths.__getitem__)
    lines = {number: line for line, number in enumerate(order)}
    return "\n".join(_line(vertices[number], lines) for number in order)


def _line(vertex: Vertex, lines: dict[int, int]) -> str:
    reads = sorted([(slot, lines[node], port) for slot, port, node in vertex.edges])
    shown = " ".join(f"{slot}:{line}{f'.{port}' if port else ''}" for slot, line, port in reads)
    return f"{vertex.label} | {shown}" if shown else vertex.label


def _digests(vertices: Sequence[Vertex]) -> list[bytes]:
    found: list[bytes] = []
    for vertex in vertices:
        edges = sorted([(slot, port, found[node]) for slot, port, node in vertex.edges])
        text = repr((vertex.label, edges)).encode()
        found.append(blake2b(text, digest_size=16).digest())
    return found


@frozen
class _Part:
    """Nodes in a canonical order, and what describes them up to numbering."""

    description: tuple[object, ...]
    order: tuple[int, ...]


class _Labelling:
    """Steps 2 and 3 on one graph."""

    def __init__(self, vertices: Sequence[Vertex], digests: Sequence[bytes]) -> None:
        self._edges = [vertex.edges for vertex in vertices]
        self._readers: list[list[tuple[int, int, int]]] = [[] for _ in vertices]
        for number, vertex in enumerate(vertices):
            for slot, port, node in vertex.edges:
                self._readers[node].append((slot, port, number))
        ranks = {digest: rank for rank, digest in enumerate(sorted(set(digests)))}
        self._colours: list[Colour] = [(ranks[digest],) for digest in digests]

    def order(self) -> list[int]:
        """All nodes, in the order of their colours; those of one colour as `_parts` orders them."""
        everything = list(range(len(self._colours)))
        self._refine(everything)
        places = {number: (place, inner) for place, part in enumerate(self._parts(everything))
                  for inner, number in enumerate(part.order)}  # fmt: skip
        return sorted(everything, key=lambda number: (self._colours[number], places.get(number, (0, 0))))

    def _refine(self, among: Sequence[int]) -> None:
        """Tell apart the nodes *among* all by the colours of their neighbours, until that adds nothing."""
        colours = self._colours
        groups = _grouped(among, colours)
        while True:
            split: list[list[int]] = []
            for group in groups:
                if len(group) == 1:
                    split.append(group)
                    continue
                seen: dict[tuple[object, ...], list[int]] = {}
                for number in group:
                    seen.setdefault(self._surroundings(number), []).append(number)
                split += [seen[each] for each in sorted(seen)]
            if len(split) == len(groups):
                return
            renewed = self._renewed(groups, split)
            for number, colour in renewed.items():
                colours[number] = colour
            groups = split

    def _renewed(self, groups: Sequence[Sequence[int]], split: Iterable[Sequence[int]]) -> dict[int, Colour]:
        """Longer colours for the nodes of *groups* that were *split*."""
        whole = {number: len(group) for group in groups for number in group}
        found: dict[int, Colour] = {}
        counts: dict[Colour, int] = {}
        for group in split:
            if len(group) == whole[group[0]]:
                continue
            before = self._colours[group[0]]
            rank = counts[before] = counts.get(before, -1) + 1
            found.update(dict.fromkeys(group, (*before, rank)))
        return found

    def _surroundings(self, number: int) -> tuple[object, ...]:
        colours = self._colours
        return (
            tuple(sorted([(slot, port, colours[node]) for slot, port, node in self._edges[number]])),
            tuple(sorted([(slot, port, colours[node]) for slot, port, node in self._readers[number]])),
        )

    # ------------------------------------------------------------------------------------------- parts

    def _parts(self, among: Sequence[int]) -> list[_Part]:
        """Those of the nodes *among* all whose colour is not theirs alone, by connected parts, each in order."""
        alike = {number for group in _grouped(among, self._colours) if len(group) > 1 for number in group}
        found: list[_Part] = []
        left = set(alike)
        for start in among:
            if start in left:
                members = self._connected(start, alike)
                left -= members
                found.append(self._ordered(sorted(members)))
        return sorted(found, key=lambda part: part.description)

    def _connected(self, start: int, within: set[int]) -> set[int]:
        found, waiting = {start}, [start]
        while waiting:
            number = waiting.pop()
            for _, _, other in (*self._edges[number], *self._readers[number]):
                if other in within and other not in found:
                    found.add(other)
                    waiting.append(other)
        return found

    def _ordered(self, members: Sequence[int]) -> _Part:
        """The part of *members* in its canonical order."""
        groups = _grouped(members, self._colours)
        several = next((group for group in groups if len(group) > 1), None)
        if several is None:
            return self._described([group[0] for group in groups])
        best: _Part | None = None
        tried: list[int] = []
        alike = _Classes(several)
        for number in several:
            if any(alike.same(number, other) or self._are_twins(number, other) for other in tried):
                continue
            tried.append(number)
            found = self._singled_out(number, members)
            if best is not None and found.description == best.description:
                for one, other in zip(best.order, found.order, strict=True):  # an automorphism
                    alike.join(one, other)
            if best is None or found.description < best.description:
                best = found
        assert best is not None, "a group has members"
        return best

    def _singled_out(self, number: int, members: Sequence[int]) -> _Part:
        """The part of *members*, ordered after *number* is told apart from those that look alike."""
        before = {each: self._colours[each] for each in members}
        own = before[number]
        for each in members:
            if before[each] == own:
                self._colours[each] = (*own, each != number)
        self._refine(members)
        inner = {each: (place, index) for place, part in enumerate(self._parts(members))
                 for index, each in enumerate(part.order)}  # fmt: skip
        order = sorted(members, key=lambda each: (self._colours[each], inner.get(each, (0, 0))))
        for each, colour in before.items():
            self._colours[each] = colour
        return self._described(order)

    def _described(self, order: Sequence[int]) -> _Part:
        """*order* with the description that it gives: colours, edges within the part, and edges out of it."""
        places = {number: place for place, number in enumerate(order)}
        colours = self._colours

        def seen(edges: Iterable[tuple[int, int, int]]) -> tuple[object, ...]:
            return tuple(sorted(
                [(slot, port, (0, places[node]) if node in places else (1, *colours[node])) for slot, port, node in edges]
            ))  # fmt: skip

        rows = tuple((colours[each], seen(self._edges[each]), seen(self._readers[each])) for each in order)
        return _Part(rows, tuple(order))

    def _are_twins(self, one: int, other: int) -> bool:
        """Whether two nodes have the same neighbours, so that exchanging them changes nothing."""
        return sorted(self._edges[one]) == sorted(self._edges[other]) and sorted(self._readers[one]) == sorted(
            self._readers[other]
        )


def _grouped(numbers: Iterable[int], colours: Sequence[Colour]) -> list[list[int]]:
    """*numbers* by colour, in the order of colours."""
    found: dict[Colour, list[int]] = {}
    for number in numbers:
        found.setdefault(colours[number], []).append(number)
    return [found[each] for each in sorted(found)]


class _Classes:
    """Which of some nodes are known to be exchangeable."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._of: dict[int, int] = {number: number for number in numbers}

    def same(self, one: int, other: int) -> bool:
        """Whether that is known of two."""
        return self._root(one) == self._root(other)

    def join(self, one: int, other: int) -> None:
        """Know it of two; nodes of other colours are no matter."""
        if one in self._of and other in self._of:
            self._of[self._root(one)] = self._root(other)

    def _root(self, number: int) -> int:
        while self._of[number] != number:
            number = self._of[number]
        return number
