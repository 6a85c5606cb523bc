"""A network as nodes and edges: blocks opened, inputs first, operations in the order they run, the output last.

A `when` is the operations of both sides and a node `when` that joins them; the body of a `scan` stands once.
"""

from collections.abc import Iterator, Sequence

from attrs import field, frozen

from symnas.errors import SearchError, nearest
from symnas.graph import Branch, Graph, Loop, Operation, Scope, Step, Use
from symnas.sizes import Size, substitute, symbols_of
from symnas.types import TensorType

__all__ = ["Flow", "Node", "flow_of", "flows_within"]


@frozen
class Node:
    """One operation, or `input`, `output`, `when`. *reads* are numbers of nodes before it.

    *macs* and *elements* (of what it gives, a sample of the batch) have every unknown size at 1.
    """

    operator: str
    reads: tuple[int, ...]
    params: int = 0
    macs: float = 0.0
    elements: float = 0.0
    kernel: str = ""


@frozen
class Flow:
    """The nodes of a network, each after those that it reads."""

    nodes: tuple[Node, ...]

    @property
    def operations(self) -> Iterator[Node]:
        """The nodes that are neither input nor output."""
        return (each for each in self.nodes if each.operator not in ("input", "output"))

    @property
    def depth(self) -> int:
        """Operations on the longest way from an input to the output."""
        deepest: list[int] = []
        for node in self.nodes:
            below = max((deepest[each] for each in node.reads), default=0)
            deepest.append(below + (node.operator not in ("input", "output")))
        return deepest[-1] if deepest else 0


def flow_of(graph: Graph) -> Flow:
    """The whole of *graph*."""
    return _Opener().flow(graph.scope)


def flows_within(graph: Graph, block: str) -> list[Flow]:
    """The inside of each use of *block* in *graph*, equal ones once, in order.

    Raises:
        SearchError: it is not used.
    """
    scopes = list(dict.fromkeys(_uses(graph.scope)))
    found = [each for each in scopes if each.block == block]
    if not found:
        meant = nearest(block, {each.block for each in scopes})
        raise SearchError(f"net `{graph.name}` uses no block `{block}`" + (f"; `{meant}`?" if meant else ""))
    return list(dict.fromkeys(_Opener().flow(each) for each in found))


def _uses(scope: Scope) -> Iterator[Scope]:
    for step in scope.every_step():
        if isinstance(step, Use):
            yield step.scope
            yield from _uses(step.scope)


@frozen
class _Opener:
    nodes: list[Node] = field(factory=list)

    def flow(self, scope: Scope) -> Flow:
        """*scope* alone, between inputs and an output."""
        inputs = [self._node(Node("input", (), elements=_elements((type,)))) for type in scope.inputs]
        results = self.scope(scope, inputs)
        self._node(Node("output", tuple(dict.fromkeys(results))))
        return Flow(tuple(self.nodes))

    def scope(self, scope: Scope, inputs: Sequence[int]) -> list[int]:
        """The nodes that the results of *scope* come from."""
        values = list(inputs)
        for step in scope.steps:
            values += self._step(step, [values[each] for each in step.operands], values)
        return [values[each] for each in scope.results]

    def _step(self, step: Step, reads: list[int], values: Sequence[int]) -> list[int]:
        match step:
            case Operation():
                node = Node(
                    step.operator, tuple(dict.fromkeys(reads)), step.params, _number(step.macs), _elements(step.outputs),
                    _kernel(step),
                )  # fmt: skip
                return [self._node(node)] * len(step.outputs)
            case Use():
                return self.scope(step.scope, reads)
            case Loop():
                return self.scope(step.body, reads)
            case Branch():
                sides = [
                    self.scope(side.scope, [values[each] for each in side.operands])
                    for side in (step.then, step.otherwise)
                ]
                joined = tuple(dict.fromkeys((values[step.condition], *sides[0], *sides[1])))
                return [self._node(Node("when", joined, elements=_elements(step.outputs)))] * len(step.outputs)

    def _node(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1


def _kernel(operation: Operation) -> str:
    """The window that an operation looks at, as in `3` or `3x5`, where it has one."""
    settings = dict(operation.settings)
    size = settings.get("kernel_size")
    return "x".join(map(str, size)) if isinstance(size, tuple) else "" if size is None else str(size)


def _number(size: Size) -> float:
    if isinstance(size, int):
        return float(size)
    return float(substitute(size, dict.fromkeys(symbols_of(size), 1)))  # type: ignore[arg-type]  # no symbol is left


def _elements(types: Sequence[TensorType]) -> float:
    total = 0.0
    for type in types:
        count = 1.0
        for size in type.shape:
            count *= _number(size)
        total += count
    return total
