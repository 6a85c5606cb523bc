"""Operations, settings and sizes of a graph as expressions of the language."""

from collections.abc import Sequence
from fractions import Fraction

from symnas import tree
from symnas.grammar import parse_expression
from symnas.graph import Loop, Operation, Step
from symnas.operators import OPERATORS
from symnas.operators.base import Operator
from symnas.operators.settings import REQUIRED, SettingValue
from symnas.operators.starts import Start
from symnas.sizes import Size, SymbolicSize, symbols_of
from symnas.types import TensorType

__all__ = ["is_infix", "of_operation", "outputs_pattern", "settings_symbols", "size_node", "value_node"]

_INFIX = {
    "add": tree.BinaryOperator.ADD, "sub": tree.BinaryOperator.SUBTRACT, "mul": tree.BinaryOperator.MULTIPLY,
    "div": tree.BinaryOperator.DIVIDE, "matmul": tree.BinaryOperator.MATMUL, "pow": tree.BinaryOperator.POWER,
    "lt": tree.BinaryOperator.LESS, "le": tree.BinaryOperator.AT_MOST, "gt": tree.BinaryOperator.GREATER,
    "floor_divide": tree.BinaryOperator.FLOOR_DIVIDE, "remainder": tree.BinaryOperator.MODULO,
    "ge": tree.BinaryOperator.AT_LEAST, "eq": tree.BinaryOperator.EQUAL, "ne": tree.BinaryOperator.UNEQUAL,
}  # fmt: skip
_OF_LISTS = {
    "sum_all": "sum",
    "mean_all": "mean",
    "min_all": "min",
    "max_all": "max",
    "concat": "concat",
    "stack": "stack",
}
"""Operators of a list of tensors, and the functions that they are written as."""


def is_infix(step: Operation) -> bool:
    """Whether *step* is written with an operator sign or an index, and so takes no name."""
    return step.operator in _INFIX or step.operator in _OF_LISTS or step.operator in ("slice", "neg")


def of_operation(step: Operation, operands: Sequence[tree.Expression]) -> tree.Expression:
    """*step* applied to *operands*; its layer, where there are none and it takes some."""
    operator = OPERATORS.get(step.operator)
    settings = dict(step.settings)
    if step.operator in _INFIX and operands:
        return _infix(step.operator, settings, operands)
    if step.operator == "neg" and operands:
        return tree.Unary(tree.UnaryOperator.NEGATE, operands[0])
    if step.operator == "slice" and operands:
        return tree.Index(operands[0], _index(settings["index"]))
    if step.operator in _OF_LISTS and operands:
        listed = tree.Argument(tree.ListOf(tuple(map(tree.Item, operands))))
        return tree.Call(tree.Name(_OF_LISTS[step.operator]), (listed, *_arguments(operator, settings)))
    given = _arguments(operator, settings)
    if operator is not None and operator.method and operands:
        first, *others = operands
        return tree.Call(tree.Attribute(first, step.operator), (*map(tree.Argument, others), *given))
    name = tree.Name(step.operator.rpartition(".")[2])
    leading = sum(each.leads for each in operator.settings) if operator is not None else 0
    if operands or given or (operator is not None and not operator.inputs):
        return tree.Call(name, (*given[:leading], *map(tree.Argument, operands), *given[leading:]))
    return name


def _infix(name: str, settings: dict[str, SettingValue], operands: Sequence[tree.Expression]) -> tree.Expression:
    if len(operands) == 2:
        return tree.Binary(_INFIX[name], operands[0], operands[1])
    other = value_node(settings["other"])
    left, right = (other, operands[0]) if settings["reversed"] else (operands[0], other)
    return tree.Binary(_INFIX[name], left, right)


