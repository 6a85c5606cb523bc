"""Groups: what can be removed of a network, in units. A unit is the least that goes together: a channel everywhere, a
head, a group of a convolution. A group is all units that stand side by side where they are made.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
from attrs import field, frozen

from symnas.pruning.coupling import Coupling
from symnas.pruning.labels import Flags, Ids
from symnas.pruning.tracking import Origin

__all__ = ["Group", "Stuck", "Units", "units_of"]


@frozen(eq=False)
class Group:
    """Units that stand side by side. *name* is the path of the operation that makes them, the first of *made*: several,
    where sums make them the same; *read* are the others whose weights change with them. *units* are numbers of classes,
    in the order in which they stand there. Every unit has *width* channels there.
    """

    name: str
    made: tuple[str, ...]
    read: tuple[str, ...]
    units: Ids
    width: int
    shifted: bool = False
    """Whether a normalisation takes statistics of them: what is removed is then not what is masked."""

    @property
    def channels(self) -> int:
        """How many channels its first operation makes."""
        return len(self.units) * self.width


@frozen
class Stuck:
    """Channels made at *path* that stay, and *why*: *count* of them."""

    path: str
    count: int
    why: str


@frozen(eq=False)
class Units:
    """The groups of a network, and what stays in it."""

    coupling: Coupling = field(repr=False)
    groups: tuple[Group, ...]
    stuck: tuple[Stuck, ...]

    def kept(self, gone: Flags) -> Flags:
        """Whether each channel number is kept, where *gone* says so of classes."""
        return ~gone[self.coupling.channels.classes]

    def none(self) -> Flags:
        """No class is gone."""
        return np.zeros(self.coupling.channels.classes.size, dtype=np.bool_)

    @cached_property
    def rows(self) -> tuple[Ids, ...]:
        """Axes of tensors of which anything may go, by classes: of each, something has to be left."""
        free = np.zeros(self.coupling.channels.classes.size, dtype=np.bool_)
        for group in self.groups:
            free[group.units] = True
        return tuple(row for row in self.coupling.rows if free[row].all())


def units_of(coupling: Coupling) -> Units:
    """What can be removed of the network of *coupling*."""
    channels = coupling.channels
    carried = np.zeros(channels.classes.size, dtype=np.bool_)
    for weighed in coupling.weights.values():
        for axis in weighed.axes:
            if axis is not None:
                carried[channels.of(axis)] = True
    stays = np.zeros(channels.classes.size, dtype=np.bool_)
    stays[[*channels.reasons]] = True
    free = carried & ~stays
    groups = tuple(_groups(coupling, free))
    return Units(coupling, groups, tuple(_stuck(coupling, carried & stays)))


def _groups(coupling: Coupling, free: Flags) -> Iterator[Group]:
    channels = coupling.channels
    shifted = np.zeros(channels.classes.size, dtype=np.bool_)
    for axis in coupling.shifted:
        shifted[channels.of(axis)] = True
    readers = _readers(coupling)
    for members in _beside(coupling, free):
        first = next(each for each in members if free[channels.of(each.ids)].any())
        row = channels.of(first.ids)
        units, places = np.unique(row[free[row]], return_index=True)
        others = {int(each) for member in members for each in channels.of(member.ids) if free[each]} - {*units.tolist()}
        units = np.concatenate([units[np.argsort(places)], np.array(sorted(others), dtype=np.int64)])
        if len(units) < 2:
            continue
        made = tuple(dict.fromkeys(each.path for each in members))
        read = dict.fromkeys(path for unit in units.tolist() for path in readers.get(unit, ()))
        width = max(1, len(row) // len(np.unique(row)))
        yield Group(
            made[0], made, tuple(each for each in read if each not in made), units, width, bool(shifted[units].any())
        )


def _beside(coupling: Coupling, free: Flags) -> Iterator[list[Origin]]:
    """Origins that have a free unit in common, put together."""
    heads: dict[int, int] = {}
    leaders = list(range(len(coupling.origins)))

    def leader(number: int) -> int:
        while leaders[number] != number:
            number = leaders[number]
        return number

    for number, origin in enumerate(coupling.origins):
        row = coupling.channels.of(origin.ids)
        for unit in row[free[row]].tolist():
            one, other = leader(heads.setdefault(unit, number)), leader(number)
            leaders[max(one, other)] = min(one, other)
    found: dict[int, list[Origin]] = {}
    weighed = {each.owner for each in coupling.weights.values()}
    for number, origin in enumerate(coupling.origins):
        if origin.path in weighed and free[coupling.channels.of(origin.ids)].any():
            found.setdefault(leader(number), []).append(origin)
    yield from found.values()


def _stuck(coupling: Coupling, stuck: Flags) -> Iterator[Stuck]:
    """What stays of channels that weights make, and why."""
    for origin in coupling.origins:
        row = coupling.channels.of(origin.ids)
        reasons = Counter(coupling.channels.reasons[each] for each in row[stuck[row]].tolist())
        for why, count in reasons.items():
            yield Stuck(origin.path, count, why)


def _readers(coupling: Coupling) -> Mapping[int, dict[str, None]]:
    """The operations whose weights each class touches."""
    found: dict[int, dict[str, None]] = {}
    for weighed in coupling.weights.values():
        for axis in weighed.axes:
            if axis is not None:
                for each in np.unique(coupling.channels.of(axis)).tolist():
                    found.setdefault(each, {})[weighed.owner] = None
    return found
