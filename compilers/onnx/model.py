"""A graph as an ONNX model: scopes in a row, values and weights named by the program's paths.

Blocks are written out where they are used (inlined): every runtime optimises that best. What an operator consists of
is in `operators`, `when` and `scan` in `control`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, assert_never

import onnx_ir as ir
from attrs import evolve

from symnas.compilers.onnx.control import write_branch, write_loop
from symnas.compilers.onnx.emitter import Emitter, typed
from symnas.compilers.onnx.folding import Folded, Reader, followed_by_norm
from symnas.compilers.onnx.registry import lowering, place_of
from symnas.compilers.onnx.rounding import round_input, round_weight
from symnas.compilers.onnx.site import Site
from symnas.compilers.onnx.weights import Weights
from symnas.errors import CompileError, nearest
from symnas.graph import READ_WEIGHT, Branch, Graph, Loop, Operation, Outputs, Scope, Step, Training, Use, join
from symnas.operators.base import Weight
from symnas.operators.chance import DRAWS, SAMPLED, samples_of
from symnas.operators.python import is_python
from symnas.operators.registry import lookup
from symnas.operators.settings import Settings, SettingValue
from symnas.sizes import SymbolicSize, symbols_of
from symnas.spans import NOWHERE
from symnas.types import Dtype, TensorType

__all__ = ["DEFAULT_OPSET", "OPSETS", "write_model"]

DEFAULT_OPSET: Final = 20
"""What is written unless told otherwise: the first with `Gelu`, and read by runtimes since early 2024."""

_BFLOAT16: Final = 22
"""The first version whose layers take numbers of this kind."""

OPSETS: Final = {18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11, 24: 12, 25: 13, 26: 13}
"""The versions of ONNX's operators that can be written, each with the version of the format that it came with."""


def write_model(
    graph: Graph,
    header: str,
    given: Mapping[str, Any] | None,
    seed: int,
    opset: int | None,
    sizes: Mapping[str, int],
    *,
    fold: bool,
    fed: bool,
) -> ir.Model:
    """*graph* as it is used once trained. Arguments as those of `symnas.compilers.onnx.build`.

    Raises:
        CompileError: an operation has no ONNX lowering, weights do not fit, there is no such opset or size.
    """
    least = _BFLOAT16 if _has_bfloat16(graph) else min(OPSETS)
    if opset is None:
        opset = max(DEFAULT_OPSET, least)
    if opset not in OPSETS:
        raise CompileError(f"opset {opset} cannot be written; {min(OPSETS)} to {max(OPSETS)} can")
    if opset < least:
        raise CompileError(f"`{graph.name}` computes with `bf16`, which ONNX knows from opset {least} on")
    _check_sizes(graph, sizes)
    writer = _Writer(Emitter(opset, sizes), Weights(graph, given, seed), fold=fold, fed=fed)
    return ir.Model(
        writer.network(graph.deployed, opset),
        ir_version=OPSETS[opset],
        producer_name="symnas",
        producer_version=_version(),
        doc_string=header or None,
    )


@cache
def _version() -> str:
    try:
        return version("symnas")
    except PackageNotFoundError:  # run from the folders, without an installation
        return ""


def _check_sizes(graph: Graph, sizes: Mapping[str, int]) -> None:
    known = sorted(frozenset[str]().union(*(symbols_of(size) for each in graph.scope.inputs for size in each.shape)))
    for name in sizes:
        if name not in known:
            close = nearest(name, known)
            hint = f"; did you mean `{close}`?" if close else f"; it has {', '.join(f'`{each}`' for each in known)}"
            raise CompileError(f"`{graph.name}` has no size `{name}`{hint if known else ''}")


def _has_bfloat16(graph: Graph) -> bool:
    types = [each for placed in graph.operations() for each in placed.operation.outputs]
    return any(each.dtype is Dtype.BF16 for each in (*graph.scope.inputs, *types))


