"""Mistakes for people and for tools: drawn one below the other, and as data whose form `docs/errors.md` fixes."""

from collections.abc import Sequence
from typing import Any, TextIO

from symnas.command.terminal import draw_diagnostic
from symnas.errors import Diagnostic
from symnas.spans import NOWHERE, Span

__all__ = ["MOST", "draw", "record"]

MOST = 20
"""How many mistakes of one file are drawn; as data there are all."""


def draw(diagnostics: Sequence[Diagnostic], stream: TextIO) -> str:
    """The first mistakes as text for *stream*, a blank line after each, and how many there are beside them."""
    drawn = "".join(f"{draw_diagnostic(each, stream)}\n\n" for each in diagnostics[:MOST])
    more = len(diagnostics) - MOST
    return drawn if more <= 0 else f"{drawn}and {more} more\n\n"


def record(diagnostic: Diagnostic) -> dict[str, Any]:
    """*diagnostic* as data. Lines and columns count from 1, offsets from 0, columns and offsets in characters."""
    made: dict[str, Any] = {
        "code": diagnostic.code,
        "severity": "error",
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        **_place(diagnostic.span),
        "text": diagnostic.span.text,
        "notes": [{"message": note.message, **_place(note.span)} for note in diagnostic.notes],
    }
    if diagnostic.pick:
        made["pick"] = dict(diagnostic.pick)
    if diagnostic.spoils is not None:
        spoils = diagnostic.spoils
        made["spoils"] = {"architectures": spoils.part, "of": spoils.whole, "by": spoils.by}
    return made


def _place(span: Span) -> dict[str, Any]:
    if span == NOWHERE:
        return {"file": None, "start": None, "end": None}
    return {"file": span.source.name, "start": _position(span, span.start), "end": _position(span, span.end)}


def _position(span: Span, offset: int) -> dict[str, int]:
    line, column = span.source.position(offset)
    return {"line": line, "column": column, "offset": offset}
