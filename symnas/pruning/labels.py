"""What is known of a tensor while channels are followed through a network: which channel each position of each axis is.

A channel is a number; positions with one number go together or stay together. How numbers become equal is
`coupling`'s business.
"""

from collections.abc import Callable, Sequence

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from symnas.operators.base import SettingValue

__all__ = [
    "STAYS",
    "Axis",
    "Count",
    "Flags",
    "Ids",
    "Labels",
    "Pending",
    "Scaled",
    "joined",
    "settled",
    "stays",
    "touched",
]

Ids = NDArray[np.int64]
"""The channel of each position along an axis."""

Flags = NDArray[np.bool_]
"""Of each channel, or each position, whether something holds."""

Axis = Ids | None
"""An axis of a tensor; `None` where every position stays, as along the batch."""

STAYS = 0
"""The channel of positions that stay, on an axis of which others may go."""


@frozen(eq=False)
class Labels:
    """A tensor: the channels along each of its axes, and for each axis whether what belongs to a channel is exactly 0
    everywhere in the tensor once the weights of that channel are.
    """

    axes: tuple[Axis, ...]
    zeros: tuple[bool, ...]

    @staticmethod
    def of(axes: Sequence[Axis], zeros: Sequence[bool] | bool = False) -> "Labels":
        """*axes*, with one answer for each, or for all."""
        flags = (zeros,) * len(axes) if isinstance(zeros, bool) else tuple(zeros)
        return Labels(tuple(axes), flags)

    @staticmethod
    def fixed(rank: int) -> "Labels":
        """A tensor of which everything stays."""
        return Labels((None,) * rank, (False,) * rank)

    def zero_if(self, zero: bool) -> "Labels":
        """The same; unless *zero*, channels that were 0 are so no longer."""
        return self if zero else Labels(self.axes, (False,) * len(self.axes))


def stays(count: int) -> Ids:
    """*count* positions that stay."""
    return np.full(count, STAYS, dtype=np.int64)


def joined(axes: Sequence[tuple[Axis, int]]) -> Axis:
    """Axes of known lengths one behind the other."""
    if all(axis is None for axis, _ in axes):
        return None
    return np.concatenate([stays(size) if axis is None else axis for axis, size in axes])


@frozen(eq=False)
class Count:
    """A setting that says how many of *ids* there are."""

    ids: Ids


@frozen(eq=False)
class Scaled:
    """A setting that becomes *made* of how many of *ids* are left, once that is fewer; *before* until then."""

    ids: Ids
    before: SettingValue
    made: Callable[[int], SettingValue] = field(repr=False)


Pending = SettingValue | Count | Scaled | tuple["Pending", ...]
"""A setting as it will be, once it is known which channels are left."""


def touched(value: Pending, kept: Flags) -> bool:
    """Whether anything goes that *value* depends on."""
    match value:
        case Count(ids=ids) | Scaled(ids=ids):
            return not kept[ids].all()
        case tuple():
            return any(touched(each, kept) for each in value)
        case _:
            return False


def settled(value: Pending, kept: Flags) -> SettingValue:
    """*value* once *kept* says of each channel whether it is left."""
    match value:
        case Count(ids=ids):
            return int(kept[ids].sum())
        case Scaled(ids=ids, before=before, made=made):
            left = int(kept[ids].sum())
            return made(left) if left < len(ids) else before
        case tuple():
            return tuple(settled(each, kept) for each in value)
        case _:
            return value
