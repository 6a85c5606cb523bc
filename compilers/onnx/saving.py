"""Models as files, written without copying their weights.

A file of protobuf is its fields in a row, each with its length. So the small part is serialised by onnx-ir, and the
weights, which are nearly all of the file, follow straight from memory, as `TensorProto`s of the same `GraphProto`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx_ir as ir

from symnas.compilers.onnx.folding import Scaled

__all__ = ["save"]

_MOST: Final = 2**31 - 2**24
"""Bytes of weights that one protobuf file holds, with room for the rest."""

# Numbers of fields in onnx.proto.
_MODEL_GRAPH: Final = 7
_GRAPH_INITIALIZER: Final = 5
_TENSOR_DIMS: Final = 1
_TENSOR_TYPE: Final = 2
_TENSOR_NAME: Final = 8
_TENSOR_DATA: Final = 9


def save(model: ir.Model, path: Path, data: str, most: int = _MOST) -> list[Path]:
    """Write *model* to *path*; more than *most* bytes of weights to a file called *data* beside it. The files that were
    written come back.
    """
    tensors = [each.const_value for each in model.graph.initializers.values() if each.const_value is not None]
    if sum(each.nbytes for each in tensors) > most:
        ir.save(model, path, external_data=data)
        return [path, path.with_name(data)]
    with _without_weights(model):
        proto = ir.to_proto(model)
    graph = proto.graph.SerializeToString()
    proto.ClearField("graph")
    parts = [_opened(each) for each in tensors]
    total = len(graph) + sum(map(len, parts)) + sum(each.nbytes for each in tensors)
    with path.open("wb") as file:
        file.write(proto.SerializeToString() + _field(_MODEL_GRAPH, total) + graph)
        for part, tensor in zip(parts, tensors, strict=True):
            file.write(part)
            for piece in _pieces(tensor):
                file.write(_elements(piece).data)
    return [path]


@contextmanager
def _without_weights(model: ir.Model) -> Iterator[None]:
    """While this is entered, *model* does not know its weights."""
    held = dict(model.graph.initializers)
    model.graph.initializers.clear()
    try:
        yield
    finally:
        model.graph.initializers.update(held)


def _pieces(tensor: ir.TensorProtocol) -> "Iterable[np.ndarray[Any, Any]]":
    """The elements of *tensor*, in one piece or several."""
    return tensor.pieces() if isinstance(tensor, Scaled) else (tensor.numpy(),)


def _elements(array: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """The bytes of the elements as ONNX stores them: in a row, little end first."""
    array = np.ascontiguousarray(array)
    if array.dtype.byteorder == ">":
        array = array.byteswap()
    return array.reshape(-1).view(np.uint8)


def _opened(tensor: ir.TensorProtocol) -> bytes:
    """A field of `GraphProto` with a `TensorProto`, up to its elements."""
    size = tensor.nbytes
    name = (tensor.name or "").encode()
    dims = b"".join(_varint(_TENSOR_DIMS << 3) + _varint(size) for size in tensor.shape.numpy())
    kind = _varint(_TENSOR_TYPE << 3) + _varint(int(tensor.dtype))
    header = dims + kind + _field(_TENSOR_NAME, len(name)) + name + _field(_TENSOR_DATA, size)
    return _field(_GRAPH_INITIALIZER, len(header) + size) + header


def _field(number: int, length: int) -> bytes:
    """The beginning of a field of *length* bytes."""
    return _varint(number << 3 | 2) + _varint(length)


def _varint(number: int) -> bytes:
    """A whole number in groups of seven bits, the least first."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)
