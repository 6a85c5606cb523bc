"""Arithmetic, comparison and logic: exact on numbers and sizes, operators of the network on tensors."""

import operator
from collections.abc import Callable
from fractions import Fraction
from math import isfinite
from typing import Any

from symnas import tree
from symnas.domains import show_count
from symnas.elaborate.applying import apply_named
from symnas.elaborate.atoms import Constant, need_bool, noting_shapes
from symnas.elaborate.code import Code, Frame, Place, compile_node, compiles, fail
from symnas.elaborate.values import (
    LAYERS,
    MOST_WALKED,
    BlockRecipe,
    Listing,
    OperatorLayer,
    Record,
    Tensor,
    Value,
    describe,
    walk,
)
from symnas.errors import SourceError
from symnas.limits import Limits
from symnas.sizes import InexactSize, SizeError, SymbolicSize, UnknownSize
from symnas.spans import Span
from symnas.tree import BinaryOperator, UnaryOperator

__all__ = ["MOST_BITS", "equal", "exact", "whole"]

_TENSOR_OPERATORS = {
    BinaryOperator.ADD: "add",
    BinaryOperator.SUBTRACT: "sub",
    BinaryOperator.MULTIPLY: "mul",
    BinaryOperator.DIVIDE: "div",
    BinaryOperator.FLOOR_DIVIDE: "floor_divide",
    BinaryOperator.MODULO: "remainder",
    BinaryOperator.MATMUL: "matmul",
    BinaryOperator.POWER: "pow",
    BinaryOperator.LESS: "lt",
    BinaryOperator.AT_MOST: "le",
    BinaryOperator.GREATER: "gt",
    BinaryOperator.AT_LEAST: "ge",
    BinaryOperator.EQUAL: "eq",
    BinaryOperator.UNEQUAL: "ne",
}


MOST_BITS = 14_000
"""Bits of a number, or of a fraction's two parts: some 4,200 digits, as many as Python writes down."""


