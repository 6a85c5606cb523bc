"""One operation while channels are followed through it: what flows in, what it was before, what becomes of its weights."""

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from symnas.arrays import Array
from symnas.graph import Operation, join
from symnas.operators.base import Settings
from symnas.rewriting.weights.channels import EVEN, Axis, Channels, Index, Lost, cycled, leading, repeats
from symnas.rewriting.weights.lineage import Ancestry, Layer
from symnas.rewriting.weights.recipes import Recipe
from symnas.sizes import Size
from symnas.types import TensorType

if TYPE_CHECKING:
    from symnas.rewriting.weights.tracing import Tracing

__all__ = ["Site", "State", "Taken"]

State = tuple[Axis, ...]
"""What is known of a tensor: of each of its axes."""

Taken = tuple[Index, Array]
"""The old inputs of a layer that its new ones are, and the share that each has in what they were."""


class Site:
    """*operation* at *path*. *old* is what it was, if it called the same operator."""

    def __init__(
        self, tracing: "Tracing", path: str, operation: Operation, ancestry: Ancestry, inputs: Sequence[State],
        types: Sequence[TensorType],
    ) -> None:  # fmt: skip
        self.tracing, self.path, self.operation = tracing, path, operation
        self.keep, self.origin = ancestry.keep, ancestry.origin
        self.inputs, self.types = tuple(inputs), tuple(types)
        self.settings: Settings = dict(operation.settings)
        old = tracing.lineage.before(ancestry)
        self.old: Layer | None = old if old is not None and old.operation.operator == operation.operator else None
        self.carried_over = old is not None
        """Whether there was a layer, of whatever kind."""

    @property
    def old_settings(self) -> Settings:
        """The settings that it had; those that it has, if nothing is known."""
        return self.settings if self.old is None else dict(self.old.operation.settings)

    # -------------------------------------------------------------------------------------------- weights

    def shapes(self, name: str) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
        """The shape of the weight *name* before and now, if the layer had it."""
        if self.old is None:
            return None
        old = next((each.shape for each in self.old.operation.weights if each.name == name), None)
        new = next((each.shape for each in self.operation.weights if each.name == name), None)
        return None if old is None or new is None else (old, new)

    def weight(self, name: str, recipe: Recipe, axes: State = ()) -> None:
        """The weight *name* is made by *recipe*; its axes, for who reads it, are *axes*."""
        self.tracing.plan(self, name, recipe, axes)

    def as_they_are(self, why: str = "", only: Sequence[str] | None = None) -> bool:
        """Copy weights of equal shape (*only* those named), others are fresh; whether none is fresh."""
        whole = True
        for weight in self.operation.weights:
            if only is None or weight.name in only:
                whole &= self.tracing.copy(self, weight.name, why)
        return whole

    def opaque(self, why: str) -> list[State]:
        """Outputs of which nothing is known."""
        return [tuple(Lost(why) for _ in each.shape) for each in self.operation.outputs]

    def unchanged(self) -> list[State]:
        """Outputs whose elements are where they were."""
        return [(None,) * each.rank for each in self.operation.outputs]

    def untraced(self, why: str) -> list[State]:
        """Weights as they are if their shapes allow it; nothing is known of what comes out, unless that is all the same
        as before.
        """
        whole = self.as_they_are(why)
        return self.unchanged() if whole and self.carried_over and self.plain else self.opaque(why)

    @property
    def plain(self) -> bool:
        """Whether everything that flows in is as it was."""
        return all(axis is None or axis is EVEN for state in self.inputs for axis in state)

    @property
    def lost(self) -> Lost | None:
        """Why nothing is known of something that flows in."""
        return next((axis for state in self.inputs for axis in state if isinstance(axis, Lost)), None)

    def differs(self, why: str) -> None:
        """The network does something else here than before, and *why*."""
        self.tracing.differs(self.path, why)

    # ------------------------------------------------------------------------------------- units and inputs

    def chosen(self, old: int, new: int) -> Index:
        """*new* of *old* elements, as the rule's `keep` says."""
        return cycled(old, new) if self.keep == "replicate" and new >= old else leading(old, new)

    def units(self, old: int, new: int, name: str = "") -> Axis:
        """The units of a layer that had *old* of them: as they were, or as the rule's `keep` says."""
        if old == new:
            return None
        if self.keep == "same":
            return Lost(f"`{self.path}` has {new} for {old}")
        if new < old:
            self.differs(f"{old - new} of {old} units are left out")
        return self.tracing.choices.units(join(self.path, name), old, self.chosen(old, new))

    def taken(self, axis: Axis, old: int, new: int) -> Taken | str:
        """The inputs of a layer that had *old* of them and has *new*; or why they cannot be told."""
        if isinstance(axis, Channels) and axis.size == old and len(axis.index) == new:
            return axis.index, self.shares(axis.index, old)
        if old == new and not isinstance(axis, Channels):
            return np.arange(new), np.ones(1)
        if self.keep == "slice":
            return leading(old, new), np.ones(1)
        return axis.why if isinstance(axis, Lost) else f"{new} flow in for {old}"

    def shares(self, index: Index, size: int) -> Array:
        """What share each of the repeated elements has in what they do together: what was one adds up to one."""
        if len(np.unique(index[index >= 0])) < size:
            self.differs(f"{size - len(np.unique(index[index >= 0]))} of {size} inputs are left out")
        counts = repeats(index, size)
        return self.tracing.uneven(self.path, index, size, 1 / counts) if (counts > 1).any() else np.ones(1)

    def old_size(self, place: int, axis: int) -> Size:
        """The size that *axis* of the input at *place* had."""
        known = self.inputs[place][axis]
        if isinstance(known, Channels):
            return known.size
        if self.old is not None and place < len(self.old.inputs) and axis < self.old.inputs[place].rank:
            return self.old.inputs[place].shape[axis]
        return self.types[place].shape[axis]

    # -------------------------------------------------------------------------------------------- axes

    def agreed(self, axes: Sequence[Axis], sizes: Sequence[Size]) -> Axis:
        """One axis of all of *axes*, which are aligned; those of size 1 go along with any."""
        wide = [axis for axis, size in zip(axes, sizes, strict=True) if size != 1] or list(axes[:1])
        found: Axis = EVEN
        for axis in wide:
            found = self.tracing.agreed(found, axis, self.path)
        return found

    def cut(self, axis: Axis, size: Size, old: tuple[int, int], new: tuple[int, int]) -> Axis:
        """The part *new*, from and to, of *axis*, which was the part *old* of *size* elements."""
        if isinstance(axis, Lost | None) and old == new:
            return axis
        if axis is EVEN or isinstance(axis, Lost):
            return axis
        if axis is None:
            index = np.arange(*new) - old[0]
            inside = (index >= 0) & (index < old[1] - old[0])
            return Channels(old[1] - old[0], np.where(inside, index, -1)) if isinstance(size, int) else Lost("cut")
        part = axis.part(np.arange(*new))
        known = part.index >= 0
        if ((part.index[known] < old[0]) | (part.index[known] >= old[1])).any():
            self.tracing.choices.ask(part, old[0] + self.within(old[1] - old[0], part.index))
            return Lost(f"`{self.path}` cuts between what is repeated")
        return normal(Channels(old[1] - old[0], np.where(known, part.index - old[0], -1), part.makers))

    @staticmethod
    def within(old: int, index: Index) -> Index:
        """As many of *old* elements as *index* has, chosen as those were: repeated, or the leading ones."""
        return leading(old, len(index)) if (index < 0).any() else cycled(old, len(index))

    def joined(self, axes: Sequence[Axis], old: Sequence[Size], new: Sequence[Size]) -> Axis:
        """*axes* of sizes *old*, now *new*, flattened into one."""
        if len(axes) == 1:
            return axes[0]
        lost = next((axis for axis in axes if isinstance(axis, Lost)), None)
        if lost is not None:
            return lost
        if not any(isinstance(axis, Channels) for axis in axes) and tuple(old) == tuple(new):
            return None
        before = [each for each in old if isinstance(each, int)]
        after = [each for each in new if isinstance(each, int)]
        if len(before) < len(old) or len(after) < len(new):
            return Lost(f"a size is open at `{self.path}`")
        total, makers = np.zeros(1, np.intp), np.full(1, -1, np.intp)
        for axis, was, now in zip(axes, before, after, strict=True):
            if not isinstance(axis, Channels) and was != now:
                return Lost(f"{now} are flattened for {was} at `{self.path}`")
            index = axis.index if isinstance(axis, Channels) else np.arange(now)
            owners = axis.makers if isinstance(axis, Channels) and prod(after) == now else np.full(now, -1)
            known = (total[:, None] >= 0) & (index[None] >= 0)
            total = np.where(known, total[:, None] * was + index[None], -1).reshape(-1)
            makers = np.maximum(makers[:, None], owners[None]).reshape(-1)
        return normal(Channels(prod(before), total, makers))

    def parted(self, axis: Axis, old: Sequence[Size], new: Sequence[Size]) -> list[Axis]:
        """*axis* taken apart into axes of sizes *new*, which were *old*."""
        if len(new) == 1:
            return [axis]
        if axis is None and tuple(old) == tuple(new):
            return [None] * len(new)
        if axis is EVEN or isinstance(axis, Lost):
            return [axis] * len(new)
        before = [each for each in old if isinstance(each, int)]
        after = [each for each in new if isinstance(each, int)]
        if len(before) < len(old) or len(after) < len(new):
            return [Lost(f"a size is open at `{self.path}`")] * len(new)
        index = np.arange(prod(after)) if axis is None else axis.index
        inner, width = prod(before[1:]), prod(after[1:])
        if axis is not None and axis.size != prod(before):
            return [Lost(f"`{self.path}` takes {axis.size} apart otherwise")] * len(new)
        table = index.reshape(after[0], width)
        outer = np.where(table < 0, -1, table // inner)
        rest = np.where(table < 0, -1, table % inner)
        if (outer != outer[:, :1]).any() or (rest != rest[:1]).any():
            choose = leading if (index < 0).any() else cycled
            first, second = choose(before[0], after[0]), choose(inner, width)
            if axis is not None and first.min() >= 0 and second.min() >= 0:
                self.tracing.choices.ask(axis, (first[:, None] * inner + second[None]).reshape(-1))
            return [Lost(f"`{self.path}` takes apart what is repeated")] * len(new)
        head = normal(Channels(before[0], outer[:, 0]))
        return [head, *self.parted(normal(Channels(inner, rest[0])), before[1:], after[1:])]


def normal(channels: Channels) -> Axis:
    """*channels*, or `None` where all are where they were."""
    return None if channels.plain else channels
