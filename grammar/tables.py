"""The parse tables that are shipped: read from `tables.json`, checked by a test against `nas.lark`.

How they are made is `generate.py`'s business; running them is `machine.py`'s.
"""

import json
import re
from functools import cache
from pkgutil import get_data

from attrs import field, frozen

__all__ = ["Child", "Production", "Tables", "tables"]

Child = int | list[int]
"""A position, `-1` for what was left out, or `[position]` for a list that joins its parent's children."""


@frozen
class Production:
    """One rule `symbol: …` of *length* symbols and what its children are given to.

    An *action* of "" hands on the only child, `None` collects a list; *positions* are
    the children where all are plain positions; a *unit* only renames its one child.
    """

    symbol: str
    length: int
    action: str | None
    children: tuple[Child, ...]
    positions: tuple[int, ...] | None
    unit: bool


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
    _shortcuts: dict[tuple[int, int, str], int] = field(factory=dict, init=False, repr=False)

    @property
    def scanner(self) -> re.Pattern[str]:
        """One expression for all terminals; the name of the group that matched is the terminal."""
        return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in self.terminals))

    def after_units(self, below: int, state: int, kind: str) -> int:
        """The state reached from *state*, on top of *below*, by the rules of one symbol that *kind* completes.

        An atom passes through every level of precedence so; the way is walked once and remembered.
        """
        key = (below, state, kind)
        known = self._shortcuts.get(key)
        if known is None:
            move = self.states[state].get(kind, 0)
            while move < 0 and self.productions[-move - 1].unit:
                state = self.states[below][self.productions[-move - 1].symbol]
                move = self.states[state].get(kind, 0)
            known = self._shortcuts[key] = state
        return known


@cache
def tables() -> Tables:
    """The tables of the language, read once."""
    shipped = get_data("symnas.grammar", "tables.json")  # importlib.resources takes longer to import than all of this
    assert shipped is not None, "the package was installed without its tables"
    content = json.loads(shipped)
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
    return Production(
        symbol, length, action, tuple(children), positions if plain else None, length == 1 and action == ""
    )
