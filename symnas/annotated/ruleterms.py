"""What stands behind `=>` and `where` in a rule on Python values, evaluated to a value: numbers, calls, placeholders.

The words are the language's, the things they stand for are Python's. How a rule is matched is `rulematching`'s business.
"""

import operator
import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from attrs import frozen

from symnas import tree
from symnas.annotated.placeholders import Placeholder, maybe, oneof, permutation, range, subset  # noqa: A004 (what rules say)
from symnas.annotated.values import Symbolic, bound, call_of, signature_of
from symnas.errors import SearchError, suggest
from symnas.tree import BinaryOperator as Op

__all__ = ["Bound", "Captured", "Names", "Undecided", "dotted_name", "equals", "evaluate", "number", "stages_of"]


class Undecided(Exception):
    """A rule asks for what is not decided yet."""


@frozen
class Captured:
    """What `as $f` names: the *value* that was matched, at *path*, within calls that are named *within*."""

    value: Any
    path: str
    within: tuple[str, ...]


Bound = Mapping[str, Any]
"""What the variables of a pattern stand for: a value, a `Captured`, or arguments by name."""

_ARITHMETIC: Mapping[Op, Callable[[Any, Any], Any]] = {
    Op.ADD: operator.add, Op.SUBTRACT: operator.sub, Op.MULTIPLY: operator.mul, Op.DIVIDE: operator.truediv,
    Op.FLOOR_DIVIDE: operator.floordiv, Op.MODULO: operator.mod, Op.POWER: operator.pow,
    Op.LESS: operator.lt, Op.GREATER: operator.gt, Op.AT_MOST: operator.le, Op.AT_LEAST: operator.ge,
    Op.EQUAL: operator.eq, Op.UNEQUAL: operator.ne,
}  # fmt: skip

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": min, "max": max, "abs": abs, "round": round, "sum": sum, "len": len, "any": any, "all": all,
    "oneof": oneof, "range": range, "maybe": maybe, "subset": subset, "permutation": permutation,
}  # fmt: skip


class Names:
    """The classes and functions that a rule may call: those *given*, those that the value calls, and their neighbours in
    the modules where these come from.
    """

    def __init__(self, given: Mapping[str, Callable[..., Any]]) -> None:
        self.given = given

    def find(self, name: str) -> Callable[..., Any]:
        """What *name* stands for.

        Raises:
            SearchError: nothing is called so.
        """
        last = name.rpartition(".")[2]
        found = self.given.get(name) or self.given.get(last)
        for each in () if found is not None else list(self.given.values()):
            module = getattr(each, "__module__", "") or ""
            while module and found is None:
                here = getattr(sys.modules.get(module), last, None)
                found = here if callable(here) else None
                module = module.rpartition(".")[0]
        if found is None:
            hint = suggest(last, self.given, "there are")
            raise SearchError(
                f"nothing is called `{name}` here; {hint + '; ' if hint else ''}or give it, `using=[{last}]`"
            )
        return found


def number(node: tree.Number) -> int | float:
    """A number as Python has it: whole where it is written so."""
    return float(node.value) if node.real or node.value.denominator != 1 else int(node.value)


def evaluate(node: tree.Node, bound_to: Bound, names: Names, *, whole: bool = False) -> Any:
    """The value of *node*; a name alone is the class that is called so, of the *whole* replacement a call of it.

    Raises:
        Undecided: it computes with what is not decided. SearchError: it cannot be evaluated; the message says why.
    """
    match node:
        case tree.Number():
            return number(node)
        case tree.Text(value=value) | tree.Boolean(value=value):
            return value
        case tree.NoneValue():
            return None
        case tree.PatternVariable(name=name):
            found = bound_to[name]
            return found.value if isinstance(found, Captured) else found
        case tree.Name() | tree.Attribute() if (dotted := dotted_name(node)) is not None:
            target = names.find(dotted)
            return Symbolic(target, {}) if whole else target
        case tree.Attribute(target=target, name=name):
            return _attribute(_raw(target, bound_to, names), name)
        case tree.ListOf(items=items):
            return [evaluate(each.value, bound_to, names) for each in items]
        case tree.Tuple(items=items):
            return tuple(evaluate(each, bound_to, names) for each in items)
        case tree.OneOf(alternatives=alternatives):
            return oneof(*(evaluate(each.value, bound_to, names, whole=whole) for each in alternatives))
        case tree.Unary(operator=sign, operand=operand):
            value = _decided(evaluate(operand, bound_to, names))
            return -value if sign is tree.UnaryOperator.NEGATE else not value
        case tree.Binary():
            return _binary(node, bound_to, names)
        case tree.Call():
            return _call(node, bound_to, names)
        case _:
            raise SearchError(f"a rule on Python values cannot say `{node.span.text}`")


