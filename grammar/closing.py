"""Brackets that are never closed, closed in thought, so that what follows them can be read.

Inside a bracket a new line means nothing, so one that stays open swallows the rest of its declaration. Most are meant to
end with their line: read so, the statement alone is lost. Where that makes no sense of the lines after it, the bracket
is left open.
"""

from collections.abc import Sequence

from symnas.errors import Diagnostic

__all__ = ["NEVER_CLOSED", "close", "spreads"]

NEVER_CLOSED = "E0101"

_CLOSERS = {"(": ")", "[": "]"}


def close(text: str, start: int) -> str | None:
    """*text* with the bracket at *start* closed at the end of its line and nothing in it; `None` where braces stand
    between, which are not for us to close. No character moves.
    """
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    inside = text[start:end].partition("#")[0].rstrip()
    closer = _CLOSERS.get(text[start])
    if closer is None or "{" in inside or "}" in inside:
        return None
    last = start + len(inside)
    if len(inside) == 1:  # nothing after it on its line
        return f"{text[:start]} {text[start + 1 :]}"
    return f"{text[: start + 1]}{' ' * (last - start - 2)}{closer}{text[last:]}"


def spreads(opened: Diagnostic, before: Sequence[Diagnostic], after: Sequence[Diagnostic]) -> bool:
    """Whether reading *opened* as closed at the end of its line brings mistakes to the lines right below."""
    known = {(each.code, each.span.start) for each in before}
    new = [each for each in after if (each.code, each.span.start) not in known]
    return any(0 <= each.span.line - opened.span.line <= 2 and each.code != NEVER_CLOSED for each in new)
