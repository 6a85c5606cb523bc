"""What a token that fits nowhere was meant to be: the message, and where it is safe, the text mended in thought.

`mend` looks at the token, the one before it, and what would fit instead. Mended text is read on, so that one mistake
gives one message and the next mistake is found too.
"""

from collections.abc import Callable

from attrs import frozen

from symnas.errors import nearest
from symnas.grammar.declarations import keyword_instead
from symnas.grammar.layout import DECLARATIONS
from symnas.grammar.reading import Reading
from symnas.grammar.tokens import BAD, Token, keywords

__all__ = ["Situation", "mend"]

_OPENING = frozenset(
    "NAME NUMBER STRING VARIABLE TRUE FALSE NONE LPAR LSQB LBRACE ONEOF REPEAT IF WHEN LABEL SETTING".split()
)
_INFIX = frozenset("ARROW COMPARE TO PLUS STAR FACTOR POWER AND OR IN AS".split())
_STATEMENT_WORDS = frozenset("FOR SHARED REQUIRE".split())
_SIGNS = {
    "RPAR": "`)`", "RSQB": "`]`", "RBRACE": "`}`", "COMMA": "`,`", "EQUAL": "`=`", "COLON": "`:`", "LPAR": "`(`",
    "LBRACE": "`{`", "YIELDS": "`=>`", "IN": "`in`", "WITH": "`with`", "ELSE": "`else`", "_NL": "a new line",
    "NUMBER": "a number", "STRING": "a string", "NAME": "a name",
}  # fmt: skip
_OFTEN = {"function": "block", "module": "block", "class": "block", "def": "fn", "func": "fn", "const": "let",
          "var": "let", "model": "net", "network": "net", "from": "import", "include": "import",
          "constraint": "require", "where": "require", "maximise": "maximize", "minimise": "minimize"}  # fmt: skip


@frozen
class Situation:
    """Where reading stands: *token* fits nowhere after *before*; *accepts* says which kinds would, one after the other.
    *nested* says that brackets are open, *within* is the word before the innermost of them.
    """

    reading: Reading
    token: Token
    before: Token | None
    accepts: Callable[..., bool]
    nested: bool
    within: str | None = None

    @property
    def same_line(self) -> bool:
        """Whether no newline stands between the token and the one before it."""
        return self.before is None or "\n" not in self.reading.text[self.before.end : self.token.start]

    @property
    def at_declaration(self) -> bool:
        """Whether a declaration would begin here."""
        return self.accepts("NET") and not self.accepts("NAME")

    def report(self, code: str, hint: str | None = None, **words: object) -> None:
        """Note the mistake at the token."""
        self.reading.report(code, self.token.start, max(self.token.end, self.token.start), hint, **words)


def mend(situation: Situation) -> list[Token] | None:
    """Report the mistake; tokens to read in place of the one that does not fit, or `None` to leave its statement out."""
    for attempt in (
        _reported, _keyword, _label_in_body, _line_begins_with_operator, _unknown_declaration, _call_apart,
        _missing_comma, _second_statement, _name_before_keyword,
    ):  # fmt: skip
        tokens = attempt(situation)
        if tokens is not None:
            return tokens or None
    _report_unexpected(situation)
    return None


def _reported(at: Situation) -> list[Token] | None:
    """A sign that begins no token was reported where it was met."""
    return [] if at.token.kind == BAD else None


def _keyword(at: Situation) -> list[Token] | None:
    """`block B(in, out)`: a keyword where a name must stand is read as that name, here and later."""
    token = at.token
    if token.text not in keywords() or token.kind == "NAME" or not at.accepts("NAME"):
        return None
    if token.text in at.reading.misused:
        return [token._replace(kind="NAME")]
    if at.accepts("NUMBER") or (token.kind in DECLARATIONS and not at.same_line):
        return None
    at.reading.misused.add(token.text)
    at.report("E0106", word=token.text, other=keyword_instead(token.text))
    return [token._replace(kind="NAME")]


def _name_before_keyword(at: Situation) -> list[Token] | None:
    """`y = net -> ReLU`: a keyword that begins no value, where a value must stand."""
    token = at.token
    begins_line = not at.same_line
    if token.kind not in DECLARATIONS or begins_line or not at.accepts("NAME") or at.accepts(token.kind):
        return None
    at.reading.misused.add(token.text)
    at.report("E0106", word=token.text, other=keyword_instead(token.text))
    return [token._replace(kind="NAME")]


def _label_in_body(at: Situation) -> list[Token] | None:
    """`if c { logits: y }`: a record where statements stand."""
    if at.token.kind != "LABEL" or not at.accepts("FOR") or at.accepts("LABEL"):
        return None
    at.report("E0103", label=at.token.text)
    return []


