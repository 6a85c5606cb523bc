"""Which layer of a network before a pass is which after it.

A layer is the one that had its path, unless a rule has captured it and put it down elsewhere, with all that is in it.
"""

from collections.abc import Iterator

from attrs import frozen

from symnas.graph import Graph, Operation, Scope, Use, join, scopes_within
from symnas.rewriting.passing import Passage
from symnas.types import TensorType

__all__ = ["Layer", "Lineage", "layers"]


@frozen
class Layer:
    """An *operation* at *path*, into which *inputs* flow, in the blocks applied at *around*, from the outermost."""

    path: str
    operation: Operation
    inputs: tuple[TensorType, ...]
    around: tuple[str, ...] = ()


def layers(graph: Graph) -> Iterator[Layer]:
    """Every operation of *graph* in the order it runs; those of a shared layer at each use."""
    yield from _layers(graph.scope, "", ())


def _layers(scope: Scope, prefix: str, around: tuple[str, ...]) -> Iterator[Layer]:
    types = scope.value_types()
    for step in scope.steps:
        path = step.shared or join(prefix, step.name)
        if isinstance(step, Operation):
            yield Layer(path, step, tuple([types[each] for each in step.operands]), around)
        elif isinstance(step, Use):
            yield from _layers(step.scope, path, (*around, path))
        for inner in scopes_within(step):
            yield from _layers(inner, prefix, around)


@frozen
class Ancestry:
    """Where what is new at a path comes from: the path it had, and how its weights are to carry over."""

    origin: str
    keep: str


class Lineage:
    """The ancestry of every layer after *passage*."""

    def __init__(self, passage: Passage) -> None:
        self._keep = passage.keep
        self._puts = {put.path: put.origin for firing in passage.firings for put in firing.put}
        self._before: dict[str, Layer | None] = {}
        for layer in layers(passage.before):
            known = self._before.setdefault(layer.path, layer)
            if known is not None and _kind(known) != _kind(layer):
                self._before[layer.path] = None  # layers without weights may share a name: which it was is not known

    def step(self, path: str, name: str, shared: str | None, around: Ancestry) -> Ancestry:
        """The ancestry of the step at *path*, called *name* in a block whose ancestry is *around*."""
        if path in self._puts:
            origin = self._puts[path]
            return Ancestry(path, self._keep) if origin is None else Ancestry(origin, "same")
        return Ancestry(shared or join(around.origin, name), around.keep)

    def before(self, ancestry: Ancestry) -> Layer | None:
        """The layer that it was, if there was one."""
        return self._before.get(ancestry.origin)


def _kind(layer: Layer) -> object:
    return layer.operation.operator, layer.operation.settings, layer.inputs, layer.operation.weights


ROOT = Ancestry("", "same")
"""That of the network itself."""
