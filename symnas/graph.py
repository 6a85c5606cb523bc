"""The dataflow of one network, as compilers, the cost model and pictures read it.

A network is a tree of scopes: one for each block application, with steps in a row inside. Equal scopes are one object,
however often they are used, so that totals kept with a scope are computed once. Values of a scope are numbered: its
inputs first, then the outputs of each step in order. The sides of a `when` and the body of a `scan` are scopes too,
whose steps belong to the block around them: their weights are named as if they stood there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Final, assert_never

from attrs import evolve, field, frozen

from symnas.errors import SearchError
from symnas.operators.base import SettingValue, Weight
from symnas.sizes import Exact, Size, larger
from symnas.spans import NOWHERE, Span
from symnas.types import TensorType
from symnas.wiring import needed

if TYPE_CHECKING:
    from symnas.canonical import Canonical, Rule, Rules

__all__ = [
    "READ_WEIGHT", "Bits", "Branch", "Given", "GivenLayer", "Graph", "Kept", "Loop", "Operation", "Outputs", "Placed", "Scope", "Side", "Step", "Training",
    "Use", "indices", "join", "kept_weight", "lasting", "map_scopes", "reduced", "rewired",
    "scopes_within",
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

    @property
    def trains(self) -> bool | None:
        """Whether its weights train; `None` where it has none. A Python layer (`my.layers.Roll`) may have some."""
        return not self.frozen if self.params or "." in self.operator else None


@frozen(cache_hash=True)
class Use:
    """A block applied: *scope* wired to *operands*; *name* as in `Operation`."""

    scope: "Scope"
    operands: tuple[int, ...]
    outputs: tuple[TensorType, ...]
    name: str
    shared: str | None = None
    span: Span = field(default=NOWHERE, eq=False, repr=False)

    @property
    def trains(self) -> bool | None:
        """As that of its scope."""
        return self.scope.trains


@frozen(cache_hash=True)
class Side:
    """One side of a `when`: *scope* wired to *operands*, of which those with a row for each sample come row by row."""

    scope: "Scope"
    operands: tuple[int, ...]


@frozen(cache_hash=True)
class Branch:
    """`when`: for each sample, *condition* (`bool[rows]`) says which side gives the outputs.

    What no sample needs is not computed once the network is trained; while it trains both sides are. *name* is the
    path of the `when` itself, by which exit rates are reported.
    """

    condition: int
    then: Side
    otherwise: Side
    rows: Size
    outputs: tuple[TensorType, ...]
    name: str
    span: Span = field(default=NOWHERE, eq=False, repr=False)

    @property
    def operands(self) -> tuple[int, ...]:
        """Every value that it reads."""
        return (self.condition, *self.then.operands, *self.otherwise.operands)

    @property
    def shared(self) -> None:
        """It has no weights of its own."""

    @property
    def trains(self) -> None:
        """It has no weights of its own."""


@frozen(cache_hash=True)
class Loop:
    """`scan`: *body* applied *length* times, along dimension *over* of the sequences.

    *operands* are *sequences* tensors that are taken apart, *states* tensors that the first turn starts from, then
    those that every turn reads as they are; *body* has its inputs in this order, and gives what is to be stacked along
    *over*, then the states of the next turn. The outputs are the stacked tensors, then the last states.
    """

    body: "Scope"
    operands: tuple[int, ...]
    sequences: int
    states: int
    over: int
    length: Size
    outputs: tuple[TensorType, ...]
    name: str
    span: Span = field(default=NOWHERE, eq=False, repr=False)

    @property
    def shared(self) -> None:
        """It has no weights of its own."""

    @property
    def trains(self) -> None:
        """It has no weights of its own."""


Step = Operation | Use | Branch | Loop
"""What a scope is made of."""

_HOLDING: Final = (Branch, Loop)
"""Steps with scopes in them; asked of every step of every network, and a tuple answers soonest."""


@frozen(cache_hash=True)
class GivenLayer:
    """A layer that a block was given: an *operator* with its settings. Without a name it is something not kept."""

    operator: str
    settings: tuple[tuple[str, SettingValue], ...] = ()


Given = SettingValue | GivenLayer
"""What a block may be given."""


@frozen(cache_hash=True)
class Scope:
    """The inside of one block application (or of a net): typed inputs, steps in order, results."""

    block: str
    inputs: tuple[TensorType, ...]
    input_names: tuple[str, ...]
    steps: tuple[Step, ...]
    results: tuple[int, ...]
    settings: tuple[tuple[str, str], ...] = field(default=(), eq=False)
    """The block's settings as written text, for class names and tables; the steps already contain their effect."""
    given: tuple[tuple[str, "Given"], ...] = field(default=(), eq=False, repr=False)
    """What the block was given, for rules that ask; what it was not given has its default."""

    @cached_property
    def trains(self) -> bool | None:
        """Whether any weight used in it trains; `None` where none is."""
        found = {step.trains for step in self.every_step() if isinstance(step, Operation | Use)} - {None}
        return True in found if found else None

    def value_types(self) -> tuple[TensorType, ...]:
        """Type of each numbered value of the scope."""
        return self.inputs + tuple(each for step in self.steps for each in step.outputs)

    def every_step(self) -> Iterator[Step]:
        """The steps of the block in order, those of `when` sides and `scan` bodies behind the step that has them."""
        for step in self.steps:
            yield step
            if isinstance(step, _HOLDING):
                for scope in scopes_within(step):
                    yield from scope.every_step()

    @cached_property
    def shares(self) -> bool:
        """Whether it, or a block in it, uses weights that have one place in the network, or reads those of a layer."""
        for step in self.every_step():
            if step.shared is not None or (isinstance(step, Operation) and step.operator == READ_WEIGHT):
                return True
            if isinstance(step, Use) and step.scope.shares:
                return True
        return False

    @cached_property
    def macs(self) -> Size:
        """Multiply-adds per sample where each `when` takes its costlier side; each use of a block counts."""
        return sum(map(_worst, self.steps), start=0)

    @cached_property
    def totals(self) -> "Totals | None":
        """What its weights come to; `None` where some are used at several places, which only the network can tell."""
        return _totals(self)


