"""Candidates of a surrogate that are looked for by tree search: what the model promises is what the tree is rewarded with.

The tree is that of `mcts`, over the decisions in turn, made anew for every proposal: points are drawn where it leads, a few
at a time, and judged by the model together. So what is promising is found by decisions that agree with one another and not
only near what has been evaluated; and every point that a draft leads to is legal where the space can count.
"""

from typing import Generic, cast

import numpy as np

from symnas.encoding import Encoding
from symnas.encoding.subjects import Member
from symnas.measure import Measure
from symnas.searchers.candidates import Candidates, Looking
from symnas.searchers.models.base import Vector, normal_scores
from symnas.searchers.space import A, SearchSpace
from symnas.searchers.trees import ONE, Beliefs, Bisect, InTurn, SearchTree
from symnas.searchers.trees.orders import Drafted

__all__ = ["Searched"]

BATCH = 8
"""Points that are drawn before the model judges them."""

TRIES = 4
"""Ways down for a point, before the search ends."""


class Searched(Candidates[A], Generic[A]):
    """A tree search for each proposal, of *count* points."""

    def __init__(self, space: SearchSpace[A], encoding: Encoding, count: int) -> None:
        super().__init__(space)
        self._encoding, self._count = encoding, count

    def add(self, architecture: A) -> None:
        """See `Candidates.add`."""
        self.rows.append(self._row(architecture))

    def best(self, looking: Looking) -> A | None:
        """See `Candidates.best`."""
        beliefs = Beliefs(1)
        order = InTurn(self.space, Bisect.ORDERED, 1 / 64, Measure.ARCHITECTURES)
        tree = SearchTree(order, 1, 1.0, beliefs, repeat=False, eager=True)  # a point may be drawn twice
        found: list[A] = []
        promised: list[float] = []
        while len(found) < self._count:
            fresh = self._drawn(tree, looking, min(BATCH, self._count - len(found)))
            if not fresh:
                break
            found += fresh
            promised += looking.judged(np.stack([self._row(each) for each in fresh])).tolist()
            _learn(tree, beliefs, found, promised)
        return found[int(np.argmax(promised))] if found else None

    def _drawn(self, tree: SearchTree[A, Drafted[A]], looking: Looking, count: int) -> list[A]:
        drawn: list[A] = []
        for _ in range(count):
            made = tree.draw(looking.rng, [1.0], lambda each: not looking.taken(each.genotype), TRIES)
            if made is None:
                break
            tree.insert(made.genotype)
            drawn.append(made)
        return drawn

    def _row(self, architecture: A) -> Vector:
        return self._encoding.encode(cast("Member", architecture))


def _learn(tree: SearchTree[A, Drafted[A]], beliefs: Beliefs, found: list[A], promised: list[float]) -> None:
    """The tree learns what has been promised of all points *found*."""
    scores = normal_scores(np.array(promised))
    for each in found:
        if not beliefs.knows(each.genotype.choices):
            beliefs.meet(each.domains)
    expected = beliefs.look(
        [(each.genotype.choices, [float(score)]) for each, score in zip(found, scores, strict=True)]
    )
    rewards = {
        number: [round((score - said) * ONE)]
        for number, (score, (said,)) in enumerate(zip(scores, expected, strict=True))
    }
    tree.reward_anew(rewards, [0])
