"""Conditions on the decisions of a Python value, in the words of the language: `width * depth <= 64`.

They become `require`s of the program that the value is written as, so that counts and draws keep to them exactly. What
they read becomes a `let` there.
"""

from collections.abc import Iterator, Sequence

from symnas import tree
from symnas.errors import SearchError, SourceError, listing, nearest
from symnas.grammar import parse_expression
from symnas.traversal import children, rebuild

__all__ = ["required"]


def required(module: tree.Module, conditions: Sequence[str]) -> tree.Module:
    """*module*, the program of a value, with *conditions* on its decisions, by their names.

    Raises:
        SearchError: a condition cannot be read, or names a decision that is not there.
    """
    read = [_read(text) for text in conditions]
    lets = {each.name: each for each in module.declarations if isinstance(each, tree.Let)}
    named = {each.name: each for each in _walk(module) if isinstance(each, tree.As)}
    wanted = dict.fromkeys(each.name for condition in read for each in _walk(condition) if isinstance(each, tree.Name))
    for name in wanted:
        if name not in lets and name not in named:
            _refuse(name, [*lets, *named])
    lifted: dict[str, tree.Let] = {}

    def lift(node: tree.Node) -> tree.Node:
        node = rebuild(node, lift)
        if isinstance(node, tree.As) and node.name in wanted:
            lifted[node.name] = tree.Let(node.name, node.value)
            return tree.Name(node.name)
        return node

    rest = [lift(each) for each in module.declarations]
    requires = [tree.Require(each) for each in read]
    return tree.Module((*lifted.values(), *rest, *requires), module.version)  # type: ignore[arg-type]  # still declarations


def _read(text: str) -> tree.Expression:
    try:
        return parse_expression(text, "<require>")
    except SourceError as error:
        raise SearchError(f"the condition `{text}` cannot be read: {error.diagnostics[0].message}") from None


def _walk(node: tree.Node) -> Iterator[tree.Node]:
    yield node
    for each in children(node):
        yield from _walk(each)


def _refuse(name: str, names: Sequence[str]) -> None:
    close = nearest(name, names)
    raise SearchError(
        f"there is no decision `{name}`; {f'did you mean `{close}`?' if close else f'there are {listing(names)}'}"
    )
