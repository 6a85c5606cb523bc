"""Patterns of rules compared with Python values: calls by name, arguments by the names of the parameters, defaults filled."""

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import Any

from attrs import field, frozen

from symnas import tree
from symnas.annotated.comparing import equal
from symnas.annotated.placeholders import Placeholder
from symnas.annotated.ruleterms import Captured, Undecided, dotted_name, equals, number
from symnas.annotated.values import call_of, name_of, refuse_unknown, signature_of
from symnas.errors import SearchError

__all__ = ["Match", "matched"]


@frozen
class Match:
    """What the variables of a pattern stand for, where it matches *place*: what is within which calls, at which path."""

    path: str
    within: tuple[str, ...]
    bound: dict[str, Any] = field(factory=dict)


def matched(
    pattern: tree.Expression, value: Any, path: str, within: tuple[str, ...], before: Match | None
) -> Match | None:
    """The match of one stage of a pattern with *value*, what was bound *before* included; `None` if there is none.

    Raises:
        Undecided: what decides it is not decided. SearchError: the pattern is none.
    """
    match = Match(path, within, dict(before.bound) if before is not None else {})
    return match if _call(pattern, value, match) else None


def _call(pattern: tree.Expression, value: Any, match: Match) -> bool:
    """Whether *value*, which has to be a call, is as *pattern* says."""
    match pattern:
        case tree.As(value=inner, name=name):
            return _call(inner, value, match) and _bind(name.removeprefix("$"), _captured(value, match), match)
        case tree.OneOf(alternatives=alternatives):
            return _first_of([each.value for each in alternatives], value, match)
        case tree.PatternVariable(name=name):
            return call_of(value) is not None and _bind(name, _captured(value, match), match)
        case tree.Call() if (head := dotted_name(pattern.function)) is not None:
            called = call_of(value)
            return called is not None and _named(called[0], head) and _arguments(pattern, *called, match)
        case _:
            alone = dotted_name(pattern)
            if alone is None:
                raise SearchError(f"`{pattern.span.text}` is no pattern; write `Conv2d($out, 3, $*rest)`")
            called = call_of(value)
            return called is not None and _named(called[0], alone)


def _captured(value: Any, match: Match) -> Captured:
    return Captured(value, match.path, match.within)


def _first_of(patterns: Sequence[tree.Expression], value: Any, match: Match) -> bool:
    before = dict(match.bound)
    for each in patterns:
        if _call(each, value, match):
            return True
        match.bound.clear()
        match.bound.update(before)
    return False


def _named(target: Callable[..., Any], name: str) -> bool:
    """Whether *target* is called *name*, as far as that says: `Conv2d`, `nn.Conv2d`."""
    before, _, last = name.rpartition(".")
    return name_of(target) == last and (
        not before or before.rpartition(".")[2] in (getattr(target, "__module__", "") or "").split(".")
    )


def _arguments(pattern: tree.Call, target: Callable[..., Any], given: Mapping[str, Any], match: Match) -> bool:
    parameters = _parameters(target)
    wanted, rest = _by_name(pattern, target, parameters)
    left = {name: value for name, value in given.items() if name not in wanted}
    for name, part in wanted.items():
        if name not in given and (name not in parameters or parameters[name].default is Parameter.empty):
            return False
        if not _part(part, given[name] if name in given else parameters[name].default, match):
            return False
    if rest is not None:
        return rest == "_" or _bind(rest, left, match)
    return all(name in parameters and _is_default(parameters[name], value) for name, value in left.items())


def _parameters(target: Callable[..., Any]) -> Mapping[str, Parameter]:
    signature = signature_of(target)
    return {} if signature is None else signature.parameters


def _is_default(parameter: Parameter, value: Any) -> bool:
    if isinstance(value, Placeholder):
        raise Undecided
    if parameter.default is Parameter.empty:
        return parameter.kind is Parameter.VAR_POSITIONAL and not value
    return equal(parameter.default, value)


def _by_name(
    pattern: tree.Call, target: Callable[..., Any], parameters: Mapping[str, Parameter]
) -> tuple[dict[str, tree.Expression], str | None]:  # fmt: skip
    """The parts of a pattern by the names of the parameters, and the variable for all others."""
    rest: str | None = None
    wanted: dict[str, tree.Expression] = {}
    free = [name for name, each in parameters.items() if each.kind is not Parameter.KEYWORD_ONLY]
    for each in pattern.arguments:
        if isinstance(each.value, tree.PatternVariable) and each.value.rest:
            rest = each.value.name
        elif each.name is not None:
            wanted[each.name] = each.value
        elif len(wanted) < len(free):
            wanted[free[len(wanted)]] = each.value
        else:
            raise SearchError(f"`{name_of(target)}` has {len(free)} arguments; `{pattern.span.text}` gives more")
    refuse_unknown(target, wanted)
    return wanted, rest


def _part(pattern: tree.Expression, value: Any, match: Match) -> bool:
    """Whether an argument is as its *pattern* says."""
    match pattern:
        case tree.PatternVariable(name=name):
            return _bind(name, value, match)
        case tree.As(value=inner, name=name):
            return _part(inner, value, match) and _bind(name.removeprefix("$"), value, match)
        case tree.ListOf(items=items):
            return _list([each.value for each in items], value, match)
        case tree.OneOf(alternatives=alternatives):
            return any(_part(each.value, value, match) for each in alternatives)
        case tree.Call():
            return _call(pattern, value, match)
        case _ if isinstance(value, Placeholder):
            raise Undecided
        case _:
            return _plain(pattern, value, match)


def _plain(pattern: tree.Expression, value: Any, match: Match) -> bool:
    """Whether an argument is a number or text, the class or a call of the class, that *pattern* writes."""
    literal = _literal(pattern)
    if literal is not None:
        return equals(literal[0], value)
    name = dotted_name(pattern)
    if name is None:
        raise SearchError(f"`{pattern.span.text}` is no pattern of an argument; write a value, a call or `$x`")
    return (callable(value) and _named(value, name)) or _call(pattern, value, match)


def _literal(node: tree.Expression) -> tuple[Any] | None:
    match node:
        case tree.Number():
            return (number(node),)
        case tree.Unary(operator=tree.UnaryOperator.NEGATE, operand=tree.Number() as inner):
            return (-number(inner),)
        case tree.Text(value=value) | tree.Boolean(value=value):
            return (value,)
        case tree.NoneValue():
            return (None,)
        case _:
            return None


def _list(patterns: Sequence[tree.Expression], value: Any, match: Match) -> bool:
    if isinstance(value, Placeholder):
        raise Undecided
    if not isinstance(value, list | tuple):
        return False
    last = patterns[-1] if patterns else None
    if isinstance(last, tree.PatternVariable) and last.rest:
        first = patterns[:-1]
        whole = len(value) >= len(first) and all(_part(*pair, match) for pair in zip(first, value, strict=False))
        return whole and (last.name == "_" or _bind(last.name, list(value[len(first) :]), match))
    return len(value) == len(patterns) and all(_part(*pair, match) for pair in zip(patterns, value, strict=True))


def _bind(name: str, value: Any, match: Match) -> bool:
    """Note what a variable stands for: the same wherever it is repeated."""
    if name == "_":
        return True
    if name not in match.bound:
        match.bound[name] = value
        return True
    before = match.bound[name]
    one, other = (each.value if isinstance(each, Captured) else each for each in (before, value))
    return equal(one, other)
