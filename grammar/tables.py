"""The parse tables that are shipped: read from `tables.json`, checked by a test against `nas.lark`.

How they are made is `generate.py`'s business; running them is `machine.py`'s.
"""

import json
import re
from functools import cache
from importlib.resources import files

from attrs import field, frozen

__all__ = ["Child", "Production", "Tables", "tables"]

Child = int | list[int]
"""A position, `-1` for what was left out, or `[position]` for a list that joins its parent's children."""


@frozen
class Production:
    """One rule `symbol: …` of *length* symbols and what its children are given to.

    An *action* of "" hands on the only child, `None` collects a list; *positions* are
    the children where all are plain positions.
    """

    symbol: str
    length: int
    action: str | None
    children: tuple[Child, ...]
    positions: tuple[int, ...] | None


@frozen(slots=False)
class Tables:
    """Terminals in matching order, keywords, rules, and for every state what each symbol does.

    In a state `n >= 0` goes to state n and `n < 0` reduces by rule `-n - 1`.
    """

    terminals: tuple[tuple[str, str], ...]
    keywords: dict[str, str]
    productions: tuple[Production, ...]
    states: tuple[dict[str, int], ...] = field(repr=False)
    starts: dict[str, int]
    ends: dict[str, int]

    @property
    def scanner(self) -> re.Pattern[str]:
        """One expression for all terminals; the name of the group that matched is the terminal."""
        return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in self.terminals))


@cache
def tables() -> Tables:
    """The tables of the language, read once."""
    content = json.loads(files("symnas.grammar").joinpath("tables.json").read_text(encoding="utf-8"))
    return Tables(
        tuple((name, pattern) for name, pattern in content["terminals"]),
        content["keywords"],
        tuple(_production(*rule) for rule in content["rules"]),
        tuple(content["states"]),
        content["starts"],
        content["ends"],
    )


def _production(symbol: str, length: int, action: str | None, children: list[Child]) -> Production:
    positions = tuple(each for each in children if isinstance(each, int) and each >= 0)
    plain = len(positions) == len(children)
    return Production(symbol, length, action, tuple(children), positions if plain else None)
