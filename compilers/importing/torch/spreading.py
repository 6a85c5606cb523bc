"""Tensors that are the same for every sample, while a module is read: masks and positions, expanded to a batch that is open.

Their numbers are known, whatever the open sizes are: `Spread` keeps them once, and operators that act on each element, or
along other dimensions, are worked out by PyTorch on those. Nothing is tried with an example size, so what is worked out
holds for every one. Whatever else reads a spread tensor reads one that the network makes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from attrs import evolve, frozen

from symnas.compilers.importing.drawing import Drawing
from symnas.compilers.importing.values import Flow, Known
from symnas.sizes import Size, SymbolicSize
from symnas.types import Dtype

__all__ = ["Spread", "drawn", "is_causal", "spread"]


@frozen(eq=False)
class Spread:
    """A tensor of *shape* with the numbers *known*, which has size 1 where the tensor has a size that is open."""

    known: Known
    shape: tuple[Size, ...]


Work = Callable[[Mapping[str, Any]], Known | None]
"""Works out an operator of PyTorch whose tensors are all known."""

_ELEMENTWISE: Final = frozenset(
    "add sub mul div neg abs cos sin exp log pow square sqrt rsqrt sign floor eq ne lt le gt ge logical_and logical_or "
    "logical_not logical_xor __and__ __or__ bitwise_and bitwise_or bitwise_not maximum minimum where masked_fill clamp "
    "to _to_copy type_as rsub remainder".split()
)
"""Operators that compute each element of those at its place."""
_WHOLE: Final = frozenset("alias clone contiguous detach lift_fresh_copy lift_fresh".split())
_ALONG: Final = frozenset("cumsum cumprod flip softmax log_softmax".split())
"""Operators along one dimension, which keep its size."""


def spread(operator: str, bound: Mapping[str, Any], work: Work) -> Spread | None:
    """What *operator* gives, if it is the same for every sample: with arguments *bound*, and worked out by *work*."""
    if operator in ("expand", "broadcast_to") and isinstance(bound["self"], Spread | Known):
        return _expanded(bound["self"], bound["size"])
    if operator == "index" and isinstance(bound["self"], Spread):
        return _indexed(bound, work)
    values = [each for each in _values(bound) if isinstance(each, Flow | Known | Spread)]
    if not any(isinstance(each, Spread) for each in values) or any(isinstance(each, Flow) for each in values):
        return None
    if operator in _ELEMENTWISE:
        return _elementwise(bound, [each for each in values if isinstance(each, Known | Spread)], work)
    source = bound.get("self")
    if operator in _WHOLE and isinstance(source, Spread):
        return source
    reading = _READINGS.get(operator) or (_along if operator in _ALONG else None)
    return reading(bound, work) if reading is not None else None


def drawn(value: Spread, drawing: Drawing) -> Flow:
    """*value* as a tensor of the network."""
    made = drawing.tensor(value.known)
    return made if made.type.shape == value.shape else drawing.one("expand", made, sizes=value.shape)


def is_causal(mask: Any) -> bool:
    """Whether *mask* lets each step see those up to itself, of as many steps as look, and is the same for all else."""
    known = mask.known if isinstance(mask, Spread) else mask
    if not isinstance(known, Known) or known.trains or known.array.dtype.name != "bool" or known.array.ndim < 2:
        return False
    *leading, queries, keys = known.array.shape
    around = mask.shape[-2:] if isinstance(mask, Spread) else (queries, keys)
    if any(size != 1 for size in leading) or queries != keys or queries == 1 or around != (queries, keys):
        return False
    rows = known.array.reshape(queries, keys)
    return all(bool(seen) == (column <= row) for row, each in enumerate(rows) for column, seen in enumerate(each))


# ---------------------------------------------------------------------------------------------- what is known


def _values(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    return [each for item in value for each in _values(item)] if isinstance(value, list | tuple) else [value]


def _shape(value: Known | Spread) -> tuple[Size, ...]:
    return value.shape if isinstance(value, Spread) else tuple(map(int, value.array.shape))


def _plain(value: Any) -> Any:
    """*value* with the numbers of what is spread."""
    if isinstance(value, Spread):
        return value.known
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _worked(bound: Mapping[str, Any], work: Work, shape: Sequence[Size], **instead: Any) -> Spread | None:
    """What is worked out with the numbers of what is spread, as a tensor of *shape*."""
    found = work({**{name: _plain(value) for name, value in bound.items()}, **instead})
    if found is None:
        return None
    wanted = [1 if isinstance(size, SymbolicSize) else size for size in shape]
    return Spread(found, tuple(shape)) if list(found.array.shape) == wanted else None


def _expanded(value: Spread | Known, sizes: Sequence[Size]) -> Spread | None:
    shape = _shape(value)
    if isinstance(value, Known) and (value.trains or value.is_exact):
        return None
    missing = len(sizes) - len(shape)
    shape = (*(1,) * missing, *shape)
    target = tuple(before if size == -1 else size for before, size in zip(shape, sizes, strict=True))
    if not any(isinstance(size, SymbolicSize) for size in target):
        return None
    known = value.known if isinstance(value, Spread) else value
    return Spread(evolve(known, array=known.array.reshape((1,) * missing + known.array.shape)), target)


def _elementwise(bound: Mapping[str, Any], values: Sequence[Known | Spread], work: Work) -> Spread | None:
    shapes = [_shape(each) for each in values]
    shape = _broadcast(shapes)
    return None if shape is None else _worked(bound, work, shape)


def _broadcast(shapes: Sequence[Sequence[Size]]) -> list[Size] | None:
    """The shape that *shapes* have together, if they fit."""
    found: list[Size] = []
    for place in range(-max(map(len, shapes)), 0):
        sizes = list(dict.fromkeys(each[place] for each in shapes if len(each) >= -place and each[place] != 1))
        if len(sizes) > 1:
            return None
        found.append(sizes[0] if sizes else 1)
    return found


def _indexed(bound: Mapping[str, Any], work: Work) -> Spread | None:
    """Elements at places: those of a dimension that is open are equal, whichever are taken."""
    source, places = bound["self"], list(bound["indices"])
    given = [(dim, each) for dim, each in enumerate(places) if each is not None]
    dims = [dim for dim, _ in given]
    if dims != list(range(dims[0], dims[-1] + 1)):
        return None
    taken: list[Any] = []
    shapes: list[tuple[Size, ...]] = []
    for dim, index in given:
        if isinstance(index, Flow) and index.type.dtype is Dtype.BOOL:
            return None  # it says how many are taken
        shapes.append(index.type.shape if isinstance(index, Flow) else _shape(index))
        if isinstance(source.shape[dim], SymbolicSize):
            taken.append(None)
        elif isinstance(index, Known) and index.array.dtype.name == "int64":
            taken.append(index)
        else:
            return None
    found = _broadcast(shapes)
    if found is None:
        return None
    first = Known(np.zeros((1,) * len(found), np.int64))
    indices = [*places[: dims[0]], *(first if each is None else each for each in taken)]
    return _worked(bound, work, [*source.shape[: dims[0]], *found, *source.shape[dims[-1] + 1 :]], indices=indices)


# ------------------------------------------------------------------------------------------ along dimensions


def _dim(bound: Mapping[str, Any], name: str = "dim") -> int:
    return int(bound[name]) % max(1, len(bound["self"].shape))


def _along(bound: Mapping[str, Any], work: Work) -> Spread | None:
    shape = bound["self"].shape
    dims = bound["dims"] if "dims" in bound else [bound["dim"]]
    if any(isinstance(shape[each % len(shape)], SymbolicSize) for each in dims):
        return None
    return _worked(bound, work, shape)


def _slice(bound: Mapping[str, Any], work: Work) -> Spread | None:
    dim, source = _dim(bound), bound["self"]
    if isinstance(source.shape[dim], SymbolicSize):
        whole = bound["start"] in (None, 0) and (bound["end"] is None or _is_end(bound["end"], source.shape[dim]))
        return source if whole and bound["step"] == 1 else None
    if any(isinstance(bound[each], SymbolicSize) for each in ("start", "end")):
        return None
    found = work({name: _plain(value) for name, value in bound.items()})
    if found is None:
        return None
    shape = (*source.shape[:dim], int(found.array.shape[dim]), *source.shape[dim + 1 :])
    return Spread(found, shape)


def _is_end(end: Any, size: Size) -> bool:
    return end == size or (isinstance(end, int) and end >= 2**31)


def _select(bound: Mapping[str, Any], work: Work) -> Spread | None:
    dim, source = _dim(bound), bound["self"]
    shape = (*source.shape[:dim], *source.shape[dim + 1 :])
    if isinstance(source.shape[dim], SymbolicSize):
        return _worked(bound, work, shape, index=0)
    return _worked(bound, work, shape)


def _unsqueeze(bound: Mapping[str, Any], work: Work) -> Spread | None:
    shape = bound["self"].shape
    dim = int(bound["dim"]) % (len(shape) + 1)
    return _worked(bound, work, (*shape[:dim], 1, *shape[dim:]))


def _transpose(bound: Mapping[str, Any], work: Work) -> Spread | None:
    shape = list(bound["self"].shape)
    first, second = (int(bound[name]) % len(shape) for name in ("dim0", "dim1"))
    shape[first], shape[second] = shape[second], shape[first]
    return _worked(bound, work, shape)


def _permute(bound: Mapping[str, Any], work: Work) -> Spread | None:
    shape = bound["self"].shape
    return _worked(bound, work, [shape[each % len(shape)] for each in bound["dims"]])


def _concat(bound: Mapping[str, Any], work: Work) -> Spread | None:
    """Joined along a dimension that is known; the others are as large in all, open ones being 1 here."""
    tensors = bound["tensors"]
    shapes = [_shape(each) for each in tensors]
    dim = int(bound["dim"]) % len(shapes[0])
    rests = {(*each[:dim], *each[dim + 1 :]) for each in shapes}
    if len(rests) > 1 or any(isinstance(each[dim], SymbolicSize) for each in shapes):
        return None
    total = sum(int(str(each[dim])) for each in shapes)
    return _worked(bound, work, (*shapes[0][:dim], total, *shapes[0][dim + 1 :]))


def _difference(bound: Mapping[str, Any], work: Work) -> Spread | None:
    source, dim = bound["self"], _dim(bound)
    sides = [bound[name] for name in ("prepend", "append") if bound.get(name) is not None]
    rests = {(*_shape(each)[:dim], *_shape(each)[dim + 1 :]) for each in (source, *sides)}
    if len(rests) > 1 or any(isinstance(_shape(each)[dim], SymbolicSize) for each in (source, *sides)):
        return None
    total = sum(int(str(_shape(each)[dim])) for each in (source, *sides)) - int(bound["n"])
    return _worked(bound, work, (*source.shape[:dim], total, *source.shape[dim + 1 :]))


_READINGS: Final[Mapping[str, Callable[[Mapping[str, Any], Work], Spread | None]]] = {
    "slice": _slice, "select": _select, "unsqueeze": _unsqueeze, "transpose": _transpose, "permute": _permute,
    "cat": _concat, "concat": _concat, "diff": _difference,
}  # fmt: skip
