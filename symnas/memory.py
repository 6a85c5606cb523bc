"""What a network keeps of what flows through it: bytes for one sample, from shapes alone.

What its weights take is `graph.Graph.memory`.
"""

from collections.abc import Callable, Mapping

from symnas.errors import SearchError
from symnas.graph import Branch, Graph, Loop, Operation, Placed, Scope, Use
from symnas.sizes import Size, SymbolicSize, product, substitute, symbols_of
from symnas.types import TensorType

__all__ = ["VIEWS", "activations", "batch_of", "made_bytes", "peak"]

VIEWS = frozenset({
    "AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "DropPath", "FeatureAlphaDropout", "Flatten",
    "Identity", "Permute", "SplitHeads", "Unflatten", "chunk", "expand", "flatten", "param", "permute", "reshape", "slice",
    "split", "squeeze", "transpose", "unflatten", "unsqueeze", "weight",
})  # fmt: skip
"""Operators that make no tensor of their own once a network is trained: they show what there is, a weight included."""


def batch_of(scope: Scope) -> dict[str, Size]:
    """The symbols that stand for the batch, each with the value 1: dimension 0 of the inputs."""
    first = (type.shape[0] for type in scope.inputs if type.rank and isinstance(type.shape[0], SymbolicSize))
    return {name: 1 for size in first for name in symbols_of(size)}


def made_bytes(operation: Operation, number: Callable[[Size], int]) -> int:
    """Bytes of the tensors that *operation* makes; *number* gives sizes their values."""
    if operation.operator in VIEWS:
        return 0
    return sum(_bytes(type, number) for type in operation.outputs)


def activations(graph: Graph, sizes: Mapping[str, Size] | None = None) -> int:
    """Bytes of all tensors that the operations of *graph* make for one sample: what training keeps, views apart.

    Both sides of a `when` count, and every turn of a `scan`. *sizes* are values of symbolic sizes; the batch is 1.

    Raises:
        SearchError: a size that has no value is needed.
    """
    values = batch_of(graph.scope) | dict(sizes or {})

    def number(size: Size) -> int:
        return _known(substitute(size, values))

    return sum(number(placed.times) * made_bytes(placed.operation, number) for placed in _operations(graph))


def peak(graph: Graph, sizes: Mapping[str, Size] | None = None) -> int:
    """The most bytes that are there at once while *graph* runs for one sample, its steps one after another, inputs
    included; a tensor goes when nothing is left that reads it. Views keep what they show; a `when` is as large as its
    larger side, a `scan` as one turn of it beside its sequences.

    Raises:
        SearchError: a size that has no value is needed.
    """
    values = batch_of(graph.scope) | dict(sizes or {})
    return _Peak(lambda size: _known(substitute(size, values))).of(graph.deployed.scope)


def _operations(graph: Graph) -> list[Placed]:
    return list(graph.deployed.operations())


def _known(size: Size) -> int:
    if isinstance(size, int):
        return size
    names = sorted(symbols_of(size))
    given = " ".join(f"`--size {name}=…`" for name in names)
    raise SearchError(f"the memory depends on {', '.join(names)}: give {given}")


def _bytes(type: TensorType, number: Callable[[Size], int]) -> int:
    return number(product(type.shape)) * type.dtype.bytes


class _Peak:
    """Walks scopes with the tensors that are there."""

    def __init__(self, number: Callable[[Size], int]) -> None:
        self.number = number

    def of(self, scope: Scope) -> int:
        """The most bytes at once while *scope* runs, its inputs included."""
        types = scope.value_types()
        owner = self._owners(scope)
        last = self._last(scope, owner)
        there = {value: _bytes(types[value], self.number) for value in range(len(scope.inputs))}
        most = now = sum(there.values())
        value = len(scope.inputs)
        for place, step in enumerate(scope.steps):
            made = [value + index for index in range(len(step.outputs)) if owner[value + index] == value + index]
            sizes = {each: _bytes(types[each], self.number) for each in made}
            operands = {owner[each] for each in step.operands}
            beside = now - sum(there.get(each, 0) for each in operands)
            inside = max((self.of(inner) for inner in _within(step)), default=0)
            most = max(most, now + sum(sizes.values()), beside + inside)
            there |= sizes
            now += sum(sizes.values())
            for each in [each for each in there if last.get(each, -1) <= place]:
                now -= there.pop(each)
            value += len(step.outputs)
        return most

    @staticmethod
    def _owners(scope: Scope) -> list[int]:
        """For each value the one whose memory it is."""
        owner = list(range(len(scope.inputs)))
        for step in scope.steps:
            view = isinstance(step, Operation) and step.operator in VIEWS and step.operands
            for _ in step.outputs:
                owner.append(owner[step.operands[0]] if view else len(owner))
        return owner

    @staticmethod
    def _last(scope: Scope, owner: list[int]) -> dict[int, int]:
        """The place of the last step that reads each value; results are read after all."""
        last = {owner[value]: place for place, step in enumerate(scope.steps) for value in step.operands}
        return last | {owner[value]: len(scope.steps) for value in scope.results}


def _within(step: object) -> tuple[Scope, ...]:
    match step:
        case Use():
            return (step.scope,)
        case Branch():
            return step.then.scope, step.otherwise.scope
        case Loop():
            return (step.body,)
        case _:
            return ()
