"""Bags of named features as vectors: by a list of names, or hashed into a fixed number of columns.

What the features are is said by `features.py`, `paths.py` and `ngrams.py`.
"""

import hashlib
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from random import Random
from typing import Protocol

import numpy as np

from symnas.encoding.base import Encoding, Vector
from symnas.encoding.subjects import Member, Subject
from symnas.errors import SearchError

__all__ = ["Bag", "HashedBag", "KnownBag", "frequent"]

Features = Mapping[str, float]
"""What an architecture has, by name; what is not named is 0."""


class Bag(Protocol):
    """A kind of features."""

    @abstractmethod
    def features(self, architecture: Member) -> Features:
        """The features of *architecture*."""


class KnownBag(Encoding):
    """A column for each name of a list; features that are not on it are left out."""

    def __init__(self, space: Subject, bag: Bag, names: Iterable[str]) -> None:
        super().__init__(space, names)
        self.bag = bag
        self._places = {name: place for place, name in enumerate(self.names)}

    def features(self, architecture: Member) -> Features:
        """Every feature of *architecture* by name, those without a column too."""
        return self.bag.features(architecture)

    def encode(self, architecture: Member) -> Vector:
        """See `Encoding.encode`."""
        vector = np.zeros(self.length)
        for name, value in self.bag.features(architecture).items():
            place = self._places.get(name)
            if place is not None:
                vector[place] = value
        return vector


class HashedBag(Encoding):
    """Each feature is added to the column, and with the sign, that its name hashes to (Weinberger et al. 2009).

    Needs no list of what a space can have, so it is there for every space. Features that meet in a column cannot be told
    apart there; inner products are kept on average.
    """

    def __init__(self, space: Subject, bag: Bag, length: int) -> None:
        if length < 1:
            raise SearchError(f"a vector has at least one column, not {length}")
        super().__init__(space, (f"hash[{place}]" for place in range(length)))
        self.bag = bag

    def features(self, architecture: Member) -> Features:
        """Every feature of *architecture* by name."""
        return self.bag.features(architecture)

    def encode(self, architecture: Member) -> Vector:
        """See `Encoding.encode`."""
        vector = np.zeros(self.length)
        for name, value in self.bag.features(architecture).items():
            digest = _digest(name)
            vector[(digest >> 1) % self.length] += value if digest & 1 else -value
        return vector


@lru_cache(maxsize=100_000)
def _digest(name: str) -> int:
    """64 bits that are the same in every process."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")


def frequent(space: Subject, bag: Bag, length: int, draws: int) -> list[str]:
    """The *length* features that most members have, the shorter first among equals, then by name.

    Counted over all members where there are at most *draws*, else over that many drawn uniformly with seed 0.
    """
    if space.countable and space.size <= draws:
        members = [space[number] for number in range(space.size)]
    else:
        rng = Random(0)
        members = [space.sample(rng) for _ in range(draws)]
    counts = Counter(name for each in members for name in bag.features(each))
    return sorted(counts, key=lambda name: (-counts[name], len(name), name))[:length]
