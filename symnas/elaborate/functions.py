"""Functions of the language on numbers and lists; those that also take tensors hand them to operators."""

import math
from fractions import Fraction

from symnas import operators
from symnas.elaborate.applying import apply_operator, setting_value
from symnas.elaborate.arithmetic import exact, whole
from symnas.elaborate.atoms import need_bool, operator_layer
from symnas.elaborate.code import Frame, fail
from symnas.elaborate.layers import Argued, function
from symnas.elaborate.values import Listing, Record, Tensor, Value, describe
from symnas.sizes import SymbolicSize
from symnas.spans import Span

__all__: list[str] = []


@function("multiple", "value", "of")
def _multiple(frame: Frame, arguments: Argued, span: Span) -> Value:
    """The nearest multiple of `of`, at least `of`, and never less than 90% of the value: MobileNet's rounding."""
    value, divisor = _take(frame, arguments, span, "value", "of")
    of = whole(divisor)
    if of is None or of < 1:
        fail("E0423", f"`of` is a whole number from 1, not {describe(divisor)}", span)
    if isinstance(value, bool) or not isinstance(value, (int, Fraction, float)):
        fail("E0423", f"`multiple` rounds a number, not {describe(value)}", span)
    rounded = max(of, math.floor(Fraction(value) + Fraction(of, 2)) // of * of)
    return rounded + of if rounded < Fraction(9, 10) * Fraction(value) else rounded


@function("len", "list")
def _len(frame: Frame, arguments: Argued, span: Span) -> Value:
    (value,) = _take(frame, arguments, span, "list")
    if isinstance(value, Listing):
        return len(value)
    if isinstance(value, Record):
        return len(value.labels)
    fail("E0424", f"{describe(value)} has no length", span)


@function("any", "list", "dim", "keepdim")
def _any(frame: Frame, arguments: Argued, span: Span) -> Value:
    return _stops_at(True, "any", frame, arguments, span)


@function("all", "list", "dim", "keepdim")
def _all(frame: Frame, arguments: Argued, span: Span) -> Value:
    return _stops_at(False, "all", frame, arguments, span)


def _stops_at(wanted: bool, name: str, frame: Frame, arguments: Argued, span: Span) -> Value:
    if _of_what_flows(arguments):
        return _reducing(name, frame, arguments, span)
    positional, named = arguments.values(frame)
    value = positional[0] if positional else None
    if isinstance(value, Tensor):
        return _reduced(name, value, frame, arguments, span)
    if len(positional) != 1 or named:
        fail("E0304", f"`{name}` takes a list", span)
    if not isinstance(value, Listing):
        fail("E0424", f"`{name}` takes a list, not {describe(value)}", span)
    for place in range(len(value)):
        if need_bool(value[place], span, f"every item that `{name}` asks") is wanted:
            return wanted
    return not wanted


@function("sum", "list", "dim", "keepdim")
def _sum(frame: Frame, arguments: Argued, span: Span) -> Value:
    if _of_what_flows(arguments):
        return _reducing("sum", frame, arguments, span)
    items = _items(frame, arguments, span, "sum")
    if isinstance(items, Tensor):
        return _reduced("sum", items, frame, arguments, span)
    tensors = [item for item in items if isinstance(item, Tensor)]
    if tensors:
        return _joined("sum_all", tensors, items, frame, {}, span)
    return _total(items, "sum", span)


@function("mean", "list", "dim", "keepdim")
def _mean(frame: Frame, arguments: Argued, span: Span) -> Value:
    if _of_what_flows(arguments):
        return _reducing("mean", frame, arguments, span)
    items = _items(frame, arguments, span, "mean")
    if isinstance(items, Tensor):
        return _reduced("mean", items, frame, arguments, span)
    if not items:
        fail("E0425", "the mean of an empty list", span)
    tensors = [item for item in items if isinstance(item, Tensor)]
    if tensors:
        return _joined("mean_all", tensors, items, frame, {}, span)
    return _exact(Fraction(1, len(items)) * _number(_total(items, "mean", span), "mean", span), span)


def _exact(value: object, span: Span) -> Value:
    try:
        return exact(value)
    except OverflowError as error:
        fail("E0406", str(error), span)


def _total(items: list[Value], name: str, span: Span) -> Value:
    total: Value = 0
    for item in items:
        total = _exact(_number(total, name, span) + _number(item, name, span), span)
    return total


@function("min", "list", "dim", "keepdim")
def _min(frame: Frame, arguments: Argued, span: Span) -> Value:
    return _extreme("min", frame, arguments, span)


@function("max", "list", "dim", "keepdim")
def _max(frame: Frame, arguments: Argued, span: Span) -> Value:
    return _extreme("max", frame, arguments, span)


def _extreme(name: str, frame: Frame, arguments: Argued, span: Span) -> Value:
    """The least or greatest of a list, or of several values given one by one."""
    if _of_what_flows(arguments):
        return _reducing(name, frame, arguments, span)
    if len(arguments.positional) > 1 and not arguments.named:
        values, _ = arguments.values(frame)
        items: list[Value] | Tensor = values
    else:
        items = _items(frame, arguments, span, name)
    if isinstance(items, Tensor):
        return _reduced(name, items, frame, arguments, span)
    if not items:
        fail("E0425", f"the {'least' if name == 'min' else 'greatest'} of an empty list", span)
    tensors = [item for item in items if isinstance(item, Tensor)]
    if tensors:
        return _joined(f"{name}_all", tensors, items, frame, {}, span)
    numbers = [_number(item, name, span) for item in items]
    return exact(min(numbers) if name == "min" else max(numbers))


@function("concat", "list", "dim")
def _concat(frame: Frame, arguments: Argued, span: Span) -> Value:
    """Lists into one list; tensors along a dimension, channels by default."""
    items = _items(frame, arguments, span, "concat")
    if isinstance(items, Tensor):
        fail("E0424", "`concat` takes a list of tensors", span, "write `concat([a, b])`")
    tensors = [item for item in items if isinstance(item, Tensor)]
    if tensors:
        _, named = arguments.values(frame)
        if len(arguments.positional) > 1:
            named["dim"] = arguments.positional[1][0].run(frame)
        return _joined("concat", tensors, items, frame, named, span)
    found: list[Value] = []
    for item in items:
        if not isinstance(item, Listing):
            fail("E0424", f"`concat` joins lists or tensors, not {describe(item)}", span)
        found += item.all()
    return Listing(list(found))


@function("reversed", "list")
def _reversed(frame: Frame, arguments: Argued, span: Span) -> Value:
    (value,) = _take(frame, arguments, span, "list")
    if not isinstance(value, Listing):
        fail("E0424", f"`reversed` takes a list, not {describe(value)}", span)
    return Listing(value.raw()[::-1], value.is_tuple)


@function("round", "value")
def _round(frame: Frame, arguments: Argued, span: Span) -> Value:
    """The nearest whole number, halves up."""
    (value,) = _take(frame, arguments, span, "value")
    if isinstance(value, Tensor):
        return _reduced("round", value, frame, arguments, span)
    number = _number(value, "round", span)
    if isinstance(number, SymbolicSize):
        fail("E0424", f"`round` takes a number, not {describe(value)}", span)
    return math.floor(Fraction(number) + Fraction(1, 2))


@function("keys", "record")
def _keys(frame: Frame, arguments: Argued, span: Span) -> Value:
    (value,) = _take(frame, arguments, span, "record")
    if not isinstance(value, Record):
        fail("E0424", f"`keys` takes a record, not {describe(value)}", span)
    return Listing(list(value.labels))


# ------------------------------------------------------------------------------------------------ shared


def _take(frame: Frame, arguments: Argued, span: Span, *names: str) -> list[Value]:
    """The arguments called *names*, by place or by name."""
    positional, named = arguments.values(frame)
    given = dict(zip(names, positional, strict=False)) | {name: named[name] for name in names if name in named}
    missing = [name for name in names if name not in given]
    if missing or len(positional) > len(names):
        wanted = ", ".join(f"`{name}`" for name in names)
        fail("E0304", f"this takes {wanted}", span)
    return [given[name] for name in names]


def _items(frame: Frame, arguments: Argued, span: Span, name: str) -> list[Value] | Tensor:
    if not arguments.positional:
        fail("E0304", f"`{name}` takes a list", span)
    code, spread = arguments.positional[0]
    value = code.run(frame)
    if spread or isinstance(value, Listing):
        if not isinstance(value, Listing):
            fail("E0307", f"`*` spreads a list, not {describe(value)}", code.span)
        return value.all()
    if isinstance(value, Record):
        return [value[label] for label in value.labels]
    if isinstance(value, Tensor):
        return value
    fail("E0424", f"`{name}` takes a list, not {describe(value)}", code.span)


def _number(value: Value, name: str, span: Span) -> "int | Fraction | SymbolicSize":
    if isinstance(value, bool) or not isinstance(value, (int, Fraction, SymbolicSize)):
        if isinstance(value, float):
            return Fraction(value)
        fail("E0424", f"`{name}` takes numbers, not {describe(value)}", span)
    return value


def _joined(
    name: str, tensors: list[Tensor], items: list[Value], frame: Frame, named: dict[str, Value], span: Span
) -> Value:
    """An operator over a list of tensors."""
    if len(tensors) != len(items):
        odd = next(item for item in items if not isinstance(item, Tensor))
        fail("E0424", f"tensors do not go with {describe(odd)} in one list", span)
    if len(tensors) == 1:
        return tensors[0]
    operator = operators.OPERATORS[name]
    given = {key: setting_value(value) for key, value in named.items()}
    layer = operator_layer(operator, [], given, name, span, {})
    return apply_operator(frame, operator, layer.settings, tensors, name, span, {})


def _reduced(name: str, tensor: Tensor, frame: Frame, arguments: Argued, span: Span) -> Value:
    """An operator over one tensor: `sum(x, dim = 1)`."""
    positional, named = Argued(arguments.positional[1:], arguments.named).values(frame)
    operator = operators.OPERATORS[_REDUCING.get(name, name)]
    rest = [setting_value(value) for value in positional]
    layer = operator_layer(operator, rest, {key: setting_value(value) for key, value in named.items()}, name, span, {})
    return apply_operator(frame, operator, layer.settings, [tensor], name, span, {})


_REDUCING = {"min": "amin", "max": "amax"}
"""Operators over one tensor that are called otherwise than the function."""


def _of_what_flows(arguments: Argued) -> bool:
    """Whether settings alone are given, so that what they are for flows in: `x -> mean(dim = 1)`."""
    return not arguments.positional and bool(arguments.named)


def _reducing(name: str, frame: Frame, arguments: Argued, span: Span) -> Value:
    """An operator over one tensor as a layer."""
    _, named = arguments.values(frame)
    operator = operators.OPERATORS[_REDUCING.get(name, name)]
    return operator_layer(operator, [], {key: setting_value(value) for key, value in named.items()}, name, span, {})
