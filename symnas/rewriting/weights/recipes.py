"""How the array of a weight is made of the one that it was: elements chosen along its axes, repeated ones shared out."""

import numpy as np
from attrs import frozen

from symnas.arrays import Array
from symnas.rewriting.weights.channels import Index

__all__ = ["Kernel", "Matrix", "Picked", "Recipe"]


@frozen(eq=False)
class Picked:
    """Elements picked along every axis; `None` takes all of one. What is picked at -1 is fresh."""

    axes: tuple[Index | None, ...]

    def made(self, old: Array, fresh: Array) -> Array:
        """The new array."""
        found, new = old, np.zeros(fresh.shape, bool)
        for place, index in enumerate(self.axes):
            if index is not None:
                found = np.take(found, np.maximum(index, 0), axis=place)
                shape = [1] * old.ndim
                shape[place] = len(index)
                new |= (index < 0).reshape(shape)
        return np.where(new, fresh.astype(old.dtype), found) if new.any() else found

    def copies(self, shape: tuple[int, ...]) -> bool:
        """Whether a weight of *shape* stays as it is."""
        return all(index is None or _counts(index, size) for index, size in zip(self.axes, shape, strict=True))

    def like(self, other: "Recipe") -> bool:
        """Whether both make the same."""
        return isinstance(other, Picked) and all(map(_equal, self.axes, other.axes))


@frozen
class Kernel:
    """One axis of a kernel of *size* positions, that hold what position + *shift* held; zero where there was nothing."""

    size: int
    shift: int

    def moved(self, old: Array, axis: int) -> Array:
        """*old* with *axis* moved."""
        places = np.arange(self.size) + self.shift
        inside = (places >= 0) & (places < old.shape[axis])
        found = np.take(old, np.where(inside, places, 0), axis=axis)
        shape = [1] * old.ndim
        shape[axis] = self.size
        made: Array = found * inside.reshape(shape).astype(old.dtype)
        return made


@frozen(eq=False)
class Matrix:
    """A matrix, or a kernel for each pair of channels: entry (i, j) is what (``rows[i, j]``, ``columns[i, j]``) was,
    times ``share[i, j]``; all three are broadcast to the first two axes. Where a row or column is -1, it is fresh.
    """

    rows: Index
    columns: Index
    share: Array
    kernel: tuple[Kernel, ...] = ()

    def made(self, old: Array, fresh: Array) -> Array:
        """The new array."""
        for place, each in enumerate(self.kernel):
            if each != Kernel(old.shape[place + 2], 0):
                old = each.moved(old, place + 2)
        rows, columns = np.broadcast_arrays(self.rows, self.columns)
        found: Array = old[np.maximum(rows, 0), np.maximum(columns, 0)]
        share = np.broadcast_to(self.share, rows.shape).astype(old.dtype)
        if (share != 1).any():
            found = found * share.reshape(share.shape + (1,) * (old.ndim - 2))
        new = (rows < 0) | (columns < 0)
        if new.any():
            found = np.where(new.reshape(new.shape + (1,) * (old.ndim - 2)), fresh.astype(old.dtype), found)
        return found

    def copies(self, shape: tuple[int, ...]) -> bool:
        """Whether a weight of *shape* stays as it is."""
        plain = self.rows.shape == (shape[0], 1) and self.columns.shape == (1, shape[1])
        moved = any(each != Kernel(size, 0) for each, size in zip(self.kernel, shape[2:], strict=True))
        if not plain or moved or (self.share != 1).any():
            return False
        return _counts(self.rows[:, 0], shape[0]) and _counts(self.columns[0], shape[1])

    def like(self, other: "Recipe") -> bool:
        """Whether both make the same."""
        if not isinstance(other, Matrix) or self.kernel != other.kernel:
            return False
        ours, theirs = (self.rows, self.columns, self.share), (other.rows, other.columns, other.share)
        return all(map(np.array_equal, ours, theirs))


Recipe = Picked | Matrix
"""How the array of a weight is made."""


def _counts(index: Index, size: int) -> bool:
    """Whether *index* counts up to *size*."""
    return len(index) == size and bool((index == np.arange(size)).all())


def _equal(one: Index | None, other: Index | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)
