"""`moved old => new`: paths of before a refactoring, as paths of now, in picks, genotypes and names of weights.

A move is of whole parts of a path, at its beginning or right behind the net. Each is made once, so that `a => a.b` ends;
one move may go on from another's end. That the ends exist is looked at when a program is checked.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TypeGuard

from attrs import frozen

from symnas import tree
from symnas.elaborate.code import weight_name
from symnas.elaborate.oracles import plain
from symnas.spans import Span

__all__ = ["Moves", "read_moves"]

Report = Callable[[str, str, Span, str | None], object]


@frozen
class Move:
    """One `moved`: the parts of both paths; of the old one, `X[0]` is written `X`."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    span: Span


@frozen
class Moves:
    """The moves of a file. *nets* are its nets' names, *heads* all names that paths begin with."""

    moves: tuple[Move, ...]
    nets: frozenset[str]
    heads: frozenset[str]

    @classmethod
    def of(cls, module: tree.Module) -> "Moves":
        """The moves that *module* writes."""
        found = [each for each in module.declarations if isinstance(each, tree.Moved)]
        moves = (Move(_plain(each.old.split(".")), tuple(each.new.split(".")), each.span) for each in found)
        nets = {each.name for each in module.declarations if isinstance(each, tree.Net | tree.Rewritten)}
        heads = {
            each.name for each in module.declarations if isinstance(each, tree.Let | tree.Shared) or _is_cell(each)
        }
        taken = {
            each.alias or each.name for use in module.declarations if isinstance(use, tree.Import) for each in use.names
        }
        return cls(tuple(moves), frozenset(nets), frozenset(nets | heads | taken | {"train"}))

    def path(self, path: str) -> str:
        """The path of now that the decision at *path* has; *path* itself where nothing was moved."""
        if not self.moves:
            return path
        parts = tuple(path.split("."))
        made: set[int] = set()
        while found := self._next(parts, made):
            number, place = found
            made.add(number)
            move = self.moves[number]
            kept = () if place and move.new[0] in self.heads else parts[:place]
            parts = (*kept, *move.new, *parts[place + len(move.old) :])
        return ".".join(parts) if made else path

    def _next(self, parts: tuple[str, ...], made: set[int]) -> tuple[int, int] | None:
        """The number of the move to make next, the longest first, and where in *parts* its old path stands: at the
        beginning, or behind the net.
        """
        places = (0, 1) if parts[0] in self.nets else (0,)
        for length in sorted(self._lengths, reverse=True):
            olds = [(place, _plain(parts[place : place + length])) for place in places]
            found = [(number, place) for place, old in olds for number in self._olds.get(old, ()) if number not in made]
            if found:
                return min(found)
        return None

    @cached_property
    def _olds(self) -> dict[tuple[str, ...], list[int]]:
        """The numbers of the moves from each old path."""
        found: dict[tuple[str, ...], list[int]] = {}
        for number, move in enumerate(self.moves):
            found.setdefault(move.old, []).append(number)
        return found

    @cached_property
    def _lengths(self) -> frozenset[int]:
        return frozenset(map(len, self._olds))

    def weight(self, name: str, net: str) -> str:
        """The name of now that the weight called *name* has in *net*."""
        parts = tuple(name.split("."))
        for move in self._order():
            old, new = self._of_weight(move.old, net), self._of_weight(move.new, net)
            if old and parts[: len(old)] == old:
                parts = (*new, *parts[len(old) :])
        return ".".join(parts)

    def _of_weight(self, parts: tuple[str, ...], net: str) -> tuple[str, ...]:
        """*parts* as names of weights have them: without the net, `[k]` written `.k`; empty if they are of another."""
        if parts[0] in self.nets:
            if parts[0] != net:
                return ()
            parts = parts[1:]
        return tuple(word for part in parts for word in weight_name(part).split("."))

    def _order(self) -> list[Move]:
        """The moves, each before those that go on from its end, otherwise in the order of the text."""
        done: set[int] = set()
        found: list[Move] = []  # backwards
        for first in reversed(range(len(self.moves))):
            row = [(first, reversed(self._after(first)))] if first not in done else []
            done.add(first)
            while row:
                number, after = row[-1]
                step = next((each for each in after if each not in done), None)
                if step is None:
                    row.pop()
                    found.append(self.moves[number])
                else:
                    done.add(step)
                    row.append((step, reversed(self._after(step))))
        return found[::-1]

    def _after(self, number: int) -> list[int]:
        """The numbers of the moves that go on from the end of move *number*."""
        new = _plain(self.moves[number].new)
        found = [each for length in range(1, len(new) + 1) for each in self._olds.get(new[:length], ())]
        return sorted(each for each in found if each != number)

    def circle(self) -> Move | None:
        """The first of some moves that come back to where they begin, each from the end of the one before."""
        done: set[int] = set()
        for first in range(len(self.moves)):
            row, inside = [first], {first: iter(self._after(first))}
            while row and row[0] not in done:
                step = next((each for each in inside[row[-1]] if each not in done), None)
                if step is None:
                    done.add(row[-1])
                    del inside[row.pop()]
                elif step in inside:
                    return self.moves[min(row[row.index(step) :])]
                else:
                    row.append(step)
                    inside[step] = iter(self._after(step))
        return None


def _is_cell(node: tree.Declaration) -> TypeGuard[tree.Block]:
    return isinstance(node, tree.Block) and node.kind is tree.BlockKind.CELL


def read_moves(module: tree.Module, report: Report) -> Moves:
    """The moves of *module*; those that cannot be made are reported."""
    moves = Moves.of(module)
    seen: dict[tuple[str, ...], Move] = {}
    for each in moves.moves:
        shown = ".".join(each.old)
        if each.old == _plain(each.new):
            report("E0231", f"`{shown}` is moved to where it is", each.span, "leave it out")
        elif each.old in seen:
            report("E0231", f"`{shown}` is moved twice", each.span, "leave one of the two out")
        seen.setdefault(each.old, each)
    turning = moves.circle()
    if turning is not None:
        shown = ".".join(turning.old)
        report("E0231", f"`{shown}` is moved in a circle", turning.span, "leave out the oldest of the moves")
    return moves


def _begins(path: tuple[str, ...], with_: tuple[str, ...]) -> bool:
    return _plain(path[: len(with_)]) == with_


def _plain(parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(plain, parts))
