"""Operators that move elements to other places: flatten, reshape, permute, concatenate, cut, spread over space."""

from itertools import pairwise

import numpy as np

from symnas.operators.settings import sizes, whole
from symnas.operators.shapes import dimension
from symnas.operators.slicing import REST
from symnas.rewriting.weights.channels import Axis, Channels, Lost
from symnas.rewriting.weights.following.registry import follows
from symnas.rewriting.weights.site import Site, State, normal
from symnas.sizes import Size, product


@follows("Flatten", "flatten", "Unflatten", "unflatten", "reshape")
def _reshape(site: Site) -> list[State]:
    (state,) = site.inputs
    new_in, new_out = site.types[0].shape, site.operation.outputs[0].shape
    if site.old is None:
        if site.plain and _unchanged(site):
            return site.unchanged()
        return site.opaque(f"what `{site.path}` did before is not known")
    old_in, old_out = site.old.inputs[0].shape, site.old.operation.outputs[0].shape
    groups = _groups(new_in, new_out)
    if groups is None or groups != _groups(old_in, old_out):
        if site.plain and (old_in, old_out) == (new_in, new_out):
            return site.unchanged()
        return site.opaque(f"`{site.path}` arranges what it is given otherwise than before")
    found: list[Axis] = []
    for (first, last), (start, stop) in groups:
        joined = site.joined(state[first:last], old_in[first:last], new_in[first:last])
        found += site.parted(joined, old_out[start:stop], new_out[start:stop])
    return [tuple(found)]


def _unchanged(site: Site) -> bool:
    return site.carried_over or site.keep == "same"


Groups = list[tuple[tuple[int, int], tuple[int, int]]]
"""Stretches of dimensions before a reshape, with those that they become."""


def _groups(before: tuple[Size, ...], after: tuple[Size, ...]) -> Groups | None:
    """The smallest stretches of equal size."""
    found: Groups = []
    start = end = 0
    while start < len(before) or end < len(after):
        stretch = _stretch(before[start:], after[end:])
        if stretch is None:
            return None
        found.append(((start, start + stretch[0]), (end, end + stretch[1])))
        start, end = start + stretch[0], end + stretch[1]
    return found


def _stretch(before: tuple[Size, ...], after: tuple[Size, ...]) -> tuple[int, int] | None:
    for total in range(1, len(before) + len(after) + 1):
        for first in range(min(total, len(before)), -1, -1):
            second = total - first
            if 0 <= second <= len(after) and product(before[:first]) == product(after[:second]):
                if (first == 0 or second == 0) and (first, second) != (len(before), len(after)):
                    continue  # sizes of 1 go with what stands beside them
                return first, second
    return None


@follows("Permute", "permute")
def _permute(site: Site) -> list[State]:
    (state,) = site.inputs
    order = [each for each in sizes(site.settings, "dims") if isinstance(each, int)]
    return [tuple(state[each] for each in order)]


@follows("transpose")
def _transpose(site: Site) -> list[State]:
    found = list(site.inputs[0])
    first, second = whole(site.settings, "dim0"), whole(site.settings, "dim1")
    found[first], found[second] = found[second], found[first]
    return [tuple(found)]


@follows("squeeze")
def _squeeze(site: Site) -> list[State]:
    (state,) = site.inputs
    place = dimension("squeeze", whole(site.settings, "dim"), len(state))
    return [(*state[:place], *state[place + 1 :])]


@follows("unsqueeze")
def _unsqueeze(site: Site) -> list[State]:
    (state,) = site.inputs
    place = dimension("unsqueeze", whole(site.settings, "dim"), len(state) + 1)
    return [(*state[:place], None, *state[place:])]


@follows("expand")
def _expand(site: Site) -> list[State]:
    (state,) = site.inputs
    output = site.operation.outputs[0].rank
    wide = site.types[0].shape
    kept = [None if size == 1 else axis for axis, size in zip(state, wide, strict=True)]
    return [(*(None,) * (output - len(state)), *kept)]


# --------------------------------------------------------------------------------------- joining, cutting


@follows("concat")
def _concat(site: Site) -> list[State]:
    rank = site.operation.outputs[0].rank
    place = dimension("concat", whole(site.settings, "dim"), rank)
    found = [
        site.agreed([each[axis] for each in site.inputs], [each.shape[axis] for each in site.types])
        for axis in range(rank)
        if axis != place
    ]
    return [(*found[:place], _laid(site, place), *found[place:])]


