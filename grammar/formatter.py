"""The formatter: a text laid out anew, with its comments, its empty lines and its author's choice of lines.

The rules, beside the printer's: a line has at most 120 characters where it can be broken. What its author began a new
line for keeps it: a stage of a pipeline, an operand, the inside of brackets (then each part has a line), a value behind
`=`, an `else`. Lines that go on stand one step further in, stages under the first `->` where that is near. Numbers and
strings are spelled as written, brackets that only group are kept, empty lines between statements become one.

A comment stays behind what it stands behind, in its column where there is room, or above what it stands above; where
no line can end, it moves above what it stands in. Formatting what is formatted changes nothing.
"""

from collections.abc import Sequence

from attrs import evolve

from symnas import tree
from symnas.grammar.document import UNBREAKABLE, Document, Group, Hang, Line, Nest, Remarks, Trail, is_broken, render
from symnas.grammar.expression_printer import Chain, Link, hugs
from symnas.grammar.parser import parse
from symnas.grammar.printer import Printer
from symnas.grammar.written import Written

__all__ = ["format"]

WIDTH = 120
BESIDE = 60
"""How long the parts in brackets may be that stay in a line with one that has lines of its own."""


def format(text: str, name: str = "<text>") -> str:
    """*text* laid out by the rules above; the program that it spells stays the same.

    Raises: `SourceError` with every mistake of the text, where it cannot be read.
    """
    text = text.removeprefix("\ufeff")
    module = parse(text, name)
    written = Written(text)
    return render(_module(module, written, _remarks(module, written)), WIDTH).strip("\n") + "\n"


def _remarks(module: tree.Module, written: Written) -> dict[int, Remarks]:
    """The comments, by the token that each goes before or above."""
    if not written.comments:
        return {}
    anchors = [written.end, *(each.span.start for each in module.declarations)]
    if written.version is not None:
        anchors.append(written.version)
    trial = _Formatter(written, {})
    for each in module.declarations:
        if any(each.span.start < comment.span.start < each.span.end for comment in written.comments):
            trial.declaration(each)
    return written.remarks([*anchors, *trial.anchors])


def _module(module: tree.Module, written: Written, remarks: dict[int, Remarks]) -> Document:
    """The version, the declarations, and what stands behind the last."""
    formatter = _Formatter(written, remarks)
    parts: list[Document] = []
    starts = [each.span.start for each in module.declarations]
    documents = [formatter.declaration(each) for each in module.declarations]
    if written.version is not None:
        starts, documents = [written.version, *starts], ["nas 1", *documents]
    else:
        parts.append("nas 1")
    for start, document in zip([*starts, written.end], [*documents, ""], strict=True):
        found = remarks.get(start, Remarks(apart=written.is_apart(start) and start != written.end))
        if len(parts) == 1 and written.version is None and not found.above:
            found = evolve(found, apart=start != written.end)
        parts += [Line(None, found), document]
    return tuple(parts)


