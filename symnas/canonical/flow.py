"""A network as one dataflow, whatever blocks it was written in: nodes that read values of nodes before them.

`Flow.add` is the one way in, and carries out the rules: it gives the node that stands for an operation, which may be an
earlier one, or none of its own. As rules look at nothing but the operation and what it reads, the result does not
depend on the order in which a program states its steps.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from attrs import frozen

from symnas.canonical.identities import is_identity
from symnas.canonical.labels import Symbols, label, type_text
from symnas.canonical.rules import Rule, Rules
from symnas.canonical.zeros import is_source_of_zeros, keeps_zeros
from symnas.graph import READ_WEIGHT, Bits, Operation
from symnas.operators.base import Settings, SettingValue
from symnas.operators.chance import DRAWS, SAMPLED
from symnas.types import TensorType

__all__ = ["Flow", "Node", "Value", "draws"]

Value = tuple[int, int]
"""A value: the number of the node that makes it, and which of its outputs it is."""

_MANY = {"add": "sum_all", "maximum": "max_all", "minimum": "min_all"}
"""Operations on two tensors, and the same on any number."""

_EITHER = frozenset({"sum_all", "mean_all", "max_all", "min_all", "mul", "eq", "ne", "logical_and", "logical_or"})
"""Operations whose operands may change places."""

_CHANCE = frozenset({
    "Dropout", "AlphaDropout", "FeatureAlphaDropout", "Dropout1d", "Dropout2d", "Dropout3d", "DropPath", "RReLU", *DRAWS, *SAMPLED,
})  # fmt: skip


def draws(operator: str, settings: Settings) -> bool:
    """Whether an operation draws anew at each use, at least while the network is trained."""
    return operator in _CHANCE or settings.get("dropout", 0) != 0


@frozen
class Node:
    """One step. *label* says what it does to the values that it *reads*; *either*: in any order.

    *within* is the node that stands for the side of a `when` or the turn of a `scan` that the step belongs to, if any.
    """

    label: str
    reads: tuple[Value, ...]
    either: bool
    outputs: tuple[TensorType, ...]
    within: int | None


class Flow:
    """The dataflow of one network while it is put together, and the nodes of it so far."""

    def __init__(self, rules: Rules, symbols: Symbols) -> None:
        self.nodes: list[Node] = []
        self._symbols = symbols
        self._told = Rule.WIDTHS not in rules
        self._commutative = Rule.COMMUTATIVE in rules
        self._concat = Rule.CONCAT_ORDER in rules
        self._identities = Rule.IDENTITIES in rules
        self._zero = Rule.ZERO in rules
        self._zero_layers = Rule.ZERO_LAYERS in rules
        self._nested_sums = Rule.NESTED_SUMS in rules
        self._trees = Rule.TREES in rules
        self._repeats = Rule.REPEATS in rules
        self._known: dict[Any, int] = {}
        self._zeros: set[int] = set()
        self._sums: set[int] = set()

    def type(self, value: Value) -> TensorType:
        """The type of a value."""
        return self.nodes[value[0]].outputs[value[1]]

    def type_text(self, type: TensorType) -> str:
        """A type as labels write it."""
        return type_text(type, self._symbols, widths=self._told)

    # -------------------------------------------------------------------------------------- operations

    def add(
        self, operation: Operation, reads: Sequence[Value], within: int | None = None, weights: Value | None = None
    ) -> list[Value]:
        """The outputs of *operation*; *weights* are those that it shares with others, where it does."""
        kind = _kind(
            operation.operator, operation.settings, operation.outputs, operation.frozen, operation.bits, len(reads),
            self._symbols, self._told, self._commutative,
        )  # fmt: skip
        if self._zero and self._is_zero(kind, reads):
            return [self.zero(type) for type in kind.outputs]
        if kind.operator == "sum_all":
            reads = self._summands(kind, reads, within)
        if len(reads) == 1 and self._is_identity(kind, reads[0]):
            return [reads[0]]
        either = kind.either and self._any_order(kind, reads)
        if weights is None:
            owns = bool(operation.weights) or kind.foreign
        else:  # running statistics are moved by each use
            owns = kind.foreign or not all(each.trainable for each in operation.weights)
        number = self.node(
            kind.label,
            reads if weights is None else (*reads, weights),
            kind.outputs,
            either=either,
            within=within,
            single=owns or kind.by_chance,
        )
        if kind.operator == "sum_all":
            self._sums.add(number)
        return [(number, place) for place in range(len(kind.outputs))]

    def node(
        self,
        label: str,
        reads: Sequence[Value],
        outputs: tuple[TensorType, ...],
        *,
        either: bool = False,
        within: int | None = None,
        single: bool = False,
    ) -> int:
        """The number of a node as described; a *single* one is another than every other of the same description."""
        node = Node(label, tuple(sorted(reads)) if either else tuple(reads), either, outputs, within)
        if not self._trees and (single or not self._repeats):
            self.nodes.append(node)
            return len(self.nodes) - 1
        key = (label, node.reads, within)
        if key not in self._known:
            self.nodes.append(node)
            self._known[key] = len(self.nodes) - 1
        return self._known[key]

    def zero(self, type: TensorType) -> Value:
        """The node that is zero, of that type."""
        named = f"0 -> {self.type_text(type)}"
        if named not in self._known:
            self.nodes.append(Node(named, (), False, (type,), None))
            self._known[named] = len(self.nodes) - 1
            self._zeros.add(len(self.nodes) - 1)
        return self._known[named], 0

    # ------------------------------------------------------------------------------------------- rules

    def _is_identity(self, kind: "_Kind", read: Value) -> bool:
        """Whether an operation that reads that alone gives it back."""
        if len(kind.outputs) != 1 or kind.quantised:
            return False
        before, after = self.type(read), kind.outputs[0]
        if not self._told and kind.operator == "slice" and _but_channels(before) == _but_channels(after):
            return True
        if self._zero and kind.operator == "sum_all" and before == after:
            return True  # what is left of a sum
        return self._identities and is_identity(kind.operator, kind.settings, before, after)

    def _is_zero(self, kind: "_Kind", reads: Sequence[Value]) -> bool:
        if kind.makes_zeros:
            return True
        zeros = [number in self._zeros for number, _ in reads]
        if not any(zeros):
            return False
        return (self._zero_layers and all(zeros)) or keeps_zeros(kind.operator, kind.settings, zeros)

    def _summands(self, kind: "_Kind", reads: Sequence[Value], within: int | None) -> Sequence[Value]:
        """What a sum reads without zeros, and with what its summands are sums of."""
        if self._zero:
            reads = [each for each in reads if each[0] not in self._zeros]
        if self._nested_sums:
            reads = [each for read in reads for each in self._flattened(read, kind.outputs[0], within)]
        return reads

    def _flattened(self, read: Value, type: TensorType, within: int | None) -> Iterable[Value]:
        """The summands of *read*, where it is a sum of the same kind of numbers, made in the same place."""
        if read[0] not in self._sums:
            return (read,)
        node = self.nodes[read[0]]
        alike = all(self.type(each).dtype is type.dtype for each in (read, *node.reads))
        return node.reads if node.within == within and alike else (read,)

    def _any_order(self, kind: "_Kind", reads: Sequence[Value]) -> bool:
        """Whether the order of what an operation reads says nothing. In numbers of several kinds it may."""
        if kind.operator == "concat":
            return self._concat
        return self._commutative and (len(reads) <= 2 or len({self.type(each).dtype for each in reads}) == 1)


@frozen
class _Kind:
    """What is known of an operation apart from its operands, its place and its name."""

    operator: str
    settings: dict[str, SettingValue]
    outputs: tuple[TensorType, ...]
    label: str
    either: bool
    makes_zeros: bool
    by_chance: bool
    foreign: bool
    quantised: bool


@lru_cache(maxsize=100_000)
def _kind(
    operator: str,
    settings: tuple[tuple[str, SettingValue], ...],
    outputs: tuple[TensorType, ...],
    frozen: bool,
    bits: Bits | None,
    count: int,
    symbols: Symbols,
    told: bool,
    commutative: bool,
) -> _Kind:
    """`a + b` is a sum of two, and the like; a number beside a tensor stands on its right, where that is the same."""
    if count == 2 and operator in _MANY:
        operator, settings = _MANY[operator], ()
    elif count == 1 and commutative and operator in ("add", "mul", "eq", "ne"):
        settings = tuple((name, False if name == "reversed" else value) for name, value in settings)
    elif operator == READ_WEIGHT:
        settings = tuple(each for each in settings if each[0] != "module")
    named = dict(settings)
    return _Kind(
        operator,
        named,
        outputs,
        label(operator, settings, outputs, frozen, bits, symbols, widths=told),
        either=operator in _EITHER or operator == "concat",
        makes_zeros=is_source_of_zeros(operator, named),
        by_chance=draws(operator, named),
        foreign="." in operator,
        quantised=bits is not None,
    )


def _but_channels(type: TensorType) -> tuple[object, ...]:
    return (type.dtype, *type.shape[:1], *type.shape[2:])
