"""ONNX graphs while they are written: nodes, constants, names, and sizes that are known only when the network runs.

What nodes an operator consists of is the lowerings' business (`operators`), which scopes there are `model`'s.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import onnx_ir as ir
from attrs import define, field

from symnas.errors import CompileError
from symnas.operators.text import size_text
from symnas.sizes import Size, SymbolicSize, substitute, symbol, symbols_of
from symnas.types import Dtype, TensorType

__all__ = ["DTYPES", "NUMPY", "Attribute", "Emitter", "dims_of", "typed"]

DTYPES: Final = {
    Dtype.F32: ir.DataType.FLOAT,
    Dtype.F16: ir.DataType.FLOAT16,
    Dtype.BF16: ir.DataType.BFLOAT16,
    Dtype.I64: ir.DataType.INT64,
    Dtype.I32: ir.DataType.INT32,
    Dtype.BOOL: ir.DataType.BOOL,
}
"""ONNX's name of each element type."""

NUMPY: Final = {dtype: each.numpy() for dtype, each in DTYPES.items()}
"""Numpy's name of each element type."""

Attribute = int | float | str | Sequence[int] | ir.Graph | ir.TensorProtocol
"""What a node's attribute may be."""


def dims_of(shape: Iterable[Size]) -> ir.Shape:
    """*shape* as ONNX writes it: numbers, and expressions for what is unknown (`dim_param`)."""
    return ir.Shape([size if isinstance(size, int) else str(size) for size in shape])


def typed(value: ir.Value, type: TensorType) -> ir.Value:
    """*value* with its element type and shape written down, as inputs and outputs have them."""
    value.dtype = DTYPES[type.dtype]
    value.shape = dims_of(type.shape)
    return value


@define(eq=False)
class _Frame:
    """One graph being written: the network, a side of a `when`, the body of a `scan`.

    *sources* say where a size can be read off: a value and its dimension, or a number. Those of the frames around hold
    too, unless a frame gives the symbol anew. *sizes* have been computed in this frame.
    """

    sources: dict[str, tuple[ir.Value, int] | int]
    nodes: list[ir.Node] = field(factory=list)
    sizes: dict[Size, ir.Value] = field(factory=dict)


