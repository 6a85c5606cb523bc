"""Candidates that are kept: each of the best proposals has a brood of changed ones, made once and judged again and again.

For encodings that read the network, where making a candidate takes longer than judging hundreds. As a brood follows from
its parent alone, nothing has to be remembered, and a search that is resumed makes the same again. What the model cannot
tell from a proposal, like a network that the space says in another way, is no candidate.
"""

from collections.abc import Sequence
from hashlib import blake2b
from math import isqrt
from random import Random
from typing import cast

import numpy as np
import numpy.typing as npt
from attrs import frozen

from symnas.encoding import Encoding
from symnas.encoding.subjects import Member
from symnas.errors import SearchError
from symnas.genotype import Genotype
from symnas.searchers.candidates import Candidates, Looking
from symnas.searchers.models.base import Vector
from symnas.searchers.records import SPREAD
from symnas.searchers.space import A, SearchSpace

__all__ = ["Kept"]

CHANGES = 3
"""Decisions changed in a candidate, at most: one, two and three in turn."""

SPENT = 4
"""A parent is passed over once one in so many of its candidates has been proposed, by whichever parent: its surroundings
are known, and others have their turn. Without this a search stays where it found something good first.
"""

DRAWS = 10
"""For each candidate of a brood, how many are made at most to find so many that differ."""


@frozen(eq=False)
class _Brood:
    """The different candidates of a parent: their choices, their rows (candidates, columns), what tells rows apart, and
    which of them nobody has proposed yet, as far as that has been looked at.
    """

    genotypes: tuple[Genotype, ...]
    rows: Vector
    keys: tuple[bytes, ...]
    left: npt.NDArray[np.bool_]

    def is_spent(self, known: set[bytes]) -> bool:
        """Whether too many of its rows are *known*."""
        return SPENT * sum(key in known for key in self.keys) >= len(self.keys)

    def best(self, looking: Looking, known: set[bytes]) -> tuple[float, Genotype] | None:
        """The most promising one whose row is none of those *known*, with what it promises."""
        if not np.any(self.left):
            return None
        judged = np.where(self.left, looking.judged(self.rows), -np.inf)
        while judged[place := int(np.argmax(judged))] > -np.inf:
            if self.keys[place] not in known:
                return float(judged[place]), self.genotypes[place]
            self.left[place], judged[place] = False, -np.inf
        return None


class Kept(Candidates[A]):
    """The broods of as many parents as each has candidates, *count* in all: of the best that are not spent."""

    def __init__(self, space: SearchSpace[A], encoding: Encoding, count: int) -> None:
        super().__init__(space)
        self._encoding, self._side = encoding, max(1, isqrt(count))
        self._past: list[A] = []
        self._known: set[bytes] = set()
        self._broods: dict[int, _Brood] = {}
        self._spent: set[int] = set()
        self._met: dict[Genotype, Vector] = {}
        """Rows of what is in a brood: parents that are alike have candidates in common."""

    def add(self, architecture: A) -> None:
        """See `Candidates.add`."""
        self._past.append(architecture)
        self.rows.append(self._row(architecture))
        self._known.add(_key(self.rows[-1]))

    def best(self, looking: Looking) -> A | None:
        """See `Candidates.best`."""
        self._keep(looking.ranked)
        found = [best for each in self._broods.values() if (best := each.best(looking, self._known)) is not None]
        return self.space.architecture(max(found, key=lambda each: each[0])[1]) if found else None

    def _keep(self, ranked: Sequence[int]) -> None:
        """Have the broods of the first of *ranked* that are not spent, and no others."""
        before, self._broods = self._broods, {}
        for parent in ranked:
            if len(self._broods) == self._side:
                break
            if parent in self._spent:
                continue
            brood = before.pop(parent, None) or self._brood(self._past[parent])
            if brood.is_spent(self._known):
                self._spent.add(parent)
                before[parent] = brood
            else:
                self._broods[parent] = brood
        for brood in before.values():
            for genotype in brood.genotypes:
                self._met.pop(genotype, None)

    def _brood(self, parent: A) -> _Brood:
        """That of *parent*: it follows from what the parent and the first proposal are."""
        rng = Random(repr([each.genotype.to_json() for each in (self._past[0], parent)]))
        found: dict[bytes, tuple[Genotype, Vector]] = {}
        for number in range(DRAWS * self._side):
            if len(found) == self._side:
                break
            child = self._child(parent, 1 + number % CHANGES, rng)
            if child is not None:
                row = self._met[child.genotype] if child.genotype in self._met else self._row(child)
                found.setdefault(_key(row), (child.genotype, row))
        genotypes = tuple(genotype for genotype, _ in found.values())
        rows = np.stack([row for _, row in found.values()]) if found else np.empty((0, 0))
        self._met |= zip(genotypes, rows, strict=True)
        return _Brood(genotypes, rows, tuple(found), np.ones(len(rows), bool))

    def _child(self, parent: A, changes: int, rng: Random) -> A | None:
        try:
            for _ in range(changes):
                parent = self.space.mutate(parent, rng, SPREAD)
        except SearchError:  # there is no legal neighbour
            return None
        return parent

    def _row(self, architecture: A) -> Vector:
        return self._encoding.encode(cast("Member", architecture))


def _key(row: Vector) -> bytes:
    """What tells *row* from others."""
    return blake2b(row.tobytes(), digest_size=16).digest()
