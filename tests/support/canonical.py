"""Graphs compared by what they compute: blocks dissolved, steps in the order in which the outputs need them.

Names count where weights have them, and numbers by their value: 0.3 is 3/10.
"""

from collections.abc import Hashable
from fractions import Fraction
from typing import assert_never

from attrs import define, field

from symnas.graph import Branch, Graph, Loop, Operation, Outputs, Scope, Step, Training, Use, join

__all__ = ["canonical"]

Source = tuple[int, int]
"""A value: the number of the node that makes it, inputs being node -1, and which of its outputs it is."""


@define
class _Canon:
    nodes: list[Hashable] = field(factory=list)

    def scope(self, scope: Scope, inputs: list[Source], prefix: str) -> "_Values":
        """The values of *scope*, made as they are asked for."""
        return _Values(self, scope, inputs, prefix)

    def add(self, *content: Hashable) -> int:
        """A node of the graph; its number."""
        self.nodes.append(content)
        return len(self.nodes) - 1


class _Values:
    def __init__(self, canon: _Canon, scope: Scope, inputs: list[Source], prefix: str) -> None:
        self.canon, self.prefix = canon, prefix
        self.found: dict[int, Source] = dict(enumerate(inputs))
        self.makers: dict[int, tuple[Step, int]] = {}
        value = len(inputs)
        for step in scope.steps:
            for place in range(len(step.outputs)):
                self.makers[value + place] = step, value
            value += len(step.outputs)

    def get(self, value: int) -> Source:
        """The source of *value*."""
        if value not in self.found:
            step, first = self.makers[value]
            made = self._make(step)
            self.found.update((first + place, each) for place, each in enumerate(made))
        return self.found[value]

    def _make(self, step: Step) -> list[Source]:
        path = step.shared or join(self.prefix, step.name)
        match step:
            case Operation():
                operands = tuple(self.get(each) for each in step.operands)
                settings = tuple((name, _plain(value)) for name, value in step.settings)
                named = path if step.weights else None
                marks = (step.trains, step.bits)
                number = self.canon.add(step.operator, settings, operands, step.outputs, named, marks)
            case Use():
                inner = self.canon.scope(step.scope, [self.get(each) for each in step.operands], path)
                return [inner.get(each) for each in step.scope.results]
            case Branch():
                condition = self.get(step.condition)
                sides = []
                for side in (step.then, step.otherwise):
                    inner = self.canon.scope(side.scope, [self.get(each) for each in side.operands], self.prefix)
                    sides.append(tuple(inner.get(each) for each in side.scope.results))
                number = self.canon.add("when", condition, tuple(sides), step.outputs)
            case Loop():
                operands = tuple(self.get(each) for each in step.operands)
                turn = self.canon.add("turn", operands, step.sequences, step.states, step.over, step.length)
                inner = self.canon.scope(step.body, [(turn, place) for place in range(len(operands))], self.prefix)
                number = self.canon.add(
                    "scan", turn, tuple(inner.get(each) for each in step.body.results), step.outputs
                )
            case _:
                assert_never(step)
        return [(number, place) for place in range(len(step.outputs))]


def _plain(value: object) -> Hashable:
    if isinstance(value, tuple):
        return tuple(_plain(each) for each in value)
    assert isinstance(value, Hashable)
    return float(value) if isinstance(value, Fraction) else value


def canonical(graph: Graph) -> Hashable:
    """What *graph* computes, as a value to compare."""
    canon = _Canon()
    inputs = [(-1, place) for place in range(len(graph.scope.inputs))]
    values = canon.scope(graph.scope, inputs, "")
    results = tuple(values.get(each) for each in graph.scope.results)

    def handed(outputs: Outputs) -> Hashable:
        match outputs:
            case int():
                return results[outputs]
            case Training():
                return "training", handed(outputs.outputs)
            case tuple():
                return tuple(handed(each) for each in outputs)
            case dict():
                return tuple((label, handed(each)) for label, each in outputs.items())

    signature = tuple(zip(graph.scope.input_names, graph.scope.inputs, strict=True))
    return graph.name, signature, handed(graph.outputs), tuple(canon.nodes)
