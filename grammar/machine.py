"""The LR machine: runs the tables over tokens, builds nodes as rules complete, and goes on after a mistake.

lark makes the tables but does not run them: beside each value the machine keeps where it began and ended, which gives
every node its span without an intermediate tree, and its stack is what recovery works on. Saying what is wrong is the
business of `diagnosis.py`.
"""

from collections.abc import Callable

from symnas.grammar import declarations, expressions, statements
from symnas.grammar.diagnosis import Situation, mend
from symnas.grammar.layout import BROKEN, DECLARATIONS, Layout
from symnas.grammar.reading import Reading
from symnas.grammar.statements import unreadable, unreadable_entry, unreadable_field, unreadable_option
from symnas.grammar.tables import Child, Production, Tables, tables
from symnas.grammar.tokens import Token
from symnas.spans import Span

__all__ = ["Machine"]

ACTIONS: dict[str, Callable[..., object]] = {
    **expressions.ACTIONS,
    **statements.ACTIONS,
    **declarations.ACTIONS,
}

_OPENERS = frozenset("([{")

_LEFT_OUT: dict[str, Callable[[Span], object]] = {
    "field": unreadable_field, "option": unreadable_option, "entry": unreadable_entry, "statement": unreadable,
    "declaration": unreadable,
}  # fmt: skip
"""What is left out where it cannot be read, and what stands there instead."""

_BEGIN_FIELD = frozenset({"LABEL", "STAR"})