class _Writer:
    """Writes one network."""

    def __init__(self, emitter: Emitter, weights: Weights, *, fold: bool, fed: bool) -> None:
        self.emitter, self.weights, self.fold, self.fed = emitter, weights, fold, fed
        self._draws = list[ir.Value]()
        self._handed = set[str]()
        self._stored: dict[str, ir.Value] = {}
        self._folded: dict[str, ir.Value] = {}
        self._vectors: dict[tuple[tuple[int, ...], bytes], ir.Value] = {}

    def network(self, graph: Graph, opset: int) -> ir.Graph:
        """The whole network: its inputs, its outputs flattened, its weights."""
        scope = graph.scope
        inputs = [
            typed(ir.Value(name=self.emitter.take(name)), self.settled(type))
            for name, type in zip(scope.input_names, scope.inputs, strict=True)
        ]
        sources = {
            str(size): (value, place)
            for value, type in reversed(list(zip(inputs, scope.inputs, strict=True)))
            for place, size in reversed(list(enumerate(type.shape)))
            if isinstance(size, SymbolicSize)
        }
        types = scope.value_types()
        names = [(self.emitter.take(name), index) for name, index in _output_names(graph.outputs)]
        with self.emitter.frame(sources) as nodes:
            values = self.scope(scope, inputs, "")
            outputs = [
                self._handed_out(name, values[index], self.settled(types[scope.results[index]]))
                for name, index in names
            ]
        return ir.Graph(
            [*inputs, *self._draws],
            outputs,
            nodes=nodes,
            initializers=list(self.emitter.initializers.values()),
            opset_imports={"": opset},
            name=graph.name,
        )

    def _handed_out(self, name: str, value: ir.Value, type: TensorType) -> ir.Value:
        """*value* as an output called *name*; what is handed out twice, or not made by a node, is copied."""
        if value.producer() is None or value.name in self._handed:
            start = self.emitter.position
            value = self.emitter.op("Identity", value)
            self.emitter.name_since(start, f"{name}/Identity", [value])
        self._handed.add(name)
        value.name = name
        return typed(value, type)

    # ---------------------------------------------------------------------------------------- steps

    def scope(self, scope: Scope, inputs: Sequence[ir.Value], prefix: str) -> list[ir.Value]:
        """The steps of *scope* on *inputs*, at the path *prefix*; its results."""
        values, types = list(inputs), scope.value_types()
        norms = followed_by_norm(scope) if self.fold else {}
        for step in scope.steps:
            norm = norms.get(len(values))
            if norms and step.operands and norms.get(step.operands[0]) == step:
                values.append(values[step.operands[0]])  # the convolution has done it
            elif norm is not None and isinstance(step, Operation):
                values += self._convolution(step, norm, values, types, prefix)
            else:
                values += self._step(step, values, types, prefix)
        return [values[index] for index in scope.results]

    def _step(self, step: Step, values: list[ir.Value], types: Sequence[TensorType], prefix: str) -> Sequence[ir.Value]:
        operands = [values[index] for index in step.operands]
        match step:
            case Operation():
                return self._operation(step, operands, [self.settled(types[index]) for index in step.operands], prefix)
            case Use():
                return self.scope(step.scope, operands, step.shared or join(prefix, step.name))
            case Branch():
                return write_branch(self, step, operands, prefix)
            case Loop():
                return write_loop(self, step, operands, prefix)
            case _:
                assert_never(step)

    def _operation(
        self, step: Operation, operands: Sequence[ir.Value], types: Sequence[TensorType], prefix: str
    ) -> Sequence[ir.Value]:
        if step.operator == READ_WEIGHT:
            settings = dict(step.settings)
            return [self.weight(join(str(settings["module"]), str(settings["name"])))]
        operator = lookup(step.operator)
        if operator is not None and operator.identity:
            return operands
        if is_python(step.operator):
            raise CompileError(f"`{step.operator}` is a Python layer, which ONNX does not know{place_of(step.span)}")
        if self.fed and step.operator in DRAWS:
            return [self._fed(step, prefix, self.settled(step.outputs[0]))]
        if self.fed and step.operator in SAMPLED and len(operands) == 1:
            drawn = samples_of(types[0])
            operands, types = [*operands, self._fed(step, prefix, drawn)], [*types, drawn]
        path = step.shared or join(prefix, step.name)
        return self._lowered(step, operands, types, prefix, lambda name: self.weight(join(path, name)))

    def _fed(self, step: Operation, prefix: str, type: TensorType) -> ir.Value:
        """What *step* draws, of *type*, as an input of the network.

        Raises:
            CompileError: it draws within a `when` or a `scan`, as often as those run.
        """
        if not self.emitter.is_outermost:
            where = f"within a `when` or `scan`, as often as that runs{place_of(step.span)}"
            raise CompileError(f"`{step.operator}` draws {where}")
        name = self.emitter.take(join(prefix, step.name))
        self._draws.append(typed(ir.Value(name=name), type))
        return self._draws[-1]

    def _convolution(
        self, step: Operation, norm: Operation, values: Sequence[ir.Value], types: Sequence[TensorType], prefix: str
    ) -> Sequence[ir.Value]:
        """*step* with *norm* folded into it."""
        weights = Folded(norm, *(self._weights_of(each, join(prefix, each.name)) for each in (step, norm)))

        def find(name: str) -> ir.Value:
            path = join(join(prefix, step.name), name)
            if path not in self._folded:
                self._folded[path] = self._stored_once(path, weights.weight(name))
            return self._folded[path]

        operands, inputs = [values[index] for index in step.operands], [types[index] for index in step.operands]
        folded = evolve(step, weights=(step.weights[0], Weight("bias", step.weights[0].shape[:1])))
        return self._lowered(folded, operands, list(map(self.settled, inputs)), prefix, find)

    def _stored_once(self, path: str, tensor: "ir.Tensor[Any] | ir.LazyTensor") -> ir.Value:
        """*tensor*, which is no weight of the program; equal vectors, as norms start, are stored under the first's name."""
        if not isinstance(tensor, ir.Tensor):
            return self.emitter.initializer(self.emitter.take(path), tensor)
        key = (tensor.shape.numpy(), tensor.tobytes())
        if key not in self._vectors:
            self._vectors[key] = self.emitter.initializer(self.emitter.take(path), tensor)
        return self._vectors[key]

    def _weights_of(self, step: Operation, path: str) -> Reader:
        names = {weight.name for weight in step.weights}
        return lambda name: self.weights.array(join(path, name)) if name in names else None

    def _lowered(
        self,
        step: Operation,
        operands: Sequence[ir.Value],
        types: Sequence[TensorType],
        prefix: str,
        find: Callable[[str], ir.Value],
    ) -> Sequence[ir.Value]:
        """The outputs of the nodes that *step* becomes; *find* gives its weights."""
        emitter = self.emitter
        start, emitter.origin = emitter.position, _origin(step)
        inputs = tuple(operands)
        if step.bits is not None:
            inputs = (round_input(emitter, step.bits, inputs[0], types[0]), *inputs[1:])
        site = Site(
            self._settings(step),
            inputs,
            tuple(types),
            tuple(self.settled(type) for type in step.outputs),
            lambda name: round_weight(emitter, step, name, find(name)),
            emitter,
            step.operator,
            join(prefix, step.name),
            frozenset(weight.name for weight in step.weights),
        )
        found = lowering(step.operator, step.span)(site)
        results = found if isinstance(found, tuple) else (found,)
        emitter.name_since(start, join(prefix, step.name), results)
        return results

    def weight(self, path: str) -> ir.Value:
        """The weight at *path*, stored once however often it is used."""
        if path not in self._stored:
            array = self.weights.array(path)
            self._stored[path] = self.emitter.initializer(self.emitter.take(path), ir.Tensor(array))
        return self._stored[path]

    # ---------------------------------------------------------------------------------------- sizes put in

    def settled(self, type: TensorType) -> TensorType:
        """*type* with the sizes that were fixed for the export."""
        if not self.emitter.known:
            return type
        return evolve(type, shape=tuple(map(self.emitter.settle, type.shape)))

    def _settings(self, step: Operation) -> Settings:
        if not self.emitter.known:
            return dict(step.settings)
        return {name: self._setting(value) for name, value in step.settings}

    def _setting(self, value: SettingValue) -> SettingValue:
        if isinstance(value, tuple):
            return tuple(map(self._setting, value))
        return self.emitter.settle(value) if isinstance(value, SymbolicSize) else value


def _output_names(outputs: Outputs, prefix: str = "") -> "list[tuple[str, int]]":
    """What a network returns as a flat list: a name for each tensor, and which result it is."""
    match outputs:
        case int():
            return [(prefix or "output", outputs)]
        case Training():
            return []
        case tuple():
            parts = [(str(place), each) for place, each in enumerate(outputs)]
            return [found for name, each in parts for found in _output_names(each, join(prefix or "output", name))]
        case dict():
            return [found for name, each in outputs.items() for found in _output_names(each, join(prefix, name))]


def _origin(step: Step) -> str | None:
    """`mobile.nas:12`; only the file's own name, so that the model does not depend on where the file lies."""
    return None if step.span is NOWHERE else f"{_file(step.span.source.name)}:{step.span.line}"


@cache
def _file(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]
