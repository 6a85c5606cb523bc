"""Text that can be laid out in several ways: the algebra behind the printer.

After Wadler, "A prettier printer" (2003), and Lindig, "Strictly pretty" (2000): a `Group` is printed on one line where
it fits, else the `Line`s that belong to it directly are broken. What .nas looks like is `printer.py`'s business.
"""

from collections.abc import Iterable

__all__ = ["HARD", "Document", "Group", "Line", "Nest", "join", "render"]

INDENT = 2
UNBREAKABLE = 10**9


class Line:
    """A place where a line may end; on one line it reads *flat*. A *flat* of `None` always ends the line."""

    __slots__ = ("flat", "width")

    def __init__(self, flat: str | None = " ") -> None:
        self.flat = flat
        self.width = UNBREAKABLE if flat is None else len(flat)


class Nest:
    """*content*, its lines indented by one step more."""

    __slots__ = ("content", "width")

    def __init__(self, *content: "Document") -> None:
        self.content = content
        self.width = _width(content)


class Group:
    """*content* on one line where that fits, else with its own lines broken."""

    __slots__ = ("content", "width")

    def __init__(self, *content: "Document") -> None:
        self.content = content
        self.width = _width(content)


Document = str | Line | Nest | Group | tuple["Document", ...]
"""A text, a line end, an indented or grouped document, or several one after another."""

HARD = Line(None)
"""The line ends here in any case."""


def _width(document: Document) -> int:
    """How many characters *document* takes on one line."""
    if isinstance(document, str):
        return len(document)
    if isinstance(document, tuple):
        return sum(_width(each) for each in document)
    return document.width


def join(separator: tuple[Document, ...], documents: Iterable[Document]) -> tuple[Document, ...]:
    """The *documents* with *separator* between each two."""
    joined: list[Document] = []
    for document in documents:
        if joined:
            joined.extend(separator)
        joined.append(document)
    return tuple(joined)


_Pending = tuple[int, bool, Document]  # indent, whether on one line, what to print


def render(document: Document, width: int) -> str:
    """*document* as text, its lines at most *width* characters where the document allows."""
    out: list[str] = []
    column = 0
    pending: list[_Pending] = [(0, False, document)]
    while pending:
        indent, flat, each = pending.pop()
        if isinstance(each, str):
            out.append(each)
            column += len(each)
        elif isinstance(each, tuple):
            pending.extend((indent, flat, part) for part in reversed(each))
        elif isinstance(each, Nest):
            pending.extend((indent + INDENT, flat, part) for part in reversed(each.content))
        elif isinstance(each, Group):
            flat = flat or _fits(each, width - column, pending)
            pending.extend((indent, flat, part) for part in reversed(each.content))
        elif flat and each.flat is not None:
            out.append(each.flat)
            column += len(each.flat)
        else:
            out.append("\n" + " " * indent)
            column = indent
    lines = "".join(out).split("\n")
    return "\n".join(line.rstrip(" ") for line in lines)


def _fits(group: Group, room: int, pending: list[_Pending]) -> bool:
    """Whether *group* fits in *room* on one line, with what must follow it on that line."""
    room -= group.width
    position = len(pending) - 1
    following: list[tuple[bool, Document]] = []
    while room >= 0:
        if not following:
            if position < 0:
                return True
            _, flat, document = pending[position]
            following.append((flat, document))
            position -= 1
        flat, document = following.pop()
        if isinstance(document, str):
            room -= len(document)
        elif not isinstance(document, Line):
            parts = document if isinstance(document, tuple) else document.content
            following.extend((flat, part) for part in reversed(parts))
        elif flat and document.flat is not None:
            room -= len(document.flat)
        else:
            return True
    return False
