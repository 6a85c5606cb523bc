"""Expressions and statements as documents: where brackets must stand, and where lines may be broken.

A line may be broken inside round and square brackets, before `->`, `and` and `or`, and after other operators; in braces
each field or statement has a line, or they share one. Declarations are `printer.py`'s.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

from symnas import tree
from symnas.grammar.document import HARD, Document, Group, Line, Nest, join
from symnas.grammar.literals import BadNumber, UnknownUnit, read_number, spell_number, spell_text
from symnas.tree import BinaryOperator, UnaryOperator

__all__ = [
    "alternative",
    "argument",
    "braced",
    "braces",
    "bracketed",
    "clause",
    "expression",
    "field",
    "item",
    "part",
    "pattern",
    "spaced",
    "statement",
    "subscript",
]

PIPE, AS, OR, AND, NOT, COMPARISON, RANGE, SUM, TERM, NEGATED, POWER, POSTFIX, ATOM = range(13)
"""How tightly the forms bind, loosest first: the levels of the grammar."""

_LEVELS = {
    BinaryOperator.OR: OR, BinaryOperator.AND: AND, BinaryOperator.EQUAL: COMPARISON,
    BinaryOperator.UNEQUAL: COMPARISON, BinaryOperator.LESS: COMPARISON, BinaryOperator.AT_MOST: COMPARISON,
    BinaryOperator.GREATER: COMPARISON, BinaryOperator.AT_LEAST: COMPARISON, BinaryOperator.IN: COMPARISON,
    BinaryOperator.NOT_IN: COMPARISON, BinaryOperator.TO: RANGE, BinaryOperator.ADD: SUM,
    BinaryOperator.SUBTRACT: SUM, BinaryOperator.MULTIPLY: TERM, BinaryOperator.DIVIDE: TERM,
    BinaryOperator.FLOOR_DIVIDE: TERM, BinaryOperator.MODULO: TERM, BinaryOperator.MATMUL: TERM,
    BinaryOperator.POWER: POWER,
}  # fmt: skip
_COMMA: tuple[Document, ...] = (",", Line())


def expression(node: tree.Expression, level: int = PIPE) -> Document:
    """*node* where a form of at least *level* must stand, in brackets if it binds looser."""
    document = _bare(node)
    return document if _level(node) >= level else bracketed("(", [document], ")")


def part(node: tree.Expression) -> Document:
    """*node* where the grammar wants a call, an index or what binds as tightly: a type, or what is called."""
    return expression(node, POSTFIX)


def _level(node: tree.Expression) -> int:
    match node:
        case tree.Pipe():
            return PIPE
        case tree.As():
            return AS
        case tree.Binary(operator=operator):
            return _LEVELS[operator]
        case tree.Unary(operator=operator):
            return NOT if operator is UnaryOperator.NOT else NEGATED
        case tree.Number():
            spelled = _number(node)
            return TERM if "/" in spelled else NEGATED if spelled.startswith("-") else ATOM
        case tree.Attribute() | tree.Index() | tree.Call():
            return POSTFIX
        case _:
            return ATOM


def _bare(node: tree.Expression) -> Document:
    """*node* without brackets around it."""
    match node:
        case tree.Number():
            return _number(node)
        case tree.Text(value=value):
            return spell_text(value)
        case tree.Boolean(value=value):
            return "true" if value else "false"
        case tree.NoneValue():
            return "none"
        case tree.Name(name=name):
            return name
        case tree.PatternVariable(name=name, rest=rest):
            return f"$*{name}" if rest else f"${name}"
        case tree.Attribute(target=target, name=name):
            return part(target), ".", name
        case tree.Index(target=target, items=items):
            return part(target), bracketed("[", [subscript(each) for each in items], "]")
        case tree.Call(function=function, arguments=arguments):
            return part(function), _arguments(arguments)
        case tree.Binary():
            return _binary(node)
        case tree.Unary():
            return _unary(node)
        case tree.Pipe():
            return _pipe(node)
        case tree.As(value=value, name=name):
            return expression(value, AS), " as ", name
        case tree.ListOf(items=items):
            return bracketed("[", [item(each) for each in items], "]")
        case tree.Tuple(items=items):
            return bracketed("(", [item(each) for each in items], ",)" if len(items) == 1 else ")")
        case tree.Record(fields=fields):
            return braced([field(each) for each in fields])
        case tree.OneOf():
            return _oneof(node)
        case tree.Repeat(count=count, body=inside):
            return "repeat", bracketed("(", [expression(count)], ")"), " ", braces(inside)
        case tree.If() | tree.When():
            return Group(_branches(node))
        case tree.Body():
            return braces(node)
        case _:
            assert_never(node)


# ------------------------------------------------------------------------------------------- operators


def _number(node: tree.Number) -> str:
    """The spelling that was written, if it still says the value."""
    if node.written is not None:
        sign = -1 if node.written.startswith("-") else 1
        try:
            value, real = read_number(node.written.lstrip("- "))
        except (BadNumber, UnknownUnit):
            return spell_number(node.value, node.real)
        if (sign * value, real) == (node.value, node.real):
            return node.written
    return spell_number(Fraction(node.value), node.real)


def _unary(node: tree.Unary) -> Document:
    if node.operator is UnaryOperator.NOT:
        return "not ", expression(node.operand, NOT)
    if isinstance(node.operand, tree.Number) and _level(node.operand) == ATOM:
        return "-(", _number(node.operand), ")"  # without brackets it would be a number below 0
    return "-", expression(node.operand, NEGATED)


def _pipe(node: tree.Pipe) -> Document:
    stages: list[Document] = []
    first: tree.Expression = node
    while isinstance(first, tree.Pipe):
        stages.append(Group(Line(), "-> ", expression(first.right, AS)))
        first = first.left
    return expression(first, PIPE), Nest(*reversed(stages))


def _binary(node: tree.Binary) -> Document:
    """A chain of operators of one level; powers nest to the right, comparisons and `..` not at all."""
    level = _LEVELS[node.operator]
    if level == POWER:
        return expression(node.left, POSTFIX), " ** ", expression(node.right, NEGATED)
    if node.operator is BinaryOperator.TO:
        return _bound(node.left), "..", _bound(node.right)
    if level == COMPARISON:
        right = _operator(node.operator, node.right, RANGE)
        return Group(expression(node.left, RANGE), Nest(*right))
    links: list[Document] = []
    first: tree.Expression = node
    while isinstance(first, tree.Binary) and _LEVELS[first.operator] == level:
        link = Group(*_operator(first.operator, first.right, level + 1))
        links.append(link if _level(first.right) <= level else Nest(link))
        first = first.left
    return expression(first, level), *reversed(links)


def _operator(operator: BinaryOperator, right: tree.Expression, level: int) -> tuple[Document, ...]:
    """The operator and what stands to its right, with the place where a line may be broken."""
    document = expression(right, level)
    if operator in {BinaryOperator.AND, BinaryOperator.OR}:
        return Line(), f"{operator.value} ", document
    if _level(right) < level:  # in brackets, which can be broken instead
        return f" {operator.value} ", document
    return f" {operator.value}", Line(), document


def _bound(node: tree.Expression) -> Document:
    """A bound of `a..b`; a sum of plain parts stands tight, `i+1..n-1`, as it binds tighter than it would look."""
    if isinstance(node, tree.Binary) and node.operator in {BinaryOperator.ADD, BinaryOperator.SUBTRACT}:
        left, right = _bound(node.left), expression(node.right, TERM)
        if isinstance(left, str) and isinstance(right, str):
            return f"{left}{node.operator.value}{right}"
    return expression(node, SUM)


# -------------------------------------------------------------------------------- brackets and braces


def bracketed(opening: str, parts: Sequence[Document], closing: str) -> Document:
    """`(a, b)`, or a line for each part."""
    if not parts:
        return opening + closing
    return Group(opening, Nest(Line(""), *join(_COMMA, parts)), Line(""), closing)


def braced(parts: Sequence[Document]) -> Document:
    """`{a: 1, b: 2}`, or a line for each field, where newlines stand for the commas."""
    if not parts:
        return "{}"
    return Group("{", Nest(Line(""), *join((Line(", "),), parts)), Line(""), "}")


def spaced(opening: str, parts: Sequence[Document]) -> Document:
    """`train { a: 1, b: 2 }`: braces that belong to the word before them, or a line for each part."""
    if not parts:
        return opening + " }"
    return Group(opening, Nest(Line(), *join((Line(", "),), parts)), Line(), "}")


def braces(body: tree.Body) -> Document:
    """`{ a }`, or a line for each statement."""
    return Group(_braces(body))


def _braces(body: tree.Body) -> tuple[Document, ...]:
    """Braces whose lines belong to the group around them."""
    if not body.statements:
        return ("{ }",)
    separator = HARD if len(body.statements) > 1 else Line()
    return "{", Nest(Line(), *join((separator,), map(statement, body.statements))), Line(), "}"


def _branches(node: tree.If | tree.When) -> tuple[Document, ...]:
    """A chain of branches: all on one line, or each with lines of its own."""
    word = "if " if isinstance(node, tree.If) else "when "
    parts: tuple[Document, ...] = (word, expression(node.condition), " ", *_braces(node.then))
    match node.otherwise:
        case None:
            return parts
        case tree.Body() as last:
            return *parts, " else ", *_braces(last)
        case following:
            return *parts, " else ", *_branches(following)


def _arguments(arguments: tuple[tree.Argument, ...]) -> Document:
    """The arguments of a call; a list that is the only one is broken in place of the call's brackets."""
    parts = [argument(each) for each in arguments]
    if len(parts) == 1 and hugs(arguments[0].value):
        return "(", parts[0], ")"
    return bracketed("(", parts, ")")


