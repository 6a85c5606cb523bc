"""Operators that arrange elements anew: reshape and flatten, heads, shuffles, permutations, stretching.

Where one axis becomes several, or several one, one of them carries the channels on: removing a channel of it takes a
whole slab. Of axes that could, it is the first of which something can go.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import numpy as np
from attrs import frozen

from symnas.operators.settings import SettingValue
from symnas.pruning.coupling import Site
from symnas.pruning.labels import Axis, Count, Ids, Labels
from symnas.pruning.rules.registry import couples
from symnas.sizes import Size, divides, product

__all__ = ["rearranged"]

_WHY = "arranges its elements anew"


@frozen
class Stretch:
    """Axes of a tensor, *before*, that together become the axes *after*."""

    before: range
    after: range


def _stretches(before: Sequence[Size], after: Sequence[Size]) -> list[Stretch] | None:
    """The least stretches of axes with as many elements on both sides; `None` where sizes do not tell."""
    found: list[Stretch] = []
    i = j = 0
    while i < len(before) and j < len(after):
        start, begin = i, j
        left, right = before[i], after[j]
        i, j = i + 1, j + 1
        while left != right:
            if i < len(before) and divides(left, right):
                left, i = left * before[i], i + 1
            elif j < len(after) and divides(right, left):
                right, j = right * after[j], j + 1
            elif isinstance(left, int) and isinstance(right, int) and i < len(before) and left < right:
                left, i = left * before[i], i + 1
            elif isinstance(left, int) and isinstance(right, int) and j < len(after) and left > right:
                right, j = right * after[j], j + 1
            else:
                return None
        found.append(Stretch(range(start, i), range(begin, j)))
    if product(before[i:]) != 1 or product(after[j:]) != 1:
        return None
    found += [Stretch(range(place, place + 1), range(j, j)) for place in range(i, len(before))]
    return found + [Stretch(range(i, i), range(place, place + 1)) for place in range(j, len(after))]


def rearranged(site: Site, labels: Labels, before: Sequence[Size], after: Sequence[Size]) -> Labels:
    """*labels* of a tensor of the sizes *before*, whose elements in a row are those of one of the sizes *after*."""
    axes: list[Axis] = [None] * len(after)
    zeros = [False] * len(after)
    stretches = _stretches(before, after)
    if stretches is None:
        site.stay_but(labels, (), _WHY)
        return Labels.of(axes, zeros)
    for stretch in stretches:
        carried = _carried(site, labels, stretch, before, after)
        if carried is not None:
            place, axes[place], source = carried
            zeros[place] = labels.zeros[source]
    return Labels.of(axes, zeros)


def _carried(
    site: Site, labels: Labels, stretch: Stretch, before: Sequence[Size], after: Sequence[Size]
) -> tuple[int, Ids, int] | None:
    """Which axis of the stretch after carries what, and from which it comes."""
    sources = [place for place in stretch.before if labels.axes[place] is not None]
    if not sources:
        return None
    if len(stretch.before) == len(stretch.after) == 1:
        (place,), (source,) = stretch.after, stretch.before
        axis = labels.axes[source]
        return None if axis is None else (place, axis, source)
    inner, outer = [before[each] for each in stretch.before], [after[each] for each in stretch.after]
    factors = _factors(inner, outer)
    if factors is None:
        for place in sources:
            site.stay(labels.axes[place], _WHY)
        return None
    split, merged = _of_axes(inner, factors), _of_axes(outer, factors)
    options = []
    for source in sources:
        axis = labels.axes[source]
        assert axis is not None
        inside = split[source - stretch.before.start]
        options += [(source, axis, each, inside) for each in inside if factors[each] > 1]
    if not options:
        return None
    rows = [
        _slabs(axis, [factors[each] for each in inside], inside.index(factor)) for _, axis, factor, inside in options
    ]
    chosen = site.choose([tuple(row) for row in rows])
    source, _, factor, _ = options[chosen]
    for place in sources:
        if place != source:
            site.stay(labels.axes[place], "merges it with an axis of which channels go")
    slabs = rows[chosen]
    for row in slabs[1:]:
        site.same(row, slabs[0])
    number = next(number for number, inside in enumerate(merged) if factor in inside)
    inside = merged[number]
    shape = [factors[each] for each in inside]
    wide = np.arange(prod(shape)).reshape(shape)
    position = np.indices(shape)[inside.index(factor)].ravel()
    assert wide.size == len(position)
    return stretch.after.start + number, slabs[0][position], source


def _slabs(axis: Ids, shape: Sequence[int], factor: int) -> list[Ids]:
    """The rows of *axis*, seen as one of several factors, that run along *factor*."""
    return [*np.moveaxis(axis.reshape(shape), factor, -1).reshape(-1, shape[factor])]


def _factors(before: Sequence[Size], after: Sequence[Size]) -> list[int] | None:
    """Sizes of which both are made, each of several in a row; `None` where there are none."""
    cuts = {1}
    for sizes in (before, after):
        total = 1
        for size in reversed(sizes):
            if not isinstance(size, int):
                return None
            total *= size
            cuts.add(total)
    ordered = sorted(cuts)
    if any(large % small for small, large in pairwise(ordered)):
        return None
    return [large // small for small, large in pairwise(ordered)][::-1]


def _of_axes(sizes: Sequence[Size], factors: Sequence[int]) -> list[list[int]]:
    """Which factors each axis is made of; one of size 1 of none."""
    found, place = [], 0
    for size in sizes:
        inside, total = [], 1
        while total != size:
            inside.append(place)
            total *= factors[place]
            place += 1
        found.append(inside)
    return found


def _sized(written: SettingValue, labels: Labels, first: int = 0) -> tuple[SettingValue | Count, ...]:
    """Sizes as they are *written*, counted where channels of an axis may go; -1 stays what is left."""
    assert isinstance(written, tuple)
    axes = labels.axes[first : first + len(written)]
    return tuple(size if axis is None or size == -1 else Count(axis) for size, axis in zip(written, axes, strict=True))


# --------------------------------------------------------------------------------------------- operators


@couples("Flatten", "flatten")
def _flatten(site: Site) -> list[Labels]:
    return [rearranged(site, site.inputs[0], site.types[0].shape, site.outputs[0].shape)]


@couples("reshape")
def _reshape(site: Site) -> list[Labels]:
    found = rearranged(site, site.inputs[0], site.types[0].shape, site.outputs[0].shape)
    site.settings["shape"] = _sized(site.given("shape"), found)
    return [found]


@couples("Unflatten", "unflatten")
def _unflatten(site: Site) -> list[Labels]:
    found = rearranged(site, site.inputs[0], site.types[0].shape, site.outputs[0].shape)
    site.settings["unflattened_size"] = _sized(
        site.given("unflattened_size"), found, site.whole("dim") % site.types[0].rank
    )
    return [found]


@couples("SplitHeads")
def _split_heads(site: Site) -> list[Labels]:
    (labels,), type = site.inputs, site.types[0]
    batch, heads, time, width = site.outputs[0].shape
    found = rearranged(site, labels, type.shape, (batch, time, heads, width))
    order = (0, 2, 1, 3)
    if (axis := found.axes[2]) is not None:
        site.settings["heads"] = Count(axis)
    return [Labels(tuple(found.axes[each] for each in order), tuple(found.zeros[each] for each in order))]


@couples("MergeHeads")
def _merge_heads(site: Site) -> list[Labels]:
    (labels,), type = site.inputs, site.types[0]
    order = (0, 2, 1, 3)
    turned = Labels(tuple(labels.axes[each] for each in order), tuple(labels.zeros[each] for each in order))
    return [rearranged(site, turned, [type.shape[each] for each in order], site.outputs[0].shape)]


@couples("rope")
def _rope(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    rank = len(labels.axes)
    for place in (rank - 2, rank - 1):
        site.stay(labels.axes[place], "turns features in pairs, by their position")
    return [Labels.of([*labels.axes[:-2], None, None], labels.zeros)]


@couples("PixelShuffle")
def _pixel_shuffle(site: Site) -> list[Labels]:
    (labels,), factor = site.inputs, site.whole("upscale_factor")
    site.stay_but(labels, (1,), "goes along it")
    if (axis := labels.axes[1]) is None:
        return [Labels.fixed(4)]
    first = axis.reshape(-1, factor**2)[:, 0]
    site.same(np.repeat(first, factor**2), axis)
    return [Labels.of([None, first, None, None], [False, labels.zeros[1], False, False])]


@couples("PixelUnshuffle")
def _pixel_unshuffle(site: Site) -> list[Labels]:
    (labels,), factor = site.inputs, site.whole("downscale_factor")
    site.stay_but(labels, (1,), "goes along it")
    axis = labels.axes[1]
    wide = None if axis is None else np.repeat(axis, factor**2)
    return [Labels.of([None, wide, None, None], [False, labels.zeros[1], False, False])]


@couples("ChannelShuffle")
def _channel_shuffle(site: Site) -> list[Labels]:
    (labels,), groups = site.inputs, site.whole("groups")
    site.stay_but(labels, (1,), "goes along it")
    if (axis := labels.axes[1]) is None:
        return [Labels.fixed(4)]
    size = len(axis)
    apart = rearranged(site, Labels.of([axis], labels.zeros[1]), [size], [groups, size // groups])
    if (rows := apart.axes[0]) is not None:
        site.settings["groups"] = Count(rows)
        out: Axis = np.tile(rows, size // groups)
    else:
        columns = apart.axes[1]
        out = None if columns is None else np.repeat(columns, groups)
    return [Labels.of([None, out, None, None], [False, labels.zeros[1], False, False])]


@couples("Permute", "permute")
def _permute(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    dims = site.given("dims")
    assert isinstance(dims, tuple)
    return [_turned(labels, [each % len(labels.axes) for each in dims if isinstance(each, int)])]


@couples("transpose")
def _transpose(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    order = [*range(len(labels.axes))]
    one, other = (site.whole(each) % len(order) for each in ("dim0", "dim1"))
    order[one], order[other] = order[other], order[one]
    return [_turned(labels, order)]


def _turned(labels: Labels, order: Sequence[int]) -> Labels:
    return Labels(tuple(labels.axes[each] for each in order), tuple(labels.zeros[each] for each in order))


@couples("squeeze")
def _squeeze(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    place = site.whole("dim") % len(labels.axes)
    site.stay(labels.axes[place], "needs it")
    return [_turned(labels, [each for each in range(len(labels.axes)) if each != place])]


@couples("unsqueeze")
def _unsqueeze(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    place = site.whole("dim") % (len(labels.axes) + 1)
    return [
        Labels.of(
            (*labels.axes[:place], None, *labels.axes[place:]), (*labels.zeros[:place], False, *labels.zeros[place:])
        )
    ]


@couples("expand")
def _expand(site: Site) -> list[Labels]:
    (labels,), before, after = site.inputs, site.types[0].shape, site.outputs[0].shape
    new = len(after) - len(before)
    axes: list[Axis] = [None] * new
    for axis, size, wide in zip(labels.axes, before, after[new:], strict=True):
        if size != wide:
            site.stay(axis, "stretches it over all channels")
        axes.append(axis if size == wide else None)
    found = Labels.of(axes, [*[False] * new, *labels.zeros])
    site.settings["sizes"] = _sized(site.given("sizes"), found)
    return [found]


@couples("flip")
def _flip(site: Site) -> list[Labels]:
    (labels,), dims = site.inputs, site.given("dims")
    assert isinstance(dims, tuple)
    places = [each % len(labels.axes) for each in dims if isinstance(each, int)]
    axes = [axis if axis is None or place not in places else axis[::-1] for place, axis in enumerate(labels.axes)]
    return [Labels.of(axes, labels.zeros)]


@couples("roll")
def _roll(site: Site) -> list[Labels]:
    """By how many positions is about all of them."""
    (labels,), dims = site.inputs, site.given("dims")
    for each in dims if isinstance(dims, tuple) else (dims,):
        assert isinstance(each, int), dims
        site.stay(labels.axes[each], "moves its positions")
    return [labels]


@couples("tile")
def _tile(site: Site) -> list[Labels]:
    (labels,), dims = site.inputs, site.given("dims")
    assert isinstance(dims, tuple)
    rank = site.outputs[0].rank
    new = rank - len(labels.axes)
    times = [*(1 for _ in range(rank - len(dims))), *(each for each in dims if isinstance(each, int))]
    axes: list[Axis] = [None] * new
    for axis, count in zip(labels.axes, times[new:], strict=True):
        axes.append(None if axis is None else np.tile(axis, count))
    return [Labels.of(axes, [*[False] * new, *labels.zeros])]


@couples("repeat_interleave")
def _interleaved(site: Site) -> list[Labels]:
    (labels,), times = site.inputs, site.whole("repeats")
    place = site.whole("dim") % len(labels.axes)
    axes = [
        np.repeat(axis, times) if each == place and axis is not None else axis for each, axis in enumerate(labels.axes)
    ]
    return [Labels.of(axes, labels.zeros)]
