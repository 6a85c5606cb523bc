"""Faults in what a rule has put down say so: which rule, and in place of what."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import evolve

from symnas.errors import SourceError

if TYPE_CHECKING:
    from symnas.elaborate.rewriting import Rules

__all__ = ["explained"]


@contextmanager
def explained(rules: "Rules | None") -> Iterator[None]:
    """Faults met within say which replacement they stand in."""
    if rules is None or not rules.because:
        yield
        return
    try:
        yield
    except SourceError as error:
        notes = rules.because
        if all(notes[0] in each.notes for each in error.diagnostics):
            raise
        told = [
            each if notes[0] in each.notes else evolve(each, notes=(*each.notes, *notes)) for each in error.diagnostics
        ]
        raise SourceError(told) from None
