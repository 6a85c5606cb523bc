"""What can be read of a text with mistakes: a tree in which holes stand for the rest.

A statement that holds a mistake, or could not be read at all, becomes a hole that binds the names it would have bound;
so does a declaration whose mistake lies outside any statement. Later stages go on with what is left and are silent
about whatever depends on a hole.
"""

import re
from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from symnas import tree
from symnas.errors import Diagnostic
from symnas.grammar.reading import Reading
from symnas.spans import Span
from symnas.traversal import Step, exchange, steps

__all__ = ["Recovered", "with_holes"]

_WORD = re.compile(r"[A-Za-z_]\w*")
_BOUND = re.compile(r"^[ \t]*(?:shared[ \t]+)?(\w+|\([\w \t,()]*\))[ \t]*=(?![=>])", re.MULTILINE)
_LOOPS = re.compile(r"\bfor[ \t]+(\w+|\([\w \t,()]*\))[ \t]+in\b")
_DECLARES_MANY = frozenset({"import", "use", "measure"})


@frozen
class Recovered:
    """A text that was read as far as possible: *module* is `None` where a limit ended the reading."""

    module: tree.Module | None
    mistakes: tuple[Diagnostic, ...]


def with_holes(module: tree.Module, reading: Reading, mistakes: Sequence[Diagnostic]) -> tree.Module:
    """*module* with holes in place of what the mistakes of its text have spoilt."""
    places = sorted(({each.span.start for each in mistakes} - reading.missed) | reading.left_out)
    for place in places:
        module = _spoilt(module, place)
    made = [
        new
        for each in module.declarations
        for new in (_declared(each.span) if isinstance(each, tree.Result) else (each,))
    ]
    return evolve(module, declarations=tuple(made))


def _spoilt(module: tree.Module, place: int) -> tree.Module:
    """*module* with a hole for the innermost statement, else the declaration, that holds the offset *place*."""
    node: tree.Node = module
    route: list[Step] = []
    spoilt: tuple[int, tree.Node] | None = None  # how far along the route it stands
    while True:
        inner = next(((step, each) for step, each in steps(node) if _holds(each.span, place)), None)
        if inner is None:
            break
        route.append(inner[0])
        if isinstance(node, (tree.Body, tree.Module)):
            spoilt = len(route), inner[1]
        node = inner[1]
    if spoilt is None:
        return module
    length, node = spoilt
    unread = isinstance(node, tree.Result) and isinstance(node.value, tree.Hole)
    if length == 1:  # a declaration: its names are declared by `with_holes`
        new: tree.Node = tree.Result(_hole(node.span), span=node.span)
    else:
        new = _bound(node.span, _names(node.span.text) if unread else _binds(node))
    return exchange(module, route[:length], new)


def _holds(span: Span, place: int) -> bool:
    return span.start <= place < max(span.end, span.start + 1)


def _hole(span: Span) -> tree.Hole:
    words = dict.fromkeys(_WORD.findall(span.text))
    return tree.Hole(keyword=next(iter(words), ""), reads=tuple(words), span=span)


def _bound(span: Span, names: Sequence[str]) -> tree.Bind:
    """A statement that binds *names* to what is not known."""
    parts: list[tree.Pattern] = [tree.NamePattern(each, span=span) for each in names or ("_",)]
    return tree.Bind(
        parts[0] if len(parts) == 1 else tree.TuplePattern(tuple(parts), span=span), _hole(span), span=span
    )


def _binds(node: tree.Node) -> tuple[str, ...]:
    """The names that the statement *node* binds, those in statements inside it included."""
    found: dict[str, None] = {}
    match node:
        case tree.NamePattern(name=name) | tree.Shared(name=name):
            found[name] = None
        case tree.Comprehend():  # its names end with it
            return ()
        case _:
            pass
    for each in tree.children(node):
        found.update(dict.fromkeys(_binds(each)))
    return tuple(found)


def _names(text: str) -> tuple[str, ...]:
    """The names that a statement of this *text* seems to bind."""
    bound = [*_BOUND.findall(text), *_LOOPS.findall(text)]
    return tuple(dict.fromkeys(word for found in bound for word in _WORD.findall(found)))


def _declared(span: Span) -> Iterator[tree.Let]:
    """The names that a declaration of this text seems to declare."""
    hole = _hole(span)
    names = hole.reads[1:2] or hole.reads
    if hole.keyword in _DECLARES_MANY:
        names = hole.reads[1:]
    elif hole.keyword in ("train", "search", "pick", "require", "assert", "maximize", "minimize", "moved"):
        names = (hole.keyword,)
    elif not re.match(r"\w+[ \t]+\w", span.text):
        names = hole.reads[:1]  # `width = 3`
    for name in names:
        yield tree.Let(name, hole, name_span=span, span=span)
