"""A graph read into a flow: blocks dissolved, weights that several steps use made visible, control kept as nodes.

A `when` is a node that reads its condition and the results of both sides; steps of a side belong to a node that stands
for the side. A `scan` is a node that reads what its body gives; the body reads a node that stands for the turn.
"""

from collections import Counter
from collections.abc import Sequence
from typing import assert_never

from symnas.canonical.flow import Flow, Value
from symnas.graph import READ_WEIGHT, Branch, Graph, Loop, Operation, Scope, Side, Step, Use, join
from symnas.types import TensorType

__all__ = ["read_graph"]


def read_graph(graph: Graph, flow: Flow) -> list[Value]:
    """Add all of *graph* to *flow*; what its results are."""
    inputs = [
        (flow.node(f"input {place} -> {flow.type_text(type)}", (), (type,), single=True), 0)
        for place, type in enumerate(graph.scope.inputs)
    ]
    return _Reader(flow, _shared_weights(graph)).scope(graph.scope, inputs, "", None)


def _shared_weights(graph: Graph) -> frozenset[str]:
    """Paths of the layers whose weights more than one step uses."""
    if not _shares(graph.scope):
        return frozenset()
    users = Counter[str]()
    for placed in graph.operations():
        if placed.operation.operator == READ_WEIGHT:
            users[str(dict(placed.operation.settings)["module"])] += 2
        elif placed.operation.weights or "." in placed.operation.operator:
            users[placed.path] += 1
    return frozenset(path for path, count in users.items() if count > 1)


def _shares(scope: Scope) -> bool:
    return any(
        step.shared is not None
        or (isinstance(step, Operation) and step.operator == READ_WEIGHT)
        or (isinstance(step, Use) and _shares(step.scope))
        for step in scope.every_step()
    )


class _Reader:
    """Walks scopes; *shared* as `_shared_weights` gives it."""

    def __init__(self, flow: Flow, shared: frozenset[str]) -> None:
        self._flow = flow
        self._shared = shared
        self._weights: dict[str, Value] = {}

    def scope(self, scope: Scope, inputs: Sequence[Value], prefix: str, within: int | None) -> list[Value]:
        """The results of *scope* applied to *inputs*."""
        values = list(inputs)
        for step in scope.steps:
            values.extend(self._step(step, values, prefix, within))
        return [values[each] for each in scope.results]

    def _step(self, step: Step, values: Sequence[Value], prefix: str, within: int | None) -> Sequence[Value]:
        reads = [values[each] for each in step.operands]
        match step:
            case Operation():
                return self._flow.add(step, reads, within, self._weights_of(step, prefix))
            case Use():
                path = (step.shared or join(prefix, step.name)) if self._shared else ""
                return self.scope(step.scope, reads, path, within)
            case Branch():
                return self._branch(step, values, prefix, within)
            case Loop():
                return self._loop(step, reads, prefix, within)
            case _:
                assert_never(step)

    def _weights_of(self, step: Operation, prefix: str) -> Value | None:
        if not self._shared:
            return None
        if step.operator == READ_WEIGHT:
            path = str(dict(step.settings)["module"])
        else:
            path = step.shared or join(prefix, step.name)
        if path not in self._shared or not (step.weights or "." in step.operator or step.operator == READ_WEIGHT):
            return None
        if path not in self._weights:
            self._weights[path] = self._flow.node("weights", (), (), single=True), 0
        return self._weights[path]

    def _branch(self, step: Branch, values: Sequence[Value], prefix: str, within: int | None) -> list[Value]:
        condition = values[step.condition]
        then, otherwise = (
            self._side(side, name, condition, values, prefix, within)
            for side, name in ((step.then, "then"), (step.otherwise, "else"))
        )
        types = " ".join(self._flow.type_text(type) for type in step.outputs)
        number = self._flow.node(f"when -> {types}", (condition, *then, *otherwise), step.outputs, within=within)
        return [(number, place) for place in range(len(step.outputs))]

    def _side(
        self, side: Side, name: str, condition: Value, values: Sequence[Value], prefix: str, within: int | None
    ) -> list[Value]:
        place = self._flow.node(name, (condition,), (), within=within)
        return self.scope(side.scope, [values[each] for each in side.operands], prefix, place)

    def _loop(self, step: Loop, reads: Sequence[Value], prefix: str, within: int | None) -> list[Value]:
        size = f"{step.sequences} {step.states} {step.over} {self._flow.type_text(TensorType((step.length,)))}"
        turn = self._flow.node(f"turn {size}", reads, step.body.inputs, within=within)
        body = self.scope(step.body, [(turn, place) for place in range(len(reads))], prefix, turn)
        types = " ".join(self._flow.type_text(type) for type in step.outputs)
        number = self._flow.node(f"scan {size} -> {types}", ((turn, 0), *body), step.outputs, within=within)
        return [(number, place) for place in range(len(step.outputs))]
