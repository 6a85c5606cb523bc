"""Numbers of channels handed out, and what is said of them on the way: which are the same, which stay and why."""

from collections.abc import Callable

import numpy as np
from attrs import Factory, define, frozen

from symnas.operators.base import Weight
from symnas.pruning.labels import STAYS, Axis, Ids, stays

__all__ = ["Channels", "Origin", "Tracker", "Weighed"]


@frozen(eq=False)
class Origin:
    """Where channels are made: *ids*, all of an axis, by the operation at *path*."""

    path: str
    ids: Ids


@frozen(eq=False)
class Weighed:
    """A weight or buffer by its name in the state dict, *owner* the path of its operation, with the channels along its axes. What is kept of it is
    multiplied by *factor*, once fewer are left of the channels that it goes by.
    """

    path: str
    owner: str
    weight: Weight
    operator: str
    axes: tuple[Axis, ...]
    factor: tuple[Ids, Callable[[int], float]] | None = None


@frozen(eq=False)
class Channels:
    """All channels: the class of each, by its least number, and why those of a class stay, if they do."""

    classes: Ids
    reasons: dict[int, str]

    def of(self, ids: Ids) -> Ids:
        """The classes of *ids*."""
        return self.classes[ids]


@define(eq=False)
class Tracker:
    """What is gathered while the operations of a network are gone through."""

    weights: dict[str, Weighed] = Factory(dict)
    origins: list[Origin] = Factory(list)
    count: int = 1
    _equal: list[tuple[Ids, Ids]] = Factory(list)
    _stay: list[tuple[Ids, str]] = Factory(list)

    def fresh(self, size: int, path: str) -> Ids:
        """*size* channels that are made at *path*."""
        ids = np.arange(self.count, self.count + size, dtype=np.int64)
        self.count += size
        self.origins.append(Origin(path, ids))
        return ids

    def tie(self, left: Ids, right: Ids) -> None:
        """What stands at the same place in *left* and *right* is one channel."""
        if left is not right:
            self._equal.append((left, right))

    def stay(self, ids: Ids, why: str) -> None:
        """*ids* cannot go."""
        self._stay.append((ids, why))

    def weigh(self, found: Weighed) -> None:
        """*found* is one weight, however often it is read."""
        before = self.weights.get(found.path, found)
        self.weights[found.path] = found
        for one, other in zip(before.axes, found.axes, strict=True):
            self.same(one, other, f"`{found.path}` is read where it stays")

    def same(self, one: Axis, other: Axis, why: str) -> Axis:
        """Two axes that are one; where one of them stays, so does the other."""
        if one is None or other is None:
            for each in (one, other):
                if each is not None:
                    self.stay(each, why)
            return None
        self.tie(one, other)
        return one

    def resolved(self) -> Channels:
        """All that was said, put together."""
        empty = stays(0)
        pairs = self._equal
        left = np.concatenate([empty, *(np.ravel(one) for one, _ in pairs)])
        right = np.concatenate([empty, *(np.ravel(other) for _, other in pairs)])
        classes = _components(self.count, left, right)
        reasons = {int(classes[STAYS]): "it stands beside channels that stay"}
        for ids, why in self._stay:
            for each in np.unique(classes[ids]):
                reasons.setdefault(int(each), why)
        return Channels(classes, reasons)


def _components(count: int, left: Ids, right: Ids) -> Ids:
    """The least number that each of *count* numbers is connected to, by pairs of *left* and *right*."""
    least = np.arange(count, dtype=np.int64)
    while True:
        one, other = least[left], least[right]
        differ = one != other
        if not differ.any():
            return least
        left, right, one, other = left[differ], right[differ], one[differ], other[differ]
        np.minimum.at(least, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(shorter := least[least], least):
            least = shorter
