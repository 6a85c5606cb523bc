"""The canonical order of a graph's nodes: the same for graphs that differ in numbering alone, and for no others."""

from collections.abc import Sequence
from itertools import combinations
from random import Random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symnas.canonical.labelling import Vertex, canonical_order

Edges = Sequence[tuple[int, int]]


def described(vertices: Sequence[Vertex]) -> tuple[object, ...]:
    """The graph with its nodes in canonical order."""
    order = canonical_order(vertices)
    assert sorted(order) == list(range(len(vertices)))
    places = {number: place for place, number in enumerate(order)}
    return tuple(
        (vertices[each].label, tuple(sorted((slot, port, places[node]) for slot, port, node in vertices[each].edges)))
        for each in order
    )


def shuffled(vertices: Sequence[Vertex], rng: Random) -> list[Vertex]:
    """The same graph in another order in which each node reads earlier ones."""
    numbers: dict[int, int] = {}
    made: list[Vertex] = []
    while len(made) < len(vertices):
        ready = [each for each, vertex in enumerate(vertices)
                 if each not in numbers and all(node in numbers for _, _, node in vertex.edges)]  # fmt: skip
        taken = rng.choice(ready)
        numbers[taken] = len(made)
        edges = [(slot, port, numbers[node]) for slot, port, node in vertices[taken].edges]
        rng.shuffle(edges)
        made.append(Vertex(vertices[taken].label, tuple(edges)))
    return made


def isomorphic(one: Sequence[Vertex], other: Sequence[Vertex]) -> bool:
    """Whether networkx finds them the same, by search."""
    found = nx.is_isomorphic(_drawn(one), _drawn(other), node_match=lambda a, b: a == b, edge_match=lambda a, b: a == b)
    return bool(found)


def _drawn(vertices: Sequence[Vertex]) -> "nx.DiGraph[int]":
    graph = nx.DiGraph()
    for number, vertex in enumerate(vertices):
        graph.add_node(number, label=vertex.label)
        for _, _, node in vertex.edges:
            graph.add_edge(
                node, number, slots=sorted((slot, port) for slot, port, read in vertex.edges if read == node)
            )
    return graph


@st.composite
def graphs(draw: st.DrawFn) -> list[Vertex]:
    """Small graphs of few kinds of nodes, so that many look alike."""
    made: list[Vertex] = []
    for number in range(draw(st.integers(1, 7))):
        edge = st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, number - 1))
        edges = draw(st.lists(edge, max_size=3)) if number else []
        made.append(Vertex(draw(st.sampled_from("ab")), tuple(edges)))
    return made


@given(graphs(), st.randoms(use_true_random=False))
def test_renumbered_graphs_are_described_alike(graph: list[Vertex], rng: Random) -> None:
    """Whatever the order of nodes and edges, the description is the same."""
    assert described(shuffled(graph, rng)) == described(graph)


@settings(max_examples=300)
@given(graphs(), graphs())
def test_graphs_are_described_alike_only_if_they_are_the_same(one: list[Vertex], other: list[Vertex]) -> None:
    """Equal descriptions and isomorphism, as networkx finds it, are one."""
    assert (described(one) == described(other)) == isomorphic(one, other)


def test_all_small_graphs_are_told_apart() -> None:
    """Of all graphs of four nodes of one kind the classes are those that networkx finds."""
    pairs = list(combinations(range(4), 2))
    found: dict[tuple[object, ...], list[Vertex]] = {}
    classes: list[list[Vertex]] = []
    for chosen in range(2 ** len(pairs)):
        edges: dict[int, list[tuple[int, int, int]]] = {number: [] for number in range(4)}
        for place, (source, target) in enumerate(pairs):
            if chosen >> place & 1:
                edges[target].append((0, 0, source))
        graph = [Vertex("", tuple(edges[number])) for number in range(4)]
        found.setdefault(described(graph), graph)
        if not any(isomorphic(graph, other) for other in classes):
            classes.append(graph)
    assert len(found) == len(classes) == 31  # directed graphs without cycles of four unlabelled nodes: OEIS A003087


def incidence(nodes: int, edges: Edges) -> list[Vertex]:
    """An undirected graph: a source for each node, and what reads both ends for each edge."""
    sources = [Vertex("node", ()) for _ in range(nodes)]
    return [*sources, *(Vertex("edge", ((0, 0, one), (0, 0, other))) for one, other in edges)]


CYCLE_OF_SIX: Edges = [(each, (each + 1) % 6) for each in range(6)]
TWO_TRIANGLES: Edges = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5)]
PRISM: Edges = [*TWO_TRIANGLES, (0, 3), (1, 4), (2, 5)]
UTILITIES: Edges = [(one, other) for one in range(3) for other in range(3, 6)]


@pytest.mark.parametrize(("nodes", "one", "other"), ((6, CYCLE_OF_SIX, TWO_TRIANGLES), (6, PRISM, UTILITIES)))
def test_what_colours_cannot_tell_apart_is_told_apart(nodes: int, one: Edges, other: Edges) -> None:
    """Regular graphs, in which refined colours are all alike, are different by search, and equal to themselves."""
    rng = Random(0)
    assert described(incidence(nodes, one)) != described(incidence(nodes, other))
    for edges in (one, other):
        assert described(shuffled(incidence(nodes, edges), rng)) == described(incidence(nodes, edges))


def test_strongly_regular_graphs_are_told_apart() -> None:
    """The rook's graph and Shrikhande's, the smallest pair of strongly regular graphs of equal parameters, differ."""
    cells = [(row, column) for row in range(4) for column in range(4)]
    numbered = list(combinations(range(16), 2))
    rook = [pair for pair in numbered if any(cells[pair[0]][way] == cells[pair[1]][way] for way in (0, 1))]
    steps = {(0, 1), (0, 3), (1, 0), (3, 0), (1, 1), (3, 3)}
    shrikhande = [
        (one, other) for one, other in numbered
        if tuple((a - b) % 4 for a, b in zip(cells[one], cells[other], strict=True)) in steps
    ]  # fmt: skip
    assert len(rook) == len(shrikhande) == 48
    first, second = incidence(16, rook), incidence(16, shrikhande)
    assert described(first) != described(second)
    assert described(shuffled(first, Random(1))) == described(first)
    assert described(shuffled(second, Random(1))) == described(second)


def test_many_alike_take_no_time() -> None:
    """Fifty equal branches, fifty blocks of two, and layers that all read one another are ordered at once."""
    branches = [Vertex("input", ())]
    branches += [Vertex("layer", ((0, 0, 0),)) for _ in range(50)]
    branches += [Vertex("norm", ((0, 0, 1 + each),)) for each in range(50)]
    branches.append(Vertex("sum", tuple((0, 0, 51 + each) for each in range(50))))
    blocks = [Vertex("input", ())]
    for _ in range(50):
        last = len(blocks) - 1
        blocks += [Vertex("layer", ((0, 0, last),)), Vertex("layer", ((0, 0, last),))]
        blocks.append(Vertex("sum", ((0, 0, last + 1), (0, 0, last + 2))))
    crossed = [Vertex("layer", ()) for _ in range(20)]
    crossed += [Vertex("sum", tuple((0, 0, each) for each in range(20))) for _ in range(20)]
    for graph in (branches, blocks, crossed):
        assert described(shuffled(graph, Random(2))) == described(graph)
