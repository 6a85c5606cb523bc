"""A diagnostic drawn for a person: message, places with their text underlined, remedy. Colours are `command`'s.

Columns are those of a terminal: a wide character takes two, a combining one none, a tab goes on to the next multiple of
four. What would act on a terminal instead of being shown is replaced.
"""

from unicodedata import category, east_asian_width

from symnas.errors import Diagnostic
from symnas.spans import NOWHERE, Span

__all__ = ["render"]

WIDEST = 160
"""Columns of a line that are shown; of a longer one, those around the place."""

BEFORE = 60
"""Columns kept before the place where a line is clipped."""

LONGEST = 1_000
"""Characters of a line that are looked at; of a longer one, those around the place: drawing a line of megabytes would
take seconds for what is clipped anyway.
"""

TAB = 4


def render(diagnostic: Diagnostic) -> str:
    """Draw *diagnostic* without colours: message, place, underlined text, related places, remedy."""
    spans = [diagnostic.span, *(note.span for note in diagnostic.notes)]
    margin = max(len(str(_ends(each)[1][0])) for each in spans)
    lines = [f"{_safe(diagnostic.message[:LONGEST])} [{diagnostic.code}]", *_excerpt(diagnostic.span, margin, "^")]
    for note in diagnostic.notes:
        lines += [f"  note: {_safe(note.message)}", *_excerpt(note.span, margin, "-")]
    if diagnostic.spoils is not None:
        lines.append(f"  = note: {diagnostic.spoils}")
    if diagnostic.hint:
        lines.append(f"  = help: {_safe(diagnostic.hint)}")
    return "\n".join(lines)


def _ends(span: Span) -> tuple[tuple[int, int], tuple[int, int]]:
    """Line and column of the first and of the last character of *span*."""
    return span.source.position(span.start), span.source.position(max(span.start, span.end - 1))


def _excerpt(span: Span, margin: int, mark: str) -> list[str]:
    """The lines of *span* with its text underlined; of more than two, the first and the last."""
    if span == NOWHERE or not span.source.text:
        return []
    (first, start), (last, end) = _ends(span)
    lines = [f"{' ' * margin}--> {span}"]
    if first == last:
        return [*lines, *_underlined(span, first, start - 1, end, margin, mark)]
    lines += _underlined(span, first, start - 1, None, margin, mark)
    if last > first + 1:
        lines.append(f"{'…'.rjust(margin)} |")
    text = span.source.line(last)
    return [*lines, *_underlined(span, last, len(text) - len(text.lstrip()), end, margin, mark)]


def _underlined(span: Span, number: int, start: int, end: int | None, margin: int, mark: str) -> list[str]:
    """Line *number* with the characters from *start* up to *end*, or to its end, underlined."""
    text = span.source.line(number).removesuffix("\r")
    cut = max(0, start - 2 * WIDEST) if len(text) > LONGEST else 0
    text = text[cut : cut + LONGEST]
    shown, edges = _columns(text.rstrip() if end is None else text)
    end = len(edges) - 1 if end is None else min(end - cut, len(edges) - 1)
    first = edges[min(start - cut, len(edges) - 1)]
    width = max(1, edges[end] - first)
    if len(shown) > WIDEST or edges[-1] > WIDEST:
        shown, first, width = _clipped(shown, edges, first, width)
    return [f"{number:>{margin}} | {''.join(shown)}".rstrip(), f"{' ' * margin} | {' ' * first}{mark * width}"]


def _columns(text: str) -> tuple[list[str], list[int]]:
    """What is shown of each character of *text*, and the column it begins at; the last is where the text ends."""
    shown: list[str] = []
    edges = [0]
    for character in text:
        column = edges[-1]
        if character == "\t":
            width = TAB - column % TAB
            shown.append(" " * width)
        elif category(character) in ("Mn", "Me"):
            width = 0
            shown.append(character)
        else:
            width = 2 if east_asian_width(character) in "WF" else 1
            shown.append(_safe(character))
        edges.append(column + width)
    return shown, edges


def _clipped(shown: list[str], edges: list[int], first: int, width: int) -> tuple[list[str], int, int]:
    """The part of a long line around column *first*; `…` stands for what is left out."""
    low = max(0, first - BEFORE) if first + width > WIDEST else 0
    kept = [place for place, edge in enumerate(edges[:-1]) if low <= edge and edges[place + 1] <= low + WIDEST]
    begin = edges[kept[0]]
    parts = [shown[place] for place in kept]
    before = ["…"] if kept[0] else []
    after = ["…"] if kept[-1] + 1 < len(shown) else []
    column = first - begin + len(before)
    return [*before, *parts, *after], column, min(width, WIDEST - (first - begin))


def _safe(text: str) -> str:
    """*text* without what would act on a terminal."""
    return "".join(each if each == "\n" or each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
