"""What encodings need of a space and its members: protocols that `symnas.space.Space` and its architectures fulfil."""

from collections.abc import Mapping
from random import Random
from typing import Protocol

from symnas.domains import Domain
from symnas.elaborate.extents import Extent
from symnas.elaborate.outlining import Slot
from symnas.genotype import Genotype
from symnas.graph import Graph

__all__ = ["Member", "Subject"]


class Member(Protocol):
    """An architecture, as far as encodings look at it."""

    @property
    def genotype(self) -> Genotype:
        """Its choices."""
        ...

    @property
    def domains(self) -> Mapping[str, Domain]:
        """The domain of each decision."""
        ...

    def graph(self, net: str | None = None) -> Graph:
        """The dataflow of a net, or of the only one."""
        ...


class Subject(Protocol):
    """A space, as far as encodings look at it."""

    @property
    def decisions(self) -> tuple[Slot, ...]:
        """All decisions that its members can have."""
        ...

    @property
    def countable(self) -> bool:
        """Whether its size is known."""
        ...

    @property
    def size(self) -> int:
        """How many members it has."""
        ...

    def extent(self, net: str | None = None) -> Extent:
        """How large a net can be."""
        ...

    def sample(self, rng: Random, /) -> Member:
        """A random member."""
        ...

    def __getitem__(self, index: int, /) -> Member:
        """The member with that number."""
        ...
