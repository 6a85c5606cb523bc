"""Text to nodes: the way in."""

from symnas.errors import Diagnostic, SourceError
from symnas.grammar.closing import NEVER_CLOSED, close, spreads
from symnas.grammar.layout import Layout
from symnas.grammar.machine import Machine
from symnas.grammar.reading import Reading
from symnas.grammar.recovery import Recovered, with_holes
from symnas.grammar.statements import settle
from symnas.grammar.tokens import scan
from symnas.limits import LIMITS, Limits
from symnas.spans import Source
from symnas.tree import Expression, Module

__all__ = ["parse", "parse_expression", "recover"]


def parse(text: str, name: str = "<text>", limits: Limits = LIMITS) -> Module:
    """The program that *text* spells; *name* is what messages call it, *limits* say how long it may be.

    Raises: `SourceError` with every independent mistake of the text, in its order.
    """
    found = _read(text, name, "module", limits)
    assert isinstance(found, Module)
    return found


def parse_expression(text: str, name: str = "<text>") -> Expression:
    """The one expression that *text* spells; newlines count for nothing, and variables of rules may stand in it.

    Raises: `SourceError`.
    """
    found = _read(text, name, "lone_expression", LIMITS)
    assert isinstance(found, Expression)
    return found


def recover(text: str, name: str = "<text>", limits: Limits = LIMITS) -> Recovered:
    """What can be read of *text*, and its mistakes: for checking on, never for running."""
    source = Source(name, text)
    found = _recovered(source, text, limits, ())
    closed: tuple[Diagnostic, ...] = ()
    left: list[Diagnostic] = []
    for _ in range(_MOST_CLOSED):
        wanted = (each for each in found.mistakes if each.code == NEVER_CLOSED)
        opened = next((each for each in wanted if each not in closed and each not in left), None)
        if opened is None:
            break
        shut = close(text, opened.span.start)
        tried = None if shut is None else _recovered(source, shut, limits, (*closed, opened))
        if shut is None or tried is None or spreads(opened, found.mistakes, tried.mistakes):
            left.append(opened)
        else:
            text, closed, found = shut, (*closed, opened), tried
    return found


_MOST_CLOSED = 20


def _recovered(source: Source, text: str, limits: Limits, known: tuple[Diagnostic, ...]) -> Recovered:
    """What can be read of *text*, which is the source's but for brackets closed at the mistakes *known*."""
    reading = Reading(source, limits, text)
    try:
        found = _built(reading, "module")
    except SourceError as error:
        return Recovered(None, (*known, *error.diagnostics))
    mistakes = tuple(sorted((*known, *reading.mistakes()), key=lambda each: each.span.start))
    if not isinstance(found, Module):
        return Recovered(None, mistakes)
    return Recovered(with_holes(found, reading, mistakes) if mistakes else found, mistakes)


def _read(text: str, name: str, start: str, limits: Limits) -> object:
    reading = Reading(Source(name, text), limits)
    found = _built(reading, start)
    reading.refuse()
    return found


def _built(reading: Reading, start: str) -> object:
    layout = Layout(reading, scan(reading), enclosed=start == "lone_expression")
    found = Machine(reading, layout, start).read()
    settle(reading)
    return found
