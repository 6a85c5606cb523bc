"""Reshaping, slicing and bordering as the language writes them, for models of every format."""

from collections.abc import Sequence

import numpy as np

from symnas.compilers.importing.drawing import Drawing
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import Flow, Known, Value, sizes_of
from symnas.operators.settings import SettingValue
from symnas.sizes import Size
from symnas.types import Dtype

__all__ = ["bordered", "elements", "reshaped", "taken"]

Bounds = tuple[Size | None, Size | None, int]
"""Where a slice of a dimension starts and stops, and its step."""


def reshaped(drawing: Drawing, flow: Flow, wanted: Sequence[Size]) -> Flow:
    """*flow* in the shape *wanted*, one size of which may be -1; as it is if it has that shape."""
    shape = flow.type.shape
    if tuple(wanted) == shape:
        return flow
    if len(wanted) == 2 and len(shape) > 2 and wanted[0] == shape[0] and wanted[0] != -1:
        return drawing.one("Flatten", flow)
    return drawing.one("reshape", flow, shape=tuple(wanted))


def taken(drawing: Drawing, flow: Flow, bounds: Sequence[Bounds]) -> Flow:
    """The part of *flow* within *bounds*, one for each dimension; as it is if that is all of it."""
    entries: list[tuple[Size | None, Size | None, int | None]] = []
    for (start, stop, step), size in zip(bounds, flow.type.shape, strict=True):
        last = None if stop == size or (isinstance(stop, int) and isinstance(size, int) and stop >= size) else stop
        entries.append((None if start == 0 else start, last, None if step == 1 else step))
    while entries and entries[-1] == (None, None, None):
        entries.pop()
    return drawing.one("slice", flow, index=tuple(entries)) if entries else flow


def elements(drawing: Drawing, flow: Flow, dim: int, index: Value) -> Flow:
    """The slices of *flow* along *dim* at the places *index*, whose dimensions stand in the place of *dim*.

    Raises:
        Refused: the index chooses by truth values, or counts an open size from the end.
    """
    if (index.dtype if isinstance(index, Known) else index.type.dtype) is Dtype.BOOL:
        raise Refused("how much it takes depends on what flows in")
    if isinstance(index, Known):
        index = _counted(index, flow.type.shape[dim])
        if index.array.ndim <= 1 and (found := _in_order(drawing, flow, dim, index)) is not None:
            return found
    places = drawing.tensor(index)
    shape = places.type.shape
    row = places if len(shape) == 1 else drawing.one("reshape", places, shape=(-1,))
    found = drawing.one("index_select", flow, row, dim=dim)
    whole = flow.type.shape
    return found if len(shape) == 1 else drawing.one("reshape", found, shape=(*whole[:dim], *shape, *whole[dim + 1 :]))


def _counted(index: Known, size: Size) -> Known:
    """*index* with places counted from the front of a dimension of *size*."""
    if index.array.dtype == object or not (index.array < 0).any():
        return index
    if not isinstance(size, int):
        if index.array.ndim == 0:
            return index
        raise Refused("it counts from the end of a dimension whose size is open")
    return Known(np.where(index.array < 0, index.array + size, index.array), index.name)


def _in_order(drawing: Drawing, flow: Flow, dim: int, index: Known) -> Flow | None:
    """The slices at the places *index* where those follow one another at a fixed step, or are one."""
    whole: list[SettingValue] = [(None, None, None)] * dim
    wanted = sizes_of(index)
    if index.array.ndim == 0:
        return drawing.one("slice", flow, index=(*whole, wanted[0]))
    if index.array.dtype == object or len(wanted) == 0:
        return None
    steps = {int(each) for each in np.diff(index.array)}
    if len(steps) > 1 or any(each <= 0 for each in steps):
        return None
    step = steps.pop() if steps else 1
    return drawing.one("slice", flow, index=(*whole, (wanted[0], wanted[-1] + 1, None if step == 1 else step)))


_MODES = {"constant": "Constant", "reflect": "Reflection", "edge": "Replication", "replicate": "Replication",
          "wrap": "Circular", "circular": "Circular"}  # fmt: skip


def bordered(drawing: Drawing, flow: Flow, sides: Sequence[tuple[int, int]], mode: str, filling: SettingValue) -> Flow:
    """*flow* with a border of *sides* before and after each dimension, where that is negative less of it.

    Raises:
        Refused: more dimensions have a border than layers take.
    """
    cut = [(max(0, -before), max(0, -after)) for before, after in sides]
    if any(each != (0, 0) for each in cut):
        bounds: list[Bounds] = [(before, -after if after else None, 1) for before, after in cut]
        flow = taken(drawing, flow, bounds)
    sides = [(max(0, before), max(0, after)) for before, after in sides]
    first = next((place for place, pair in enumerate(sides) if pair != (0, 0)), None)
    if first is None:
        return flow
    rank, spatial = len(sides), min(3, max(1, len(sides) - 2))
    added = 0
    if first < rank - spatial:  # a border of channels: as if they were one more spatial dimension
        spatial = rank - first
    while rank + added < spatial + 2:
        flow = drawing.one("unsqueeze", flow, dim=0)
        added += 1
    if spatial > 3 or rank + added > 5 or mode not in _MODES:
        raise Refused(f"it has a border of {rank - first} dimensions ({mode})")
    spatial = rank + added - 2
    padding = tuple(each for pair in list(reversed(sides))[:spatial] for each in pair)
    padding += (0,) * (2 * spatial - len(padding))
    if mode == "constant" and filling == 0:
        flow = drawing.one(f"ZeroPad{spatial}d", flow, padding=padding)
    else:
        given: dict[str, object] = {"value": filling} if mode == "constant" else {}
        flow = drawing.one(f"{_MODES[mode]}Pad{spatial}d", flow, padding=padding, **given)
    for _ in range(added):
        flow = drawing.one("squeeze", flow, dim=0)
    return flow
