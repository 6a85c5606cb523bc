"""Actions of the rules for bodies, statements and control: which braces must have a value, and which must not.

The last expression of a body is its `Result`. Whether an `if` is a value or a statement is known only from what is
around it, so every `if` is kept open in the `Reading` until a body claims it as a statement; what stays open is a value.
"""

from collections.abc import Callable

from attrs import evolve

from symnas import tree
from symnas.grammar.reading import Reading
from symnas.grammar.tokens import Token
from symnas.spans import Span

__all__ = [
    "ACTIONS",
    "settle",
    "unreadable",
    "unreadable_entry",
    "unreadable_field",
    "unreadable_option",
    "with_result",
]


def unreadable(span: Span) -> tree.Result:
    """Stands where the statement or declaration at *span* could not be read, until `recovery` puts it in order."""
    return tree.Result(tree.Hole(span=span), span=span)


def unreadable_field(span: Span) -> tree.Field:
    """The same for a field of a record."""
    return tree.Field(tree.Hole(span=span), "_", span=span)


def unreadable_option(span: Span) -> tree.Alternative:
    """The same for an alternative in braces."""
    return tree.Alternative(tree.Hole(span=span), span=span)


def unreadable_entry(span: Span) -> tree.PickEntry:
    """The same for a line of a `pick`."""
    return tree.PickEntry("_", tree.Hole(span=span), span=span)


# ------------------------------------------------------------------------------------------ statements


def _value(at: Reading, expression: tree.Expression) -> tree.Result:
    return tree.Result(expression, span=at.here)


def _bind(at: Reading, target: tree.Expression, bound: tree.Expression) -> tree.Bind:
    return tree.Bind(_pattern(at, target), bound, span=at.here)


def _pattern(at: Reading, target: tree.Expression) -> tree.Pattern:
    """*target*, read as an expression, as what it binds."""
    match target:
        case tree.Name(name=name):
            return tree.NamePattern(name, span=target.span)
        case tree.Tuple(items=items) if items and not any(each.spread or each.guard or each.clauses for each in items):
            return tree.TuplePattern(tuple(_pattern(at, each.value) for each in items), span=target.span)
    hint = "a list is not changed in place; write `xs = [*xs, x]`" if not isinstance(target, tree.Tuple) else None
    if isinstance(target, tree.Attribute):
        hint = "an attribute cannot be set; bind a name"
    at.report("E0123", target.span.start, target.span.end, hint)
    return tree.NamePattern("_", span=target.span)


def _name_pattern(at: Reading, token: Token) -> tree.NamePattern:
    return tree.NamePattern(token.text, span=at.here)


def _tuple_pattern(at: Reading, *items: tree.Pattern | None) -> tree.TuplePattern:
    return tree.TuplePattern(tuple(each for each in items if each is not None), span=at.here)


def _for(at: Reading, target: tree.Pattern, iterable: tree.Expression, inside: tree.Body) -> tree.For:
    return tree.For(target, iterable, _without_result(at, inside), span=at.here)


def _shared(at: Reading, token: Token, layer: tree.Expression) -> tree.Shared:
    return tree.Shared(token.text, layer, span=at.here)


def _require(at: Reading, condition: tree.Expression) -> tree.Require:
    return tree.Require(condition, span=at.here)


# --------------------------------------------------------------------------------------------- control


def _body(at: Reading, *statements: tree.Statement) -> tree.Body:
    """A body, its last expression not yet judged: the rule around it knows whether a value is needed."""
    before = [_unused(at, each) for each in statements[:-1]]
    return tree.Body((*before, *statements[-1:]), span=at.here)


def _braces(at: Reading, *statements: tree.Statement) -> tree.Body:
    return with_result(at, _body(at, *statements))


def _if(at: Reading, condition: tree.Expression, then: tree.Body, otherwise: tree.Body | tree.If | None) -> tree.If:
    found = tree.If(condition, then, otherwise, span=at.here)
    at.open_ifs[at.begin] = found
    return found


def _when(
    at: Reading, condition: tree.Expression, then: tree.Body, otherwise: tree.Body | tree.If | tree.When
) -> tree.When:
    last = with_result(at, otherwise) if isinstance(otherwise, tree.Body) else otherwise
    return tree.When(condition, with_result(at, then), last, span=at.here)


def _repeat(at: Reading, count: tree.Expression, inside: tree.Body) -> tree.Repeat:
    return tree.Repeat(count, with_result(at, inside), span=at.here)


# ------------------------------------------------------------------------- values, and their absence


def _unused(at: Reading, statement: tree.Statement) -> tree.Statement:
    """*statement* where nothing reads its value."""
    if not isinstance(statement, tree.Result) or isinstance(statement.value, tree.Hole):
        return statement
    if statement.span.start in at.left_out:
        return statement
    if isinstance(statement.value, tree.If):
        return _as_statement(at, statement.value)
    span, hint = statement.span, None
    negative = statement.value
    if isinstance(negative, tree.Unary) or (isinstance(negative, tree.Number) and negative.value < 0):
        hint = "to continue a line, end it with `-`"
    if isinstance(statement.value, tree.Repeat):
        hint = _applied(at, statement.value)
    at.report("E0102", span.start, span.end, hint)
    return statement


