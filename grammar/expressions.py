"""Actions of the grammar's expression rules: each builds one node from the children that the rule names.

Statements and bodies are `statements.py`'s; how literals are spelled is `literals.py`'s.
"""

from collections.abc import Callable
from fractions import Fraction

from symnas import tree
from symnas.errors import nearest
from symnas.grammar.literals import UNITS, BadEscape, BadNumber, UnknownUnit, read_number, read_text
from symnas.grammar.reading import Reading
from symnas.grammar.tokens import Token
from symnas.spans import Span

__all__ = ["ACTIONS", "place", "read_string"]

_BINARY = {operator.value: operator for operator in tree.BinaryOperator}
_COMPARISONS = frozenset(_BINARY[sign] for sign in ("==", "!=", "<", "<=", ">", ">=", "in", "not in"))
_UNARY = {operator.value: operator for operator in tree.UnaryOperator}
Extra = tree.Expression | tuple[tree.Comprehend, ...] | None


def place(at: Reading, token: Token) -> Span:
    """Where *token* stands."""
    return Span(at.source, token.start, token.end)


# ------------------------------------------------------------------------------------------- literals


def _number(at: Reading, token: Token) -> tree.Number:
    try:
        value, real = read_number(token.text)
    except UnknownUnit as error:
        close = nearest(error.unit, UNITS)
        hint = f"`{close}`?" if close else "units are " + ", ".join(UNITS)
        at.report("E0113", token.start, token.end, hint, written=token.text[:40], unit=error.unit[:40])
        return tree.Number(Fraction(0), span=at.here)  # never seen: the text is refused
    except BadNumber:
        at.report("E0120", token.start, token.end)
        return tree.Number(Fraction(0), span=at.here)  # never seen: the text is refused
    return tree.Number(value, real, written=token.text, span=at.here)


def read_string(at: Reading, token: Token) -> str:
    """The value of a string token; a wrong escape is reported."""
    try:
        return read_text(token.text)
    except BadEscape as error:
        start = token.start + error.offset
        at.report("E0130", start, start + 1 + len(error.escape), escape=error.escape)
        return ""


def _text(at: Reading, token: Token) -> tree.Text:
    return tree.Text(read_string(at, token), span=at.here)


def _boolean(at: Reading, token: Token) -> tree.Boolean:
    return tree.Boolean(token.kind == "TRUE", span=at.here)


def _none(at: Reading) -> tree.NoneValue:
    return tree.NoneValue(span=at.here)


def _name(at: Reading, token: Token) -> tree.Name:
    return tree.Name(token.text, span=at.here)


def _variable(at: Reading, token: Token) -> tree.PatternVariable:
    at.variables[at.begin] = at.end
    return tree.PatternVariable(token.text.lstrip("$*"), token.text.startswith("$*"), span=at.here)


# ------------------------------------------------------------------------------------------ operators


def _pipe(at: Reading, left: tree.Expression, right: tree.Expression) -> tree.Pipe:
    return tree.Pipe(left, right, span=at.here)


def _as(at: Reading, value: tree.Expression, token: Token) -> tree.As:
    return tree.As(value, token.text, name_span=place(at, token), span=at.here)


def _route(at: Reading, *tokens: Token) -> Token:
    """A name, or a path such as `stage[0].conv`, as one word."""
    for token in tokens:
        if token.kind == "NUMBER" and not token.text.isdecimal():
            at.report("E0129", token.start, token.end)
    if len(tokens) == 1:
        return tokens[0]
    return Token("NAME", "".join(token.text for token in tokens), at.begin, at.end)


def _binary(at: Reading, left: tree.Expression, operator: Token, right: tree.Expression) -> tree.Binary:
    return tree.Binary(_BINARY[operator.text], left, right, operator_span=place(at, operator), span=at.here)


def _comparison(at: Reading, left: tree.Expression, operator: Token, *rest: Token | tree.Expression) -> tree.Binary:
    right = rest[-1]
    assert not isinstance(right, Token)
    negated = len(rest) == 2
    sign = tree.BinaryOperator.NOT_IN if negated else _BINARY[operator.text]
    if isinstance(left, tree.Binary) and left.operator in _COMPARISONS and left.span.start == at.begin:
        first, middle = left.span.text, left.right.span.text
        shown = [first, f"{middle} {sign.value} {right.span.text}"]
        at.report("E0105", operator.start, operator.end, left=shown[0][:80], right=shown[1][:80])
    where = place(at, operator)
    if negated:
        assert isinstance(rest[0], Token)
        where = where.to(place(at, rest[0]))
    return tree.Binary(sign, left, right, operator_span=where, span=at.here)


def _unary(at: Reading, operator: Token, operand: tree.Expression) -> tree.Unary | tree.Number:
    """`-5` is a number of its own, so that a value below 0 can be written; `-(5)` and `-x` negate."""
    if operator.text == "-" and isinstance(operand, tree.Number) and operand.written is not None:
        bare = operand.span.end == at.end and not operand.written.startswith("-")
        if bare:
            return tree.Number(-operand.value, operand.real, written=f"-{operand.written}", span=at.here)
    return tree.Unary(_UNARY[operator.text], operand, span=at.here)


def _call(at: Reading, function: tree.Expression, *arguments: tree.Argument | None) -> tree.Call:
    return tree.Call(function, tuple(each for each in arguments if each is not None), span=at.here)


def _argument(at: Reading, value: tree.Expression) -> tree.Argument:
    return tree.Argument(value, span=at.here)


def _spread_argument(at: Reading, value: tree.Expression) -> tree.Argument:
    return tree.Argument(value, spread=True, span=at.here)


