"""Reshaping, slicing and bordering as the language writes them, for models of every format."""

from collections.abc import Sequence

from symnas.compilers.importing.drawing import Drawing
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import Flow
from symnas.operators.settings import SettingValue
from symnas.sizes import Size

__all__ = ["bordered", "reshaped", "taken"]

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
