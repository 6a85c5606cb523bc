"""What a searcher needs of a space: protocols that `symnas.space.Space` and its architectures fulfil.

Spaces themselves, and what a decision is, are the core's business.
"""

from collections.abc import Mapping
from random import Random
from typing import Protocol, TypeVar

from symnas.domains import Choice, Domain
from symnas.elaborate.outlining import Slot
from symnas.genotype import Genotype
from symnas.measure import Measure
from symnas.tree import Direction

__all__ = ["A", "Draft", "Objective", "Point", "SearchSpace"]

Objective = tuple[str, Direction]
"""A metric's name and which way it is better."""


class Point(Protocol):
    """An architecture, as far as a searcher looks at it."""

    @property
    def genotype(self) -> Genotype:
        """Its choices."""
        ...

    @property
    def domains(self) -> Mapping[str, Domain]:
        """What each of its decisions chooses from, in the order in which they are asked."""
        ...

    @property
    def violated(self) -> object | None:
        """A constraint that does not hold, if any: such a point is never proposed."""
        ...


A = TypeVar("A", bound=Point)
A_co = TypeVar("A_co", bound=Point, covariant=True)


class Draft(Protocol[A_co]):
    """A point half decided, one decision after the other. Nobody changes a draft: `take` gives another."""

    @property
    def path(self) -> str | None:
        """The next decision; `None` where all is decided."""
        ...

    @property
    def domain(self) -> Domain | None:
        """What it chooses from."""
        ...

    @property
    def choices(self) -> Mapping[str, Choice]:
        """What has been decided."""
        ...

    @property
    def weights(self) -> Mapping[int, int] | None:
        """How many points each choice of the next decision leaves, relative to the others; choices that leave none are
        missing. `None` where no count is known, or the decision is continuous.
        """
        ...

    @property
    def is_sure(self) -> bool:
        """Whether every choice that has a weight leads to legal points, and every point that it leads to is legal."""
        ...

    @property
    def left(self) -> int | None:
        """How many points have these choices; `None` where that is not known, or there is a continuous decision."""
        ...

    def take(self, choice: Choice, /) -> "Draft[A_co] | None":
        """The draft with the next decision made, and those with a single choice after it; `None` if no point is left."""
        ...

    def finish(self, rng: Random, measure: Measure = ..., /) -> A_co | None:
        """A point with these choices, the others drawn by *measure*; `None` if it is not legal."""
        ...


class SearchSpace(Protocol[A]):
    """What a searcher needs of a space. `symnas.space.Space` is one."""

    @property
    def countable(self) -> bool:
        """Whether `size` is known."""
        ...

    @property
    def size(self) -> int:
        """Number of points, continuous decisions aside, those included that constraints on costs forbid."""
        ...

    @property
    def continuous(self) -> int:
        """Number of continuous decisions, for a countable space; one that has any has no last point."""
        ...

    @property
    def decisions(self) -> tuple[Slot, ...]:
        """Every decision that a point can have; `SearchError` where they cannot be listed."""
        ...

    def cells(self) -> Mapping[str, int]:
        """The cells of a countable space, each with the number of ways to decide it."""
        ...

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What the file asks to maximise and minimise."""
        ...

    def sample(self, rng: Random, measure: Measure = ..., /) -> A:
        """A random legal point."""
        ...

    def mutate(self, architecture: A, rng: Random, spread: float | None = ..., /) -> A:
        """*architecture* with one decision changed: legal and different. `SearchError` where there is none.

        A continuous decision is drawn anew, or moved by a normal step of deviation *spread*, a share of its range.
        """
        ...

    def complete(self, rng: Random, /, *wishes: Mapping[str, Choice]) -> A | None:
        """The point in which each decision is as the first of *wishes* has it whose choice fits; drawn where none does.

        What *wishes* hold for decisions that do not exist then is left out. `None` where the point is not legal.
        """
        ...

    def draft(self) -> Draft[A] | None:
        """A point of which nothing is decided; `None` where there is no point."""
        ...

    def architecture(self, genotype: Mapping[str, Choice], /) -> A:
        """The point with these choices; `SourceError` where it is not of this space or not legal."""
        ...

    def __getitem__(self, index: int, /) -> A:
        """The point with this number, below `size`; it may be `violated`."""
        ...
