"""A network as one dataflow, whatever blocks it was written in: nodes that read values of nodes before them.

`Flow.add` is the one way in, and carries out the rules: it gives the node that stands for an operation, which may be an
earlier one, or none of its own. As rules look at nothing but the operation and what it reads, the result does not
depend on the order in which a program states its steps.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import evolve, frozen

from symnas.canonical.identities import is_identity
from symnas.canonical.labels import Symbols, label, type_text
from symnas.canonical.rules import Rule, Rules
from symnas.canonical.zeros import is_source_of_zeros, keeps_zeros
from symnas.graph import READ_WEIGHT, Operation
from symnas.types import TensorType

__all__ = ["Flow", "Node", "Value"]

Value = tuple[int, int]
"""A value: the number of the node that makes it, and which of its outputs it is."""

_MANY = {"add": "sum_all", "maximum": "max_all", "minimum": "min_all"}
"""Operations on two tensors, and the same on any number."""

_EITHER = frozenset({"sum_all", "mean_all", "max_all", "min_all", "mul", "eq", "ne", "logical_and", "logical_or"})
"""Operations whose operands may change places."""

_CHANCE = frozenset(
    {"Dropout", "AlphaDropout", "FeatureAlphaDropout", "Dropout1d", "Dropout2d", "Dropout3d", "DropPath", "RReLU"}
)
"""Operations that draw anew at each use."""


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
        self._rules = rules
        self._widths = Rule.WIDTHS not in rules
        self._known: dict[Any, int] = {}
        self._zeros: set[int] = set()
        self._sums: set[int] = set()

    def type(self, value: Value) -> TensorType:
        """The type of a value."""
        return self.nodes[value[0]].outputs[value[1]]

    def type_text(self, type: TensorType) -> str:
        """A type as labels write it."""
        return type_text(type, self._symbols, widths=self._widths)

    # -------------------------------------------------------------------------------------- operations

    def add(
        self, operation: Operation, reads: Sequence[Value], within: int | None = None, weights: Value | None = None
    ) -> list[Value]:
        """The outputs of *operation*; *weights* are those that it shares with others, where it does."""
        operation = self._plainly(operation, len(reads))
        if Rule.ZERO in self._rules and self._is_zero(operation, reads):
            return [self.zero(type) for type in operation.outputs]
        if operation.operator == "sum_all":
            reads = self._summands(operation, reads, within)
        if len(reads) == 1 and self._is_identity(operation, reads[0]):
            return [reads[0]]
        if operation.operator == READ_WEIGHT:
            operation = evolve(operation, settings=tuple(each for each in operation.settings if each[0] != "module"))
        named = label(operation, self._symbols, widths=self._widths)
        owns = weights is None and (bool(operation.weights) or "." in operation.operator)
        either = self._either(operation, reads)
        number = self.node(
            named,
            (*reads, weights) if weights is not None else reads,
            operation.outputs,
            either=either,
            within=within,
            single=owns or operation.operator in _CHANCE,
        )
        if operation.operator == "sum_all":
            self._sums.add(number)
        return [(number, place) for place in range(len(operation.outputs))]

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
        merged = Rule.TREES in self._rules or (Rule.REPEATS in self._rules and not single)
        if not merged:
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

    def _plainly(self, operation: Operation, count: int) -> Operation:
        """`a + b` as a sum of two, and the like; a number beside a tensor on its right, where that is the same."""
        if count == 2 and operation.operator in _MANY:
            return evolve(operation, operator=_MANY[operation.operator], settings=())
        if count == 1 and Rule.COMMUTATIVE in self._rules and operation.operator in ("add", "mul", "eq", "ne"):
            settings = tuple((name, False if name == "reversed" else value) for name, value in operation.settings)
            return evolve(operation, settings=settings)
        return operation

    def _is_identity(self, operation: Operation, read: Value) -> bool:
        """Whether *operation*, which reads that alone, gives it back."""
        if len(operation.outputs) != 1 or operation.bits is not None:
            return False
        before, after = self.type(read), operation.outputs[0]
        if Rule.WIDTHS in self._rules and operation.operator == "slice" and _but_channels(before) == _but_channels(after):
            return True
        if Rule.ZERO in self._rules and operation.operator == "sum_all" and before == after:
            return True  # what is left of a sum
        return Rule.IDENTITIES in self._rules and is_identity(
            operation.operator, dict(operation.settings), before, after
        )

    def _is_zero(self, operation: Operation, reads: Sequence[Value]) -> bool:
        settings = dict(operation.settings)
        if is_source_of_zeros(operation.operator, settings):
            return True
        zeros = [number in self._zeros for number, _ in reads]
        if Rule.ZERO_LAYERS in self._rules and reads and all(zeros):
            return True
        return any(zeros) and keeps_zeros(operation.operator, settings, zeros)

    def _summands(self, operation: Operation, reads: Sequence[Value], within: int | None) -> Sequence[Value]:
        """What a sum reads without zeros, and with what its summands are sums of."""
        if Rule.ZERO in self._rules:
            reads = [each for each in reads if each[0] not in self._zeros]
        if Rule.NESTED_SUMS in self._rules:
            reads = [each for read in reads for each in self._flattened(read, operation.outputs[0], within)]
        return reads

    def _flattened(self, read: Value, type: TensorType, within: int | None) -> Iterable[Value]:
        """The summands of *read*, where it is a sum of the same kind of numbers, made in the same place."""
        node = self.nodes[read[0]]
        alike = all(self.type(each).dtype is type.dtype for each in (read, *node.reads))
        return node.reads if read[0] in self._sums and node.within == within and alike else (read,)

    def _either(self, operation: Operation, reads: Sequence[Value]) -> bool:
        """Whether the order of what *operation* reads says nothing. In numbers of several kinds it may."""
        if operation.operator == "concat":
            return Rule.CONCAT_ORDER in self._rules
        alike = len({self.type(each).dtype for each in reads}) == 1 or len(reads) <= 2
        return Rule.COMMUTATIVE in self._rules and operation.operator in _EITHER and alike


def _but_channels(type: TensorType) -> tuple[object, ...]:
    return (type.dtype, *type.shape[:1], *type.shape[2:])
