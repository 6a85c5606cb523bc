"""From characters to tokens, without regard to brackets and lines (that is `layout.py`'s business), and comments.

The patterns come from the terminals of `nas.lark`. Characters that begin no token are reported and passed on as `BAD`,
which no rule accepts.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from attrs import frozen

from symnas.errors import SourceError
from symnas.grammar.reading import Reading
from symnas.grammar.tables import tables
from symnas.spans import Source, Span

__all__ = ["BAD", "Comment", "Token", "comments", "keywords", "reserved", "scan"]

BAD = "BAD"
LONGEST_NAME = 1_000
_IGNORED = frozenset({"SPACE", "COMMENT"})

_STRANGE = {
    "'": 'strings stand in double quotes, `"sgd"`',
    "`": 'strings stand in double quotes, `"sgd"`',
    "“": 'strings stand in straight quotes, `"sgd"`',
    "”": 'strings stand in straight quotes, `"sgd"`',
    ";": "a statement ends with its line",
    "!": "write `not`, or `!=` for unequal",
    "&": "write `and`",
    "|": "write `or`",
    "^": "a power is written `**`",
    "?": "a placeholder is written `oneof(…)` or `maybe(…)`",
    "$": "a variable of a rule is written `$x` or `$*rest`",
    "\\": "a line goes on after an operator, a comma or an opening bracket; no `\\` is needed",
    "–": "a minus is written `-`",
    "—": "a minus is written `-`",
    "−": "a minus is written `-`",
    "×": "a product is written `*`",
    "→": "an arrow is written `->`",
    "…": "a range is written `..`",
    "\xa0": "this is a no-break space; write a plain one",
}


class Token(NamedTuple):
    """One word or sign of a text: the terminal of the grammar, and the characters from *start* up to *end*."""

    kind: str
    text: str
    start: int
    end: int


@frozen
class Comment:
    """`# …` up to the end of its line, the `#` included. *alone* says that nothing else stands on the line before."""

    text: str
    span: Span
    alone: bool


@cache
def keywords() -> dict[str, str]:
    """The reserved words and their terminals; `keep`, which layout tells from a name, is among them."""
    return tables().keywords


@cache
def reserved() -> frozenset[str]:
    """The words that cannot be names."""
    return frozenset(keywords()) - {"keep"}


def scan(reading: Reading) -> Iterator[Token]:
    """The tokens of the text, newlines among them, comments and spaces left out."""
    text = reading.text
    _refuse_large(reading)
    words = keywords()
    match = tables().scanner.match
    position = 1 if text.startswith("\ufeff") else 0
    while position < len(text):
        found = match(text, position)
        if found is None:
            token = _stray(reading, position)
            position = token.end
            yield token
            continue
        kind, start, position = found.lastgroup or BAD, position, found.end()
        if kind in _IGNORED:
            continue
        written = found.group()
        if kind == "NAME":
            kind = words.get(written, kind)
            if position - start > LONGEST_NAME:
                raise SourceError(reading.with_found("E0119", start, start + 40, length=position - start))
        yield Token(kind, written, start, position)


def _refuse_large(reading: Reading) -> None:
    size, most = len(reading.text), reading.limits.bytes
    if size > most // 4 and len(reading.text.encode("utf-8", "surrogatepass")) > most:
        words = {"size": f"{size:,}", "most": f"{most:,}", "raised": 10 * most}
        raise SourceError(reading.with_found("E0118", 0, 0, **words))


def _stray(reading: Reading, position: int) -> Token:
    """Report what begins no token; an unterminated string stands for the string it was to be."""
    text = reading.text
    if text[position] == '"':
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        reading.report("E0112", position, end)
        return Token("STRING", '""', position, end)
    end = position + 1
    while end < len(text) and text[end] == text[position]:
        end += 1
    sign = text[position]
    shown = sign if sign.isprintable() and not sign.isspace() else f"U+{ord(sign):04X}"
    reading.report("E0111", position, end, sign=shown, hint=_STRANGE.get(sign))
    return Token(BAD, text[position:end], position, end)


def comments(text: str, name: str = "<text>") -> tuple[Comment, ...]:
    """The comments of *text* in order, for a formatter to put back; a `#` inside a string begins none."""
    source = Source(name, text)
    found: list[Comment] = []
    match = tables().scanner.match
    position, alone = 0, True
    while position < len(text):
        token = match(text, position)
        kind, end = (token.lastgroup, token.end()) if token else (BAD, position + 1)
        if kind == "COMMENT":
            found.append(Comment(text[position:end].rstrip(), Span(source, position, end), alone))
        if kind == "NEWLINE":
            alone = True
        elif kind != "SPACE":
            alone = False
        position = end
    return tuple(found)