@frozen
class Totals:
    """What weights and buffers come to that are each used once: parameters, those that train, bytes of all."""

    params: int = 0
    trainable: int = 0
    memory: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(self.params + other.params, self.trainable + other.trainable, self.memory + other.memory)


@frozen
class Placed:
    """An operation with its absolute place: *path* is the weight path from the net, *scopes* the blocks around it; a
    `scan` runs it *times* times.
    """

    path: str
    operation: Operation
    scopes: tuple[str, ...]
    times: Size = 1


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
        return Graph(self.name, reduced(self.scope, kept), _renumbered(outputs, numbers))

    def canonical(self, rules: "Rules | str | Iterable[Rule | str] | None" = None) -> "Canonical":
        """The network without what *rules* ignore (those that are exact, unless others are given): equal for networks
        that are the same.

        Raises:
            SearchError: no rule is called so.
        """
        from symnas.canonical import canonical_form, rules_of

        return canonical_form(self, rules_of(rules))

    @cached_property
    def params(self) -> int:
        """Parameters, frozen ones included; weights used at several places count once."""
        return self._totals.params

    @cached_property
    def trainable(self) -> int:
        """Parameters that train; what `frozen(…)` applies anywhere does not."""
        return self._totals.trainable

    @cached_property
    def macs(self) -> Size:
        """Multiply-adds per sample, at worst: the costlier side of each `when`; symbolic where a size is."""
        return self.deployed.scope.macs

    @cached_property
    def whens(self) -> tuple[str, ...]:
        """The paths of the `when`s, in the order they are met; one whose block is shared is one."""
        return tuple(dict.fromkeys(_whens(self.deployed.scope, "")))

    def expected_macs(self, rates: Mapping[str, float]) -> Exact:
        """Multiply-adds per sample, on average. *rates* say by the path of each `when` which share of the samples that
        reach it takes its first side; one that no sample reaches needs none.

        Raises:
            SearchError: a rate that is needed is missing, or is no share.
        """
        return _expected(self.deployed.scope, "", rates)

    @cached_property
    def memory(self) -> int:
        """Bytes of all weights and buffers at their dtypes, quantised weights at their bits; each weight is rounded up
        to whole bytes. Shared weights count once, at the most bits that any use of them needs.
        """
        return self._totals.memory

    @cached_property
    def _totals(self) -> Totals:
        return self.deployed.scope.totals or sum((kept.totals for kept in self._weights.values()), Totals())

    @cached_property
    def _weights(self) -> "dict[str, Kept]":
        """Every weight and buffer by its path, over all its uses."""
        found: dict[str, Kept] = {}
        read: list[str] = []
        for placed in self.deployed.operations():
            operation = placed.operation
            if operation.operator == READ_WEIGHT:
                settings = dict(operation.settings)
                read.append(join(str(settings["module"]), str(settings["name"])))
            for weight in operation.weights:
                kept = kept_weight(operation, weight)
                path = join(operation.shared or placed.path, weight.name)
                before = found.get(path)
                found[path] = kept if before is None else kept.joined(before)
        for path in read:  # as it is, so that it must be there in full
            if path in found:
                found[path] = found[path].whole
        return found


