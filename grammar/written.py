"""What a text says beside its tree: where its author ended lines, left lines empty, added brackets and remarks.

Everything is known by offsets. How it is used for printing is `formatter.py`'s business.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from attrs import frozen

from symnas import tree
from symnas.grammar.document import Remarks
from symnas.grammar.layout import Layout
from symnas.grammar.reading import Reading
from symnas.grammar.tokens import Comment, Token, comments, scan
from symnas.spans import Source

__all__ = ["Written"]

_OPERANDS = frozenset("NAME NUMBER STRING VARIABLE TRUE FALSE NONE TRAIN RPAR RSQB RBRACE".split())
_WITH_BRACKETS = frozenset({"ONEOF", "REPEAT"})

Extent = tuple[int, int]
"""From one offset up to another."""


@frozen
class _Remark:
    """A comment, and whether it was moved up from where no line can end to what it stands in."""

    comment: Comment
    is_moved: bool


class Written:
    """A text that can be read, by its tokens and comments."""

    def __init__(self, text: str) -> None:
        self.end = len(text)
        self.comments = comments(text)
        reading = Reading(Source("<text>", text))
        self._tokens = [token for token in Layout(reading, scan(reading)) if token.kind != "_NL"]
        self._starts = [token.start for token in self._tokens]
        self._text = text
        self._groups = _groups(self._tokens, text)
        self._first, self._apart = self._line_starts()

    def _line_starts(self) -> tuple[set[int], set[int]]:
        """Where tokens begin lines, and where tokens and comments do so behind an empty one."""
        marks = [*((token.start, token.end) for token in self._tokens), (self.end, self.end)]
        if self.comments:
            marks = sorted([*marks, *((each.span.start, each.span.end) for each in self.comments)])
        first, apart = set(), set()
        before = 0
        for start, end in marks:
            if start - before > 0:
                newlines = self._text.count("\n", before, start)
                if newlines:
                    first.add(start)
                if newlines > 1:
                    apart.add(start)
            before = end
        return first, apart

    # -------------------------------------------------------------------------------------- places

    @property
    def version(self) -> int | None:
        """Where the language version stands, if it is written."""
        return self._starts[0] if self._tokens and self._tokens[0].kind == "NAS" else None

    def extent(self, node: tree.Node) -> Extent:
        """Where *node* begins and ends, with the round brackets around it that only group."""
        found = node.span.start, node.span.end
        while found in self._groups:
            found = self._groups[found]
        return found

    def is_grouped(self, node: tree.Node) -> bool:
        """Whether *node* stands in round brackets that only group."""
        return (node.span.start, node.span.end) in self._groups

    def next(self, offset: int, *, past_comma: bool = False) -> int:
        """Where the first token from *offset* on begins."""
        place = bisect_left(self._starts, offset)
        if past_comma and place < len(self._tokens) and self._tokens[place].kind == "COMMA":
            place += 1
        return self._starts[place] if place < len(self._starts) else self.end

    def setting(self, offset: int) -> int:
        """Where the setting begins whose value is at *offset*; *offset* itself where that is no such value."""
        place = bisect_left(self._starts, offset)
        return self._starts[place - 2] if place > 1 and self._tokens[place - 1].kind == "EQUAL" else offset

    def begins_line(self, offset: int) -> bool:
        """Whether the token at *offset* is the first of its line."""
        return offset in self._first

    def is_apart(self, offset: int) -> bool:
        """Whether an empty line comes before the token at *offset*."""
        return offset in self._apart

    def breaks(self, start: int, end: int) -> bool:
        """Whether a token from *start* to *end*, both included, begins a line."""
        place = bisect_left(self._starts, start)
        return any(self.begins_line(each) for each in self._starts[place : bisect_right(self._starts, end, place)])

    # ------------------------------------------------------------------------------------- remarks

    def remarks(self, anchors: Iterable[int]) -> dict[int, Remarks]:
        """The comments by the one of *anchors*, places before which a line can end, that they go with.

        That is the token behind the comment, or else the last place before that: what a comment cannot be put into, it
        is put above. So all are kept in order.
        """
        places = sorted(set(anchors))
        held: dict[int, list[_Remark]] = {}
        for comment in self.comments:
            behind = self.next(comment.span.end)
            anchor = places[bisect_right(places, behind) - 1]
            held.setdefault(anchor, []).append(_Remark(comment, anchor != behind))
        return {anchor: self._placed(anchor, found) for anchor, found in held.items()}

    def _placed(self, anchor: int, found: list[_Remark]) -> Remarks:
        tail, column = "", 0
        above: list[tuple[bool, str]] = []
        apart = self.is_apart(anchor)
        for each in found:
            start = each.comment.span.start
            if each.is_moved:  # what they are moved above keeps its distance to what comes before them
                above.append((apart, each.comment.text))
                apart = False
            elif each.comment.alone:
                above.append((self.is_apart(start), each.comment.text))
            else:
                tail, column = each.comment.text, start - self._text.rfind("\n", 0, start) - 1
        return Remarks(tail, column, tuple(above), apart)


def _groups(tokens: list[Token], text: str) -> dict[Extent, Extent]:
    """What stands in round brackets that only group, and with them."""
    found: dict[Extent, Extent] = {}
    open_at: list[int] = []
    for place, token in enumerate(tokens):
        if token.kind == "_CALL":
            open_at.append(-1)
        elif token.kind == "LPAR":
            open_at.append(place if _only_groups(tokens, place, text) else -1)
        elif token.kind == "RPAR" and open_at:
            opening = open_at.pop()
            if 0 <= opening < place - 1:
                inside = tokens[opening + 1].start, tokens[place - 1].end
                found[inside] = tokens[opening].start, token.end
    return found


def _only_groups(tokens: list[Token], place: int, text: str) -> bool:
    """Whether the `(` at *place*, which calls nothing, is no declaration's and no placeholder's."""
    if place == 0:
        return True
    before = tokens[place - 1]
    if before.kind in _WITH_BRACKETS:
        return False
    return before.kind not in _OPERANDS or "\n" in text[before.end : tokens[place].start]
