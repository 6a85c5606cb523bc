"""Models as files, written without copying their weights.

A file of protobuf is its fields in a row, each with its length. So the small part is serialised by onnx-ir, and the
weights, which are nearly all of the file, follow straight from memory, as `TensorProto`s of the same `GraphProto`.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import onnx_ir as ir

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


def save(model: ir.Model, path: Path) -> None:
    """Write *model* to *path*; weights beyond what protobuf holds to a file beside it."""
    tensors = [each.const_value for each in model.graph.initializers.values() if each.const_value is not None]
    if sum(each.nbytes for each in tensors) > _MOST:
        ir.save(model, path, external_data=f"{path.name}.data")
        return
    with _without_weights(model):
        proto = ir.to_proto(model)
    graph = proto.graph.SerializeToString()
    proto.ClearField("graph")
    parts = [(_header(each), each) for each in tensors]
    lengths = [len(header) + each.nbytes for header, each in parts]
    total = len(graph) + sum(len(_field(_GRAPH_INITIALIZER, length)) + length for length in lengths)
    with path.open("wb") as file:
        file.write(proto.SerializeToString() + _field(_MODEL_GRAPH, total) + graph)
        for (header, tensor), length in zip(parts, lengths, strict=True):
            file.write(_field(_GRAPH_INITIALIZER, length) + header)
            _write_elements(tensor, file)


@contextmanager
def _without_weights(model: ir.Model) -> Iterator[None]:
    """While this is entered, *model* does not know its weights."""
    held = dict(model.graph.initializers)
    model.graph.initializers.clear()
    try:
        yield
    finally:
        model.graph.initializers.update(held)


def _header(tensor: ir.TensorProtocol) -> bytes:
    """A `TensorProto` up to its elements."""
    name = (tensor.name or "").encode()
    dims = b"".join(_varint(_TENSOR_DIMS << 3) + _varint(size) for size in tensor.shape.numpy())
    kind = _varint(_TENSOR_TYPE << 3) + _varint(int(tensor.dtype))
    return dims + kind + _field(_TENSOR_NAME, len(name)) + name + _field(_TENSOR_DATA, tensor.nbytes)


def _write_elements(tensor: ir.TensorProtocol, file: IO[bytes]) -> None:
    """The elements as ONNX stores them: in a row, little end first."""
    array: np.ndarray[Any, Any] = np.ascontiguousarray(tensor.numpy())
    if array.dtype.byteorder == ">" or array.nbytes != tensor.nbytes:
        file.write(tensor.tobytes())
    else:
        file.write(memoryview(array.reshape(-1).view(np.uint8)))


def _field(number: int, length: int) -> bytes:
    """The beginning of a field of *length* bytes."""
    return _varint(number << 3 | 2) + _varint(length)


def _varint(number: int) -> bytes:
    """A whole number in groups of seven bits, the least first."""
    found = io.BytesIO()
    while number > 127:
        found.write(bytes([number & 127 | 128]))
        number >>= 7
    found.write(bytes([number]))
    return found.getvalue()
