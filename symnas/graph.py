"""The dataflow of one network, as compilers, the cost model and pictures read it.

A network is a tree of scopes: one for each block application, with straight-line steps inside. Equal scopes are
one object, however often they are used, so that totals kept with a scope are computed once. Values of a scope are
numbered: its inputs first, then the outputs of each step in order.
"""

from collections.abc import Iterator
from functools import cached_property

from attrs import field, frozen

from symnas.operators.base import SettingValue, Weight
from symnas.sizes import Size
from symnas.spans import NOWHERE, Span
from symnas.types import TensorType

__all__ = ["Graph", "Operation", "Outputs", "Placed", "Scope", "Use", "join"]

Outputs = int | tuple["Outputs", ...] | dict[str, "Outputs"]
"""What a network returns, in terms of the values of its scope: a tensor, a tuple or a record of them."""


@frozen(cache_hash=True)
class Operation:
    """One operator applied. *name* is the path of its weights relative to the scope (`channels.0.Conv2d`).

    *shared* is the absolute path of weights that are made once and used at several places, where that is the case.
    *settings* hold every setting, defaults filled, in the operator's order.
    """

    operator: str
    settings: tuple[tuple[str, SettingValue], ...]
    operands: tuple[int, ...]
    outputs: tuple[TensorType, ...]
    name: str
    weights: tuple[Weight, ...] = ()
    macs: Size = 0
    shared: str | None = None
    span: Span = field(default=NOWHERE, eq=False, repr=False)

    @cached_property
    def params(self) -> int:
        """Number of trainable parameters."""
        return sum(_count(weight.shape) for weight in self.weights if weight.trainable)


@frozen(cache_hash=True)
class Use:
    """A block applied: *scope* wired to *operands*; *name* as in `Operation`."""

    scope: "Scope"
    operands: tuple[int, ...]
    outputs: tuple[TensorType, ...]
    name: str
    shared: str | None = None
    span: Span = field(default=NOWHERE, eq=False, repr=False)


@frozen(cache_hash=True)
class Scope:
    """The inside of one block application (or of a net): typed inputs, steps in order, results."""

    block: str
    inputs: tuple[TensorType, ...]
    input_names: tuple[str, ...]
    steps: tuple[Operation | Use, ...]
    results: tuple[int, ...]
    settings: tuple[tuple[str, str], ...] = field(default=(), eq=False)
    """The block's settings as written text, for class names and tables; the steps already contain their effect."""

    def value_types(self) -> tuple[TensorType, ...]:
        """Type of each numbered value of the scope."""
        return self.inputs + tuple(each for step in self.steps for each in step.outputs)


@frozen
class Placed:
    """An operation with its absolute place: *path* is the weight path from the net, *scopes* the blocks around it."""

    path: str
    operation: Operation
    scopes: tuple[str, ...]


@frozen
class Graph:
    """A whole network. *outputs* says how the values of `scope.results` are handed out (indices into `results`)."""

    name: str
    scope: Scope
    outputs: Outputs

    def operations(self) -> Iterator[Placed]:
        """Every operation in the order it runs, with its absolute weight path."""
        yield from _walk(self.scope, "", ())

    @cached_property
    def params(self) -> int:
        """Trainable parameters; weights used at several places count once."""
        return sum(count for _, count, _ in self._unique_weights())

    @cached_property
    def macs(self) -> Size:
        """Multiply-adds per sample; symbolic where a size is."""
        return sum((placed.operation.macs for placed in self.operations()), start=0)

    @cached_property
    def memory(self) -> int:
        """Bytes of all weights and buffers at their dtypes; shared weights count once."""
        return sum(size for _, _, size in self._unique_weights())

    def _unique_weights(self) -> list[tuple[str, int, int]]:
        found: dict[str, tuple[str, int, int]] = {}
        for placed in self.operations():
            for weight in placed.operation.weights:
                path = join(placed.operation.shared or placed.path, weight.name)
                elements = _count(weight.shape)
                found[path] = (path, elements if weight.trainable else 0, elements * weight.dtype.bytes)
        return list(found.values())


def join(prefix: str, name: str) -> str:
    """Two parts of a dotted path; an empty part adds nothing."""
    return f"{prefix}.{name}" if prefix and name else prefix or name


def _walk(scope: Scope, prefix: str, scopes: tuple[str, ...]) -> Iterator[Placed]:
    for step in scope.steps:
        path = step.shared or join(prefix, step.name)
        if isinstance(step, Operation):
            yield Placed(path, step, scopes)
        else:
            yield from _walk(step.scope, path, (*scopes, step.scope.block))


def _count(shape: tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total