class _Beyond(OverflowError):
    """What is asked for is beyond a limit."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


_QUICK: dict[BinaryOperator, Callable[[int, int], int | bool]] = {
    BinaryOperator.ADD: operator.add,
    BinaryOperator.SUBTRACT: operator.sub,
    BinaryOperator.MULTIPLY: operator.mul,
    BinaryOperator.EQUAL: operator.eq,
    BinaryOperator.UNEQUAL: operator.ne,
    BinaryOperator.LESS: operator.lt,
    BinaryOperator.AT_MOST: operator.le,
    BinaryOperator.GREATER: operator.gt,
    BinaryOperator.AT_LEAST: operator.ge,
}
"""What is done with small whole numbers without a further look: most arithmetic in programs is of that kind."""


def _small(number: int) -> bool:
    return -0x80000000 < number < 0x80000000


class BinaryCode(Code):
    """`left operator right`, both evaluated."""

    def __init__(self, operator: BinaryOperator, left: Code, right: Code, span: Span) -> None:
        self.operator, self.left, self.right, self.span = operator, left, right, span
        self.absorb(left, right)
        self.needs = left.needs | right.needs
        self.tensor = left.tensor or right.tensor
        self.quick = _QUICK.get(operator)

    def run(self, frame: Frame) -> Value:
        left, right = self.left.run(frame), self.right.run(frame)
        if self.quick is not None and type(left) is int and type(right) is int and _small(left) and _small(right):
            return self.quick(left, right)
        if (left is None or right is None) and self.operator in (BinaryOperator.EQUAL, BinaryOperator.UNEQUAL):
            same = self.operator is BinaryOperator.EQUAL
            return (left is right) is same  # layers and tensors are not `none` either
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return self._on_tensors(left, right, frame)
        if isinstance(left, LAYERS) or isinstance(right, LAYERS):
            self._fail_on_layer(left)
        try:
            value = _compute(self.operator, left, right, frame.run.limits)
            if isinstance(value, Listing):
                frame.run.spend(self.span, len(value) // 16)
            return value
        except UnknownSize as error:
            raise _unknown_size(error, self.span) from None
        except InexactSize as error:
            fail("E0402", str(error), self.span)
        except ZeroDivisionError:
            fail("E0405", "division by zero", self.right.span)
        except _Beyond as error:
            fail("E0406", error.message, self.span, error.hint)
        except OverflowError as error:
            fail("E0406", str(error), self.span)
        except (TypeError, SizeError):
            symbol = self.operator.value
            fail("E0407", f"`{symbol}` does not go with {describe(left)} and {describe(right)}", self.span)

    def _on_tensors(self, left: Value, right: Value, frame: Frame) -> Value:
        if isinstance(left, LAYERS) or isinstance(right, LAYERS):
            self._fail_on_layer(left)
        name = _TENSOR_OPERATORS.get(self.operator)
        if name is None or not all(
            isinstance(each, (Tensor, int, Fraction, float, SymbolicSize)) for each in (left, right)
        ):
            fail("E0407", f"`{self.operator.value}` does not go with {describe(left)} and {describe(right)}", self.span)
        try:
            return apply_named(frame, name, [left, right], self.span)
        except SourceError as error:
            raise noting_shapes(error, [(self.left, left), (self.right, right)]) from None

    def _fail_on_layer(self, left: Value) -> None:
        side = "left" if isinstance(left, LAYERS) else "right"
        hint = f"a layer is applied with `->`: `({self.flowing} -> {self.left.span.text}) {self.operator.value} {self.right.span.text}`"
        fail("E0410", f"`{self.operator.value}` has a layer on its {side}", self.span, hint)


class Logic(Code):
    """`and`, `or`: the right side only if the left leaves the answer open."""

    def __init__(self, stops_at: bool, left: Code, right: Code, span: Span) -> None:
        self.stops_at, self.left, self.right, self.span = stops_at, left, right, span
        self.absorb(left, right)
        self.needs = left.needs

    def run(self, frame: Frame) -> Value:
        word = "`or`" if self.stops_at else "`and`"
        if need_bool(self.left.run(frame), self.left.span, f"the left side of {word}") is self.stops_at:
            return self.stops_at
        return need_bool(self.right.run(frame), self.right.span, f"the right side of {word}")


class UnaryCode(Code):
    """`not a`, `-a`."""

    def __init__(self, operator: UnaryOperator, operand: Code, span: Span) -> None:
        self.operator, self.operand, self.span = operator, operand, span
        self.absorb(operand)
        self.needs = operand.needs

    def run(self, frame: Frame) -> Value:
        value = self.operand.run(frame)
        if self.operator is UnaryOperator.NOT:
            return not need_bool(value, self.operand.span, "what `not` is before")
        if isinstance(value, Tensor):
            return apply_named(frame, "neg", [value], self.span)
        if isinstance(value, bool) or not isinstance(value, (int, Fraction, float, SymbolicSize)):
            fail("E0407", f"`-` does not go with {describe(value)}", self.span)
        return exact(-value)


def _compute(operator: BinaryOperator, left: Any, right: Any, limits: Limits) -> Value:
    match operator:
        case BinaryOperator.EQUAL:
            return equal(left, right)
        case BinaryOperator.UNEQUAL:
            return not equal(left, right)
        case BinaryOperator.IN | BinaryOperator.NOT_IN:
            found = _member(left, right)
            return found if operator is BinaryOperator.IN else not found
        case _:
            return _of_numbers(operator, left, right, limits)


def _of_numbers(operator: BinaryOperator, left: Any, right: Any, limits: Limits) -> Value:
    _need_numbers(left, right)
    match operator:
        case BinaryOperator.ADD:
            return exact(left + right)
        case BinaryOperator.SUBTRACT:
            return exact(left - right)
        case BinaryOperator.MULTIPLY:
            return exact(left * right)
        case BinaryOperator.DIVIDE:
            return _divide(left, right)
        case BinaryOperator.FLOOR_DIVIDE:
            return exact(left // right)
        case BinaryOperator.MODULO:
            return exact(left % right)
        case BinaryOperator.POWER:
            return _power(left, right, limits)
        case BinaryOperator.LESS:
            return bool(left < right)
        case BinaryOperator.AT_MOST:
            return bool(left <= right)
        case BinaryOperator.GREATER:
            return bool(left > right)
        case BinaryOperator.AT_LEAST:
            return bool(left >= right)
        case BinaryOperator.TO:
            return _steps(left, right, limits)
        case _:
            raise TypeError


def _need_numbers(*values: object) -> None:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, Fraction, float, SymbolicSize)):
            raise TypeError


def _divide(left: Any, right: Any) -> Value:
    if isinstance(left, SymbolicSize) or isinstance(right, SymbolicSize):
        return exact(left / right)
    return exact(left / right if isinstance(left, float) or isinstance(right, float) else Fraction(left) / right)


def _power(base: Any, exponent: Any, limits: Limits) -> Value:
    if not isinstance(exponent, int) or isinstance(base, float):
        return exact(float(base) ** float(exponent)) if not isinstance(base, SymbolicSize) else exact(base**exponent)
    if abs(exponent) > limits.exponent:
        message = f"the exponent {show_count(exponent)} is above the limit of {limits.exponent:,}"
        raise _Beyond(message, limits.hint("exponent"))
    if isinstance(base, SymbolicSize):
        return exact(base**exponent)
    if max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(exponent) > 2 * MOST_BITS:
        raise OverflowError("the number is too large")
    return exact(Fraction(base) ** exponent)


def _steps(low: Any, high: Any, limits: Limits) -> Listing:
    if isinstance(low, SymbolicSize) or isinstance(high, SymbolicSize):
        symbols = [size.symbols for size in (low, high) if isinstance(size, SymbolicSize)]
        raise UnknownSize(frozenset().union(*symbols))
    first, last = whole(low), whole(high)
    if first is None or last is None:
        raise TypeError
    if last - first >= limits.items:
        message = f"a list of {show_count(last - first + 1)}; the limit is {limits.items:,}"
        raise _Beyond(message, limits.hint("items"))
    return Listing(list(range(first, last + 1)))


def exact(value: Any) -> Value:
    """A number with fractions that are whole turned into `int`.

    Raises:
        OverflowError: it would take more than `MOST_BITS`, or is none that the language has.
    """
    if isinstance(value, (int, Fraction)):
        if value.numerator.bit_length() > MOST_BITS or value.denominator.bit_length() > MOST_BITS:
            raise OverflowError("the number is too large")
        if value.denominator == 1:
            return value if isinstance(value, bool) else int(value)
    if isinstance(value, float) and not isfinite(value):
        raise OverflowError("the number is too large")
    if isinstance(value, complex):
        raise OverflowError("a power of a negative number whose exponent is no whole number")
    number: Value = value
    return number


def whole(value: Value) -> int | None:
    """*value* as a whole number, or `None`."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else None


