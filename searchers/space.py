"""What a searcher needs of a space: protocols that `symnas.space.Space` and its architectures fulfil.

Spaces themselves, and what a decision is, are the core's business.
"""

from collections.abc import Hashable, Mapping
from enum import Enum
from random import Random
from typing import Protocol, TypeVar

from symnas.domains import Choice
from symnas.tree import Direction

__all__ = ["A", "Genes", "Measure", "Objective", "Point", "SearchSpace"]

Objective = tuple[str, Direction]
"""A metric's name and which way it is better."""


class Measure(Enum):
    """What a uniform sample is uniform over."""

    ARCHITECTURES = "architectures"
    DECISIONS = "decisions"


class Genes(Hashable, Protocol):
    """A genotype: equal and equally hashed where the choices are."""

    def to_json(self) -> dict[str, Choice]:
        """Choices by decision path."""
        ...


class Point(Protocol):
    """An architecture, as far as a searcher looks at it."""

    @property
    def genotype(self) -> Genes:
        """Its choices."""
        ...


A = TypeVar("A", bound=Point)


class SearchSpace(Protocol[A]):
    """What a searcher needs of a space. `symnas.space.Space` is one."""

    @property
    def size(self) -> int:
        """Number of points, continuous decisions aside; points that a constraint forbids may be counted."""
        ...

    @property
    def continuous(self) -> int:
        """Number of continuous decisions; a space with any has no last point."""
        ...

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What the file asks to maximise and minimise."""
        ...

    def sample(self, rng: Random, measure: Measure = ..., /) -> A:
        """A random legal point."""
        ...

    def mutate(self, architecture: A, rng: Random, /) -> A:
        """*architecture* with one decision changed: legal and different. `SearchError` where there is none."""
        ...

    def architecture(self, genotype: Mapping[str, Choice], /) -> A:
        """The point with these choices; `SourceError` where it is not of this space or not legal."""
        ...

    def __getitem__(self, index: int, /) -> A:
        """The point with this number, below `size`; `SourceError` where a constraint forbids it."""
        ...
