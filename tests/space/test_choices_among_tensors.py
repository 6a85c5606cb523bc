"""Choices among tensors are regions of their own, and bindings that wait for them go along: nothing else changes."""

import pytest
from enumerating import in_place, members, space_of

PROGRAMS = {
    "two choices read the edges": (
        """
        net A(x: f32[N, 8]) {
          edges = [x -> Linear(8, oneof(true, false)) -> oneof(ReLU, Tanh) for i in 0..2]
          sum(manyof(2, edges)) + sum(manyof(1, edges))
        }
        """,
        3 * (2 * 4**2 + 4**3),  # a pair, then one of it, with two edges to decide, or the other, with three
    ),
    "an edge is read beside the choice": (
        """
        net A(x: f32[N, 8]) {
          edges = [x -> Linear(8, oneof(true, false)) -> oneof(ReLU, Tanh) for i in 0..2]
          sum(manyof(2, edges)) + edges[0]
        }
        """,
        2 * 4**2 + 4**3,
    ),
    "a cell of two nodes": (
        """
        cell C(x: [N, D]) {
          nodes = [x, x -> Linear(D)]
          for i in 2..3 {
            nodes = [*nodes, sum([oneof(*nodes) -> oneof(ReLU, Tanh, Linear(D)) for k in 0..1])]
          }
          concat(nodes[2:], dim = 1)
        }
        net A(x: f32[N, 8]) = x -> C -> Linear(4) -> C
        """,
        (2 * 3) ** 2 * (3 * 3) ** 2,
    ),
    "an item by number": (
        """
        net A(x: f32[N, 8]) {
          h = [x -> Linear(oneof(8, 16)), x -> Tanh]
          y = h[range(0, 1) as a]
          z = h[range(0, 1) as b]
          concat([y, z, *manyof(1, [x, z, y -> oneof(ReLU, Tanh)])], dim = 1)
        }
        """,
        (2 + 2 + 2 + 1) * (1 + 1 + 2),
    ),
    "a loop that is not needed at once": (
        """
        net A(x: f32[N, 8]) {
          y = x
          for i in 0..1 { y = y -> oneof(ReLU, Tanh) }
          sum(subset([x, y, x -> SiLU], min = 1))
        }
        """,
        3 + 4 * 4,
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_counts_are_those_of_trying_everything(name: str) -> None:
    """The exact count, the members tried one by one with and without regions, and a formula agree."""
    text, size = PROGRAMS[name]
    space = space_of(text)
    assert space.size == size
    assert len(list(members(space))) == size
    with in_place():
        assert len(list(members(space_of(text)))) == size


@pytest.mark.parametrize("name", PROGRAMS)
def test_members_are_what_their_genotypes_build(name: str) -> None:
    """Unranking, ranking and building by genotype are the same."""
    space = space_of(PROGRAMS[name][0])
    for index in range(0, space.size, max(1, space.size // 60)):
        member = space[index]
        assert space.index(member) == index
        assert space_of(PROGRAMS[name][0]).architecture(member.genotype).graph() == member.graph()
