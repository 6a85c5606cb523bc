"""From `nas.lark` to `tables.json`: lark builds the LALR(1) tables once, here, and never while a program is read.

`python -m symnas.grammar.generate` rewrites the tables after a change of the grammar. Nothing else imports lark.
"""

import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

__all__ = ["grammar_text", "main", "tables_text"]

STARTS = ["module", "lone_expression"]


def grammar_text() -> str:
    """The grammar as shipped."""
    return Path(__file__).with_name("nas.lark").read_text(encoding="utf-8")


def tables_text(grammar: str) -> str:
    """The tables of *grammar* as JSON; equal grammars give equal text.

    Raises: `lark.exceptions.GrammarError` where *grammar* is not LALR(1).
    """
    lark = _build(grammar)
    terminals = sorted(lark.terminals, key=_matching_order)
    name = next(each for each in terminals if each.name == "NAME").pattern.to_regexp()
    keywords = {
        each.pattern.value: each.name
        for each in terminals
        if each.pattern.type == "str" and re.fullmatch(name, each.pattern.value)
    }
    others = [[each.name, each.pattern.to_regexp()] for each in terminals if each.name not in keywords.values()]
    content = {"terminals": others, "keywords": dict(sorted(keywords.items())), **_parse_table(lark)}
    lines = ",\n".join(f"{json.dumps(key)}: {_rows(value)}" for key, value in content.items())
    return f"{{\n{lines}\n}}\n"


def _build(grammar: str) -> "Lark":
    """Lark's parser of *grammar*; a shift/reduce conflict, which lark settles in silence, is an error here."""
    from lark import Lark
    from lark.exceptions import GrammarError
    from lark.utils import logger

    conflicts: list[str] = []
    watch = logging.Handler(logging.DEBUG)
    watch.emit = lambda record: conflicts.append(record.getMessage())  # type: ignore[method-assign]  # a one-off handler
    level = logger.level
    logger.addHandler(watch)
    logger.setLevel(logging.DEBUG)
    try:
        lark = Lark(grammar, parser="lalr", lexer="basic", start=STARTS, maybe_placeholders=True, debug=True)
    finally:
        logger.removeHandler(watch)
        logger.setLevel(level)
    shift_reduce = [each for each in conflicts if each.startswith("Shift/Reduce")]
    if shift_reduce:
        raise GrammarError("\n".join(shift_reduce))
    return lark


def _matching_order(terminal: "TerminalDef") -> tuple[int, int, int, str]:
    """Longer matches before shorter ones, as lark's own lexer orders its terminals."""
    pattern = terminal.pattern
    return -terminal.priority, -pattern.max_width, -len(pattern.value), terminal.name


def _parse_table(lark: "Lark") -> dict[str, object]:
    """Rules and states with numbers for names: `n >= 0` goes to state n, `n < 0` reduces by rule `-n - 1`."""
    from lark.parsers.lalr_analysis import Shift

    table = lark.parser.parser._parse_table  # noqa: SLF001 - lark publishes the table only inside its serialised form
    numbers = {rule: index for index, rule in enumerate(lark.rules)}
    order = [table.start_states[start] for start in STARTS]
    known = {state: index for index, state in enumerate(order)}
    for state in order:  # breadth first, so that equal grammars number their states alike
        for _, (action, target) in sorted(table.states[state].items(), key=lambda move: move[0]):
            if action is Shift and target not in known:
                known[target] = len(order)
                order.append(target)
    states = [
        {
            symbol: known[target] if action is Shift else -numbers[target] - 1
            for symbol, (action, target) in sorted(table.states[state].items(), key=lambda move: move[0])
        }
        for state in order
    ]
    return {
        "starts": {start: known[table.start_states[start]] for start in STARTS},
        "ends": {start: known[table.end_states[start]] for start in STARTS},
        "rules": [_rule(rule) for rule in lark.rules],
        "states": states,
    }


def _rule(rule: "Rule") -> list[object]:
    """`[symbol, length, action, children]`.

    A child is a position, `-1` for what was left out, or `[position]` for a list given to its parent. An action of ""
    hands on the only child, `None` collects a list.
    """
    children = _children(rule)
    origin = str(rule.origin.name)
    action: str | None = rule.alias or origin
    if rule.alias is None and origin.startswith("_"):
        action = None
    elif rule.alias is None and rule.options.expand1 and len(children) == 1:
        action = ""
    return [origin, len(rule.expansion), action, children]


def _children(rule: "Rule") -> list[object]:
    """Which symbols of *rule* reach its action; punctuation does not, an optional part that is missing does."""
    from lark.grammar import Terminal

    gaps = [0] * (len(rule.expansion) + 1)
    position = 0
    for missing in rule.options.empty_indices:
        if missing:
            gaps[position] += 1
        else:
            position += 1
    found: list[object] = []
    for index, symbol in enumerate(rule.expansion):
        found += [-1] * gaps[index]
        if not isinstance(symbol, Terminal):
            found.append([index] if symbol.name.startswith("_") else index)
        elif rule.options.keep_all_tokens or not symbol.filter_out:
            found.append(index)
    return found + [-1] * gaps[-1]


def _rows(value: object) -> str:
    """JSON with one entry per line, so that a change of the grammar is a readable change of the tables."""
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(each, separators=(",", ":")) for each in value) + "\n]"
    return json.dumps(value, separators=(",", ":"))


def main() -> None:
    """Write `tables.json` beside the grammar."""
    Path(__file__).with_name("tables.json").write_text(tables_text(grammar_text()), encoding="utf-8")


if __name__ == "__main__":
    main()
