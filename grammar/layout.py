"""The layout filter: what a newline, a bracket and a word mean, given what stands around them.

It drops newlines that end nothing, tells a calling `(` from a grouping one and a label from a name, pairs brackets, and
bounds how deep an expression may grow, so that every later step may walk a tree by recursion.
"""

import re
from collections.abc import Iterator

from symnas.errors import SourceError
from symnas.grammar.reading import Reading
from symnas.grammar.tokens import BAD, Token, keywords

__all__ = ["BROKEN", "DECLARATIONS", "DEEPEST", "Layout"]

BROKEN = "BROKEN"
"""A sign that brackets went wrong here: the declaration cannot be read on."""

DEEPEST = 240
"""How deep a tree may be: an operator counts 1, a bracket 3, a brace 4, which is how many nodes each may add.

Comparing and hashing a tree takes about two calls of Python's thousand for each node."""

DECLARATIONS = frozenset(
    "NAS BLOCK CELL NET LET FN SHARED TRAIN SEARCH REQUIRE ASSERT MAXIMIZE MINIMIZE MEASURE RULE IMPORT USE PICK MOVED"
    .split()
)  # fmt: skip
_NEVER_INSIDE = DECLARATIONS - {"SHARED", "REQUIRE", "TRAIN"}
_OPERANDS = frozenset("NAME NUMBER STRING VARIABLE TRUE FALSE NONE TRAIN RPAR RSQB RBRACE".split())
_ENDS = _OPERANDS | {BAD, BROKEN}
_CONTINUE = frozenset("ARROW YIELDS DOT COMMA RPAR RSQB RBRACE ELSE AND OR WHERE WITH KEEP AS".split())
_OPENERS = {"LPAR": ")", "LSQB": "]", "LBRACE": "}"}
_CLOSERS = {"RPAR": ")", "RSQB": "]", "RBRACE": "}"}
_STEPS = frozenset("ARROW AS OR AND NOT COMPARE IN TO PLUS MINUS STAR FACTOR POWER DOT _CALL _INDEX ELSE FOR".split())
_PARTS = frozenset("COMMA _NL EQUAL COLON YIELDS".split())
_LABEL = re.compile(r"[ \t]*:")
_SETTING = re.compile(r"[ \t]*=(?![=>])")


class _Bracket:
    """An open bracket, and how deep the expressions inside it have grown."""

    __slots__ = ("closer", "deepest", "inner", "start", "steps")

    def __init__(self, closer: str, start: int) -> None:
        self.closer = closer
        self.start = start
        self.steps = 0  # operators of the expression being read
        self.inner = 0  # the deepest bracket inside it
        self.deepest = 0  # the deepest expression before it


