"""Operators that take a part, put parts together, or cut one tensor into several."""

from collections.abc import Sequence
from itertools import accumulate

from symnas.operators.settings import SettingValue
from symnas.pruning.coupling import Site
from symnas.pruning.labels import Axis, Count, Labels, Pending, joined
from symnas.pruning.rules.registry import couples

_SOME = "takes some of its positions"


@couples("concat")
def _concat(site: Site) -> list[Labels]:
    rank = site.outputs[0].rank
    dim = site.whole("dim") % rank
    axes: list[Axis] = []
    for place in range(rank):
        along = [each.axes[place] for each in site.inputs]
        if place == dim:
            sizes = [type.shape[place] for type in site.types]
            if all(isinstance(size, int) for size in sizes):
                axes.append(
                    joined([(axis, size) for axis, size in zip(along, sizes, strict=True) if isinstance(size, int)])
                )
                continue
            for axis in along:
                site.stay(axis, "joins it to what has no known size")
            axes.append(None)
            continue
        axis = along[0]
        for other in along[1:]:
            axis = site.same(axis, other)
        axes.append(axis)
    zeros = [all(each.zeros[place] or each.axes[place] is None for each in site.inputs) for place in range(rank)]
    return [Labels.of(axes, zeros)]


@couples("stack")
def _stack(site: Site) -> list[Labels]:
    first, *others = site.inputs
    axes = list(first.axes)
    for other in others:
        axes = [site.same(one, axis) for one, axis in zip(axes, other.axes, strict=True)]
    zeros = [all(each.zeros[place] for each in site.inputs) for place in range(len(axes))]
    place = site.whole("dim") % (len(axes) + 1)
    return [Labels.of((*axes[:place], None, *axes[place:]), (*zeros[:place], False, *zeros[place:]))]


@couples("chunk", "split")
def _cut(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    place = site.whole("dim") % len(labels.axes)
    axis = labels.axes[place]
    if axis is None:
        return [labels for _ in site.outputs]
    sizes = [type.shape[place] for type in site.outputs]
    ends = [*accumulate(size for size in sizes if isinstance(size, int))]
    parts = [axis[end - size : end] for end, size in zip(ends, sizes, strict=True) if isinstance(size, int)]
    site.settings["split_size"] = tuple(Count(part) for part in parts)
    return [Labels.of((*labels.axes[:place], part, *labels.axes[place + 1 :]), labels.zeros) for part in parts]


@couples("GLU")
def _gated(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    place = site.whole("dim") % len(labels.axes)
    axis = labels.axes[place]
    if axis is None:
        return [labels]
    half = len(axis) // 2
    site.same(axis[half:], axis[:half])
    return [Labels.of((*labels.axes[:place], axis[:half], *labels.axes[place + 1 :]), labels.zeros)]


@couples("tril", "triu")
def _triangle(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    for axis in labels.axes[-2:]:
        site.stay(axis, _SOME)
    return [Labels.of((*labels.axes[:-2], None, None), labels.zeros)]


@couples("gather", "scatter", "scatter_add", "one_hot")
def _gather(site: Site) -> list[Labels]:
    return site.fixed(_SOME)


@couples("index_select")
def _index_select(site: Site) -> list[Labels]:
    labels, index = site.inputs
    site.stay_but(index, (), "looks it up")
    place = site.whole("dim") % len(labels.axes)
    site.stay(labels.axes[place], _SOME)
    return [Labels.of((*labels.axes[:place], None, *labels.axes[place + 1 :]), labels.zeros)]


# ---------------------------------------------------------------------------------------------- slices


@couples("slice")
def _slice(site: Site) -> list[Labels]:
    (labels,) = site.inputs
    index = site.given("index")
    entries = list(index) if isinstance(index, tuple) else [index]
    written = sum(each is not None and each != "..." for each in entries)
    if "..." not in entries:
        entries.append("...")
    axes: list[Axis] = []
    zeros: list[bool] = []
    changed: list[Pending] = []
    place = 0
    for entry in entries:
        if entry is None:
            axes.append(None)
            zeros.append(False)
            changed.append(None)
            continue
        if entry == "...":
            rest = len(labels.axes) - written
            axes += labels.axes[place : place + rest]
            zeros += labels.zeros[place : place + rest]
            place += rest
            changed.append(entry)
            continue
        taken, made = _entry(site, entry, labels.axes[place])
        changed.append(made)
        if isinstance(entry, tuple):
            axes.append(taken)
            zeros.append(labels.zeros[place])
        place += 1
    site.settings["index"] = tuple(changed if isinstance(index, tuple) and "..." in index else changed[:-1])
    return [Labels.of(axes, zeros)]


def _entry(site: Site, entry: SettingValue, axis: Axis) -> tuple[Axis, Pending]:
    """What an entry takes of *axis*, and the entry once some of it is gone."""
    if axis is None:
        return None, entry
    count = len(axis)
    if isinstance(entry, tuple):
        bounds: Sequence[SettingValue] = entry
        if not all(each is None or isinstance(each, int) for each in bounds) or bounds[2] not in (None, 1):
            site.stay(axis, _SOME)
            return None, entry
        start, stop, _ = slice(*bounds).indices(count)
        first: Pending = None if bounds[0] is None else Count(axis[:start])
        last: Pending = None if bounds[1] is None else Count(axis[:stop])
        return axis[start:stop], (first, last, bounds[2])
    if not isinstance(entry, int):
        site.stay(axis, _SOME)
        return None, entry
    position = entry % count
    site.stay(axis[position : position + 1], "takes just it")
    return None, Count(axis[:position])
