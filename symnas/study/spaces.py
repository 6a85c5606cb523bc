"""What a study needs of a space and its architectures, beyond what searchers do."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from symnas.costs import Costs
from symnas.searchers import Point, SearchSpace

__all__ = ["A", "Candidate", "StudySpace", "open_program"]


class Candidate(Point, Protocol):
    """An architecture, as far as a study looks at it. Evaluators see all of it."""

    @property
    def recipe(self) -> Mapping[str, object]:
        """The training settings, chosen."""
        ...

    def graph(self, net: str | None = None, /) -> Costs:
        """The network *net*, or the only one, with its costs."""
        ...


A = TypeVar("A", bound=Candidate)


class StudySpace(SearchSpace[A], Protocol[A]):
    """A space that can be recognised again, and written down."""

    @property
    def fingerprint(self) -> str:
        """A digest of the content: the same for the same space."""
        ...

    @property
    def text(self) -> str:
        """The space as text, for people."""
        ...

    @property
    def packed(self) -> str:
        """The space as text, from which a worker process builds it again: with all files that it imports."""
        ...


def open_program(packed: str) -> StudySpace[Any]:
    """The space of a program in the language; worker processes call it."""
    from symnas.program import unpacked

    space: StudySpace[Any] = unpacked(packed).space()
    return space