class Layout:
    """Iterates over the tokens that the grammar reads; *enclosed* text is read as if it stood in parentheses."""

    def __init__(self, reading: Reading, raw: Iterator[Token], enclosed: bool = False) -> None:
        self._reading = reading
        self._raw = raw
        self._enclosed = enclosed
        self._outside = _Bracket("", 0)
        self._open: list[_Bracket] = []
        self._outer = 0  # what the brackets around the current one weigh
        self._replacing = False  # after the `=>` of a rule

    @property
    def depth(self) -> int:
        """How many brackets are open after the latest token."""
        return len(self._open)

    def __iter__(self) -> Iterator[Token]:
        before, edge, newline = "_NL", 0, None
        text = self._reading.text
        for token in self._raw:
            kind = token.kind
            if kind == "NEWLINE":
                if newline is None and before in _ENDS and self._newlines_count():
                    newline = token
                continue
            if kind == "NAME" or kind in _WORDS:
                kind = self._word(token, before, text)
            elif kind in _BRACKETS and token.start == edge and before in _OPERANDS:
                kind = "_CALL" if kind == "LPAR" else "_INDEX"
            if newline is not None:
                if kind not in _CONTINUE:
                    self._weigh("_NL", newline)
                    yield Token("_NL", "\n", newline.start, newline.end)
                    before = "_NL"
                newline = None
            if self._open and kind in _NEVER_INSIDE and text[token.start - 1] == "\n":
                yield self._never_closed(token)
                yield Token("_NL", "\n", token.start, token.start)
            if kind in _CLOSERS:
                trouble = self._close(token)
                if trouble is not None:
                    yield trouble
                    before, edge = trouble.kind, token.end
                    continue
            elif kind in _WEIGHED:
                self._weigh(kind, token)
            yield token if kind == token.kind else token._replace(kind=kind)
            before, edge = kind, token.end
        if self._open:
            yield self._never_closed(Token("$END", "", len(text), len(text)))

    def _newlines_count(self) -> bool:
        if self._open:
            return self._open[-1].closer == "}"
        return not self._enclosed

    def _word(self, token: Token, before: str, text: str) -> str:
        """NAME, LABEL, SETTING or a keyword; `keep` is one only where it may follow a rule's replacement, and `where(`
        only after a rule's pattern: elsewhere it calls PyTorch's function.
        """
        if before == "DOT" or (before == "AS" and text.startswith("[", token.end)):  # `as repeat[0].conv`
            return "NAME"
        if self._open:
            closer = self._open[-1].closer
            if closer == "}":
                if _LABEL.match(text, token.end):
                    return "LABEL"
            elif closer == ")" and before in _ARGUMENT_STARTS and _SETTING.match(text, token.end):
                return "SETTING"
        if token.kind == "KEEP" and not (self._replacing and not self._open and before in _OPERANDS):
            return "NAME"
        if token.kind == "WHERE" and text.startswith("(", token.end) and (self._open or before not in _OPERANDS):
            return "NAME"
        return token.kind

    def _weigh(self, kind: str, token: Token) -> None:
        """Keep count of how deep the tree grows; stop where it would be too deep to walk."""
        level = self._open[-1] if self._open else self._outside
        if kind in _PARTS:
            if not self._open and kind in _DECLARATION_PARTS:
                self._replacing = kind == "YIELDS"
            level.deepest = max(level.deepest, level.steps + level.inner)
            level.steps = level.inner = 0
        if kind in _STEPS:
            level.steps += 1
            self._bound(level, token)
        opened = _OPENERS.get(kind) or _TOUCHING.get(kind)
        if opened:
            self._outer += 4 if opened == "}" else 3
            self._open.append(_Bracket(opened, token.start))
            if self._outer > DEEPEST:
                self._too_deep("E0116", token)

    def _bound(self, level: _Bracket, token: Token) -> None:
        if level.steps + level.inner + self._outer > DEEPEST:
            self._too_deep("E0117", token)

    def _too_deep(self, code: str, token: Token) -> None:
        raise SourceError(self._reading.with_found(code, token.start, token.end, limit=DEEPEST))

    def _close(self, token: Token) -> Token | None:
        """Pair a closing bracket; what to yield in its place where it pairs with none."""
        closer = _CLOSERS[token.kind]
        if self._open and self._open[-1].closer == closer:
            self._pop()
            self._bound(self._open[-1] if self._open else self._outside, token)
            return None
        if not any(each.closer == closer for each in self._open):
            self._reading.report("E0115", token.start, token.end, bracket=token.text)
            return token._replace(kind=BAD)
        self._report_open(self._open[-1])
        while self._open[-1].closer != closer:
            self._pop()
        self._pop()
        return token._replace(kind=BROKEN)

    def _pop(self) -> None:
        """Leave a bracket: what it holds counts for the expression around it."""
        left = self._open.pop()
        weight = 4 if left.closer == "}" else 3
        self._outer -= weight
        level = self._open[-1] if self._open else self._outside
        level.inner = max(level.inner, weight + max(left.deepest, left.steps + left.inner))

    def _never_closed(self, token: Token) -> Token:
        self._report_open(self._open[-1])
        while self._open:
            self._pop()
        return Token(BROKEN, "", token.start, token.start)

    def _report_open(self, bracket: _Bracket) -> None:
        """The bracket is the mistake; what was found amiss inside it follows from it."""
        if bracket.closer != "}":
            self._reading.withdraw(bracket.start)
        text = self._reading.text[bracket.start]
        self._reading.report("E0101", bracket.start, bracket.start + 1, bracket=text, closer=bracket.closer)


_DECLARATION_PARTS = frozenset({"_NL", "YIELDS"})
_BRACKETS = frozenset({"LPAR", "LSQB"})
_TOUCHING = {"_CALL": ")", "_INDEX": "]"}
_ARGUMENT_STARTS = frozenset({"LPAR", "_CALL", "COMMA"})
_WORDS = frozenset(keywords().values())
_WEIGHED = _STEPS | _PARTS | frozenset(_OPENERS)
