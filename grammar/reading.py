"""What is known while one text is read: its source, the mistakes found so far, and what is still to be settled.

An `if` without `else` is settled by the statement it turns out to be; a `$x` by the rule around it. What is left at the
end is a mistake.
"""

from symnas.errors import Diagnostic, SourceError
from symnas.grammar.mistakes import diagnostic
from symnas.limits import LIMITS, Limits
from symnas.spans import Source, Span
from symnas.tree import If

__all__ = ["Reading"]

MOST_MISTAKES = 50


class Reading:
    """One text being read; see the module.

    *text* is what is read in place of the source's, of the same length: `recover` closes brackets in it.
    """

    def __init__(self, source: Source, limits: Limits = LIMITS, text: str | None = None) -> None:
        self.source = source
        self.text = source.text if text is None else text
        self.limits = limits
        self.begin = 0
        self.end = 0
        self.open_ifs: dict[int, If] = {}
        self.variables: dict[int, int] = {}
        self.misused: set[str] = set()
        self.astray = False
        self.missed: set[int] = set()  # where tokens stand at which something was left out
        self.left_out: set[int] = set()  # where it begins
        self._mistakes: dict[tuple[int, str], Diagnostic] = {}

    @property
    def here(self) -> Span:
        """What the rule that is being built covers, from `begin` up to `end`."""
        return Span(self.source, self.begin, self.end)

    def span(self, start: int, end: int) -> Span:
        """The characters from *start* up to *end*."""
        return Span(self.source, start, end)

    def report(self, code: str, start: int, end: int, hint: str | None = None, **words: object) -> None:
        """Note the mistake *code* at these characters and go on.

        Raises: `SourceError` where so many were found that more would not help.
        """
        self._mistakes.setdefault((start, code), diagnostic(code, self.span(start, end), hint, **words))
        if len(self._mistakes) >= MOST_MISTAKES:
            raise SourceError(self.mistakes())

    def mistakes(self) -> list[Diagnostic]:
        """The mistakes so far, in the order of the text."""
        return [self._mistakes[key] for key in sorted(self._mistakes)]

    def with_found(self, code: str, start: int, end: int, **words: object) -> list[Diagnostic]:
        """The mistakes so far and a last one, at which reading stops."""
        return [*self.mistakes(), diagnostic(code, self.span(start, end), None, **words)]

    def forget(self, start: int) -> None:
        """Leave open what began at *start* or later: its text could not be read."""
        self.open_ifs = {place: found for place, found in self.open_ifs.items() if place < start}
        self.variables = {place: end for place, end in self.variables.items() if place < start}

    def take_back(self, code: str, start: int) -> None:
        """There is no mistake *code* at *start*: what it follows from is one."""
        self._mistakes.pop((start, code), None)

    def withdraw(self, start: int) -> None:
        """Take back the mistakes after *start*: they follow from a bracket that is open there."""
        for key in [key for key in self._mistakes if key[0] > start]:
            del self._mistakes[key]

    def refuse(self) -> None:
        """Raises: `SourceError` with every mistake of the text, where there is one."""
        if self._mistakes:
            raise SourceError(self.mistakes())