def _setting(at: Reading, token: Token, value: tree.Expression) -> tree.Argument:
    return tree.Argument(value, token.text, name_span=place(at, token), span=at.here)


def _index(at: Reading, target: tree.Expression, *items: tree.Expression | tree.Slice | None) -> tree.Index:
    return tree.Index(target, tuple(each for each in items if each is not None), span=at.here)


def _attribute(at: Reading, target: tree.Expression, token: Token) -> tree.Attribute:
    return tree.Attribute(target, token.text, name_span=place(at, token), span=at.here)


def _slice(
    at: Reading, start: tree.Expression | None, stop: tree.Expression | None, step: tree.Expression | None
) -> tree.Slice:
    return tree.Slice(start, stop, step, span=at.here)


def _rest(at: Reading, _: Token) -> tree.Text:
    """`...`, the dimensions between, which the operator `slice` calls by this word."""
    return tree.Text("...", span=at.here)


# ------------------------------------------------------------------------- lists, tuples, records


def _item(at: Reading, star: Token | None, value: tree.Expression, extra: Extra) -> tree.Item:
    guard, clauses = _extra(extra)
    return tree.Item(value, star is not None, guard, clauses, span=at.here)


def _extra(extra: Extra) -> tuple[tree.Expression | None, tuple[tree.Comprehend, ...]]:
    """A guard, or the clauses of a comprehension, or neither."""
    if isinstance(extra, tuple):
        return None, extra
    return extra, ()


def _clauses(at: Reading, *found: tree.Comprehend) -> tuple[tree.Comprehend, ...]:  # noqa: ARG001 - every action is given the reading
    return found


def _clause(
    at: Reading, target: tree.Pattern, iterable: tree.Expression, *conditions: tree.Expression
) -> tree.Comprehend:
    return tree.Comprehend(target, iterable, conditions, span=at.here)


def _list(at: Reading, *items: tree.Item) -> tree.ListOf:
    return tree.ListOf(items, span=at.here)


def _tuple(at: Reading, *items: tree.Item) -> tree.Tuple:
    return tree.Tuple(items, span=at.here)


def _record(at: Reading, *fields: tree.Field) -> tree.Record:
    return tree.Record(fields, span=at.here)


def _labelled_field(at: Reading, label: Token, value: tree.Expression, extra: Extra) -> tree.Field:
    guard, clauses = _extra(extra)
    return tree.Field(value, label.text, guard=guard, clauses=clauses, span=at.here)


def _computed_field(at: Reading, keys: tree.ListOf, value: tree.Expression, extra: Extra) -> tree.Field:
    guard, clauses = _extra(extra)
    plain = len(keys.items) == 1 and keys.items[0] == tree.Item(keys.items[0].value)
    if not plain:
        at.report("E0126", keys.span.start, keys.span.end)
        return tree.Field(value, "_", span=at.here)
    return tree.Field(value, key=keys.items[0].value, guard=guard, clauses=clauses, span=at.here)


def _spread_field(at: Reading, value: tree.Expression, extra: Extra) -> tree.Field:
    guard, clauses = _extra(extra)
    return tree.Field(value, spread=True, guard=guard, clauses=clauses, span=at.here)


# -------------------------------------------------------------------------------------- placeholders


def _oneof_call(at: Reading, *choices: tree.Alternative | tree.Argument | None) -> tree.OneOf:
    alternatives: list[tree.Alternative] = []
    prior: tree.Expression | None = None
    for each in choices:
        if isinstance(each, tree.Alternative):
            alternatives.append(each)
        elif each is not None:
            where = each.name_span
            if each.name != "prior":
                at.report("E0131", where.start, where.end, name=each.name)
            elif prior is not None:
                at.report("E0133", where.start, where.end)
            prior = each.value
    return _oneof(at, alternatives, prior, braces=False)


def _oneof_braces(at: Reading, *alternatives: tree.Alternative | None) -> tree.OneOf:
    return _oneof(at, [each for each in alternatives if each is not None], None, braces=True)


def _oneof(
    at: Reading, alternatives: list[tree.Alternative], prior: tree.Expression | None, braces: bool
) -> tree.OneOf:
    if not alternatives:
        at.report("E0132", at.begin, at.begin + len("oneof"))
    return tree.OneOf(tuple(alternatives), prior, braces=braces, span=at.here)


def _alternative(
    at: Reading, star: Token | None, value: tree.Expression, guard: tree.Expression | None
) -> tree.Alternative:
    return tree.Alternative(value, spread=star is not None, guard=guard, span=at.here)


def _labelled_alternative(
    at: Reading, label: Token, value: tree.Expression, guard: tree.Expression | None
) -> tree.Alternative:
    return tree.Alternative(value, label.text, guard=guard, span=at.here)


ACTIONS: dict[str, Callable[..., object]] = {
    "alternative": _alternative, "argument": _argument, "as_": _as, "attribute": _attribute, "binary": _binary,
    "boolean": _boolean, "call": _call, "clause": _clause, "clauses": _clauses, "comparison": _comparison,
    "computed_field": _computed_field, "index": _index, "item": _item,
    "labelled_alternative": _labelled_alternative, "labelled_field": _labelled_field, "list_": _list, "name": _name,
    "none": _none, "number": _number, "oneof": _oneof_call, "oneof_braces": _oneof_braces, "pipe": _pipe, "record": _record,
    "route": _route,
    "rest": _rest, "setting": _setting, "slice": _slice, "spread_argument": _spread_argument, "spread_field": _spread_field,
    "text": _text, "tuple_": _tuple, "unary": _unary, "variable": _variable,
}  # fmt: skip
"""By the name that `nas.lark` gives them."""
