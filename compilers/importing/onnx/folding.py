"""Nodes whose operands are all known, worked out: numbers by ONNX's own reference, sizes that are open here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import Array, Known
from symnas.errors import NasError
from symnas.polynomials import SizeError

__all__ = ["fold"]

_MOST: Final = 2**28
"""Elements that are worked out at most: a model must not ask for more memory than its weights."""

_RANDOM: Final = frozenset({"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli",
                            "Multinomial", "Dropout"})  # fmt: skip


def fold(node: Any, operands: Sequence[Known | None], opset: int) -> tuple[Known, ...] | None:
    """The outputs of *node* applied to *operands*; `None` where they cannot be worked out.

    Raises:
        Refused: they are too large, or there is no such result.
    """
    if node.op_type in _RANDOM or any(each.type in (5, 10) for each in node.attribute):  # graphs
        return None
    if any(each is not None and each.is_exact for each in operands):
        arrays = [None if each is None else each.array for each in operands]
        return _of_sizes(node, arrays)
    if node.op_type in ("ConstantOfShape", "Expand", "Tile", "Range"):
        _check_size(node.op_type, operands)
    return _of_numbers(node, operands, opset)


def _check_size(operator: str, operands: Sequence[Known | None]) -> None:
    given = [each.array for each in operands if each is not None]
    with np.errstate(all="ignore"):
        if operator == "ConstantOfShape":
            count = float(np.prod(given[0].astype(float)))
        elif operator == "Range":
            count = float(abs((given[1] - given[0]) / given[2]).astype(float))
        else:
            count = float(given[0].size) * float(np.prod(given[1].astype(float)))
    if not count <= _MOST:
        raise Refused(f"it would make {count:.3g} numbers")


def _of_numbers(node: Any, operands: Sequence[Known | None], opset: int) -> tuple[Known, ...] | None:
    from onnx.helper import make_graph, make_model, make_opsetid
    from onnx.reference import ReferenceEvaluator

    feeds = {
        name: each.array.astype(np.int64) if each.array.dtype == object else each.array
        for name, each in zip(node.input, operands, strict=True)
        if name and each is not None
    }
    graph = make_graph(
        [node], "one", [_typeless(name) for name in feeds], [_typeless(each) for each in node.output if each]
    )
    model = make_model(graph, opset_imports=[make_opsetid("", opset)])
    try:
        with np.errstate(all="ignore"):
            found = ReferenceEvaluator(model).run(None, feeds)
    except NasError:
        raise
    except Exception:  # noqa: BLE001 (whatever the reference does not know stays part of the network, or is refused there)
        return None
    if not all(isinstance(each, np.ndarray | np.generic) for each in found):
        return None
    arrays = iter(np.asarray(each) for each in found)
    source = next((each for each in operands if each is not None and each.trains and each.array.size > 1), None)
    return tuple(
        Known(next(arrays), source.name if source else "", source.trains if source else False)
        if name
        else Known(np.zeros(()))
        for name in node.output
    )


def _typeless(name: str) -> Any:
    from onnx import ValueInfoProto

    return ValueInfoProto(name=name)


# ------------------------------------------------------------------------------------------- sizes that are open

_Attributes = Mapping[str, Any]


def _of_sizes(node: Any, arrays: list[Array | None]) -> tuple[Known, ...] | None:
    from onnx.helper import get_attribute_value

    rule = _RULES.get(node.op_type)
    given = [each.astype(object) if each is not None else None for each in arrays]
    if rule is None or any(each is None for each in given):
        return None
    attributes = {each.name: get_attribute_value(each) for each in node.attribute}
    try:
        found = rule(attributes, *given)
    except (SizeError, TypeError, ValueError, ZeroDivisionError) as error:
        raise Refused(f"it cannot be worked out with sizes that are open: {error}") from error
    return (Known(np.asarray(found, dtype=object)),)


def _ints(array: Array) -> list[int]:
    return [int(each) for each in array.reshape(-1)]


def _gather(attributes: _Attributes, data: Array, places: Array) -> Any:
    return np.take(data, places.astype(np.int64), axis=int(attributes.get("axis", 0)))


def _unsqueeze(attributes: _Attributes, data: Array, axes: Array | None = None) -> Any:
    places = list(attributes["axes"]) if axes is None else _ints(axes)
    return np.expand_dims(data, tuple(places))


def _squeeze(attributes: _Attributes, data: Array, axes: Array | None = None) -> Any:
    places = attributes.get("axes") if axes is None else _ints(axes)
    return np.squeeze(data, None if places is None else tuple(places))


def _slice(attributes: _Attributes, data: Array, *bounds: Array) -> Any:
    if bounds:
        starts, ends = _ints(bounds[0]), _ints(bounds[1])
        axes = _ints(bounds[2]) if len(bounds) > 2 else list(range(len(starts)))
        steps = _ints(bounds[3]) if len(bounds) > 3 else [1] * len(starts)
    else:
        starts, ends = list(attributes["starts"]), list(attributes["ends"])
        axes, steps = list(attributes.get("axes", range(len(starts)))), [1] * len(starts)
    index = [slice(None)] * data.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        index[axis] = slice(start, end, step)
    return data[tuple(index)]


def _reduced(_: _Attributes, data: Array, *__: Array) -> Any:
    total: Any = 1
    for each in data.reshape(-1):
        total = total * each
    return np.asarray([total], dtype=object)


_RULES: Final[Mapping[str, Callable[..., Any]]] = {
    "Add": lambda _, a, b: a + b,
    "Sub": lambda _, a, b: a - b,
    "Mul": lambda _, a, b: a * b,
    "Div": lambda _, a, b: a // b,
    "Mod": lambda _, a, b: a % b,
    "Neg": lambda _, a: -a,
    "Cast": lambda _, a: a,
    "Identity": lambda _, a: a,
    "Floor": lambda _, a: a,
    "Ceil": lambda _, a: a,
    "Concat": lambda attributes, *arrays: np.concatenate(arrays, axis=int(attributes["axis"])),
    "Gather": _gather,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Slice": _slice,
    "Reshape": lambda _, data, shape: data.reshape(_ints(shape)),
    "ReduceProd": _reduced,
}
"""What becomes of arrays of sizes; operands beyond an operator's own count are refused by Python."""