class Emitter:
    """Writes nodes into the innermost graph that is open. *sizes* are symbols whose values are known after all."""

    def __init__(self, opset: int, sizes: Mapping[str, int]) -> None:
        self.opset, self.known = opset, dict(sizes)
        self.initializers: dict[str, ir.Value] = {}
        self.origin: str | None = None
        self._constants: dict[tuple[str, tuple[int, ...], bytes], ir.Value] = {}
        self._frames: list[_Frame] = []
        self._taken: dict[str, int] = {}
        self._values = 0

    # ---------------------------------------------------------------------------------------- names, frames

    def take(self, wanted: str) -> str:
        """*wanted*, or the first of `wanted/2`, `wanted/3`, … that no value has; taken from now on."""
        number = self._taken.get(wanted, 0) + 1
        self._taken[wanted] = number
        return wanted if number == 1 else self.take(f"{wanted}/{number}")

    @contextmanager
    def frame(self, sources: Mapping[str, tuple[ir.Value, int] | int]) -> Iterator[list[ir.Node]]:
        """A graph is open while this is entered; its nodes come back. *sources* as in `_Frame`."""
        frame = _Frame(dict(sources))
        self._frames.append(frame)
        try:
            yield frame.nodes
        finally:
            self._frames.pop()

    @property
    def position(self) -> int:
        """How many nodes the open graph has."""
        return len(self._frames[-1].nodes)

    @property
    def is_outermost(self) -> bool:
        """Whether the open graph is the network, and no part that runs as often as samples or steps need it."""
        return len(self._frames) == 1

    def is_own(self, value: ir.Value) -> bool:
        """Whether a node of the open graph makes *value*."""
        node = value.producer()
        return node is not None and any(node is each for each in self._frames[-1].nodes)

    def name_since(self, position: int, path: str, results: Sequence[ir.Value]) -> None:
        """Name the nodes written since *position* by *path*: those that give *results* are called so, others as parts
        of it. What flows between nodes has numbers: small networks would be mostly names otherwise.
        """
        own = {id(each) for each in results}
        for node in self._frames[-1].nodes[position:]:
            if node.name is not None:
                continue
            is_result = any(id(each) in own for each in node.outputs)
            node.name = self.take(path if is_result else f"{path}/{node.op_type}")
            for value in node.outputs:
                self._values += 1
                value.name = str(self._values)
            node.doc_string = self.origin

    # ---------------------------------------------------------------------------------------- nodes

    def node(self, kind: str, inputs: Sequence[ir.Value | None], count: int, **attributes: Attribute) -> ir.Node:
        """A node of ONNX's operator *kind*, with *count* outputs."""
        given = [_attribute(name, value) for name, value in attributes.items() if not _is_default(kind, name, value)]
        node = ir.Node("", kind, inputs, given, num_outputs=count)
        self._frames[-1].nodes.append(node)
        return node

    def op(self, kind: str, *inputs: ir.Value | None, **attributes: Attribute) -> ir.Value:
        """The one output of a node."""
        return self.node(kind, inputs, 1, **attributes).outputs[0]

    def array(self, array: np.ndarray) -> ir.Value:
        """A constant; equal ones are written once."""
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = self.initializer(self.take(f"constant.{len(self._constants)}"), ir.Tensor(array))
        return self._constants[key]

    def initializer(self, name: str, tensor: ir.Tensor[Any] | ir.LazyTensor) -> ir.Value:
        """A value that is stored with the network, under a name that is taken already."""
        value = ir.Value(name=name, const_value=tensor, type=ir.TensorType(tensor.dtype), shape=tensor.shape)
        tensor.name = name
        self.initializers[name] = value
        return value

    # ---------------------------------------------------------------------------------------- sizes

    def settle(self, size: Size) -> Size:
        """*size* with the sizes that are known put in."""
        return substitute(size, self.known) if self.known else size

    def shape(self, sizes: Iterable[Size]) -> ir.Value:
        """*sizes* as a vector: a constant where all are known."""
        settled = [self.settle(size) for size in sizes]
        if all(isinstance(size, int) for size in settled):
            return self.array(np.array(settled, np.int64))
        parts: list[ir.Value] = []
        known: list[int] = []
        for size in settled:
            if isinstance(size, int):
                known.append(size)
                continue
            if known:
                parts.append(self.array(np.array(known, np.int64)))
                known = []
            parts.append(self.size(size))
        if known:
            parts.append(self.array(np.array(known, np.int64)))
        return parts[0] if len(parts) == 1 else self.op("Concat", *parts, axis=0)

    def size(self, size: Size) -> ir.Value:
        """*size* as a vector of one whole number.

        Raises:
            CompileError: it is the size of no dimension of an input.
        """
        size = self.settle(size)
        if isinstance(size, int):
            return self.array(np.array([size], np.int64))
        needed = symbols_of(size)
        for frame in reversed(self._frames):
            if size in frame.sizes:
                return frame.sizes[size]
            if needed & frame.sources.keys():
                break
        before = self.position
        found = self._computed(size)
        self.name_since(before, f"size.{size}", [found])
        self._frames[-1].sizes[size] = found
        return found

    def _computed(self, size: SymbolicSize) -> ir.Value:
        text = size_text(size)
        if not text.isidentifier():
            return self._evaluated(ast.parse(text, mode="eval").body)
        for frame in reversed(self._frames):
            source = frame.sources.get(text)
            if isinstance(source, int):
                return self.array(np.array([source], np.int64))
            if source is not None:
                return self.op("Shape", source[0], start=source[1], end=source[1] + 1)
        raise CompileError(f"the network reads `{text}`, which is the size of no dimension of its inputs")

    def _evaluated(self, node: ast.expr) -> ir.Value:
        """A whole-number expression over sizes. Numerators of floors are never negative, so `Div` rounds as `//`."""
        match node:
            case ast.Constant(value=int(number)):
                return self.array(np.array([number], np.int64))
            case ast.Name(id=name):
                return self._symbol(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.op("Neg", self._evaluated(operand))
            case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int(exponent))):
                base = self._evaluated(left)
                found = base
                for _ in range(exponent - 1):
                    found = self.op("Mul", found, base)
                return found
            case ast.BinOp(left=left, op=sign, right=right):
                return self.op(_SIGNS[type(sign)], self._evaluated(left), self._evaluated(right))
            case ast.Call(args=args):
                return self.op("Max", *map(self._evaluated, args))
            case _:
                raise CompileError(f"`{ast.unparse(node)}` is no size")

    def _symbol(self, name: str) -> ir.Value:
        return self.size(symbol(name))


_SIGNS: Final[dict[type[ast.operator], str]] = {ast.Add: "Add", ast.Sub: "Sub", ast.Mult: "Mul", ast.FloorDiv: "Div"}


_WINDOWED: Final = frozenset({"Conv", "ConvTranspose", "MaxPool", "AveragePool"})
_DEFAULTS: Final = {"strides": 1, "dilations": 1, "pads": 0, "output_padding": 0, "group": 1}
"""What ONNX takes along each dimension where nothing is written."""


def _is_default(kind: str, name: str, value: Attribute) -> bool:
    """Whether *value* goes without saying."""
    if kind not in _WINDOWED or name not in _DEFAULTS:
        return False
    values = value if isinstance(value, Sequence) else (value,)
    return all(each == _DEFAULTS[name] for each in values)


def _attribute(name: str, value: Attribute) -> ir.Attr:
    match value:
        case int():
            return ir.AttrInt64(name, value)
        case float():
            return ir.AttrFloat32(name, value)
        case str():
            return ir.AttrString(name, value)
        case ir.Graph():
            return ir.AttrGraph(name, value)
        case list() | tuple():
            return ir.AttrInt64s(name, value)
        case _:
            assert isinstance(value, ir.TensorProtocol)
            return ir.AttrTensor(name, value)