def _index(value: SettingValue) -> tuple[tree.Expression | tree.Slice, ...]:
    """The setting of a slice as it stands in brackets."""
    assert isinstance(value, tuple)
    found: list[tree.Expression | tree.Slice] = []
    for each in value:
        if isinstance(each, tuple):
            found.append(tree.Slice(*(None if bound is None else value_node(bound) for bound in each)))
        else:
            found.append(value_node(each))
    return tuple(found)


def _arguments(operator: Operator | None, settings: dict[str, SettingValue]) -> list[tree.Argument]:
    """The settings that differ from their defaults; those without one come first, unnamed."""
    if operator is None:
        return [tree.Argument(value_node(value), name) for name, value in settings.items()]
    given: list[tree.Argument] = []
    in_place = True
    for setting in operator.settings:
        value = settings[setting.name]
        in_place = in_place and setting.default is REQUIRED and not setting.named
        if setting.rest and in_place and isinstance(value, tuple):
            return [*given, *(tree.Argument(value_node(each)) for each in value)]
        if in_place:
            given.append(tree.Argument(value_node(value)))
        elif value != setting.default or type(value) is bool is not type(setting.default):
            given.append(tree.Argument(value_node(value), setting.name))
    return given


def value_node(value: SettingValue) -> tree.Expression:
    """*value* as it is written."""
    match value:
        case None:
            return tree.NoneValue()
        case bool():
            return tree.Boolean(value)
        case str():
            return tree.Text(value)
        case int():
            return tree.Number(Fraction(value))
        case Fraction():
            return tree.Number(value, real=value.denominator != 1) if _ends(value) else _quotient(value)
        case float():
            return tree.Number(Fraction(repr(value)), real=True)
        case tuple():
            return tree.ListOf(tuple(tree.Item(value_node(each)) for each in value))
        case Start(way=way, number=None):
            return tree.Name(way)
        case Start(way=way, number=number):
            return tree.Call(tree.Name(way), (tree.Argument(value_node(number)),))
        case SymbolicSize():
            return size_node(value)
    raise TypeError(value)


def _ends(value: Fraction) -> bool:
    """Whether *value* can be written as a number with finitely many digits."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def _quotient(value: Fraction) -> tree.Expression:
    above, below = (tree.Number(Fraction(each)) for each in (value.numerator, value.denominator))
    return tree.Binary(tree.BinaryOperator.DIVIDE, above, below)


def size_node(size: Size) -> tree.Expression:
    """A size as an expression over its symbols."""
    return tree.Number(Fraction(size)) if isinstance(size, int) else parse_expression(str(size))


def settings_symbols(step: Operation) -> set[str]:
    """The symbols of sizes that the settings of *step* read."""
    found: set[str] = set()
    waiting: list[SettingValue] = [value for _, value in step.settings]
    while waiting:
        each = waiting.pop()
        if isinstance(each, tuple):
            waiting.extend(each)
        elif isinstance(each, SymbolicSize):
            found |= symbols_of(each)
    return found


def outputs_pattern(step: Step, inputs: Sequence[TensorType], names: Sequence[str]) -> tree.Pattern:
    """The names of what *step* makes, as its operator hands it out: `y`, `(a, b)`, `(y, (h, c))`."""
    patterns: list[tree.Pattern] = [tree.NamePattern(name) for name in names]
    if isinstance(step, Operation) and (operator := OPERATORS.get(step.operator)) is not None:
        applied = operator.apply(dict(step.settings), inputs)
        if applied.state is not None:
            patterns = [*patterns[: applied.state], tree.TuplePattern(tuple(patterns[applied.state :]))]
        if applied.many:
            return tree.TuplePattern(tuple(patterns))
    if isinstance(step, Loop):
        return tree.TuplePattern((_pattern(patterns[: -step.states]), _pattern(patterns[-step.states :])))
    return _pattern(patterns)


def _pattern(parts: Sequence[tree.Pattern]) -> tree.Pattern:
    return parts[0] if len(parts) == 1 else tree.TuplePattern(tuple(parts))
