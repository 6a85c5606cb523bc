"""Which unit of a layer each of its new units repeats: chosen by sizes alone, and chosen anew where things must agree.

Branches of a network meet: their channels must be the same ones in both. Whoever finds that they are not asks for other
choices; then the network is gone through again with these.
"""

from bisect import bisect_right

import numpy as np
from attrs import frozen

from symnas.rewriting.weights.channels import Channels, Index

__all__ = ["Choices", "Revised"]


class Revised(Exception):
    """Units have been chosen otherwise: all that was found with the old choices is void."""


@frozen(eq=False)
class _Made:
    first: int
    channels: Channels
    least: Index
    beyond: Index


class Choices:
    """The choices of one network; those that were asked for stay."""

    def __init__(self) -> None:
        self._fixed: dict[tuple[str, int], int] = {}
        self._made: dict[str, _Made] = {}
        self._firsts: list[int] = []
        self._names: list[str] = []

    def begin(self) -> None:
        """Go through the network from its beginning."""
        self._made, self._firsts, self._names = {}, [], []

    def units(
        self, name: str, size: int, wanted: Index, least: Index | int = 0, beyond: Index | None = None
    ) -> Channels:
        """The units called *name*, of which there were *size*: *wanted*, unless others were asked for; each may be one
        from *least* to before *beyond*. Asked for again, they are the same.
        """
        if name not in self._made:
            count = len(wanted)
            index = wanted.copy()
            for (owner, place), unit in self._fixed.items():
                if owner == name and place < count:
                    index[place] = unit
            first = self._firsts[-1] + len(self._made[self._names[-1]].channels.index) if self._names else 0
            channels = Channels(size, index, np.arange(first, first + count))
            limits = np.broadcast_to(least, count), np.broadcast_to(size if beyond is None else beyond, count)
            self._made[name] = _Made(first, channels, *limits)
            self._firsts.append(first)
            self._names.append(name)
        return self._made[name].channels

    def ask(self, channels: Channels, wanted: Index) -> None:
        """Have *channels* be *wanted*, if the units that made them may be chosen so.

        Raises:
            Revised: they are from now on.
        """
        asked: dict[tuple[str, int], int] = {}
        for now, then, maker in zip(channels.index.tolist(), wanted.tolist(), channels.makers.tolist(), strict=True):
            if maker >= 0 and then >= 0:
                name = self._names[bisect_right(self._firsts, maker) - 1]
                made = self._made[name]
                unit = maker - made.first
                choice = int(made.channels.index[unit]) + then - now
                key = name, unit
                allowed = made.least[unit] <= choice < made.beyond[unit]
                if not allowed or asked.setdefault(key, self._fixed.get(key, choice)) != choice:
                    return
            elif now != then:
                return
        self._fixed |= asked
        raise Revised
