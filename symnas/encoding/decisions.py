"""The decisions of a space as groups of columns: what the one-hot and the ordinal encoding have in common.

A path may have several domains in different architectures: a guard removes alternatives, a bound is computed. Domains
of one kind share their columns, found by label or value, so that a column means the same in every architecture.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import numpy as np
from attrs import frozen

from symnas.domains import Alternatives, Choice, Combinations, Continuous, Domain, Grid, Permutations, Subsets
from symnas.elaborate.outlining import Slot
from symnas.encoding.base import MOST_COLUMNS, Encoding, Mask, Vector, too_long
from symnas.encoding.subjects import Member, Subject
from symnas.errors import SearchError

__all__ = ["DecisionEncoding", "Group", "hull"]

KINDS = ((Alternatives,), (Grid,), (Continuous,), (Combinations, Subsets), (Permutations,))
"""Domains that share columns where they are at one path."""


class Group(ABC):
    """The columns of the domains of one kind at one path, by their place in the group."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    @abstractmethod
    def cells(self, domain: Domain, choice: Choice) -> Iterator[tuple[int, float]]:
        """Columns that are not 0, with their numbers, where *choice* is made from *domain*."""


@frozen
class _Placed:
    """A group, and the column that it begins at."""

    start: int
    group: Group


class _Columns:
    """The groups of one path by kind; *only* is its domain, if it has the same one everywhere."""

    def __init__(self, slot: Slot) -> None:
        self.only = slot.domains[0] if len(slot.domains) == 1 else None
        self.groups: dict[int, _Placed] = {}

    def placed(self, domain: Domain) -> _Placed:
        """The group of *domain*."""
        return next(iter(self.groups.values())) if self.only is not None else self.groups[kind_of(domain)]


class DecisionEncoding(Encoding):
    """Each decision has columns of its own; those of decisions that an architecture lacks are 0, and masked."""

    def __init__(self, space: Subject) -> None:
        names: list[str] = []
        self._columns: dict[str, _Columns] = {}
        for slot in space.decisions:
            columns = self._columns[slot.path] = _Columns(slot)
            kinds = list(dict.fromkeys(map(kind_of, slot.domains)))
            for number, kind in enumerate(kinds):
                alike = [each for each in slot.domains if kind_of(each) == kind]
                group = self.group(slot.path + "'" * number, alike, certain=slot.certain and len(kinds) == 1)
                columns.groups[kind] = _Placed(len(names), group)
                names += group.names
                if len(names) > MOST_COLUMNS:
                    raise too_long(len(names))
        super().__init__(space, names)

    @abstractmethod
    def group(self, name: str, domains: Sequence[Domain], *, certain: bool) -> Group:
        """The columns for the decision called *name*, whose *domains* are of one kind; *certain* ones always exist."""

    def encode(self, architecture: Member) -> Vector:
        """See `Encoding.encode`."""
        vector = np.zeros(self.length)
        for placed, domain, choice in self._active(architecture):
            for place, value in placed.group.cells(domain, choice):
                vector[placed.start + place] = value
        return vector

    def mask(self, architecture: Member) -> Mask:
        """The columns of decisions that *architecture* has."""
        mask = np.zeros(self.length, dtype=np.bool_)
        for placed, _, _ in self._active(architecture):
            mask[placed.start : placed.start + len(placed.group.names)] = True
        return mask

    def _active(self, architecture: Member) -> Iterator[tuple[_Placed, Domain, Choice]]:
        for path, choice in architecture.genotype.items():
            columns = self._columns.get(path)
            if columns is None:
                raise SearchError(f"this space has no decision `{path}`")
            domain = columns.only if columns.only is not None else architecture.domains[path]
            yield columns.placed(domain), domain, choice


def kind_of(domain: Domain) -> int:
    """The number of the kind of *domain*."""
    return next(number for number, kind in enumerate(KINDS) if isinstance(domain, kind))


def hull(domains: Sequence[Continuous]) -> Continuous:
    """The smallest range that holds all *domains*; logarithmic if all of them are."""
    low, high = min(each.low for each in domains), max(each.high for each in domains)
    return Continuous(low, high, all(each.log for each in domains))
