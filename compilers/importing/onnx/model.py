"""An ONNX model read into a network: nodes in order, each by its entry in the table of operators."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from symnas.compilers.importing.drawing import Drawing
from symnas.compilers.importing.naming import Names, identifier
from symnas.compilers.importing.nesting import Nested, nest
from symnas.compilers.importing.onnx.folding import fold
from symnas.compilers.importing.onnx.places import places
from symnas.compilers.importing.onnx.registry import reading
from symnas.compilers.importing.onnx.site import Site
from symnas.compilers.importing.refusing import Refusals, Refused
from symnas.compilers.importing.values import Flow, Known, Value, dtype_of
from symnas.elaborate.files import KEYWORDS
from symnas.errors import CompileError
from symnas.graph import Outputs
from symnas.operators import OPERATORS
from symnas.sizes import Size, symbol
from symnas.types import Dtype, TensorType

__all__ = ["read"]

_STANDARD: Final = ("", "ai.onnx")
"""The names of ONNX's own operators' domain."""


def read(path: Path, name: str) -> Nested:
    """The model in the file at *path* as a network called *name*.

    Raises:
        CompileError: it is no ONNX model, or has what cannot be imported; the message names each operator.
        OSError: the file cannot be read.
    """
    proto = _loaded(path)
    return _Reader(proto, path.name).read(name)


def _loaded(path: Path) -> Any:
    """The model at *path* with its weights, functions written out."""
    import onnx

    with path.open("rb"):
        pass  # so that a file that cannot be read says so itself
    try:
        proto = onnx.load(path)
    except OSError:
        raise
    except Exception as error:
        raise CompileError(f"{path} is no ONNX model: {error}") from error
    if not proto.graph.node or not proto.graph.output:
        raise CompileError(f"{path} is no ONNX model: it has no operators")
    if proto.functions:
        from onnx.inliner import inline_local_functions

        proto = inline_local_functions(proto)
    return proto


class _Reader:
    """Reads one model."""

    def __init__(self, proto: Any, file: str) -> None:
        self.graph = proto.graph
        self.opset = next((each.version for each in proto.opset_import if each.domain in _STANDARD), 1)
        self.refusals = Refusals(file)
        self.drawing = Drawing()
        self.values: dict[str, Value | None] = {"": None}
        self.readers: dict[str, list[int]] = {}
        self.places = places(self.graph.node)
        self.passed: dict[int, str] = {}
        for place, node in enumerate(self.graph.node):
            for each in node.input:
                self.readers.setdefault(each, []).append(place)
        for each in self.graph.output:
            self.readers.setdefault(each.name, []).append(-1)

    def read(self, name: str) -> Nested:
        """The network, called *name*.

        Raises:
            CompileError: something in the model cannot be imported.
        """
        self._check_operators()
        self._weights()
        self._inputs()
        for place, node in enumerate(self.graph.node):
            if place in self.passed:
                self.values[node.output[0]] = self.values[self.passed[place]]
            else:
                self._node(node, place)
        self.refusals.check()
        flows = [(each.name, self._result(each.name)) for each in self.graph.output]
        self.refusals.check()
        found = [(each, flow) for each, flow in flows if flow is not None]
        return nest(self.drawing, name, [flow.number for _, flow in found], _outputs([each for each, _ in found]))

    def _result(self, name: str) -> Flow | None:
        value = self.values.get(name)
        try:
            return None if value is None else self.drawing.tensor(value)
        except Refused as refused:
            self.refusals.add("output", str(refused), name)
            return None

    def _check_operators(self) -> None:
        """Name every operator that cannot be read, before anything else is tried."""
        for node in self.graph.node:
            if node.domain not in _STANDARD:
                self.refusals.add(f"{node.domain}.{node.op_type}", "it is no operator of ONNX's own", node.name)
            elif reading(node.op_type) is None and node.op_type not in ("Constant", "Shape", "Size"):
                self.refusals.add(node.op_type, "symnas has no counterpart", node.name)
        self.refusals.check()

    def _weights(self) -> None:
        from onnx.numpy_helper import to_array

        for each in self.graph.initializer:
            array = to_array(each)
            if array.dtype == np.float64:
                array = array.astype(np.float32)
            self.values[each.name] = self._known(each.name, array, trains=True)
        if self.graph.sparse_initializer:
            self.refusals.add("sparse_initializer", "sparse weights are not read")

    def _known(self, name: str, array: Any, *, trains: bool) -> Known | None:
        try:
            dtype_of(array)
        except KeyError:
            self.refusals.add(name, f"numbers of type `{array.dtype}` are not read")
            return None
        return Known(array, name, trains and array.dtype.kind == "f")

    def _inputs(self) -> None:
        names = Names({*KEYWORDS, *OPERATORS})
        symbols = Names({*KEYWORDS, *OPERATORS})
        words: dict[str, str] = {}
        for each in self.graph.input:
            if each.name in self.values:
                continue
            try:
                type = _type(each.type, symbols, words)
            except Refused as refused:
                self.refusals.add("input", str(refused), each.name)
                continue
            self.values[each.name] = self.drawing.input(names.fresh(identifier(each.name, "input")), type)
        self.refusals.check()

    # ------------------------------------------------------------------------------------------ nodes

    def _node(self, node: Any, place: int) -> None:
        if any(each and self.values.get(each) is None for each in node.input):
            self.values.update((each, None) for each in node.output)  # what was refused before is said already
            return
        operands = [self.values[each] for each in node.input]
        try:
            with self.drawing.standing(self.places[place]):
                results = self._results(node, place, operands)
        except Refused as refused:
            self.refusals.add(node.op_type, str(refused), node.name)
            results = (None,) * len(node.output)
        self.values.update((name, value) for name, value in zip(node.output, results, strict=False) if name)

    def _results(self, node: Any, place: int, operands: list[Value | None]) -> tuple[Value | None, ...]:
        if node.op_type == "Constant":
            return (self._constant(node),)
        if node.op_type in ("Shape", "Size"):
            return (self._shape(node, operands[0]),)
        known = [each for each in operands if not isinstance(each, Flow)]
        if len(known) == len(operands) and (folded := fold(node, known, self.opset)) is not None:
            return folded
        read = reading(node.op_type)
        assert read is not None, "operators were checked"
        found = read(self._site(node, place, operands))
        return found if isinstance(found, tuple) else (found,)

    def _site(self, node: Any, place: int, operands: list[Value | None]) -> Site:
        from onnx.helper import get_attribute_value

        attributes = {each.name: get_attribute_value(each) for each in node.attribute}
        used = max((number + 1 for number, each in enumerate(node.output) if self.readers.get(each)), default=1)
        return Site(
            node.op_type, tuple(operands), attributes, used, self.opset, self._path(node, place), self.drawing,
            lambda features: self._absorbed(place, features),
        )  # fmt: skip

    def _path(self, node: Any, place: int) -> str:
        """What the weights of *node* are called: as the model calls them, or as the module that it stands in."""
        for each in node.input[1:2]:
            stem, _, last = each.rpartition(".")
            if stem and last == "weight":
                return str(stem)
        modules = self.places[place]
        return modules[-1].path if modules else ""

    def _absorbed(self, place: int, features: int) -> Known | None:
        """The *features* numbers that the one reader of node *place* adds to its output; that reader is passed over."""
        (output,) = self.graph.node[place].output
        reader = self.readers.get(output, [])
        if len(reader) != 1 or reader[0] < 0:
            return None
        node = self.graph.node[reader[0]]
        others = [self.values.get(each) for each in node.input if each != output]
        if node.op_type != "Add" or len(others) != 1 or not isinstance(others[0], Known):
            return None
        if others[0].array.shape != (features,):
            return None
        self.passed[reader[0]] = output
        return others[0]

    def _constant(self, node: Any) -> Known:
        from onnx.helper import get_attribute_value
        from onnx.numpy_helper import to_array

        (attribute,) = node.attribute
        value = get_attribute_value(attribute)
        match attribute.name:
            case "value":
                array = to_array(value)
            case "value_float" | "value_floats":
                array = np.asarray(value, np.float32)
            case "value_int" | "value_ints":
                array = np.asarray(value, np.int64)
            case _:
                raise Refused(f"a constant of `{attribute.name}` is not read")
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        found = self._known(node.output[0], array, trains=False)
        if found is None:
            raise Refused(f"numbers of type `{array.dtype}` are not read")
        return found

    def _shape(self, node: Any, operand: Value | None) -> Known:
        attributes = {each.name: each.i for each in node.attribute}
        shape = _shape_of(operand)
        if node.op_type == "Size":
            total: Size = 1
            for each in shape:
                total = total * each
            return Known(np.asarray(total, dtype=object))
        shape = shape[attributes.get("start", 0) : attributes.get("end", len(shape))]
        array = np.empty(len(shape), dtype=object)
        array[:] = shape
        return Known(array)


def _shape_of(value: Value | None) -> tuple[Size, ...]:
    assert value is not None, "nodes whose operands were refused are passed over"
    return value.type.shape if isinstance(value, Flow) else tuple(value.array.shape)


_ELEMENTS: Final[Mapping[int, Dtype]] = {
    1: Dtype.F32, 6: Dtype.I32, 7: Dtype.I64, 9: Dtype.BOOL, 10: Dtype.F16, 11: Dtype.F32, 16: Dtype.BF16,
}  # fmt: skip
"""Dtypes by their numbers in `TensorProto.DataType`; `double` is read as `f32`."""


def _type(proto: Any, symbols: Names, words: dict[str, str]) -> TensorType:
    """The type of an input. Sizes without a number are symbols: *words* by what the model calls them.

    Raises:
        Refused: it is no tensor, or one of a dtype that the language lacks.
    """
    if not proto.HasField("tensor_type") or not proto.tensor_type.HasField("shape"):
        raise Refused("it is no tensor of a known rank")
    dtype = _ELEMENTS.get(proto.tensor_type.elem_type)
    if dtype is None:
        raise Refused(f"its elements are of type {proto.tensor_type.elem_type} of ONNX, which the language lacks")
    shape = (*_sizes(proto.tensor_type.shape.dim, symbols, words),)
    return TensorType(shape, dtype)


def _sizes(dims: Any, symbols: Names, words: dict[str, str]) -> Iterator[Size]:
    for place, dim in enumerate(dims):
        if dim.HasField("dim_value") and dim.dim_value > 0:
            yield dim.dim_value
            continue
        told = dim.dim_param or f"{id(dims)} {place}"
        if told not in words:
            wanted = "N" if place == 0 else identifier(dim.dim_param, "size") if dim.dim_param else f"S{place}"
            words[told] = symbols.fresh(wanted)
        yield symbol(words[told])


def _outputs(names: list[str]) -> Outputs:
    """How results are handed out: one as it is, several as a record where their names are words, else as a tuple."""
    if len(names) == 1:
        return 0
    words = [identifier(each, "output") for each in names]
    if len(set(words)) == len(words) and not any(each in KEYWORDS for each in words):
        return {word: place for place, word in enumerate(words)}
    return tuple(range(len(names)))