def equal(left: Value, right: Value) -> bool:
    """Whether two values are the same: numbers by value, lists item by item, layers by content."""
    return _equal(left, right, [MOST_WALKED])


def _equal(left: Value, right: Value, more: list[int]) -> bool:
    if isinstance(left, Listing) and isinstance(right, Listing):
        walk(more, len(left))
        return len(left) == len(right) and all(_equal(left[i], right[i], more) for i in range(len(left)))
    if isinstance(left, Record) and isinstance(right, Record):
        walk(more, len(left.labels))
        return left.labels == right.labels and all(_equal(left[label], right[label], more) for label in left.labels)
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return left is right
    if isinstance(left, OperatorLayer) and isinstance(right, OperatorLayer):  # whatever their weights are called
        return left.operator.name == right.operator.name and left.settings == right.settings
    if isinstance(left, BlockRecipe) and isinstance(right, BlockRecipe):
        return left.block is right.block
    return left == right


def _member(value: Value, group: Value) -> bool:
    if isinstance(group, Record):
        return isinstance(value, str) and value in group
    if isinstance(group, str) and isinstance(value, str):
        return value in group
    if not isinstance(group, Listing):
        raise TypeError
    return any(equal(value, group[index]) for index in range(len(group)))


def _unknown_size(error: UnknownSize, span: Span) -> Exception:
    from symnas.errors import SourceError

    names = " and ".join(f"`{name}`" for name in sorted(error.symbols))
    are = "are" if len(error.symbols) > 1 else "is"
    hint = "give it in the net's signature (`f32[N, 3, 32, 32]`); to step over time, use `scan`"
    return SourceError.at("E0401", f"{names} {are} unknown at build time", span, hint)


@compiles(tree.Binary)
def _binary(node: tree.Binary, place: Place) -> Code:
    left, right = compile_node(node.left, place.plain()), compile_node(node.right, place.plain())
    if node.operator in (BinaryOperator.AND, BinaryOperator.OR):
        return Logic(node.operator is BinaryOperator.OR, left, right, node.span)
    return BinaryCode(node.operator, left, right, node.span)


@compiles(tree.Unary)
def _unary(node: tree.Unary, place: Place) -> Code:
    operand = compile_node(node.operand, place.plain())
    if node.operator is UnaryOperator.NEGATE and isinstance(operand, Constant):
        value = operand.value
        if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
            return Constant(-value, node.span, operand.real)
    return UnaryCode(node.operator, operand, node.span)