class _Formatter(Printer):
    """Makes documents with the lines of *written*; *anchors* are the places before which it lets a line end."""

    def __init__(self, written: Written, remarks: dict[int, Remarks]) -> None:
        self._written = written
        self._remarks = remarks
        self.anchors: list[int] = []

    # ------------------------------------------------------------------------------------ ends of lines

    def _line(self, place: int, flat: str | None) -> Line:
        """The place before the token at *place*, where the author's new line is kept."""
        self.anchors.append(place)
        found = self._remarks.get(place)
        if found is not None:
            return Line(None, _close(found))
        return Line(None if self._written.begins_line(place) else flat)

    def before(self, node: tree.Node) -> Line:
        return self._line(self._written.extent(node)[0], " ")

    def behind(self, node: tree.Node) -> Line:
        return self._line(self._written.next(self._written.extent(node)[1]), " ")

    def opening(self, node: tree.Node, flat: str) -> Line:
        return self._line(self._part(node), flat)

    def separator(self, node: tree.Node, flat: str | None) -> Line:
        place = self._part(node)
        self.anchors.append(place)
        found = self._remarks.get(place)
        if found is not None:
            return Line(None, found)
        return Line(flat, Remarks(apart=True)) if self._written.is_apart(place) else Line(flat)

    def closing(self, node: tree.Node, flat: str) -> Line:
        return self._closing(self._written.next(self._written.extent(node)[1], past_comma=True), flat)

    def _closing(self, place: int, flat: str) -> Line:
        self.anchors.append(place)
        found = self._remarks.get(place)
        return Line(flat) if found is None else Line(None, evolve(found, apart=False, inward=True))

    def _part(self, node: tree.Node) -> int:
        """Where a part of what is in brackets begins, with its name if it has one."""
        start = self._written.extent(node)[0]
        return self._written.setting(start) if isinstance(node, tree.Expression) else start

    # ------------------------------------------------------------------------------- chains of operators

    def linked(self, link: Link) -> Document:
        sign, line, rest = link
        if line.flat is not None and is_broken(rest):
            return sign, line.flat, rest
        return Group(sign, line, rest)

    def before_brackets(self, sign: str, line: Line, document: Document) -> Document:
        if line.flat is None:
            return Nest(Group(sign, line, document))
        return f"{sign} ", document

    def pipeline(self, first: Document, stages: list[Link]) -> Document:
        return first, Trail(*map(self.linked, stages))

    def meant(self, value: tree.Expression, shown: Document) -> tuple[Document, ...]:
        if hugs(value):
            return " = ", shown
        line = self.before(value)
        if line.flat is not None and is_broken(shown):
            line = Line(None if self._goes_on(value) else " ")
            return (" =", Nest(line, shown)) if line.flat is None else (" = ", shown)
        return " =", Nest(Group(line, shown))

    def _goes_on(self, value: tree.Expression) -> bool:
        """Whether *value* is a chain that its author continued in a new line."""
        while isinstance(value, tree.Pipe | tree.Binary):
            if self._written.breaks(self._written.extent(value.left)[1], self._written.extent(value.right)[0]):
                return True
            if self.wrapped(value.left):
                return False
            value = value.left
        return False

    def beside(self, value: Document, line: Line) -> Document:
        return " " if line.flat is not None and is_broken(value) else line

    # ----------------------------------------------------------------------------------------- brackets

    def enclosed(self, opening: str, inside: Sequence[Document], lines: Sequence[Line], closing: str) -> Document:
        """Where one part has lines of its own, and the author ended none at the brackets, they stay around it."""
        flats = [line.flat for line in lines if line.flat is not None]
        if len(flats) == len(lines) and sum(map(is_broken, inside)) == 1:
            parts = [each if is_broken(each) else render(Group(each), UNBREAKABLE) for each in inside]
            if sum(len(each) for each in parts if isinstance(each, str)) <= BESIDE:
                joined = [each for pair in zip(flats, parts, strict=False) for each in pair]
                return opening, *joined, flats[-1], closing
        return Hang(super().enclosed(opening, inside, lines, closing))

    def parenthesised(self, node: tree.Expression, shown: Document) -> Document:
        opening = self._line(node.span.start, "")
        return self.enclosed("(", [shown], [opening, self._closing(self._written.next(node.span.end), "")], ")")

    def hugged(self, argument: tree.Argument, shown: Document) -> Document | None:
        for each in (self.opening(argument, ""), self.closing(argument, "")):
            if each.remarks is not None:
                return None
        return "(", shown, ")"

    def braces(self, body: tree.Body) -> Document:
        return Hang(super().braces(body))

    def chained(self, chain: Chain) -> Document:
        """Each pair of braces for itself where the author gave lines to some."""
        if any(map(is_broken, chain)):
            return Hang(*(each if isinstance(each, str) else Group(each) for each in chain))
        return Hang(super().chained(chain))

    def otherwise(self, then: tree.Body) -> Document:
        line = self.behind(then)
        return (line, "else ") if line.flat is None else " else "

    # ----------------------------------------------------------------------------------- as it was written

    def prior_place(self, node: tree.OneOf) -> int:
        assert node.prior is not None
        return sum(each.span.start < node.prior.span.start for each in node.alternatives)

    def wrapped(self, node: tree.Expression) -> bool:
        return self._written.is_grouped(node)

    def text(self, node: tree.Text) -> str:
        return node.span.text


def _close(remarks: Remarks) -> Remarks:
    """*remarks* without empty lines, for the beginning of brackets and the middle of expressions."""
    return evolve(remarks, above=tuple((False, text) for _, text in remarks.above), apart=False)