def hugs(node: tree.Expression) -> bool:
    """Whether *node* has brackets of its own that can be broken, so that it may follow another sign at once."""
    match node:
        case tree.ListOf() | tree.Tuple() | tree.Record() | tree.OneOf() | tree.Repeat():
            return True
        case tree.If() | tree.When() | tree.Body():
            return True
        case _:
            return False


def item(node: tree.Item) -> Document:
    """An entry of a list or tuple."""
    return ("*" if node.spread else "", expression(node.value), *_extra(node.guard, node.clauses, Line()))


def field(node: tree.Field) -> Document:
    """An entry of a record; in braces a newline would end it, so it is broken inside its value only."""
    if node.spread:
        label: tuple[Document, ...] = ("*",)
    elif node.key is not None:
        label = "[", expression(node.key), "]: "
    else:
        label = (f"{node.label}: ",)
    return *label, expression(node.value), *_extra(node.guard, node.clauses, " ")


def _extra(
    guard: tree.Expression | None, clauses: tuple[tree.Comprehend, ...], space: Document
) -> tuple[Document, ...]:
    """What may follow an entry: a guard, or the clauses of a comprehension."""
    if guard is not None:
        return space, "if ", expression(guard)
    return tuple(each for found in clauses for each in (space, clause(found)))


