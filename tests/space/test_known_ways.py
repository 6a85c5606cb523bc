"""Members of small regions are built on ways that are known: what comes of it is what building anew gives."""

import itertools
from random import Random

import pytest

import symnas

CHAIN = """
block Layer(out)(x) = x -> oneof { skip: if x.features == out { Identity } else { Linear(out) }, wide: Linear(out) -> oneof(ReLU, Tanh) }
net A(x: f32[N, 8]) = x -> repeat(range(1, 3)) { Layer(oneof(8, 16)) } -> maybe(Linear(oneof(4, 6)))
"""
CELLS = """
let width = oneof(8, 16)
cell Unit(x: [N, C]) = x -> Linear(width) -> oneof(ReLU, Tanh)
block Pair(x: [N, C]) = x -> Unit -> maybe(Linear(width)) -> Unit
net A(x: f32[N, 8]) = x -> Pair -> oneof(Identity, Sigmoid) -> Pair
"""
REQUIRED = """
block Step(out)(x) {
  k = oneof(1, 2, 3)
  require k * out < 20
  x -> Linear(out * k)
}
net A(x: f32[N, 8]) = x -> Step(oneof(4, 8)) -> Step(oneof(4, 8)) -> oneof(ReLU, Identity)
"""


@pytest.mark.parametrize("text", (CHAIN, CELLS, REQUIRED), ids=["chain", "cells", "required"])
def test_members_on_known_ways_are_those_built_anew(text: str) -> None:
    """Each member of a space that has built all of them before equals one of a space that has built nothing."""
    known = symnas.parse(text).space()
    assert known.size
    genotypes = [known[number].genotype for number in range(known.size)]
    for _ in range(2):
        for genotype in genotypes:
            known.architecture(genotype)
    for genotype in genotypes[:: 1 + known.size // 12]:
        fresh = symnas.parse(text).space().architecture(genotype)
        again = known.architecture(genotype)
        assert (again.genotype, again.domains, again.order) == (fresh.genotype, fresh.domains, fresh.order)
        assert again.graph() == fresh.graph()
        assert again.fragment.decisions == fresh.fragment.decisions


@pytest.mark.parametrize("text", (CHAIN, CELLS, REQUIRED), ids=["chain", "cells", "required"])
def test_wishes_are_granted_alike_on_known_ways(text: str) -> None:
    """The member that a space completes choices to does not depend on what it has built before."""
    known = symnas.parse(text).space()
    rng = Random(0)
    drawn = [known.sample(rng).genotype for _ in range(8)]
    for genotype in drawn:
        known.architecture(genotype)
    for number, (first, second) in enumerate(itertools.pairwise(drawn)):
        wishes = {path: choice for path, choice in first.items() if number % 2 or choice}
        fresh = symnas.parse(text).space()
        assert fresh.size == known.size
        found, again = (each.complete(Random(number), wishes, second) for each in (fresh, known))
        assert (found and found.genotype) == (again and again.genotype)
