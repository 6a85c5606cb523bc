"""One application of an operator, as its ONNX lowering sees it: settings, tensors, weights, and ways to write nodes."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

import numpy as np
import onnx_ir as ir
from attrs import define

from symnas.compilers.onnx.emitter import DTYPES, NUMPY, Attribute, Emitter, typed
from symnas.operators.settings import Settings
from symnas.sizes import Size, SymbolicSize
from symnas.types import Dtype, TensorType

__all__ = ["LAST", "Number", "Site"]

Number = int | Fraction | float | SymbolicSize
"""What a setting may hold where a tensor could stand."""

LAST = 2**63 - 1
"""The end of a slice that goes to the end."""


@define(eq=False)
class Site:
    """What a lowering is given. *inputs* are the tensors, of *types*; *outputs* the types that it must give; *find*
    gives a weight by its name in the operator. Sizes that were fixed for the export are numbers in all of them.
    """

    settings: Settings
    inputs: tuple[ir.Value, ...]
    types: tuple[TensorType, ...]
    outputs: tuple[TensorType, ...]
    find: Callable[[str], ir.Value]
    emitter: Emitter
    operator: str
    path: str
    weights: frozenset[str]

    @property
    def x(self) -> ir.Value:
        """The first tensor."""
        return self.inputs[0]

    @property
    def type(self) -> TensorType:
        """The type of the first tensor."""
        return self.types[0]

    @property
    def dtype(self) -> Dtype:
        """The element type of the first output."""
        return self.outputs[0].dtype

    @property
    def opset(self) -> int:
        """The version of ONNX's operators."""
        return self.emitter.opset

    def weight(self, name: str) -> ir.Value:
        """The weight called *name*."""
        return self.find(name)

    def optional(self, name: str) -> ir.Value | None:
        """The weight called *name*, if the operator has it here."""
        return self.find(name) if name in self.weights else None

    # ---------------------------------------------------------------------------------------- nodes

    def op(self, kind: str, *inputs: ir.Value | None, **attributes: Attribute) -> ir.Value:
        """The one output of a node of ONNX's operator *kind*."""
        return self.emitter.op(kind, *inputs, **attributes)

    def ops(self, kind: str, count: int, *inputs: ir.Value | None, **attributes: Attribute) -> tuple[ir.Value, ...]:
        """The *count* outputs of a node of ONNX's operator *kind*."""
        return tuple(self.emitter.node(kind, inputs, count, **attributes).outputs)

    def cast(self, value: ir.Value, old: Dtype, new: Dtype) -> ir.Value:
        """*value*, of elements *old*, as elements *new*."""
        return value if old is new else self.op("Cast", value, to=int(DTYPES[new]))

    def operands(self, dtype: Dtype) -> list[ir.Value]:
        """The tensors as elements *dtype*."""
        return [self.cast(value, type.dtype, dtype) for value, type in zip(self.inputs, self.types, strict=True)]

    def scan(
        self,
        turn: Callable[..., tuple[list[ir.Value], ir.Value]],
        x: ir.Value,
        axis: int,
        item: TensorType,
        starts: Sequence[tuple[ir.Value, TensorType]],
        *,
        backwards: bool = False,
    ) -> tuple[list[ir.Value], ir.Value]:
        """A loop over *axis* of *x*, from the end if *backwards*: *turn* takes the states, then an item, and gives the
        new states and an output. The last states come back, and the outputs stacked along *axis*.
        """
        emitter = self.emitter
        types = [*(type for _, type in starts), item]
        names = [*(f"{self.path}/state" for _ in starts), f"{self.path}/step"]
        inputs = [typed(ir.Value(name=emitter.take(name)), type) for name, type in zip(names, types, strict=True)]
        with emitter.frame({}) as nodes:
            states, given = turn(*inputs)
            results = [*states, self.op("Identity", given)]
            emitter.name_since(0, f"{self.path}/turn", [])
        for value, type in zip(results, types, strict=False):
            value.dtype = DTYPES[type.dtype]
        results[-1].dtype = DTYPES[item.dtype]
        body = ir.Graph(inputs, results, nodes=nodes, name=f"{self.path}/body")
        found = self.ops(
            "Scan",
            len(results),
            *(start for start, _ in starts),
            x,
            body=body,
            num_scan_inputs=1,
            scan_input_axes=[axis],
            scan_output_axes=[axis],
            **({"scan_input_directions": [1], "scan_output_directions": [1]} if backwards else {}),
        )
        return list(found[:-1]), found[-1]

    # ---------------------------------------------------------------------------------------- constants, sizes

    def array(self, values: object, dtype: Dtype = Dtype.F32) -> ir.Value:
        """A constant tensor of numbers."""
        return self.emitter.array(np.array(values, NUMPY[dtype]))

    def scalar(self, value: Number, dtype: Dtype) -> ir.Value:
        """*value* as a tensor without dimensions."""
        if isinstance(value, SymbolicSize):
            found = self.emitter.settle(value)
            if isinstance(found, SymbolicSize):
                alone = self.op("Squeeze", self.emitter.size(found), self.ints(0))
                return self.cast(alone, Dtype.I64, dtype)
            value = found
        return self.array(float(value) if dtype.is_floating else int(value), dtype)

    def ints(self, *values: int) -> ir.Value:
        """A constant vector of whole numbers, as ONNX takes axes and bounds."""
        return self.emitter.array(np.array(values, np.int64))

    def size(self, size: Size) -> ir.Value:
        """*size* as a vector of one whole number."""
        return self.emitter.size(size)

    def shape(self, sizes: Iterable[Size]) -> ir.Value:
        """*sizes* as a vector of whole numbers."""
        return self.emitter.shape(sizes)

    def count(self, size: Size) -> ir.Value:
        """The whole numbers below *size*, as a vector."""
        return self.op("Range", self.scalar(0, Dtype.I64), self.scalar(size, Dtype.I64), self.scalar(1, Dtype.I64))

    # ---------------------------------------------------------------------------------------- rearranging

    def reshape(self, value: ir.Value, old: Sequence[Size], new: Sequence[Size]) -> ir.Value:
        """*value*, of the shape *old*, in the shape *new*. Sizes that are unknown are taken over from the same
        dimension, or one of them is worked out, so that almost never any must be computed.
        """
        old, new = [*map(self.emitter.settle, old)], [*map(self.emitter.settle, new)]
        if old == new:
            return value
        written = [
            0 if not isinstance(size, int) and place < len(old) and old[place] == size else size
            for place, size in enumerate(new)
        ]
        unknown = [place for place, size in enumerate(written) if not isinstance(size, int)]
        if len(unknown) == 1:
            written[unknown[0]] = -1
        if len(unknown) > 1:
            written = new
        return self.op("Reshape", value, self.shape(written))

    def transpose(self, value: ir.Value, *order: int) -> ir.Value:
        """*value* with its dimensions in another *order*."""
        return value if list(order) == list(range(len(order))) else self.op("Transpose", value, perm=order)

    def slice(
        self, value: ir.Value, axis: int, start: int | ir.Value, end: int | ir.Value | None, step: int = 1
    ) -> ir.Value:
        """*value* from *start* to *end* along *axis*; no end is the end."""
        first = self.ints(start) if isinstance(start, int) else start
        last = self.ints(LAST) if end is None else self.ints(end) if isinstance(end, int) else end
        steps = [self.ints(step)] if step != 1 else []
        return self.op("Slice", value, first, last, self.ints(axis), *steps)

    def filled(self, value: int | Fraction | float, shape: Sequence[Size], dtype: Dtype) -> ir.Value:
        """A tensor of *shape* with *value* everywhere."""
        number = float(value) if dtype.is_floating else int(value)
        tensor = ir.Tensor(np.array([number], NUMPY[dtype]))
        return self.op("ConstantOfShape", self.shape(shape), value=tensor)
