"""What is printed: diagnostics, tables, numbers, JSON; in colour only where a person looks at a terminal.

Progress of long work is `watching`'s business.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from symnas.domains import show_count
from symnas.errors import Diagnostic
from symnas.rendering import render

__all__ = ["complain", "count_of", "draw_diagnostic", "is_coloured", "note", "print_json", "table"]

BOLD, RED, BLUE, CYAN, RESET = "\033[1m", "\033[1;31m", "\033[1;34m", "\033[36m", "\033[0m"

_PAINT = (
    (re.compile(r"^( +\| +)(\^+)$"), rf"{BLUE}\1{RED}\2{RESET}"),
    (re.compile(r"^( +\| +-+)$"), rf"{BLUE}\1{RESET}"),
    (re.compile(r"^( *-->)"), rf"{BLUE}\1{RESET}"),
    (re.compile(r"^( *[\d…]+ \|)"), rf"{BLUE}\1{RESET}"),
    (re.compile(r"^(  = help:|  = note:|  note:)"), rf"{CYAN}\1{RESET}"),
)


def is_coloured(stream: TextIO) -> bool:
    """Whether to colour what goes to *stream*: a terminal, and the user has not asked for none (`NO_COLOR`)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def draw_diagnostic(diagnostic: Diagnostic, stream: TextIO) -> str:
    """*diagnostic* as `render` draws it, coloured for *stream*."""
    text = render(diagnostic)
    if not is_coloured(stream):
        return text
    first, *others = text.split("\n")
    return "\n".join([f"{BOLD}{first}{RESET}", *map(_painted, others)])


def _painted(line: str) -> str:
    for pattern, paint in _PAINT:
        if pattern.search(line):
            return pattern.sub(paint, line)
    return line


def complain(*faults: Diagnostic | str) -> None:
    """Tell the user, on stderr, what is wrong; a blank line between faults."""
    shown = [f"error: {each}" if isinstance(each, str) else draw_diagnostic(each, sys.stderr) for each in faults]
    sys.stderr.write("\n\n".join(shown) + "\n")


def note(text: str) -> None:
    """Say something that is no part of the result, on stderr."""
    sys.stderr.write(f"{text}\n")


def print_json(value: object) -> None:
    """Print *value* as JSON."""
    print(json.dumps(value, ensure_ascii=False, indent=2))  # noqa: T201


def count_of(number: int, singular: str, plural: str = "") -> str:
    """`1 decision`, `12,000 decisions`."""
    return f"{show_count(number)} {singular if number == 1 else plural or singular + 's'}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int], total: Sequence[str] = ()) -> str:
    """Columns under *head*, as wide as their cells; those numbered in *right* end flush. *total* comes below a line."""
    body = list(rows)
    cells = [head, *body, *([total] if total else [])]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join(padded).rstrip()

    rule = "  ".join("─" * width for width in widths)
    closing = [rule, line(total)] if total else []
    return "\n".join([line(head), rule, *map(line, body), *closing])
