"""Matching nodes: by a condition, by a kind of node, or by a pattern in the language.

A pattern is an expression with variables, as in a rule: `$x` stands for anything, the same thing each time, `$*rest`
for any number of arguments. It is compared with what is written; a bare name also means calls of it.
"""

from collections.abc import Callable
from types import UnionType

from attrs import fields

from symnas import tree
from symnas.grammar import parse_expression
from symnas.traversal import child_kinds

__all__ = ["Match", "matcher"]

Match = str | type[tree.Node] | UnionType | Callable[[tree.Node], bool]
"""A pattern (`"Conv2d"`, `"Conv2d($out, 3, $*rest)"`), a kind of node (`tree.OneOf`), or a condition."""


def matcher(match: Match) -> Callable[[tree.Node], bool]:
    """The condition that *match* spells.

    Raises:
        SourceError: a pattern is no expression.
    """
    if isinstance(match, type | UnionType):
        kind = match
        return lambda node: isinstance(node, kind)
    if not isinstance(match, str):
        return match
    pattern = parse_expression(match, "<pattern>")
    if isinstance(pattern, tree.Name):
        return lambda node: node == pattern or (isinstance(node, tree.Call) and node.function == pattern)
    return lambda node: _matches(pattern, node, {})


Bound = dict[str, object]


def _matches(pattern: object, node: object, bound: Bound) -> bool:
    """Whether *node* is *pattern* with its variables filled as in *bound*, to which new ones are added."""
    if isinstance(pattern, tree.PatternVariable):
        return isinstance(node, tree.Expression) and bound.setdefault(pattern.name, node) == node
    if isinstance(pattern, tuple):
        return isinstance(node, tuple) and _all_match(pattern, node, bound)
    if type(pattern) is not type(node):
        return False
    if not isinstance(pattern, tree.Node):
        return pattern == node
    kinds = child_kinds(pattern)
    return all(
        _matches(getattr(pattern, each.name), getattr(node, each.name), bound)
        for each in fields(type(pattern))
        if each.eq or each.name in kinds
    )


def _all_match(patterns: tuple[object, ...], nodes: tuple[object, ...], bound: Bound) -> bool:
    """Whether *nodes* match *patterns* one by one, but for one `$*rest`, which takes what the others leave."""
    place = next((number for number, each in enumerate(patterns) if _rest(each)), None)
    if place is None:
        return len(patterns) == len(nodes) and all(map(lambda a, b: _matches(a, b, bound), patterns, nodes))
    after = len(patterns) - place - 1
    if len(nodes) < place + after:
        return False
    middle, end = nodes[place : len(nodes) - after], nodes[len(nodes) - after :]
    name = _rest(patterns[place])
    assert name is not None
    return (
        _all_match(patterns[:place], nodes[:place], bound)
        and bound.setdefault(f"*{name}", middle) == middle
        and _all_match(patterns[place + 1 :], end, bound)
    )


def _rest(pattern: object) -> str | None:
    """The name of the `$*rest` that *pattern*, an argument or an item, consists of."""
    if isinstance(pattern, tree.Argument | tree.Item) and isinstance(pattern.value, tree.PatternVariable):
        return pattern.value.name if pattern.value.rest else None
    return None
