"""What a net gives: tensors, tuples and records of them, and `training(…)`, outputs of training alone.

`training(value)` may stand where an output stands: as an item of the tuple or a field of the record that a net's body
ends with. What it needs and nothing else does exists only while training and is never counted.
"""

from collections.abc import Iterator
from typing import Any

from symnas import graph, tree
from symnas.elaborate.applying import deep
from symnas.elaborate.code import Code, Frame, Nothing, Place, compile_node, fail
from symnas.elaborate.declarations import NetCode
from symnas.elaborate.layers import FUNCTIONS, PLACEHOLDERS
from symnas.elaborate.values import (
    Hole,
    Listing,
    PortableList,
    PortableRecord,
    PortableTraining,
    Record,
    Tensor,
    Training,
    Value,
    describe,
)  # fmt: skip
from symnas.spans import Span

__all__ = ["check_outputs", "outputs_of", "training_places"]


class TrainingCode(Code):
    """`training(value)`."""

    def __init__(self, value: Code, span: Span) -> None:
        self.value, self.span = value, span
        self.absorb(value)
        self.needs = value.needs

    def run(self, frame: Frame) -> Value:
        return Training(deep(self.value.run(frame)))


def _training(node: tree.Call, place: Place) -> Code:
    if len(node.arguments) != 1 or node.arguments[0].name is not None or node.arguments[0].spread:
        place.report("E0310", "`training` takes one value, an output", node.span, "write `aux: training(value)`")
        return Nothing()
    code = compile_node(node.arguments[0].value, place.plain())
    if not any(node is each for net in place.module.nets for each in _standing(net.node.body)):
        place.report(
            "E0222", "`training(…)` stands among a net's outputs", node.span,
            "end the net with a record: `{logits: x, aux: training(…)}`",
        )  # fmt: skip
        return Nothing()
    return TrainingCode(code, node.span)


PLACEHOLDERS["training"] = _training
FUNCTIONS["training"] = (lambda *_: None, ("value",))


def _standing(node: tree.Node) -> Iterator[tree.Node]:
    """The expressions below a net's body that are outputs beside others: items and fields of its result."""
    match node:
        case tree.Body(statements=(*_, tree.Result(value=value))):
            yield from _standing(value)
        case tree.If(then=then, otherwise=otherwise):
            yield from _standing(then)
            if otherwise is not None:
                yield from _standing(otherwise)
        case tree.Tuple(items=parts) | tree.Record(fields=parts):
            for part in parts:
                yield part.value
                yield from _standing(part.value)
        case _:
            pass


def check_outputs(value: Value, net: NetCode) -> None:
    """A net gives a tensor, or a tuple or record of outputs, one of which at least outlasts training."""
    if isinstance(value, Tensor):
        return
    parts = value.all() if isinstance(value, Listing) else []
    if isinstance(value, Record):
        parts = [value[label] for label in value.labels]
    if not parts:
        fail("E0428", f"`{net.name}` gives {describe(value)}, not a tensor", net.body.span, "end with what it outputs")
    if all(isinstance(part, Training) for part in parts):
        message = f"`{net.name}` gives nothing once it is trained: every output is of training alone"
        fail("E0439", message, net.body.span, "leave one output outside `training(…)`")
    for part in parts:
        check_outputs(part.value if isinstance(part, Training) else part, net)


def outputs_of(ported: Any) -> graph.Outputs:
    """The outputs that *ported*, a net's portable value, stands for."""
    match ported:
        case Hole(number=number):
            return number
        case PortableList(items=items):
            return tuple(outputs_of(item) for item in items)
        case PortableRecord(fields=fields):
            return {label: outputs_of(item) for label, item in fields}
        case PortableTraining(value=value):
            return graph.Training(outputs_of(value))
        case _:
            raise TypeError(ported)


def training_places(ported: Any) -> frozenset[int]:
    """The results of a net that only `training(…)` hands out."""
    outputs = outputs_of(ported)
    return frozenset(graph.indices(outputs)) - frozenset(graph.indices(graph.lasting(outputs)))
