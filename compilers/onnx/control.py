"""`when` and `scan` in ONNX: sub-graphs that read values of the graph around them.

`Scan` is what `scan` is. `If` decides once, `when` for each sample: so the samples are taken apart, each side computes
its own, if it has any, and the rows are put back in order. A network for one sample needs none of that.
"""

from collections.abc import Sequence
from typing import Protocol

import onnx_ir as ir

from symnas.compilers.onnx.emitter import DTYPES, Emitter, typed
from symnas.graph import Branch, Loop, Scope, Side, join
from symnas.sizes import symbols_of
from symnas.types import Dtype, TensorType

__all__ = ["Writer", "write_branch", "write_loop"]


class Writer(Protocol):
    """Who writes the scopes within: `model`."""

    emitter: Emitter

    def scope(self, scope: Scope, inputs: Sequence[ir.Value], prefix: str) -> list[ir.Value]:
        """The steps of *scope* on *inputs*, at the path *prefix*; its results."""

    def settled(self, type: TensorType) -> TensorType:
        """*type* with the sizes that were fixed for the export."""


def write_loop(writer: Writer, step: Loop, operands: Sequence[ir.Value], prefix: str) -> list[ir.Value]:
    """A `scan` as `Scan`: its states come first there, in the body and around it."""
    emitter, path = writer.emitter, join(prefix, step.name)
    taken = step.sequences + step.states
    inputs = [
        typed(ir.Value(name=emitter.take(f"{path}/{word}")), writer.settled(type))
        for word, type in zip(["step"] * step.sequences + ["state"] * step.states, step.body.inputs, strict=False)
    ]
    items, states = inputs[: step.sequences], inputs[step.sequences :]
    with emitter.frame({}) as nodes:
        results = writer.scope(step.body, [*inputs, *operands[taken:]], prefix)
        stacked = len(results) - step.states
        results = [*results[stacked:], *results[:stacked]]
        types = _result_types(step.body)
        results = _own(writer, results, [*types[stacked:], *types[:stacked]], path)
    body = ir.Graph([*states, *items], results, nodes=nodes, name=f"{path}/body")
    start = emitter.position
    node = emitter.node(
        "Scan",
        [*operands[step.sequences : taken], *operands[: step.sequences]],
        len(results),
        body=body,
        num_scan_inputs=step.sequences,
        scan_input_axes=[step.over] * step.sequences,
        scan_output_axes=[step.over] * stacked,
    )
    emitter.name_since(start, path, node.outputs)
    return [*node.outputs[step.states :], *node.outputs[: step.states]]


def write_branch(writer: Writer, step: Branch, operands: Sequence[ir.Value], prefix: str) -> list[ir.Value]:
    """A `when`: one `If` where the network takes one sample, else one for each side on the rows that need it."""
    condition, then, otherwise = operands[0], operands[1 : 1 + len(step.then.operands)], operands[1:]
    otherwise = otherwise[len(step.then.operands) :]
    if writer.emitter.settle(step.rows) == 1:
        return _alone(writer, step, condition, (then, otherwise), prefix)
    emitter, path = writer.emitter, join(prefix, step.name)
    start = emitter.position
    first = _rows_where(writer, condition)
    second = _rows_where(writer, emitter.op("Not", condition))
    parts = [
        _side_of_rows(writer, step, side, values, rows, prefix, f"{path}/{word}")
        for side, values, rows, word in (
            (step.then, then, first, "then"),
            (step.otherwise, otherwise, second, "otherwise"),
        )
    ]
    order = emitter.op("Concat", first, second, axis=0)
    places = emitter.node("TopK", [order, emitter.op("Shape", order)], 2, largest=0).outputs[1]
    results = [
        emitter.op("Gather", emitter.op("Concat", *pair, axis=0), places, axis=0) for pair in zip(*parts, strict=True)
    ]
    emitter.name_since(start, path, results)
    return results


def _rows_where(writer: Writer, condition: ir.Value) -> ir.Value:
    """The numbers of the samples for which *condition* holds."""
    emitter = writer.emitter
    return emitter.op("Reshape", emitter.op("NonZero", condition), emitter.shape([-1]))


def _alone(
    writer: Writer,
    step: Branch,
    condition: ir.Value,
    operands: tuple[Sequence[ir.Value], Sequence[ir.Value]],
    prefix: str,
) -> list[ir.Value]:
    path = join(prefix, step.name)
    graphs = []
    for side, values, word in zip((step.then, step.otherwise), operands, ("then", "otherwise"), strict=True):
        with writer.emitter.frame({}) as nodes:
            results = writer.scope(side.scope, values, prefix)
            results = _own(writer, results, _result_types(side.scope), f"{path}/{word}")
        graphs.append(ir.Graph([], results, nodes=nodes, name=f"{path}/{word}"))
    return _if(writer, condition, graphs, len(step.outputs), path)


def _side_of_rows(
    writer: Writer, step: Branch, side: Side, operands: Sequence[ir.Value], rows: ir.Value, prefix: str, path: str
) -> list[ir.Value]:
    """What *side* gives for its *rows*, and without any, tensors of no rows."""
    emitter, types = writer.emitter, _result_types(side.scope)
    (symbol,) = symbols_of(step.rows)
    with emitter.frame({symbol: (rows, 0)}) as nodes:
        start = emitter.position
        inputs = [
            emitter.op("Gather", value, rows, axis=0) if type.shape[:1] == (step.rows,) else value
            for value, type in zip(operands, side.scope.inputs, strict=True)
        ]
        emitter.name_since(start, f"{path}/rows", [])
        results = _own(writer, writer.scope(side.scope, inputs, prefix), types, path)
    taken = ir.Graph([], results, nodes=nodes, name=path)
    with emitter.frame({symbol: 0}) as nodes:
        results = [_empty(writer, type) for type in types]
        emitter.name_since(0, f"{path}/none", results)
    none = ir.Graph([], results, nodes=nodes, name=f"{path}/none")
    start = emitter.position
    some = emitter.op("Greater", emitter.op("Shape", rows), emitter.shape([0]))
    emitter.name_since(start, f"{path}/any", [some])
    return _if(writer, some, [taken, none], len(types), path)


def _empty(writer: Writer, type: TensorType) -> ir.Value:
    emitter = writer.emitter
    zero = emitter.op("ConstantOfShape", emitter.shape([0, *type.shape[1:]]))
    return zero if type.dtype is Dtype.F32 else emitter.op("Cast", zero, to=int(DTYPES[type.dtype]))


def _if(writer: Writer, condition: ir.Value, graphs: Sequence[ir.Graph], count: int, path: str) -> list[ir.Value]:
    start = writer.emitter.position
    node = writer.emitter.node("If", [condition], count, then_branch=graphs[0], else_branch=graphs[1])
    writer.emitter.name_since(start, path, node.outputs)
    return list(node.outputs)


def _own(writer: Writer, results: Sequence[ir.Value], types: Sequence[TensorType], path: str) -> list[ir.Value]:
    """*results* of the open graph as it must give them: made by its own nodes, each once."""
    emitter, given = writer.emitter, list[ir.Value]()
    for value, type in zip(results, types, strict=True):
        if not emitter.is_own(value) or any(value is each for each in given):
            start = emitter.position
            value = emitter.op("Identity", value)
            emitter.name_since(start, f"{path}/Identity", [value])
        value.dtype = DTYPES[type.dtype]
        given.append(value)
    return given


def _result_types(scope: Scope) -> list[TensorType]:
    types = scope.value_types()
    return [types[index] for index in scope.results]
