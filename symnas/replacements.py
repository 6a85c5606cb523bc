"""What an edit puts into a program: nodes fit to stand there, with an origin, and known to read back.

A replacement given as text comes from the edit's own source. One given as nodes is made of frozen values, which may
still be wrong: of the wrong kind, too deep, or, bent by force, within themselves. All that is refused here.
"""

from typing import Any

from attrs import fields, frozen

from symnas import tree
from symnas.errors import SourceError
from symnas.grammar import dump, parse, parse_expression
from symnas.spans import NOWHERE, Span
from symnas.traversal import Step, child_kinds, rebuild, steps, with_fields

__all__ = ["Facts", "check_reads_back", "inspect", "located", "read", "reads_back_alone"]

_DEEPEST = 400
_PLAIN_DIGITS = 15


@frozen
class Facts:
    """What is known of a replacement: how many nodes lie above each other, whether variables of rules are in it."""

    depth: int
    variables: bool


def read(text: str, allowed: tuple[type[Any], ...], old: tree.Node, path: str) -> tree.Node:
    """The node that *text* spells, to stand where *old* stood at *path* and one of *allowed* may.

    Raises:
        SourceError: the text is wrong, or no text can stand there.
    """
    name = f"<edit of {path} at {old.span}>"
    if tree.Number in allowed:
        return parse_expression(text, name)
    if tree.Let in allowed:
        found = parse(text, name).declarations
        if len(found) != 1:
            raise SourceError.at("E0701", f"one declaration is replaced by {len(found)}", old.span)
        return found[0]
    raise SourceError.at(
        "E0701",
        f"text can replace a value or a declaration; at `{path}` is {kind_name(type(old))}",
        old.span,
        hint="give the path of a value in it, or a node instead of text",
    )


def kind_name(kind: type[object]) -> str:
    """What messages call a kind of node."""
    article = "an" if kind.__name__[0] in "AEIOU" else "a"
    return f"{article} {kind.__name__}"


def inspect(node: tree.Node, allowed: tuple[type[Any], ...], old: Span) -> Facts:
    """Check that *node* is one of *allowed*, and so on down: children of their kinds, no node within itself.

    Raises:
        SourceError: it is not; the message names the place within the replacement, the span is *old*.
    """
    if type(node) not in allowed:
        what = kind_name(type(node))
        raise SourceError.at("E0701", f"{what} cannot stand here", old, hint=f"it takes {_choice(allowed)}")
    return _inspect(node, (), {}, {}, old)


def _inspect(
    node: tree.Node, route: tuple[Step, ...], above: dict[int, int], known: dict[int, Facts], old: Span
) -> Facts:
    """Facts of *node*, which *route* leads to; *above* are the nodes on the route, *known* those finished before."""
    if id(node) in above:
        raise SourceError.at(
            "E0703", f"the replacement contains itself at `{_spell(route)}`", old,
            hint=f"the node at `{_spell(route[: above[id(node)]])}` is reached again below itself",
        )  # fmt: skip
    if id(node) in known:
        return known[id(node)]
    if len(route) > _DEEPEST:
        raise SourceError.at("E0704", f"the replacement is more than {_DEEPEST} nodes deep", old)
    above[id(node)] = len(route)
    kinds = child_kinds(node)
    for name in kinds:
        _check_field(node, name, kinds[name], route, old)
    below = [_inspect(child, (*route, step), above, known, old) for step, child in steps(node)]
    del above[id(node)]
    facts = Facts(
        1 + max((each.depth for each in below), default=0),
        isinstance(node, tree.PatternVariable) or any(each.variables for each in below),
    )
    known[id(node)] = facts
    return facts


def _check_field(
    node: tree.Node, name: str, allowed: tuple[type[Any], ...], route: tuple[Step, ...], old: Span
) -> None:
    value = getattr(node, name)
    for each in value if isinstance(value, tuple) else () if value is None else (value,):
        if type(each) not in allowed:
            where = _spell((*route, Step(name)))
            what = kind_name(type(each))
            raise SourceError.at("E0701", f"{what} cannot stand at `{where}` of the replacement", old)


def _spell(route: tuple[Step, ...]) -> str:
    return ".".join(map(str, route)) or "its root"


def _choice(allowed: tuple[type[Any], ...]) -> str:
    if tree.Number in allowed:
        return "an expression"
    if tree.Let in allowed:
        return "a declaration"
    return " or ".join(kind_name(each) for each in allowed)


# --------------------------------------------------------------------------------------------- origins


def located(node: tree.Node, span: Span, known: dict[int, tuple[tree.Node, tree.Node]]) -> tree.Node:
    """*node* with an origin for each node that has none: that of the node around it, outermost *span*.

    *known* holds what has been located before, beside its original: a node met twice stays one node.
    """
    if id(node) in known:
        return known[id(node)][1]
    here = span if node.span is NOWHERE else node.span
    found = rebuild(node, lambda child: located(child, here, known))
    missing = {name: here for name in _span_fields(node) if getattr(node, name) is NOWHERE}
    if missing:
        found = with_fields(found, missing)
    known[id(node)] = node, found
    return found


def _span_fields(node: tree.Node) -> tuple[str, ...]:
    """The fields of *node* that hold a place in the text."""
    found = _SPAN_FIELDS.get(type(node))
    if found is None:
        found = tuple(each.name for each in fields(type(node)) if each.type is Span)
        _SPAN_FIELDS[type(node)] = found
    return found


_SPAN_FIELDS: dict[type[object], tuple[str, ...]] = {}
"""What `_span_fields` found, by kind of node."""


# ------------------------------------------------------------------------------------------ reading back


def reads_back_alone(node: tree.Node) -> bool:
    """Whether the expression *node* is known to print as text that reads as the same expression."""
    match node:
        case tree.Boolean() | tree.NoneValue():
            return True
        case tree.Number(value=value, real=False, written=None) if value.denominator == 1 and value >= 0:
            return bool(value < 10**_PLAIN_DIGITS)
        case _:
            try:
                return parse_expression(dump(node)) == node
            except SourceError:
                return False


def check_reads_back(node: tree.Declaration) -> None:
    """Check that *node* prints as text that reads as the same declaration.

    Raises:
        SourceError: it does not.
    """
    text = dump(node)
    try:
        found = parse(text).declarations
    except SourceError as error:
        reason = error.diagnostics[0].message
        raise SourceError.at("E0702", f"the edit makes no program: {reason}", node.span, hint=_excerpt(text)) from None
    if found != (node,):
        raise SourceError.at("E0702", "the edit makes a tree that no text spells", node.span, hint=_excerpt(text))


def _excerpt(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return f"it prints as `{line[:80]}{'…' if line != text.strip() or len(line) > 80 else ''}`"