def stages_of(node: tree.Expression) -> list[tree.Expression]:
    """The stages of a chain `A -> B -> C`, or *node* alone."""
    return [*stages_of(node.left), *stages_of(node.right)] if isinstance(node, tree.Pipe) else [node]


def dotted_name(node: tree.Node) -> str | None:
    """`nn.Conv2d` as a text; `None` for what is no name."""
    if isinstance(node, tree.Name):
        return node.name
    if isinstance(node, tree.Attribute) and (before := dotted_name(node.target)) is not None:
        return f"{before}.{node.name}"
    return None


def _raw(node: tree.Node, bound_to: Bound, names: Names) -> Any:
    return bound_to[node.name] if isinstance(node, tree.PatternVariable) else evaluate(node, bound_to, names)


def _attribute(of: Any, name: str) -> Any:
    if isinstance(of, Captured):
        if name == "path":
            return of.path
        of = of.value
    called = call_of(of)
    if called is None or name not in called[1]:
        raise SearchError(f"`{name}` is no argument of {of!r}")
    return called[1][name]


def _decided(value: Any) -> Any:
    if isinstance(value, Placeholder | Symbolic):
        raise Undecided
    return value


def _binary(node: tree.Binary, bound_to: Bound, names: Names) -> Any:
    if node.operator in (Op.IN, Op.NOT_IN):
        return _within(node, bound_to, names) is (node.operator is Op.IN)
    left = evaluate(node.left, bound_to, names)
    if node.operator in (Op.AND, Op.OR):
        if bool(_decided(left)) is (node.operator is Op.OR):
            return node.operator is Op.OR
        return bool(_decided(evaluate(node.right, bound_to, names)))
    right = evaluate(node.right, bound_to, names)
    compute = _ARITHMETIC.get(node.operator)
    if compute is None:
        raise SearchError(f"a rule on Python values cannot say `{node.span.text}`")
    try:
        value = compute(_decided(left), _decided(right))
    except (TypeError, ZeroDivisionError, OverflowError) as error:
        raise SearchError(f"`{node.span.text}`: {error}") from None
    whole = isinstance(value, float) and value.is_integer() and isinstance(left, int) and isinstance(right, int)
    return int(value) if whole else value


def _within(node: tree.Binary, bound_to: Bound, names: Names) -> bool:
    """`$f.path in Block`: whether that stands in a call of Block; else whether a value is in a list."""
    left = node.left
    asked = _raw(left.target, bound_to, names) if isinstance(left, tree.Attribute) and left.name == "path" else None
    block = dotted_name(node.right)
    if isinstance(asked, Captured) and block is not None:
        return block.rpartition(".")[2] in asked.within
    return bool(evaluate(left, bound_to, names) in _decided(evaluate(node.right, bound_to, names)))


def _call(node: tree.Call, bound_to: Bound, names: Names) -> Any:
    name = dotted_name(node.function)
    if name is None:
        raise SearchError(f"a rule on Python values cannot say `{node.span.text}`")
    args: list[Any] = []
    named: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for each in node.arguments:
        if isinstance(each.value, tree.PatternVariable) and each.value.rest:
            rest |= bound_to[each.value.name]
        elif each.name is None:
            args.append(evaluate(each.value, bound_to, names))
        else:
            named[each.name] = evaluate(each.value, bound_to, names)
    if name in _FUNCTIONS and name not in names.given:
        return _FUNCTIONS[name](
            *(args if "oneof" in name or name in ("range", "maybe") else map(_decided, args)), **named
        )
    target = names.find(name)
    given = {**rest, **bound(target, tuple(args), named, partly=True)}
    signature = signature_of(target)
    order = [name for name in (signature.parameters if signature is not None else ()) if name in given]
    return Symbolic(target, {name: given[name] for name in (*order, *given)})


def equals(literal: int | float | str | bool | None, value: Any) -> bool:
    """Whether an argument is what a pattern writes: numbers by value, true and false by themselves."""
    if isinstance(literal, bool) or isinstance(value, bool) or literal is None or value is None:
        return literal is value
    if isinstance(literal, int | float) and isinstance(value, int | float | Fraction):
        return literal == value
    return isinstance(literal, str) and literal == value