@frozen(cache_hash=True)
class Kept:
    """A weight as it is kept: *bits* of each element, of which its dtype has *full*."""

    elements: int
    is_parameter: bool
    frozen: bool
    bits: int
    full: int

    @property
    def bytes(self) -> int:
        """Bytes that it takes, rounded up to whole ones."""
        return (self.elements * self.bits + 7) // 8

    @property
    def totals(self) -> Totals:
        """What it comes to alone."""
        params = self.elements if self.is_parameter else 0
        return Totals(params, 0 if self.frozen else params, self.bytes)

    @property
    def whole(self) -> "Kept":
        """The same weight at the bits of its dtype."""
        return evolve(self, bits=self.full)

    def joined(self, other: "Kept") -> "Kept":
        """The same weight as two uses need it."""
        return evolve(self, frozen=self.frozen or other.frozen, bits=max(self.bits, other.bits))


def kept_weight(operation: Operation, weight: Weight) -> Kept:
    """How *weight* of *operation* is kept: quantised weights at their bits, frozen ones as such."""
    full = 8 * weight.dtype.bytes
    rounded = weight.name.startswith("weight")  # biases stay as they are
    bits = min(full, operation.bits.weights) if operation.bits is not None and rounded else full
    return Kept(_count(weight.shape), weight.trainable, operation.frozen, bits, full)


READ_WEIGHT = "weight"
"""The operation that reads a weight of a shared layer; it belongs to the graph, not to the operator library."""


def join(prefix: str, name: str) -> str:
    """Two parts of a dotted path; an empty part adds nothing."""
    return f"{prefix}.{name}" if prefix and name else prefix or name


def scopes_within(step: Step) -> tuple[Scope, ...]:
    """The scopes in *step* whose steps belong to the block around it: sides of a `when`, the body of a `scan`."""
    match step:
        case Branch():
            return step.then.scope, step.otherwise.scope
        case Loop():
            return (step.body,)
        case Operation() | Use():
            return ()
        case _:
            assert_never(step)


def map_scopes(step: Step, change: Callable[[Scope], Scope]) -> Step:
    """*step* with the scopes that are within it changed."""
    match step:
        case Branch():
            then, otherwise = (evolve(each, scope=change(each.scope)) for each in (step.then, step.otherwise))
            return evolve(step, then=then, otherwise=otherwise)
        case Loop():
            return evolve(step, body=change(step.body))
        case Operation() | Use():
            return step
        case _:
            assert_never(step)


def _totals(scope: Scope) -> Totals | None:
    """Steps whose weights have names of their own add up, so that what a block comes to is kept with the block."""
    found, names = Totals(), set[str]()
    for step in scope.every_step():
        if isinstance(step, Branch | Loop):
            continue
        part = _weighed(step)
        if part == Totals():
            continue
        if part is None or step.shared is not None or step.name in names:
            return None
        names.add(step.name)
        found += part
    return found


