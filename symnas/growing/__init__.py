"""Searches whose actions are rewrites: a network grows, or shrinks, rule by rule, and its children go on from its weights.

`moves` and `space` say what a network and a move are, `packing` takes rules to other processes. `inheriting` and `rearing`
say how children begin and are trained, `searching` what searchers share; `evolution`, `climbing` and `reinforce` are such,
the last by a `policy` that sees `places`. `lineage` tells ancestors, `running` joins it all. How rules are carried out is
`symnas.rewriting`'s business, how trials are kept `symnas.study`'s.
"""

from symnas.growing.inheriting import inherit, keep
from symnas.growing.lineage import Ancestor, line_of, parent_of
from symnas.growing.moves import Move
from symnas.growing.running import SEARCHERS, grow
from symnas.growing.searching import Child, GrowingSettings, MoveSearcher
from symnas.growing.space import Grown, Growth

__all__ = [
    "SEARCHERS",
    "Ancestor",
    "Child",
    "GrowingSettings",
    "Grown",
    "Growth",
    "Move",
    "MoveSearcher",
    "grow",
    "inherit",
    "keep",
    "line_of",
    "parent_of",
]