def _unknown_declaration(at: Situation) -> list[Token] | None:
    token = at.token
    if not at.at_declaration:
        return None
    if token.kind in ("IF", "FOR", "WHEN", "REPEAT", "ONEOF", "LPAR", "LSQB", "LBRACE") or token.kind not in _OPENING:
        at.report("E0110", "statements stand in a block, cell, net or fn", expected="a declaration", found=_shown(at))
        return []
    text = at.reading.text[token.end : token.end + 40].lstrip(" \t")
    words = [word for word, kind in keywords().items() if kind in DECLARATIONS]
    close = _OFTEN.get(token.text.casefold()) or nearest(token.text, words)
    if text.startswith("=") and not text.startswith("=="):
        hint = f"a value at the top of a file is written `let {token.text} = …`"
    elif close:
        hint = f"`{close}`?"
    elif at.reading.astray:
        return []  # said once: what follows is most likely of the same kind
    else:
        hint = "a file holds " + ", ".join(f"`{word}`" for word in words if word != "nas")
        at.reading.astray = True
    at.report("E0114", hint, word=token.text)
    return []


def _call_apart(at: Situation) -> list[Token] | None:
    """`Conv2d (64)`: the space keeps the bracket from calling."""
    touching = {"LPAR": "_CALL"}.get(at.token.kind)
    before = at.before
    if touching is None or before is None or before.kind != "NAME" or not at.same_line or not at.accepts(touching):
        return None
    at.report("E0125", name=before.text)
    return [at.token._replace(kind=touching)]


def _missing_comma(at: Situation) -> list[Token] | None:
    if at.token.kind not in _OPENING or not at.accepts("COMMA", at.token.kind) or _guards(at):
        return None
    at.report("E0104")
    return [at.token._replace(kind="COMMA", text=","), at.token]


def _guards(at: Situation) -> bool:
    """An `if` after an item is a guard, never a new item."""
    return at.token.kind == "IF" and at.accepts("ARROW")


def _second_statement(at: Situation) -> list[Token] | None:
    fits = at.token.kind in DECLARATIONS or (at.nested and at.token.kind in _OPENING | _STATEMENT_WORDS)
    if not fits or not at.accepts("_NL", at.token.kind):
        return None
    before, hint = at.before, None
    if before is not None and before.text == "return":
        at.reading.left_out.add(before.start)
        at.reading.missed.add(at.token.start)  # the result is fine
        hint = "the last value of a body is its result: leave out `return`"
    at.report("E0121", hint)
    return [at.token._replace(kind="_NL", text="\n"), at.token]


def _line_begins_with_operator(at: Situation) -> list[Token] | None:
    if at.token.kind not in _INFIX or at.before is None or at.before.kind != "_NL":
        return None
    at.report("E0122", sign=at.token.text)
    return []


def _report_unexpected(at: Situation) -> None:
    """The general case: what would fit, what stands there, and the remedies of a few habits."""
    hint = None
    token, before = at.token, at.before
    if token.kind == "ELSE" and at.accepts("COMMA"):
        hint = "a choice is written `if condition { a } else { b }`"
    elif token.kind == "EQUAL" and before is not None and before.kind in ("PLUS", "MINUS", "STAR", "FACTOR"):
        hint = f"write `x = x {before.text} …`"
    elif token.kind == "EQUAL" and (at.accepts("COMPARE") or at.accepts("LBRACE") or at.accepts("RPAR")):
        hint = "equality is written `==`"
    elif token.kind == "_NL" and at.accepts("LBRACE"):
        hint = "what belongs to it stands in braces, `{ … }`"
    elif at.accepts("LABEL") and token.text.isidentifier() and _binds(at):
        hint = f"a field is written `{token.text}: …`"
    elif token.kind == "COLON" and before is not None and before.kind == "NAME":
        braces = f"labels stand in braces, `oneof {{ {before.text}: … }}`"
        hint = braces if at.within == "oneof" else f"a setting is written `{before.text} = …`"
    elif token.kind == "LABEL" and at.same_line and at.accepts("STRING"):
        hint = f'`{token.text}:` begins a label; text stands in quotes, `"{token.text}:…"`'
    elif token.kind == "DOT" and at.accepts("NUMBER"):
        hint = "a number begins with a digit, `0.5`"
    elif token.kind == "STAR" and before is not None and before.kind in ("_INDEX", "COMMA"):
        hint = "any number of dimensions is written `[*S]`, without a dtype"
    elif before is not None and before.text in keywords() and before.kind == "NAME":
        hint = f"`{before.text}` is a keyword"
    at.report("E0110", hint, expected=_expected(at), found=_shown(at))


def _binds(at: Situation) -> bool:
    """Whether a single `=` follows the token."""
    text = at.reading.text[at.token.end : at.token.end + 40].lstrip(" \t")
    return text.startswith("=") and text[1:2] not in ("=", ">")


def _expected(at: Situation) -> str:
    """What would fit, in a few words."""
    if at.accepts("NUMBER") and at.accepts("NAME"):
        return "a value"
    if at.at_declaration:
        return "a declaration"
    fitting = [shown for kind, shown in _SIGNS.items() if at.accepts(kind)]
    if at.accepts("ARROW"):
        fitting = [*[each for each in fitting if each != "`in`"][:3], "an operator"]
    if not fitting:
        return "something else"
    return fitting[0] if len(fitting) == 1 else ", ".join(fitting[:-1]) + " or " + fitting[-1]


def _shown(at: Situation) -> str:
    if at.token.kind == "$END":
        return "the end of the text"
    if at.token.kind == "_NL":
        return "the end of the line"
    text = at.token.text if len(at.token.text) <= 40 else at.token.text[:40] + "…"
    return f"`{text}`"
