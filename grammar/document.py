"""Text that can be laid out in several ways: the algebra behind the printer.

After Wadler, "A prettier printer" (2003), and Lindig, "Strictly pretty" (2000): a `Group` is printed on one line where
it fits, else the `Line`s that belong to it directly are broken. What .nas looks like is `printer.py`'s business.
"""

from collections.abc import Iterable

from attrs import frozen

__all__ = [
    "HARD",
    "UNBREAKABLE",
    "Document",
    "Group",
    "Hang",
    "Line",
    "Nest",
    "Remarks",
    "Trail",
    "is_broken",
    "join",
    "render",
]

INDENT = 2
NEAR = 10
UNBREAKABLE = 10**9


@frozen
class Remarks:
    """What stands where a line ends, beside the end itself.

    *tail* goes to the end of the line, in its *column* where the line leaves room for that; *above* are lines of their
    own before the next, each with whether an empty line comes first; *apart* says that of the next line. *inward* lines
    of their own are indented by one step more, before a closing bracket.
    """

    tail: str = ""
    column: int = 0
    above: tuple[tuple[bool, str], ...] = ()
    apart: bool = False
    inward: bool = False


class Line:
    """A place where a line may end; on one line it reads *flat*. A *flat* of `None` always ends the line."""

    __slots__ = ("flat", "remarks", "width")

    def __init__(self, flat: str | None = " ", remarks: Remarks | None = None) -> None:
        self.flat = flat
        self.remarks = remarks
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


class Hang:
    """*content*, its lines indented as the line in which it begins."""

    __slots__ = ("content", "width")

    def __init__(self, *content: "Document") -> None:
        self.content = content
        self.width = _width(content)


class Trail:
    """*content* that follows a beginning, each part from a space or `Line` on: its lines stand under where the first
    part begins, if that is less than `NEAR` columns into its line and the part fits there, else one step further in.
    """

    __slots__ = ("content", "width")

    def __init__(self, *content: "Document") -> None:
        self.content = content
        self.width = _width(content)


Document = str | Line | Nest | Group | Hang | Trail | tuple["Document", ...]
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


def is_broken(document: Document) -> bool:
    """Whether *document* has a line end in any case."""
    return _width(document) >= UNBREAKABLE


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
    column = begins = 0
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
        elif isinstance(each, Hang):
            pending.extend((begins, flat, part) for part in reversed(each.content))
        elif isinstance(each, Trail):
            near = column + 1 - begins < NEAR and _begins_here(each, width - column, pending)
            inner = column + 1 if near else indent + INDENT
            pending.extend((inner, flat, part) for part in reversed(each.content))
        elif flat and each.flat is not None:
            out.append(each.flat)
            column += len(each.flat)
        else:
            if each.remarks is not None:
                out.append(_remarks(each.remarks, column, indent, width))
            out.append("\n" + " " * indent)
            column = begins = indent
    lines = "".join(out).split("\n")
    return "\n".join(line.rstrip(" ") for line in lines)


def _begins_here(trail: Trail, room: int, pending: list[_Pending]) -> bool:
    """Whether the first part of *trail* stays in the line that has *room* left."""
    first, *others = trail.content
    return not isinstance(first, Group) or _fits(first, room, [*pending, (0, False, tuple(others))])


def _remarks(remarks: Remarks, column: int, indent: int, width: int) -> str:
    """The end of the line, and the lines above the next."""
    text = ""
    if remarks.tail:
        in_column = remarks.column + len(remarks.tail) <= width
        text = " " * (max(2, remarks.column - column) if in_column else 2) + remarks.tail
    for apart, each in remarks.above:
        text += ("\n\n" if apart else "\n") + " " * (indent + INDENT * remarks.inward) + each
    return text + "\n" * remarks.apart


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
