"""Moves: a rule at one of its matches. A network that rules have made of another one is told by the moves that led to it.

What a move makes of a network is `space`'s business.
"""

from collections.abc import Iterable, Mapping

from attrs import frozen

from symnas.domains import Choice
from symnas.errors import SearchError
from symnas.genotype import Genotype

__all__ = ["Move", "genotype_of", "moves_of"]


@frozen
class Move:
    """*rule*, by its name, carried out at *path*: the path of a match's first stage, from the net. Where several nets have
    matches at that path, in all of them.
    """

    rule: str
    path: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.path}"


def genotype_of(moves: Iterable[Move]) -> Genotype:
    """The record by which a study knows a network: `{"1 wider stem": 1, "2 deeper body": 1}`."""
    return Genotype({f"{number} {each.rule} {each.path}": 1 for number, each in enumerate(moves, 1)})


def moves_of(genotype: Mapping[str, Choice]) -> tuple[Move, ...]:
    """The moves that `genotype_of` wrote down, in their order.

    Raises:
        SearchError: the record tells no moves, or not all of them.
    """
    found: dict[int, Move] = {}
    for key in genotype:
        number, _, move = key.partition(" ")
        rule, _, path = move.partition(" ")
        if not number.isdecimal() or not rule or not path:
            raise SearchError(f"`{key}` is no move: it is to be a number, a rule and a path, as in `1 wider stem`")
        found[int(number)] = Move(rule, path)
    if sorted(found) != [*range(1, len(found) + 1)]:
        raise SearchError(f"moves are numbered from 1 without gaps, not {', '.join(map(str, sorted(found)))}")
    return tuple(found[number] for number in sorted(found))
