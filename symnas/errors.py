"""What can go wrong, as data: a message, a place, a remedy.

A `Diagnostic` never contains its own location or caret; `rendering` draws those, in the manner of rustc.
Several independent mistakes travel together in one `SourceError`. Remedies for a name that does not exist are made
here, by `suggest`, so that all of them read alike.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from difflib import SequenceMatcher, get_close_matches
from fractions import Fraction
from typing import Literal, TypeVar

from attrs import evolve, frozen

from symnas.spans import Span

__all__ = [
    "CompileError",
    "Diagnostic",
    "NasError",
    "Note",
    "SearchError",
    "SourceError",
    "Spoils",
    "afresh",
    "listing",
    "near",
    "nearest",
    "suggest",
]  # fmt: skip


@frozen
class Note:
    """A second place that explains the first: "`width` was decided here"."""

    message: str
    span: Span


@frozen
class Spoils:
    """How much of a space a fault spoils: *part* of *whole*, which are `architectures` where those can be counted, else
    `draws` (choices drawn one after the other, each decision's alike): a fraction, in lowest terms, or, of an
    `estimate`, as many as were drawn.
    """

    part: int
    whole: int
    by: Literal["architectures", "draws", "estimate"] = "architectures"

    def __str__(self) -> str:
        share = Fraction(self.part, self.whole)
        about = f"{float(100 * share):.3g} %"
        if self.by == "architectures":
            shown = f"{self.part:,} of {self.whole:,} architectures fail here"
            return shown if self.whole < _SHORT else f"{shown} ({about})"
        if self.by == "estimate":
            return (
                f"about {about} of the architectures fail here: {self.part:,} of {self.whole:,} drawn choice by choice"
            )
        exactly = f"exactly {share.numerator}/{share.denominator}" if share.denominator < _SHORT else ""
        drawn = "of the architectures drawn choice by choice fail here"
        return f"{exactly} {drawn} ({about})" if exactly else f"{about} {drawn}"


_SHORT = 10_000
"""From here on numbers of architectures are shown as a part as well, and fractions as that alone."""


@frozen
class Diagnostic:
    """One mistake in a program: *message* says what is wrong at *span*, *hint* how to mend it.

    *code* names the kind of mistake and never changes between versions (`E0412`). Of a mistake that only some choices
    bring about, *pick* are choices that do, by path, and *spoils* says how much of the space fails.
    """

    code: str
    message: str
    span: Span
    hint: str | None = None
    notes: tuple[Note, ...] = ()
    pick: tuple[tuple[str, str], ...] = ()
    spoils: Spoils | None = None

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

    def noting(self, *notes: Note) -> "SourceError":
        """The same error with further places that explain its first diagnostic; places it names already are left."""
        first, *others = self.diagnostics
        known = {first.span, *(each.span for each in first.notes)}
        return SourceError(
            [evolve(first, notes=(*first.notes, *(each for each in notes if each.span not in known))), *others]
        )

    def __str__(self) -> str:
        from symnas.rendering import render

        return "\n\n".join(render(each) for each in self.diagnostics)


class SearchError(NasError, RuntimeError):
    """A search, a study or its store cannot go on; the message says what to do."""


class CompileError(NasError, RuntimeError):
    """An architecture cannot be lowered to the target."""


E = TypeVar("E", bound=Exception)


def afresh(error: E) -> E:
    """*error* without the way that it has come: what is kept of one, and what is raised of one that is kept.

    An exception keeps the frames of all who have met it, and what these hold, as long as it lives; raised again and
    again it keeps ever more of them.
    """
    return copy(error)


LISTED = 12
"""How many names a remedy lists."""


def near(wrong: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known names that *wrong* was probably meant to be, the nearest first, at most *most*."""
    names = list(dict.fromkeys(known))
    folded = [name for name in names if name.casefold() == wrong.casefold()]
    if folded:
        return folded[:1]
    if len(names) > _MANY:
        alike = [name for name in names if name[:1] == wrong[:1] and abs(len(name) - len(wrong)) <= 2]
        names = (alike or names)[:_MANY]
    return get_close_matches(wrong[:_LONGEST], [name for name in names if len(name) <= 2 * _LONGEST], most, 0.6)


def _likeness(one: str, other: str) -> float:
    """From 0 to 1, the same for names that are equally like *one*."""
    return SequenceMatcher(None, other, one).ratio()  # in the order in which close matches are looked for


_PLAIN = 0.9
"""How like a known name a wrong one is, from 0 to 1, for no other to be meant."""

_LONGEST = 200
"""Names beyond this length are compared by their beginnings: comparing takes the square of it."""

_MANY = 100
"""Names that one is compared with; of more, those that begin alike and are about as long."""


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The known name that *wrong* was probably meant to be, or `None`."""
    return next(iter(near(wrong, known, 1)), None)


def listing(names: Iterable[str], most: int = LISTED) -> str:
    """*names* as a sentence lists them: `a, b, c`, and how many there are beside the first *most*."""
    found = list(dict.fromkeys(names))
    shown = ", ".join(found[:most])
    return f"{shown} and {len(found) - most} more" if len(found) > most else shown


def suggest(wrong: str, known: Iterable[str], has: str = "it has", *, many: bool = False) -> str | None:
    """The remedy for a name that does not exist: the nearest ones and the valid list, which *has* introduces.

    Of *many* names the list is left out where one is near, and where nothing is known there is no remedy: `None`.
    """
    names = list(dict.fromkeys(known))
    meant = near(wrong, names)
    if not names:
        return None if many else f"{has} none"
    if not meant:
        return f"{has} {listing(names)}"
    question = f"did you mean `{meant[0]}`?"
    likeness = _likeness(wrong[:_LONGEST], meant[0])
    equal = [name for name in meant[1:] if likeness < _PLAIN or _likeness(wrong[:_LONGEST], name) == likeness]
    if many and equal:
        return f"{question} Near are also " + " and ".join(f"`{name}`" for name in equal)
    if many or len(names) == 1:
        return question
    return f"{question} {has[0].upper()}{has[1:]} {listing(names)}"
