"""Candidates that are kept: each of the best proposals has a brood of changed ones, made once and judged again and again.

For encodings that read the network, where making a candidate takes longer than judging hundreds. As a brood follows from
its parent alone, nothing has to be remembered, and a search that is resumed makes the same again. What the model cannot
tell from a proposal, like a network that the space says in another way, is no candidate.
"""

from random import Random
from typing import Generic, cast

import numpy as np
from attrs import field, mutable

from symnas.encoding import Encoding
from symnas.encoding.subjects import Member
from symnas.errors import SearchError
from symnas.searchers.candidates import Candidates, Looking
from symnas.searchers.models.base import Vector
from symnas.searchers.records import SPREAD
from symnas.searchers.space import A, SearchSpace

__all__ = ["Kept"]

BROOD = 24
"""Candidates of each parent."""

CHANGES = 3
"""Decisions changed in a candidate, at most: one, two and three in turn."""

DRAWS = 10 * BROOD
"""Candidates made of a parent, at most."""


@mutable(eq=False)
class _Brood(Generic[A]):
    """What is left of what has been made of a parent, by row; how many were made, and all rows that they had."""

    rng: Random
    left: dict[bytes, tuple[A, Vector]] = field(factory=dict)
    rows: set[bytes] = field(factory=set)
    made: int = 0


class Kept(Candidates[A]):
    """The broods of as many parents as make *count* candidates."""

    def __init__(self, space: SearchSpace[A], encoding: Encoding, count: int) -> None:
        super().__init__(space)
        self._encoding, self._parents = encoding, max(1, count // BROOD)
        self._past: list[A] = []
        self._known: set[bytes] = set()
        self._broods: dict[int, _Brood[A]] = {}

    def add(self, architecture: A) -> None:
        """See `Candidates.add`."""
        self._past.append(architecture)
        self.rows.append(self._row(architecture))
        self._known.add(self.rows[-1].tobytes())

    def best(self, looking: Looking) -> A | None:
        """See `Candidates.best`."""
        self._broods = {each: self._brood(each) for each in looking.ranked[: self._parents]}
        found: dict[bytes, tuple[A, Vector]] = {}
        for parent, brood in self._broods.items():
            self._renew(brood, self._past[parent])
            found |= brood.left
        if not found:
            return None
        candidates = list(found.values())
        return candidates[int(np.argmax(looking.judged(np.stack([row for _, row in candidates]))))][0]

    def _brood(self, parent: int) -> _Brood[A]:
        """That of *parent*: what it will be follows from what the parent and the first proposal are."""
        ends = (self._past[0].genotype, self._past[parent].genotype)
        return self._broods.get(parent) or _Brood(Random(repr([each.to_json() for each in ends])))

    def _renew(self, brood: _Brood[A], parent: A) -> None:
        """Take out of *brood* what has been proposed, and make others in its place."""
        brood.left = {row: each for row, each in brood.left.items() if row not in self._known}
        while len(brood.left) < BROOD and brood.made < DRAWS:
            brood.made += 1
            child = self._child(parent, 1 + brood.made % CHANGES, brood.rng)
            row = None if child is None else self._row(child)
            if child is None or row is None or row.tobytes() in brood.rows:
                continue
            brood.rows.add(row.tobytes())
            if row.tobytes() not in self._known:
                brood.left[row.tobytes()] = child, row

    def _child(self, parent: A, changes: int, rng: Random) -> A | None:
        try:
            for _ in range(changes):
                parent = self.space.mutate(parent, rng, SPREAD)
        except SearchError:  # there is no legal neighbour
            return None
        return parent

    def _row(self, architecture: A) -> Vector:
        return self._encoding.encode(cast("Member", architecture))
