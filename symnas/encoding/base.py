"""What an encoding is. Encodings themselves have a file each."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from symnas.encoding.subjects import Member, Subject
from symnas.errors import SearchError

__all__ = ["MOST_COLUMNS", "Encoding", "Mask", "Vector"]

Vector = npt.NDArray[np.float64]
"""An architecture as numbers: shape (length,), or (architectures, length)."""

Mask = npt.NDArray[np.bool_]
"""Which columns of a vector mean something for its architecture: shape (length,)."""

MOST_COLUMNS = 1_000_000
"""Columns of the longest vector that is made; longer ones are refused, since they say nothing that a model could use."""


class Encoding(ABC):
    """Members of one space as vectors of the same length. Equal architectures have equal vectors."""

    name: ClassVar[str]
    """What `symnas.encode` knows it by."""

    def __init__(self, space: Subject, names: Iterable[str]) -> None:
        self.space = space
        self.names = tuple(names)
        """What each column is, all different."""
        if len(self.names) > MOST_COLUMNS:
            raise too_long(len(self.names))

    @property
    def length(self) -> int:
        """Number of columns."""
        return len(self.names)

    @abstractmethod
    def encode(self, architecture: Member) -> Vector:
        """The vector of *architecture*: shape (length,).

        Raises:
            SearchError: it is not of this space, or larger than the encoding was made for.
        """

    def mask(self, _architecture: Member) -> Mask:
        """The columns that mean something for *architecture*; the others are 0 because nothing is there."""
        return np.ones(self.length, dtype=np.bool_)

    def encode_all(self, architectures: Iterable[Member]) -> Vector:
        """The vectors of several architectures, one a row: shape (architectures, length)."""
        rows = [self.encode(each) for each in architectures]
        return np.stack(rows) if rows else np.zeros((0, self.length))

    def __repr__(self) -> str:
        return f"<{self.name} encoding of {self.length:,} columns>"


def too_long(columns: int) -> SearchError:
    """The refusal of an encoding of that many columns."""
    return SearchError(f"this encoding has {columns:,} columns, more than {MOST_COLUMNS:,}; take a hashed one")