def _applied(at: Reading, found: tree.Repeat) -> str:
    """How to say what is meant by *found* as a statement. That it gives nothing is then no second mistake."""
    inside = found.body
    if inside.statements and not _ends_in_value(inside):
        at.take_back("E0107", _result_of(inside.statements[-1]).start)
        return f"`repeat` is a layer; statements are repeated by `for i in 1..{found.count.span.text} {{ … }}`"
    return "`repeat` is a layer, which is applied: `x = x -> repeat(…) { … }`"


def _as_statement(at: Reading, found: tree.If) -> tree.If:
    """*found* as a statement: it may lack `else`, and its branches need no value."""
    at.open_ifs.pop(found.span.start, None)
    then, otherwise = _without_result(at, found.then), found.otherwise
    if isinstance(otherwise, tree.Body):
        otherwise = _without_result(at, otherwise)
    elif otherwise is not None:
        otherwise = _as_statement(at, otherwise)
    if then is found.then and otherwise is found.otherwise:
        return found
    return evolve(found, then=then, otherwise=otherwise)


def _without_result(at: Reading, found: tree.Body) -> tree.Body:
    """*found* where no value is needed."""
    if not found.statements:
        return found
    last = _unused(at, found.statements[-1])
    return found if last is found.statements[-1] else evolve(found, statements=(*found.statements[:-1], last))


def with_result(at: Reading, found: tree.Body) -> tree.Body:
    """*found* where a value is needed; an `if` that only updates names is none."""
    if not found.statements:
        at.report("E0109", found.span.start, found.span.end)
        return found
    last = found.statements[-1]
    if isinstance(last, tree.Result) and isinstance(last.value, tree.If) and not _gives(last.value):
        found = evolve(found, statements=(*found.statements[:-1], _as_statement(at, last.value)))
        last = found.statements[-1]
    if not isinstance(last, tree.Result):
        _report_no_result(at, last)
    return found


def _gives(found: tree.If) -> bool:
    """Whether any branch of *found* ends in a value."""
    branches = [found.then]
    otherwise = found.otherwise
    while isinstance(otherwise, tree.If):
        branches.append(otherwise.then)
        otherwise = otherwise.otherwise
    if otherwise is not None:
        branches.append(otherwise)
    return any(_ends_in_value(each) for each in branches)


def _ends_in_value(found: tree.Body) -> bool:
    last = found.statements[-1] if found.statements else None
    if isinstance(last, tree.Result):
        return not isinstance(last.value, tree.If) or _gives(last.value)
    return False


def _report_no_result(at: Reading, last: tree.Statement) -> None:
    """Point at the name that *last* binds: most often it is the result that was meant."""
    place, bound = _result_of(last), _last_bound(last)
    if bound is not None and bound.name != "_":
        at.report("E0107", place.start, place.end, name=bound.name)
    else:
        at.report("E0107", place.start, place.end, "end with a value")


def _result_of(last: tree.Statement) -> Span:
    """Where the result is missed if *last* is the last statement."""
    bound = _last_bound(last)
    return last.span if bound is None or bound.name == "_" else bound.span


def _last_bound(statement: tree.Statement) -> tree.NamePattern | None:
    match statement:
        case tree.Bind(pattern=pattern):
            while isinstance(pattern, tree.TuplePattern):
                pattern = pattern.items[0]
            return pattern
        case tree.For(body=inside) | tree.If(then=inside):
            found = (_last_bound(each) for each in reversed(inside.statements))
            return next((each for each in found if each is not None), None)
        case tree.Shared(name=name):
            start = statement.span.text.index(name, len("shared")) + statement.span.start
            return tree.NamePattern(name, span=Span(statement.span.source, start, start + len(name)))
        case _:
            return None


def settle(at: Reading) -> None:
    """Judge the `if`s that no body claimed as statements: they are values, so each branch needs one."""
    for found in list(at.open_ifs.values()):
        if found.otherwise is None:
            at.report("E0108", found.span.start, found.span.start + len("if"))
        else:
            with_result(at, found.then)
            if isinstance(found.otherwise, tree.Body):
                with_result(at, found.otherwise)
    for start, end in at.variables.items():
        at.report("E0124", start, end, variable=at.source.text[start:end])


ACTIONS: dict[str, Callable[..., object]] = {
    "bind": _bind, "body": _body, "braces": _braces, "for_": _for, "if_": _if, "name_pattern": _name_pattern,
    "repeat": _repeat, "require": _require, "shared": _shared, "tuple_pattern": _tuple_pattern, "value": _value,
    "when": _when,
}  # fmt: skip
"""By the name that `nas.lark` gives them."""
