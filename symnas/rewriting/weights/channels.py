"""What the elements of one axis of a tensor were before: channels, features, heads.

An axis whose elements are what they were is `None`. Where some are left out or repeated it is `Channels`; where nothing
is known of them, `Lost`; where all are equal, as of a tensor of zeros, `EVEN`, which is whatever it meets.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final

import numpy as np
from attrs import field, frozen

__all__ = ["EVEN", "Axis", "Channels", "Even", "Index", "Lost", "cycled", "evenly", "leading", "repeats"]

Index = np.ndarray[Any, np.dtype[np.intp]]
"""Whole numbers."""

NOWHERE: Final = -1


@frozen(eq=False)
class Channels:
    """Element i is what element ``index[i]`` of *size* was; where that is -1, it is new.

    *makers* are the units that made the elements, by number: those whose choice could have been another.
    """

    size: int
    index: Index
    makers: Index = field()

    @makers.default
    def _nobody(self) -> Index:
        return np.full(len(self.index), NOWHERE, np.intp)

    @property
    def plain(self) -> bool:
        """Whether every element is where it was."""
        return len(self.index) == self.size and bool((self.index == np.arange(self.size)).all())

    def same(self, other: "Channels") -> bool:
        """Whether both say the same of the elements."""
        return self.size == other.size and np.array_equal(self.index, other.index)

    def part(self, places: Index) -> "Channels":
        """The elements at *places*, of the same axis as before."""
        return Channels(self.size, self.index[places], self.makers[places])


@frozen
class Lost:
    """An axis of which is not known what its elements were before, and *why*."""

    why: str


class Even(Enum):
    """The one value that says that all elements of an axis are equal."""

    EVEN = "even"


EVEN: Final = Even.EVEN

Axis = Channels | Lost | Even | None
"""What is known of the elements of one axis."""


def cycled(old: int, new: int) -> Index:
    """*old* elements again and again, up to *new*; leading ones where there are fewer."""
    return np.arange(new, dtype=np.intp) % old


def leading(old: int, new: int) -> Index:
    """The leading elements of *old*; what is beyond is new."""
    index = np.arange(new, dtype=np.intp)
    return np.where(index < old, index, NOWHERE)


def repeats(index: Index, size: int) -> Index:
    """For each element, how many have come of the same one of *size*; 1 for what is new."""
    counts = np.bincount(index[index >= 0], minlength=size)
    return np.where(index >= 0, counts[index], 1)


def evenly(axes: Sequence[Axis]) -> bool:
    """Whether a mean over *axes* is what it was: every old element is there, each as often as the others."""
    for axis in axes:
        if isinstance(axis, Lost):
            return False
        if isinstance(axis, Channels):
            counts = np.bincount(axis.index[axis.index >= 0], minlength=axis.size)
            if (axis.index < 0).any() or (counts != counts[0]).any():
                return False
    return True