def clause(node: tree.Comprehend) -> Document:
    """`for x in xs if condition`."""
    conditions = tuple(each for condition in node.conditions for each in (" if ", expression(condition)))
    return "for ", pattern(node.target), " in ", expression(node.iterable), *conditions


def argument(node: tree.Argument) -> Document:
    """`value`, `name = value` or `*value`."""
    if node.name is not None:
        return f"{node.name} = ", expression(node.value)
    return ("*" if node.spread else "", expression(node.value))


def subscript(node: tree.Expression | tree.Slice) -> Document:
    """A position, or `start:stop:step`."""
    if not isinstance(node, tree.Slice):
        return expression(node)
    start, stop, step = ("" if each is None else expression(each) for each in (node.start, node.stop, node.step))
    return (start, ":", stop) if node.step is None else (start, ":", stop, ":", step)


def _oneof(node: tree.OneOf) -> Document:
    """In braces where it was written so, or where labels ask for it."""
    parts = [alternative(each) for each in node.alternatives]
    labelled = any(each.label is not None for each in node.alternatives)
    if node.prior is None and (node.braces or labelled):
        return spaced("oneof {", parts)
    if labelled:
        parts = [("*", braced(parts))]
    prior = () if node.prior is None else (("prior = ", expression(node.prior)),)
    return "oneof", bracketed("(", [*parts, *prior], ")")


def alternative(node: tree.Alternative) -> Document:
    """One alternative of a `oneof`."""
    label = "*" if node.spread else "" if node.label is None else f"{node.label}: "
    return label, expression(node.value), *_extra(node.guard, (), " ")


# ------------------------------------------------------------------------------------------ statements


def pattern(node: tree.Pattern) -> Document:
    """`x`, or `(a, b)`."""
    if isinstance(node, tree.NamePattern):
        return node.name
    return bracketed("(", [pattern(each) for each in node.items], ",)" if len(node.items) == 1 else ")")


def statement(node: tree.Statement) -> Document:
    """A statement, to stand on a line of its own or alone in braces."""
    match node:
        case tree.Bind(pattern=target, value=value):
            return pattern(target), " = ", expression(value)
        case tree.For(target=target, iterable=iterable, body=inside):
            return "for ", pattern(target), " in ", expression(iterable), " ", braces(inside)
        case tree.If():
            return Group(_branches(node))
        case tree.Shared(name=name, value=value):
            return f"shared {name} = ", expression(value)
        case tree.Require(condition=condition):
            return "require ", Nest(expression(condition))
        case tree.Result(value=value):
            return expression(value)
        case _:
            assert_never(node)
