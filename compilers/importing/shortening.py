"""Views that only a model's own code needs, left out: reshaped twice, spread before what spreads anyway, rows of rows."""

from typing import Any, Final

from attrs import evolve

from symnas.compilers.importing.drawing import Record
from symnas.compilers.importing.simplifying import Made, Seen, rule
from symnas.operators.settings import whole
from symnas.sizes import SymbolicSize

__all__: list[str] = []

_VIEWS: Final = ("reshape", "Flatten", "flatten", "unflatten")


@rule("reshape", "expand", "Flatten", "flatten")
def _unchanged(record: Record, seen: Seen) -> int | None:
    """What has its shape already stays as it is."""
    (value,) = record.operands
    return value if seen.type(value) == record.types[0] else None


@rule("reshape")
def _around_rows(record: Record, seen: Seen) -> Made | None:
    """A linear layer takes tensors of every rank: what was made rows for it, and has its old dimensions again, need not
    be.
    """
    layer = seen.maker(record.operands[0], "Linear")
    if layer is None or not seen.is_read_once(layer.outputs[0]):
        return None
    rows = seen.maker(layer.operands[0], *_VIEWS)
    if rows is None:
        return None
    (before,) = rows.operands
    shape, after = seen.type(before).shape, record.types[0].shape
    if shape[-1:] != rows.types[0].shape[-1:] or after[: len(shape) - 1] != shape[:-1]:
        return None
    linear = Made("Linear", (before,), dict(layer.settings), layer.name, layer.arrays)
    return linear if len(after) == len(shape) else Made("reshape", (linear,), _shape(record))


@rule("reshape")
def _twice(record: Record, seen: Seen) -> Made | None:
    """Reshaped once."""
    before = seen.maker(record.operands[0], *_VIEWS)
    if before is None or len(record.types[0].shape) == 0:
        return None
    return Made("reshape", before.operands, _shape(record))


@rule("reshape")
def _open(record: Record, _: Seen) -> Made | None:
    """The one size that is open, a batch most often, is the one that follows from the others."""
    settings = dict(record.settings)
    wanted = _shape(record)
    return Made("reshape", record.operands, wanted) if wanted["shape"] != settings["shape"] else None


def _shape(record: Record) -> dict[str, Any]:
    shape = record.types[0].shape
    if sum(isinstance(each, SymbolicSize) for each in shape) != 1:
        return {"shape": shape}
    return {"shape": tuple(-1 if isinstance(each, SymbolicSize) else each for each in shape)}


@rule("expand")
def _kept(record: Record, seen: Seen) -> Made | None:
    """Open sizes that are kept are not named."""
    before, after = seen.type(record.operands[0]).shape, record.types[0].shape
    new = len(after) - len(before)
    kept = [
        isinstance(size, SymbolicSize) and place >= new and size == before[place - new]
        for place, size in enumerate(after)
    ]
    sizes = tuple(-1 if keeps else size for keeps, size in zip(kept, after, strict=True))
    return Made("expand", record.operands, {"sizes": sizes}) if sizes != dict(record.settings)["sizes"] else None


@rule(
    "add", "sub", "mul", "div", "maximum", "minimum", "where", "masked_fill", "eq", "ne", "lt", "le", "gt", "ge",
    "logical_and", "logical_or", "attend",
)  # fmt: skip
def _spreads(record: Record, seen: Seen) -> Made | None:
    """Operators that spread their operands need none that are spread before."""
    settings = dict(record.settings)
    first = 3 if record.operator == "attend" else 0  # its mask
    for place in range(first, len(record.operands)):
        before = seen.maker(record.operands[place], "expand")
        if before is not None and len(before.types[0].shape) == len(seen.type(before.operands[0]).shape):
            operands = (*record.operands[:place], *before.operands, *record.operands[place + 1 :])
            if len(operands) > 1 and _spread_shape(operands[first:], seen, record):
                return Made(record.operator, operands, settings)
    return None


def _spread_shape(operands: tuple[int, ...], seen: Seen, record: Record) -> bool:
    """Whether *operands* together still have the shape that *record* gives; of attention, the mask may be any."""
    if record.operator == "attend":
        return True
    wanted = record.types[0].shape
    shapes = [seen.type(each).shape for each in operands]
    return all(
        any(len(shape) >= back and shape[-back] == wanted[-back] for shape in shapes)
        for back in range(1, len(wanted) + 1)
    )


@rule("transpose")
def _back(record: Record, seen: Seen) -> int | None:
    """Transposed and back is as before."""
    before = seen.maker(record.operands[0], "transpose")
    if before is None:
        return None
    rank = len(record.types[0].shape)
    places = [{whole(dict(each.settings), name) % rank for name in ("dim0", "dim1")} for each in (record, before)]
    return before.operands[0] if places[0] == places[1] else None


@rule("logical_not")
def _not_twice(record: Record, seen: Seen) -> int | None:
    """Denied twice is as before."""
    before = seen.maker(record.operands[0], "logical_not")
    return before.operands[0] if before is not None and seen.type(before.operands[0]) == record.types[0] else None


@rule("concat")
def _grown(record: Record, seen: Seen) -> Made | None:
    """What is joined again with one more, as in dense blocks, is what was joined, and one more."""
    *first, last = record.operands
    before = seen.same(evolve(record, operands=tuple(first))) if len(first) > 1 else None
    return None if before is None else Made("concat", (before, last), dict(record.settings))


@rule("slice")
def _of_joined(record: Record, seen: Seen) -> Made | int | None:
    """What is taken of tensors that were joined is taken of the one that holds it."""
    joined, taken = seen.maker(record.operands[0], "concat"), _taken(record, seen)
    if joined is None or taken is None:
        return None
    dim, start, stop = taken
    if dim != whole(dict(joined.settings), "dim") % len(joined.types[0].shape):
        return None
    first = 0
    for value in joined.operands:
        size = seen.type(value).shape[dim]
        if not isinstance(size, int):
            return None
        if first <= start and stop <= first + size:
            single = record.types[0].rank < len(joined.types[0].shape)
            if not single and seen.type(value) == record.types[0]:
                return value
            inner = start - first if single else (start - first, stop - first, None)
            return Made("slice", (value,), {"index": (*[(None, None, None)] * dim, inner)})
        first += size
    return None


@rule("slice")
def _of_stood_apart(record: Record, seen: Seen) -> int | None:
    """The only slice along a dimension that was put in is the tensor without it."""
    before, taken = seen.maker(record.operands[0], "unsqueeze"), _taken(record, seen)
    if before is None or taken is None or record.types[0].rank == len(before.types[0].shape):
        return None
    return before.operands[0] if taken[0] == whole(dict(before.settings), "dim") % len(before.types[0].shape) else None


def _taken(record: Record, seen: Seen) -> tuple[int, int, int] | None:
    """The one dimension of which a slice takes a part, and the places from and to which it does, counted from 0."""
    index = dict(record.settings)["index"]
    entries = index if isinstance(index, tuple) else (index,)
    if not entries or any(each != (None, None, None) for each in entries[:-1]):
        return None
    last = entries[-1]
    start, stop, step = last if isinstance(last, tuple) and len(last) == 3 else (last, last, None)
    first = 0 if start is None else start
    stop = seen.type(record.operands[0]).shape[len(entries) - 1] if stop is None else stop
    if not isinstance(first, int) or not isinstance(stop, int) or min(first, stop) < 0 or step not in (None, 1):
        return None
    return len(entries) - 1, first, stop if isinstance(last, tuple) else stop + 1
