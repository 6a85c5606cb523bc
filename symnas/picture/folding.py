"""Runs of equal neighbours drawn once: `A -> A -> A` becomes `A` × 3, `A -> B -> A -> B` a frame of both × 2."""

from collections.abc import Iterator, Sequence

from attrs import evolve

from symnas.picture.nodes import Kind, Node

__all__ = ["fold"]

_LONGEST = 8
"""Steps that a repeated stretch may have."""

_ENDS = {Kind.PORT, Kind.INPUT, Kind.OUTPUT}

Edges = set[tuple[int, int]]


def fold(nodes: Sequence[Node], edges: Edges) -> tuple[list[Node], Edges, list[int]]:
    """*nodes* with repeated stretches folded, their edges, and the new place of each node."""
    chained = _chained(nodes, edges)
    kept: list[Node] = []
    places: list[int] = []
    for start, period, times in _stretches(nodes, chained):
        stretch = nodes[start : start + period]
        places += [len(kept)] * (period * times)
        kept.append(_folded(stretch, times))
    moved = {(places[source], places[target]) for source, target in edges}
    return kept, {(source, target) for source, target in moved if source != target}, places


def _chained(nodes: Sequence[Node], edges: Edges) -> list[bool]:
    """For each node, whether it takes the tensor of the node before it and of no other, which goes nowhere else."""
    sources: list[set[int]] = [set() for _ in nodes]
    targets: list[set[int]] = [set() for _ in nodes]
    for source, target in edges:
        sources[target].add(source)
        targets[source].add(target)
    return [
        place > 0
        and sources[place] == {place - 1}
        and targets[place - 1] == {place}
        and not {nodes[place - 1].kind, nodes[place].kind} & _ENDS
        for place in range(len(nodes))
    ]


def _stretches(nodes: Sequence[Node], chained: list[bool]) -> Iterator[tuple[int, int, int]]:
    """Start, period and number of turns of the stretches that *nodes* consists of."""
    start = 0
    while start < len(nodes):
        options = [(period, _turns(nodes, chained, start, period)) for period in range(1, _LONGEST + 1)]
        period, times = max(options, key=lambda each: (each[0] * (each[1] - 1), -each[0]))
        if times == 1:
            period = 1
        yield start, period, times
        start += period * times


def _turns(nodes: Sequence[Node], chained: list[bool], start: int, period: int) -> int:
    end = start + period
    if end > len(nodes) or not all(chained[start + 1 : end]):
        return 1
    while end < len(nodes) and chained[end] and nodes[end] == nodes[end - period]:
        end += 1
    return (end - start) // period


def _folded(stretch: Sequence[Node], times: int) -> Node:
    if len(stretch) == 1:
        return evolve(stretch[0], times=times * stretch[0].times)
    children = (Node(Kind.PORT, ""), *stretch, Node(Kind.PORT, ""))
    edges = tuple((place, place + 1) for place in range(len(children) - 1))
    return Node(Kind.RUN, "", children=children, edges=edges, times=times, path=stretch[0].path)
