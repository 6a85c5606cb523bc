"""What can go wrong, as data: a message, a place, a remedy.

A `Diagnostic` never contains its own location or caret; `render` draws those, in the manner of rustc.
Several independent mistakes travel together in one `SourceError`.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from attrs import frozen

from symnas.spans import Span

__all__ = ["CompileError", "Diagnostic", "NasError", "Note", "SearchError", "SourceError", "nearest", "render"]


@frozen
class Note:
    """A second place that explains the first: "`width` was decided here"."""

    message: str
    span: Span


@frozen
class Diagnostic:
    """One mistake in a program: *message* says what is wrong at *span*, *hint* how to mend it.

    *code* names the kind of mistake and never changes between versions (`E0412`).
    """

    code: str
    message: str
    span: Span
    hint: str | None = None
    notes: tuple[Note, ...] = ()

    @property
    def line(self) -> int:
        """Line of the underlined text, counted from 1."""
        return self.span.line

    @property
    def column(self) -> int:
        """Column of the underlined text, counted from 1."""
        return self.span.column


class NasError(Exception):
    """Root of everything that symnas raises on purpose."""


class SourceError(NasError):
    """The program is wrong: one or more diagnostics, in the order of the text."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    @classmethod
    def at(
        cls, code: str, message: str, span: Span, hint: str | None = None, notes: tuple[Note, ...] = ()
    ) -> "SourceError":
        """An error of a single diagnostic."""
        return cls([Diagnostic(code, message, span, hint, notes)])

    def __str__(self) -> str:
        return "\n\n".join(render(each) for each in self.diagnostics)


class SearchError(NasError, RuntimeError):
    """A search, a study or its store cannot go on; the message says what to do."""


class CompileError(NasError, RuntimeError):
    """An architecture cannot be lowered to the target."""


def render(diagnostic: Diagnostic) -> str:
    """Draw *diagnostic* for a terminal without colours: message, place, underlined line, notes, hint."""
    lines = [f"{diagnostic.message} [{diagnostic.code}]", *_excerpt(diagnostic.span)]
    for note in diagnostic.notes:
        lines += [f"  note: {note.message}", *_excerpt(note.span)]
    if diagnostic.hint:
        lines.append(f"  = help: {diagnostic.hint}")
    return "\n".join(lines)


def _excerpt(span: Span) -> list[str]:
    """The line of *span* with its text underlined; a span over several lines is underlined to its first line's end."""
    number, column = span.source.position(span.start)
    full = span.source.line(number)
    if len(full) > 200:  # a hostile line must not fill the screen
        start = max(0, column - 80)
        full, column = full[start : start + 160], column - start
    width = max(1, min(span.end - span.start, len(full) - column + 1))
    margin = len(str(number))
    return [
        f"{' ' * margin}--> {span}",
        f"{number} | {full}".expandtabs(1),
        f"{' ' * margin} | {' ' * (column - 1)}{'^' * width}",
    ]


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The known name that *wrong* was probably meant to be, or `None`."""
    names = list(known)
    by_folded = {name.casefold(): name for name in names}
    if wrong.casefold() in by_folded:
        return by_folded[wrong.casefold()]
    found = get_close_matches(wrong, names, n=1, cutoff=0.6)
    return found[0] if found else None