def _laid(site: Site, place: int) -> Axis:
    """The axes along which tensors are concatenated, one behind the other."""
    axes = [each[place] for each in site.inputs]
    lost = next((axis for axis in axes if isinstance(axis, Lost)), None)
    if lost is not None:
        return lost
    if site.old is not None and len(site.old.inputs) != len(axes):
        return Lost(f"`{site.path}` joins {len(axes)} tensors for {len(site.old.inputs)}")
    old = [site.old_size(number, place) for number in range(len(axes))]
    new = [each.shape[place] for each in site.types]
    if not any(isinstance(axis, Channels) for axis in axes) and old == new:
        return None
    index, makers, start = [], [], 0
    for axis, was, now in zip(axes, old, new, strict=True):
        if not isinstance(was, int) or not isinstance(now, int):
            return Lost(f"a size is open at `{site.path}`")
        if not isinstance(axis, Channels) and was != now:
            return Lost(f"{now} are joined for {was} at `{site.path}`")
        part = axis if isinstance(axis, Channels) else Channels(was, np.arange(now))
        index.append(np.where(part.index < 0, -1, part.index + start))
        makers.append(part.makers)
        start += was
    return normal(Channels(start, np.concatenate(index), np.concatenate(makers)))


@follows("stack")
def _stack(site: Site) -> list[State]:
    rank = site.types[0].rank
    place = dimension("stack", whole(site.settings, "dim"), rank + 1)
    found = [
        site.agreed([each[axis] for each in site.inputs], [each.shape[axis] for each in site.types])
        for axis in range(rank)
    ]
    return [(*found[:place], None, *found[place:])]


@follows("chunk", "split")
def _cut(site: Site) -> list[State]:
    (state,) = site.inputs
    place = dimension(site.operation.operator, whole(site.settings, "dim"), len(state))
    new = [each.shape[place] for each in site.operation.outputs]
    old = new if site.old is None else [each.shape[place] for each in site.old.operation.outputs]
    axis = state[place]
    if len(old) != len(new):
        return site.opaque(f"`{site.path}` cuts into {len(new)} for {len(old)}")
    if old == new and not isinstance(axis, Channels):
        return [state] * len(new)
    before, after = _borders(old), _borders(new)
    if before is None or after is None:
        return site.opaque(f"a size is open at `{site.path}`")
    parts = [site.cut(axis, before[-1], was, now) for was, now in zip(pairwise(before), pairwise(after), strict=True)]
    return [(*state[:place], part, *state[place + 1 :]) for part in parts]


def _borders(parts: list[Size]) -> list[int] | None:
    found = [0]
    for part in parts:
        if not isinstance(part, int):
            return None
        found.append(found[-1] + part)
    return found


@follows("GLU")
def _glu(site: Site) -> list[State]:
    (state,) = site.inputs
    place = dimension("GLU", whole(site.settings, "dim"), len(state))
    axis = state[place]
    if not isinstance(axis, Channels):
        return [state]
    old, new = axis.size // 2, len(axis.index) // 2
    halves = [
        site.cut(axis, axis.size, (turn * old, (turn + 1) * old), (turn * new, (turn + 1) * new)) for turn in range(2)
    ]
    return [(*state[:place], site.agreed(halves, [new, new]), *state[place + 1 :])]


@follows("slice")
def _slice(site: Site) -> list[State]:
    (state,) = site.inputs
    index, before = _entries(site.settings["index"], len(state)), _entries(site.old_settings["index"], len(state))
    if site.old is None:
        before = index
    if len(before) != len(index):
        return site.opaque(f"`{site.path}` takes other dimensions")
    found: list[Axis] = []
    place = 0
    for entry, was in zip(index, before, strict=True):
        if entry is None:
            found.append(None)
            continue
        axis, size = state[place], site.types[0].shape[place]
        old = site.old_size(0, place)
        place += 1
        new_part, old_part = _part(entry, size), _part(was, old)
        if (entry == was and not isinstance(axis, Channels)) or entry == (None, None, None) == was:
            part = axis
        elif new_part is None or old_part is None:
            part = Lost(f"what `{site.path}` takes is not followed")
        else:
            part = site.cut(axis, old, old_part, new_part)
        if isinstance(entry, tuple):
            found.append(part)
        elif isinstance(part, Channels):
            site.differs("another channel is taken")
    return [tuple(found)]


