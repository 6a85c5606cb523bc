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
    if rules is None or rules.because is None:
        yield
        return
    try:
        yield
    except SourceError as error:
        note = rules.because
        if all(note in each.notes for each in error.diagnostics):
            raise
        told = [evolve(each, notes=(*(n for n in each.notes if n != note), note)) for each in error.diagnostics]
        raise SourceError(told) from None
