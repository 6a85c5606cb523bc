"""Candidates that are kept: broods of the best, made once and judged again."""

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from enumerating import space_of

from symnas.architecture import Architecture
from symnas.encoding import encode
from symnas.genotype import Genotype
from symnas.searchers import AnySearcher, Success, create
from symnas.searchers.broods import CHANGES, Kept
from symnas.searchers.candidates import Looking
from symnas.space import Space

SPEC = "surrogate:model=ridge,encoding=wl-hashed,optimiser=kept,pool=240"
CHAIN = (
    "net A(x: f32[N, 8, 4, 4]) = x -> repeat(14) { oneof { one: Conv2d(8, 1), three: Conv2d(8, 3), pool: MaxPool2d(3, stride = 1) } }"
    " -> oneof(ReLU, Tanh)"
)
TWICE = (
    "net A(x: f32[N, 8]) { a = x -> Linear(8) -> oneof(ReLU, Tanh)\n b = x -> Linear(8) -> oneof(ReLU, Tanh)\n a + b }"
)


def proposals(spec: str, space: Space, count: int, resumed: int | None = None, seed: int = 0) -> list[float]:
    """The values of *count* proposals, told as they come; the search goes on from its state at number *resumed*."""
    searcher: AnySearcher = create(spec, space, Random(seed))  # type: ignore[type-arg]  # a space of architectures
    values = []
    for number in range(count):
        if number == resumed:
            state = searcher.state()
            searcher = create(spec, space, Random(99))
            searcher.restore(state)
        proposal = searcher.ask()
        assert proposal
        choices = [choice for _, choice in sorted(proposal.architecture.genotype.items())]
        values.append(float(sum(one != other for one, other in pairwise(choices))) + choices[0] / 7)
        searcher.tell(proposal.number, Success((values[-1],)))
    return values


def test_it_finds_what_chance_does_not() -> None:
    """Networks whose neighbouring operations differ, a matter of surroundings alone."""
    space = space_of(CHAIN)
    found = [max(proposals(SPEC, space, 50, seed=seed)) for seed in range(3)]
    chance = [max(proposals("random", space, 50, seed=seed)) for seed in range(3)]
    assert sum(found) > sum(chance) + 3


@pytest.mark.parametrize("resumed", (11, 25))
def test_a_resumed_search_makes_the_same_broods(resumed: int) -> None:
    """Nothing of them is saved."""
    space = space_of(CHAIN)
    assert proposals(SPEC, space, 35, resumed) == proposals(SPEC, space, 35)


def test_candidates_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some two dozen changes are made for a proposal, though ten times as many candidates are judged."""
    space = space_of(CHAIN)
    made: list[Architecture] = []
    mutate = Space.mutate

    def counted(space: Space, architecture: Architecture, rng: Random, spread: float | None = None) -> Architecture:
        made.append(architecture)
        return mutate(space, architecture, rng, spread)

    monkeypatch.setattr(Space, "mutate", counted)
    proposals(SPEC, space, 110)
    assert len(made) < 100 * 24


def test_who_has_been_looked_around_gives_way() -> None:
    """Once the candidates of the best are proposed it is the turn of those of the next, until nobody is left."""
    space, rng = space_of(CHAIN), Random(0)
    kept = Kept(space, encode(space, "wl-hashed"), 1)
    like = space.sample(rng).genotype  # fourteen times one of three operations, and one of two activations
    parents = [
        space.architecture(Genotype({path: min(each, 1) if "repeat" not in path else each for path in like}))
        for each in range(3)
    ]
    for each in parents:
        kept.add(each)
    looking = Looking(lambda rows: np.zeros(len(rows)), [2, 0, 1], lambda _: False, rng, np.random.default_rng(0))
    for number in looking.ranked:
        child = kept.best(looking)
        assert child is not None
        apart = [sum(child.genotype[path] != choice for path, choice in each.genotype.items()) for each in parents]
        assert apart[number] <= CHANGES < min(apart[:number] + apart[number + 1 :])
        kept.add(child)
    assert kept.best(looking) is None


def test_the_same_network_in_another_way_is_no_candidate() -> None:
    """Two sides of a sum may be exchanged: of four members three are different, and the fourth comes last."""
    space = space_of(TWICE)
    for seed in range(5):
        searcher = create(f"{SPEC},start=2", space, Random(seed))
        told = []
        while (proposal := searcher.ask()) is not None:
            told.append(frozenset(proposal.architecture.genotype.items()))
            searcher.tell(proposal.number, Success((1.0,)))
        assert len(set(told)) == len(told) == 4
