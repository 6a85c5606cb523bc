"""Faults in what a rule has put down say so: which rule, and in place of what."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from attrs import evolve

from symnas.errors import Note, SourceError

if TYPE_CHECKING:
    from symnas.elaborate.rewriting import Rules

__all__ = ["explained"]


_PLAIN = nullcontext()


def explained(rules: "Rules | None") -> AbstractContextManager[None]:
    """Faults met within say which replacement they stand in."""
    return _PLAIN if rules is None or not rules.because else _noted(rules.because)


@contextmanager
def _noted(notes: tuple[Note, ...]) -> Iterator[None]:
    try:
        yield
    except SourceError as error:
        if all(notes[0] in each.notes for each in error.diagnostics):
            raise
        told = [
            each if notes[0] in each.notes else evolve(each, notes=(*each.notes, *notes)) for each in error.diagnostics
        ]
        raise SourceError(told) from None
