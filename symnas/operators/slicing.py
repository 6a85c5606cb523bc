"""Taking a part of a tensor by position: `x[:, 0]`, `x[:, :c]`, `x[..., ::2]`.

The setting `index` holds one entry for each dimension written: a whole number or a size drops the dimension,
`(start, stop, step)` with `none` for what is left out keeps a stretch of it, `none` adds one of size 1, and
`"..."` stands for all dimensions between. Negative positions count from the end.
"""

from collections.abc import Sequence

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, SettingValue, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import show
from symnas.operators.shapes import doubt, only
from symnas.operators.text import sizes_form
from symnas.sizes import Size, SymbolicSize
from symnas.types import TensorType

__all__ = ["REST"]

REST = "..."
"""The entry that stands for all dimensions not written."""
_Entry = SettingValue


def _entries(settings: Settings, tensor: TensorType) -> list[_Entry]:
    """The entries of the index with `...` written out.

    Raises:
        OperatorError: more entries than dimensions.
    """
    index = settings["index"]
    entries = list(index) if isinstance(index, tuple) else [index]
    taken = sum(each is not None and each != REST for each in entries)
    if taken > tensor.rank or entries.count(REST) > 1:
        raise OperatorError(f"{tensor} has {tensor.rank} dimensions; the index names {taken}", setting="index")
    whole: list[_Entry] = [(None, None, None)] * (tensor.rank - taken)
    place = entries.index(REST) if REST in entries else len(entries)
    return [*entries[:place], *whole, *entries[place + 1 :]]


def _apply(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("slice", inputs)
    shape: list[Size] = []
    remaining = iter(tensor.shape)
    for entry in _entries(settings, tensor):
        if entry is None:
            shape.append(1)
        elif isinstance(entry, tuple):
            shape.append(_stretch(entry, next(remaining), tensor))
        else:
            _check_position(entry, next(remaining), tensor)
    return Applied((tensor.with_shape(*shape),))


def _check_position(entry: _Entry, size: Size, tensor: TensorType) -> None:
    if not isinstance(entry, int | SymbolicSize) or isinstance(entry, bool):
        raise OperatorError(f"a position in {tensor} is a whole number, not {show(entry)}", setting="index")
    if isinstance(entry, int) and isinstance(size, int) and not -size <= entry < size:
        raise OperatorError(f"position {entry} is outside a dimension of {size} in {tensor}", setting="index")


def _stretch(entry: tuple[SettingValue, ...], size: Size, tensor: TensorType) -> Size:
    """How many elements `start:stop:step` takes of *size*.

    A symbolic bound is taken at its word: `table[:T]` has T rows, and the table is at least that long.
    """
    bounds = [each if isinstance(each, int | SymbolicSize) else None for each in entry]
    if len(entry) != 3 or bounds != list(entry):
        raise OperatorError(f"a slice of {tensor} has whole bounds; {show(entry)}", setting="index")
    start, stop, step = bounds
    if step is not None and (not isinstance(step, int) or step < 1):
        raise OperatorError(f"the step of a slice is a number of at least 1; {step}", setting="index")
    first = 0 if start is None else _position(start, size)
    last = size if stop is None else _position(stop, size)
    if isinstance(size, SymbolicSize) and isinstance(last, int):
        raise OperatorError(f"a dimension of {size} may end before position {stop}{doubt(size)}", setting="index")
    length = last - first
    if isinstance(length, int) and length < 1:
        raise OperatorError(f"the slice takes nothing of a dimension of {size} in {tensor}", setting="index")
    return (length + (step or 1) - 1) // (step or 1)


def _position(bound: Size, size: Size) -> Size:
    """Where *bound* falls in a dimension of *size*; known bounds stop at its ends, as in Python."""
    if isinstance(bound, SymbolicSize):
        return bound
    if bound < 0:
        return max(0, size + bound) if isinstance(size, int) else size + bound
    return min(bound, size) if isinstance(size, int) else bound


def _torch(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    index = settings["index"]
    texts: list[str] = []
    symbols = frozenset[str]()
    for entry in index if isinstance(index, tuple) else (index,):
        parts = entry if isinstance(entry, tuple) else (entry,)
        if entry is None or entry == REST:
            texts.append("None" if entry is None else REST)
            continue
        written = []
        for part in parts:
            text, read = sizes_form([part], inputs) if isinstance(part, int | SymbolicSize) else ("", symbols)
            written.append(text)
            symbols |= read
        if len(written) == 3 and written[2] in ("", "1"):
            del written[2]
        texts.append(":".join(written))
    return TorchForm(call=f"{{0}}[{', '.join(texts)}]", symbols=symbols)


register(Operator(name="slice", settings=(Setting("index", Kind.ANY, rest=True),), apply=_apply, torch=_torch))