def _weighed(step: Operation | Use) -> Totals | None:
    if isinstance(step, Use):
        return step.scope.totals
    if step.operator == READ_WEIGHT:
        return None
    return sum((kept_weight(step, weight).totals for weight in step.weights), Totals())


def _worst(step: Step) -> Size:
    match step:
        case Operation():
            return step.macs
        case Use():
            return step.scope.macs
        case Branch():
            return larger(step.then.scope.macs, step.otherwise.scope.macs)
        case Loop():
            return step.length * step.body.macs
        case _:
            assert_never(step)


def _expected(scope: Scope, prefix: str, rates: Mapping[str, float]) -> Exact:
    total: Exact = 0
    for step in scope.steps:
        match step:
            case Operation():
                total = total + step.macs
            case Use():
                total = total + _expected(step.scope, step.shared or join(prefix, step.name), rates)
            case Branch():
                first = _rate(join(prefix, step.name), rates)
                for side, share in ((step.then, first), (step.otherwise, 1 - first)):
                    total = total + (share * _expected(side.scope, prefix, rates) if share else 0)
            case Loop():
                total = total + step.length * _expected(step.body, prefix, rates)
            case _:
                assert_never(step)
    return total.numerator if isinstance(total, Fraction) and total.denominator == 1 else total


def _rate(path: str, rates: Mapping[str, float]) -> Fraction:
    if path not in rates:
        known = ", ".join(f"`{each}`" for each in rates) or "none"
        raise SearchError(f"no exit rate is known for `{path}`, so no expected cost; rates are known for {known}")
    if not 0 <= rates[path] <= 1:
        raise SearchError(f"the exit rate of `{path}` is {rates[path]}; a share is from 0 to 1")
    return Fraction(rates[path])


def _whens(scope: Scope, prefix: str) -> Iterator[str]:
    for step in scope.steps:
        if isinstance(step, Use):
            yield from _whens(step.scope, step.shared or join(prefix, step.name))
        elif isinstance(step, Branch):
            yield join(prefix, step.name)
        for inner in scopes_within(step):
            yield from _whens(inner, prefix)


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


def reduced(scope: Scope, results: Sequence[int]) -> Scope:
    """*scope* with only those of its results, and the steps that they depend on."""
    wanted = [scope.results[index] for index in results]
    count = len(scope.inputs)
    numbers = {value: value for value in range(count)}
    value, made, steps = count, count, list[Step]()
    for step, kept in zip(scope.steps, needed(scope.steps, count, wanted), strict=True):
        if kept:
            steps.append(rewired(step, numbers))
            numbers.update((value + place, made + place) for place in range(len(step.outputs)))
            made += len(step.outputs)
        value += len(step.outputs)
    return evolve(scope, steps=tuple(steps), results=tuple(numbers[index] for index in wanted))


def rewired(step: Step, numbers: Mapping[int, int]) -> Step:
    """*step* in a scope whose values have other *numbers*."""
    if not isinstance(step, Branch):
        operands = tuple([numbers[index] for index in step.operands])
        return step if operands == step.operands else evolve(step, operands=operands)
    read = [tuple([numbers[at] for at in each.operands]) for each in (step.then, step.otherwise)]
    sides = evolve(step.then, operands=read[0]), evolve(step.otherwise, operands=read[1])
    return evolve(step, condition=numbers[step.condition], then=sides[0], otherwise=sides[1])


def _walk(scope: Scope, prefix: str, scopes: tuple[str, ...], times: Size = 1) -> Iterator[Placed]:
    for step in scope.steps:
        path = step.shared or join(prefix, step.name)
        if isinstance(step, Operation):
            yield Placed(path, step, scopes, times)
        elif isinstance(step, Use):
            yield from _walk(step.scope, path, (*scopes, step.scope.block), times)
        else:
            for inner in scopes_within(step):
                yield from _walk(inner, prefix, scopes, times * step.length if isinstance(step, Loop) else times)


def _count(shape: tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total
