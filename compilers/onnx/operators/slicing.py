"""Parts of a tensor by position in ONNX: one `Slice` for all stretches, then `Gather` for positions."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import LAST, Site
from symnas.operators.settings import SettingValue
from symnas.operators.slicing import REST
from symnas.sizes import Size, SymbolicSize
from symnas.types import Dtype


@lowers("slice")
def _slice(at: Site) -> ir.Value:
    """Stretches first, since they keep every dimension where it is; then positions from the last dimension on, so that
    those before stay; then new dimensions.
    """
    stretches, positions, new = _sorted(at)
    x = at.x
    if stretches:
        axes = list(stretches)
        starts, ends = (at.shape([stretches[axis][part] for axis in axes]) for part in (0, 1))
        steps = [stretches[axis][2] for axis in axes]
        x = at.op("Slice", x, starts, ends, at.ints(*axes), *([at.shape(steps)] if set(steps) != {1} else []))
    for axis in sorted(positions, reverse=True):
        x = at.op("Gather", x, at.scalar(positions[axis], Dtype.I64), axis=axis)
    return at.op("Unsqueeze", x, at.ints(*new)) if new else x


def _sorted(at: Site) -> tuple[dict[int, list[Size]], dict[int, Size], list[int]]:
    """Start, end and step of the dimensions that are cut, the positions of those that are dropped, and where new ones
    stand in the result.
    """
    stretches: dict[int, list[Size]] = {}
    positions: dict[int, Size] = {}
    new: list[int] = []
    axis = place = 0
    for entry in _entries(at):
        if entry is None:
            new.append(place)
        elif isinstance(entry, tuple):
            start, stop, step = (each if isinstance(each, int | SymbolicSize) else None for each in entry)
            if (start or 0, stop, step or 1) != (0, None, 1):
                stretches[axis] = [start or 0, LAST if stop is None else stop, step or 1]
        else:
            assert isinstance(entry, int | SymbolicSize), entry
            positions[axis] = entry
        dropped = axis in positions
        axis += entry is not None
        place += not dropped
    return stretches, positions, new


def _entries(at: Site) -> list[SettingValue]:
    """The index with `...` written out, up to the last dimension that it names."""
    index = at.settings["index"]
    entries: list[SettingValue] = list(index) if isinstance(index, tuple) else [index]
    if REST not in entries:
        return entries
    place, taken = entries.index(REST), sum(each is not None and each != REST for each in entries)
    whole: list[SettingValue] = [(None, None, None)] * (at.type.rank - taken)
    return [*entries[:place], *whole, *entries[place + 1 :]]
