"""The dataflow of one network, as compilers, the cost model and pictures read it.

A network is a tree of scopes: one for each block application, with straight-line steps inside. Equal scopes are
one object, however often they are used, so that totals kept with a scope are computed once. Values of a scope are
numbered: its inputs first, then the outputs of each step in order.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Protocol

from attrs import evolve, field, frozen

from symnas.operators.base import SettingValue, Weight
from symnas.sizes import Size
from symnas.spans import NOWHERE, Span
from symnas.types import TensorType

__all__ = [
    "READ_WEIGHT", "Bits", "Graph", "Operation", "Outputs", "Placed", "Scope", "Training", "Use", "indices", "join",
    "lasting", "needed",
]  # fmt: skip


@frozen
class Training:
    """`training(…)`: outputs that exist only while the network trains, and are never counted."""

    outputs: "Outputs"


Outputs = int | tuple["Outputs", ...] | dict[str, "Outputs"] | Training
"""What a network returns, in terms of the results of its scope: a tensor, a tuple or a record of them."""


@frozen
class Bits:
    """To how many bits `quantised(…)` rounds the weights of an operation and what flows into it; 32 rounds nothing."""

    weights: int
    inputs: int


@frozen(cache_hash=True)
class Operation:
    """One operator applied. *name* is the path of its weights relative to the scope (`channels.0.Conv2d`).

    *shared* is the absolute path of weights that are made once and used at several places, where that is the case.
    *settings* hold every setting, defaults filled, in the operator's order. *frozen* weights do not train; *bits* say
    that the operation is quantised.
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
    frozen: bool = False
    bits: Bits | None = None

    @cached_property
    def params(self) -> int:
        """Number of parameters, frozen ones included."""
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
    """A whole network. *outputs* says how the values of `scope.results` are handed out (indices into `results`).

    Costs are those of the network once it is trained: what only a `training(…)` output needs is not counted.
    """

    name: str
    scope: Scope
    outputs: Outputs

    def operations(self) -> Iterator[Placed]:
        """Every operation in the order it runs, with its absolute weight path; those of training alone included."""
        yield from _walk(self.scope, "", ())

    @cached_property
    def deployed(self) -> "Graph":
        """The network as it is used once trained: without `training(…)` outputs and the steps that only they need."""
        outputs = lasting(self.outputs)
        if outputs == self.outputs:
            return self
        kept = list(dict.fromkeys(indices(outputs)))
        numbers = {index: place for place, index in enumerate(kept)}
        return Graph(self.name, _reduced(self.scope, kept), _renumbered(outputs, numbers))

    @cached_property
    def params(self) -> int:
        """Parameters, frozen ones included; weights used at several places count once."""
        return sum(kept.elements for kept in self._weights.values() if kept.is_parameter)

    @cached_property
    def trainable(self) -> int:
        """Parameters that train; what `frozen(…)` applies anywhere does not."""
        return sum(kept.elements for kept in self._weights.values() if kept.is_parameter and not kept.frozen)

    @cached_property
    def macs(self) -> Size:
        """Multiply-adds per sample; symbolic where a size is."""
        return sum((placed.operation.macs for placed in self.deployed.operations()), start=0)

    @cached_property
    def memory(self) -> int:
        """Bytes of all weights and buffers at their dtypes, quantised weights at their bits; each weight is rounded up
        to whole bytes. Shared weights count once, at the most bits that any use of them needs.
        """
        return sum((kept.elements * kept.bits + 7) // 8 for kept in self._weights.values())

    @cached_property
    def _weights(self) -> "dict[str, _Kept]":
        """Every weight and buffer by its path, over all its uses."""
        found: dict[str, _Kept] = {}
        read: list[str] = []
        for placed in self.deployed.operations():
            operation = placed.operation
            if operation.operator == READ_WEIGHT:
                settings = dict(operation.settings)
                read.append(join(str(settings["module"]), str(settings["name"])))
            for weight in operation.weights:
                kept = _kept(operation, weight)
                path = join(operation.shared or placed.path, weight.name)
                found[path] = kept.joined(found.get(path, kept))
        for path in read:  # as it is, so that it must be there in full
            if path in found:
                found[path] = evolve(found[path], bits=found[path].full)
        return found


@frozen
class _Kept:
    """A weight as it is kept: *bits* of each element, of which its dtype has *full*."""

    elements: int
    is_parameter: bool
    frozen: bool
    bits: int
    full: int

    def joined(self, other: "_Kept") -> "_Kept":
        """The same weight as two uses need it."""
        return evolve(self, frozen=self.frozen or other.frozen, bits=max(self.bits, other.bits))


def _kept(operation: Operation, weight: Weight) -> _Kept:
    full = 8 * weight.dtype.bytes
    rounded = weight.name.startswith("weight")  # biases stay as they are
    bits = min(full, operation.bits.weights) if operation.bits is not None and rounded else full
    return _Kept(_count(weight.shape), weight.trainable, operation.frozen, bits, full)


READ_WEIGHT = "weight"
"""The operation that reads a weight of a shared layer; it belongs to the graph, not to the operator library."""


def join(prefix: str, name: str) -> str:
    """Two parts of a dotted path; an empty part adds nothing."""
    return f"{prefix}.{name}" if prefix and name else prefix or name


class Step(Protocol):
    """What numbering values needs to know of a step."""

    @property
    def operands(self) -> tuple[int, ...]:
        """The values that it reads."""

    @property
    def outputs(self) -> tuple[TensorType, ...]:
        """The types of the values that it makes."""


def needed(steps: Sequence[Step], inputs: int, results: Iterable[int]) -> list[bool]:
    """For each of *steps*, in a scope of *inputs* inputs, whether *results* depend on it."""
    wanted = set(results)
    value = inputs + sum(len(step.outputs) for step in steps)
    found: list[bool] = []
    for step in reversed(steps):
        value -= len(step.outputs)
        found.append(any(value + place in wanted for place in range(len(step.outputs))))
        if found[-1]:
            wanted.update(step.operands)
    return found[::-1]


def lasting(outputs: Outputs) -> Outputs:
    """*outputs* without those of training alone: tuples and records lack them."""
    match outputs:
        case tuple():
            return tuple(lasting(each) for each in outputs if not isinstance(each, Training))
        case dict():
            return {label: lasting(each) for label, each in outputs.items() if not isinstance(each, Training)}
        case _:
            return outputs


def indices(outputs: Outputs) -> Iterator[int]:
    """The results that *outputs* hand out, in order."""
    match outputs:
        case int():
            yield outputs
        case Training():
            yield from indices(outputs.outputs)
        case tuple():
            for each in outputs:
                yield from indices(each)
        case dict():
            for each in outputs.values():
                yield from indices(each)


def _renumbered(outputs: Outputs, numbers: dict[int, int]) -> Outputs:
    match outputs:
        case int():
            return numbers[outputs]
        case Training():
            return Training(_renumbered(outputs.outputs, numbers))
        case tuple():
            return tuple(_renumbered(each, numbers) for each in outputs)
        case dict():
            return {label: _renumbered(each, numbers) for label, each in outputs.items()}


def _reduced(scope: Scope, results: Sequence[int]) -> Scope:
    """*scope* with only those of its results, and the steps that they depend on."""
    wanted = [scope.results[index] for index in results]
    count = len(scope.inputs)
    numbers = {value: value for value in range(count)}
    value, made, steps = count, count, list[Operation | Use]()
    for step, kept in zip(scope.steps, needed(scope.steps, count, wanted), strict=True):
        if kept:
            steps.append(evolve(step, operands=tuple(numbers[index] for index in step.operands)))
            numbers.update((value + place, made + place) for place in range(len(step.outputs)))
            made += len(step.outputs)
        value += len(step.outputs)
    return evolve(scope, steps=tuple(steps), results=tuple(numbers[index] for index in wanted))


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