class Machine:
    """Reads one text; `read` gives what the start rule built."""

    def __init__(self, reading: Reading, layout: Layout, start: str) -> None:
        found = tables()
        self._reading = reading
        self._layout = layout
        self._tables: Tables = found
        self._end = found.ends[start]
        self._states = [found.starts[start]]
        self._values: list[object] = [None]  # values, begins and ends run beside the states
        self._begins = [0]
        self._ends = [0]
        self._before: Token | None = None
        self._dropped: int | None = None  # where what is left out begins
        self._unit = "declaration"  # what is left out
        self._lost: int | None = None  # the bracket depth at which a new line ends what is left out, -1 where none does

    def read(self) -> object:
        """The value of the whole text, with `unreadable` for what was left out; `None` where nothing can be made of it.

        Raises: `SourceError` where a limit ends the reading.
        """
        token = None
        for token in self._layout:
            if self._lost is None:
                self._feed(token)
            else:
                self._seek(token)
            self._before = token
        end = len(self._reading.text)
        last = Token("$END", "", end, end)
        if self._lost is None:
            self._feed(last)
        if self._lost is not None and self._dropped is not None:
            self._resume(last)
        return self._values[-1] if self._states[-1] == self._end else None

    def _feed(self, token: Token) -> None:
        """Shift *token*, after the reductions that it calls for."""
        states, rows, productions = self._states, self._tables.states, self._tables.productions
        kind = token.kind
        while True:
            move = rows[states[-1]].get(kind)
            if move is None:
                if kind != "$END" or states[-1] != self._end:
                    self._mistake(token)
                return
            if move >= 0:
                states.append(move)
                self._values.append(token)
                self._begins.append(token.start)
                self._ends.append(token.end)
                return
            production = productions[-move - 1]
            if production.unit:
                states[-1] = self._tables.after_units(states[-2], states[-1], kind)
            else:
                self._reduce(production)

    def _reduce(self, production: Production) -> None:
        states, values, begins, ends = self._states, self._values, self._begins, self._ends
        length = production.length
        if length:
            parts = values[-length:]
            begin, end = begins[-length], ends[-1]
            del states[-length:], values[-length:], begins[-length:], ends[-length:]
        else:
            parts, begin, end = [], ends[-1], ends[-1]
        if production.positions is not None:
            children = [parts[each] for each in production.positions]
        else:
            children = _gather(production.children, parts)
        value: object
        if production.action is None:
            value = children
        elif production.action == "":
            value = children[0]
        else:
            self._reading.begin, self._reading.end = begin, end
            value = ACTIONS[production.action](self._reading, *children)
        states.append(self._tables.states[states[-1]][production.symbol])
        values.append(value)
        begins.append(begin)
        ends.append(end)

    # ---------------------------------------------------------------------------------- going on

    def _mistake(self, token: Token) -> None:
        """Mend the text in thought where that is safe, else leave out the statement or declaration."""
        situation = Situation(
            self._reading, token, self._before, self._accepts, self._layout.depth > 0, self._innermost()
        )
        instead = mend(situation) if token.kind != BROKEN else None
        if instead is None:
            self._drop(token)
            return
        for each in instead:
            self._feed(each)

    def _accepts(self, *kinds: str) -> bool:
        """Whether tokens of these *kinds* could stand here, one after the other."""
        rows, productions = self._tables.states, self._tables.productions
        states = self._states
        top = len(states)
        extra: list[int] = []  # states that would be added, so that nothing is copied
        for kind in kinds:
            while True:
                state = extra[-1] if extra else states[top - 1]
                move = rows[state].get(kind)
                if move is None:
                    return False
                if move >= 0:
                    extra.append(move)
                    break
                production = productions[-move - 1]
                left = production.length - len(extra)
                del extra[max(0, len(extra) - production.length) :]
                top -= max(0, left)
                below = extra[-1] if extra else states[top - 1]
                extra.append(rows[below][production.symbol])
        return True

    def _innermost(self) -> str | None:
        """The word that opened the innermost bracket, `oneof` say, where it was one."""
        opener = max(filter(self._opens, range(len(self._values))), default=0)
        before = self._values[opener - 1] if opener else None
        return before.text if isinstance(before, Token) else None

    def _opens(self, place: int) -> bool:
        """Whether a bracket was read at this *place* of the stack."""
        begin, text = self._begins[place], self._reading.text
        return self._ends[place] == begin + 1 and text[begin] in _OPENERS

    def _drop(self, token: Token) -> None:
        """Leave out the innermost field or statement, or the declaration where brackets are at fault, and seek its end."""
        rows = self._tables.states
        wanted = ("declaration",) if token.kind == BROKEN else tuple(_LEFT_OUT)
        position = len(self._states) - 1
        while position > 0 and not any(each in rows[self._states[position]] for each in wanted):
            position -= 1
        row = rows[self._states[position]]
        fitting = [each for each in wanted if each in row]
        if not fitting:  # a lone expression: nothing can be made of it
            self._lost, self._dropped = -1, None
            return
        if "field" in fitting and "statement" in fitting:  # braces, of which it is not known yet what they hold
            first = self._values[position + 1] if position + 1 < len(self._values) else token
            fitting = ["field" if isinstance(first, Token) and first.kind in _BEGIN_FIELD else "statement"]
        self._unit = symbol = fitting[0]
        self._lost = -1 if token.kind == BROKEN else sum(map(self._opens, range(position + 1)))
        begin = self._begins[position + 1] if position + 1 < len(self._states) else token.start
        self._reading.forget(begin)
        for stack in (self._states, self._values, self._begins, self._ends):
            del stack[position + 1 :]
        self._states.append(row[symbol])
        self._values.append(None)  # until its end is known
        self._begins.append(begin)
        self._ends.append(begin)
        self._dropped = begin
        self._reading.missed.add(token.start)
        if token.kind not in ("$END", BROKEN):
            self._seek(token)

    def _seek(self, token: Token) -> None:
        """Pass over what belongs to a field, statement or declaration that could not be read."""
        depth = self._layout.depth
        ends = {("_NL", self._lost), ("RBRACE", (self._lost or 0) - 1)}
        if self._unit not in ("statement", "declaration"):
            ends.add(("COMMA", self._lost))
        if token.kind == BROKEN:
            self._drop(token)
        elif self._lost in {0, -1} and depth == 0 and token.kind in DECLARATIONS and self._starts_line(token):
            self._resume(Token("_NL", "", token.start, token.start))
            self._feed(token)
        elif self._lost is not None and (token.kind, depth) in ends:
            self._resume(token)

    def _resume(self, token: Token) -> None:
        """Read on at *token*: what was left out ends before it."""
        begin, self._dropped = self._dropped, None
        self._lost = None
        if begin is not None:
            self._reading.left_out.add(begin)
            self._values[-1] = _LEFT_OUT[self._unit](self._reading.span(begin, max(begin, token.start)))
        self._feed(token)

    def _starts_line(self, token: Token) -> bool:
        text, place = self._reading.text, token.start - 1
        while place >= 0 and text[place] in " \t":
            place -= 1
        return place < 0 or text[place] == "\n"


def _gather(wanted: tuple[Child, ...], parts: list[object]) -> list[object]:
    """The children of a rule: lists joined in, `None` where a part was left out."""
    children: list[object] = []
    if isinstance(wanted[0], list):  # a list that grows by its next item is not copied, which would take its square
        first = parts[wanted[0][0]]
        assert isinstance(first, list)
        children, wanted = first, wanted[1:]
    for each in wanted:
        if isinstance(each, list):
            joined = parts[each[0]]
            assert isinstance(joined, list)
            children.extend(joined)
        else:
            children.append(None if each < 0 else parts[each])
    return children
