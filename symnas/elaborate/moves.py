"""`moved old => new`: paths of before a refactoring, as paths of now, in picks, genotypes and names of weights.

A move is of whole parts of a path, at its beginning or right behind the net. Each is made once, so that `a => a.b` ends;
one move may go on from another's end. That the ends exist is looked at when a program is checked.
"""

from collections.abc import Callable, Iterable, Iterator
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
        parts, left = tuple(path.split(".")), sorted(self.moves, key=lambda move: -len(move.old))
        all_of_them = len(left)
        while move := next((each for each in left if self._place(parts, each) is not None), None):
            left.remove(move)
            place = self._place(parts, move)
            assert place is not None
            kept = () if place and move.new[0] in self.heads else parts[:place]
            parts = (*kept, *move.new, *parts[place + len(move.old) :])
        return path if len(left) == all_of_them else ".".join(parts)

    def _place(self, parts: tuple[str, ...], move: Move) -> int | None:
        """Where in *parts* the old path of *move* stands: at the beginning, or behind the net."""
        for place in (0, 1) if parts[0] in self.nets else (0,):
            if _plain(parts[place : place + len(move.old)]) == move.old:
                return place
        return None

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

    def _order(self) -> Iterator[Move]:
        """The moves, each before those that go on from its end."""
        done: set[Move] = set()

        def visit(move: Move) -> Iterator[Move]:
            if move not in done:
                done.add(move)
                for each in self.moves:
                    if each is not move and _begins(each.new, move.old):
                        yield from visit(each)
                yield move

        for each in self.moves:
            yield from visit(each)


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
    for each in moves.moves:
        if each.old != _plain(each.new) and _turns(each, seen.values()):
            report(
                "E0231", f"`{'.'.join(each.old)}` is moved in a circle", each.span, "leave out the oldest of the moves"
            )
            break
    return moves


def _turns(first: Move, moves: Iterable[Move]) -> bool:
    """Whether moves that go on from the end of *first* come back to its beginning."""
    waiting, seen = [first], {first}
    while waiting:
        here = waiting.pop()
        for each in moves:
            if each is not here and _begins(here.new, each.old):
                if each is first:
                    return True
                if each not in seen:
                    seen.add(each)
                    waiting.append(each)
    return False


def _begins(path: tuple[str, ...], with_: tuple[str, ...]) -> bool:
    return _plain(path[: len(with_)]) == with_


def _plain(parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(plain, parts))