def _entries(index: object, rank: int) -> list[object]:
    entries = list(index) if isinstance(index, tuple) else [index]
    taken = sum(each is not None and each != REST for each in entries)
    rest: list[object] = [(None, None, None)] * (rank - taken)
    place = entries.index(REST) if REST in entries else len(entries)
    return [*entries[:place], *rest, *entries[place + 1 :]]


def _part(entry: object, size: Size) -> tuple[int, int] | None:
    """From where to where *entry* takes a dimension of *size*, one by one."""
    if not isinstance(size, int):
        return None
    if isinstance(entry, int):
        place = entry % size
        return place, place + 1
    if not isinstance(entry, tuple) or len(entry) != 3 or entry[2] not in (None, 1):
        return None
    if not all(each is None or isinstance(each, int) for each in entry):
        return None
    return slice(entry[0], entry[1]).indices(size)[:2]


# ---------------------------------------------------------------------------------- heads, windows, shuffles


@follows("SplitHeads")
def _split_heads(site: Site) -> list[State]:
    (state,) = site.inputs
    _, heads, _, width = site.operation.outputs[0].shape
    old = (heads, width)
    if site.old is not None:
        shape = site.old.operation.outputs[0].shape
        old = shape[1], shape[3]
    first, second = site.parted(state[2], old, (heads, width))
    return [(state[0], first, state[1], second)]


@follows("MergeHeads")
def _merge_heads(site: Site) -> list[State]:
    (state,) = site.inputs
    old = [site.old_size(0, place) for place in (1, 3)]
    shape = site.types[0].shape
    return [(state[0], state[2], site.joined([state[1], state[3]], old, [shape[1], shape[3]]))]


@follows("PixelShuffle")
def _pixel_shuffle(site: Site) -> list[State]:
    (state,) = site.inputs
    now, was = (whole(each, "upscale_factor") ** 2 for each in (site.settings, site.old_settings))
    old, new = site.old_size(0, 1), site.types[0].shape[1]
    if not isinstance(old, int) or not isinstance(new, int):
        return site.opaque(f"a size is open at `{site.path}`")
    head, inner = site.parted(state[1], (old // was, was), (new // now, now))
    if isinstance(inner, Channels):
        return site.opaque(f"`{site.path}` spreads other channels over space")
    return [(state[0], head, None, None)]


@follows("PixelUnshuffle")
def _pixel_unshuffle(site: Site) -> list[State]:
    (state,) = site.inputs
    now, was = (whole(each, "downscale_factor") ** 2 for each in (site.settings, site.old_settings))
    axis = site.joined([state[1], None], [site.old_size(0, 1), was], [site.types[0].shape[1], now])
    return [(state[0], axis, None, None)]


@follows("ChannelShuffle")
def _channel_shuffle(site: Site) -> list[State]:
    (state,) = site.inputs
    now, was = (whole(each, "groups") for each in (site.settings, site.old_settings))
    old, new = site.old_size(0, 1), site.types[0].shape[1]
    if not isinstance(old, int) or not isinstance(new, int):
        return site.opaque(f"a size is open at `{site.path}`")
    first, second = site.parted(state[1], (was, old // was), (now, new // now))
    return [(state[0], site.joined([second, first], [old // was, was], [new // now, now]), *state[2:])]


@follows("Im2Col", "Unfold")
def _windows(site: Site) -> list[State]:
    (state,) = site.inputs
    features = site.operation.outputs[0].shape[1 if site.operation.operator == "Unfold" else 2]
    new = site.types[0].shape[1]
    old = site.old_size(0, 1)
    if not all(isinstance(each, int) for each in (features, new, old)):
        return site.opaque(f"a size is open at `{site.path}`")
    assert isinstance(features, int)
    assert isinstance(new, int)
    window = features // new
    axis = site.joined([state[1], None], [old, window], [new, window])
    return [(state[0], axis, None) if site.operation.operator == "Unfold" else (state[0], None, axis)]


@follows("Fold")
def _folded(site: Site) -> list[State]:
    (state,) = site.inputs
    old, new, channels = site.old_size(0, 1), site.types[0].shape[1], site.operation.outputs[0].shape[1]
    before = channels if site.old is None else site.old.operation.outputs[0].shape[1]
    if not (isinstance(old, int) and isinstance(new, int) and isinstance(channels, int) and isinstance(before, int)):
        return site.opaque(f"a size is open at `{site.path}`")
    head, inner = site.parted(state[1], (before, old // before), (channels, new // channels))
    if isinstance(inner, Channels):
        return site.opaque(f"`{site.path}` adds up other elements of its windows")
    return [(state[0], head, None, None)]
