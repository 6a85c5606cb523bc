"""Whether the ends of `moved` exist: looked at on architectures, when a program is checked.

What a move does is `elaborate.moves`' business.
"""

from collections.abc import Iterator, Sequence

from symnas import operators, tree
from symnas.architecture import Architecture
from symnas.elaborate.moves import Move
from symnas.elaborate.oracles import plain
from symnas.errors import Diagnostic, near, suggest
from symnas.space import Space
from symnas.treepaths import walk

__all__ = ["check_moves"]

_PLACEHOLDERS = ("oneof", "range", "maybe", "manyof", "subset", "permutation", "repeat", "call", "train")


def check_moves(space: Space, members: Sequence[Architecture], *, exhaustive: bool) -> list[Diagnostic]:
    """What is wrong with the ends of the moves of *space*, of whose architectures *members* are all or some.

    An old path that an architecture still has is wrong. A new path is wrong if no architecture has it, or, where not
    all were looked at, if the program has no such word at all.
    """
    moves = space.moves
    if not moves.moves:
        return []
    paths = {path for member in members for path in _prefixes(member)}
    words = _words(space)
    found = []
    for move in moves.moves:
        old, new = ".".join(move.old), plain(moves.path(".".join(move.new)))
        if _has(space, paths, old):
            hint = "leave the move out, or rename what has this path now"
            found.append(Diagnostic("E0232", f"`{old}` is moved, but still there", move.span, hint))
        lost = _lost(new, words)
        if lost is not None:
            meant = suggest(lost, words, many=True) if near(lost, words) else None
            found.append(Diagnostic("E0233", f"nothing in this program is called `{lost}`", move.span, meant))
        elif exhaustive and not _has(space, paths, new):
            found.append(_missing(move, new, paths))
    return found


def _missing(move: Move, new: str, paths: set[str]) -> Diagnostic:
    hint = suggest(new, sorted(paths), many=True) if near(new, sorted(paths)) else None
    return Diagnostic("E0233", f"no architecture has `{new}`", move.span, hint)


def _has(space: Space, paths: set[str], path: str) -> bool:
    return path in paths or any(f"{net}.{path}" in paths for net in space.nets)


def _prefixes(member: Architecture) -> Iterator[str]:
    """The paths of its decisions and layers, and of all that these lie in; layers as decisions are written."""
    for path in member.genotype:
        yield from _beginnings(plain(path))
    for net in member.space.nets:
        for placed in member.graph(net).operations():
            yield from _beginnings(f"{net}.{placed.path}")
            yield from _beginnings(plain(f"{net}.{_bracketed(placed.path)}"))


def _beginnings(path: str) -> Iterator[str]:
    parts = path.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])


def _bracketed(name: str) -> str:
    """A weight's name as a path: `repeat.0.Unit` is `repeat[0].Unit`."""
    head, *rest = name.split(".")
    return head + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in rest)


def _words(space: Space) -> list[str]:
    """Every word that a path of this program may have in it."""
    found: dict[str, None] = dict.fromkeys((*_PLACEHOLDERS, *operators.names()))
    for module in (space.module, *(each.module for each in space.imports.values())):
        for node, _ in walk(module):
            for name in (getattr(node, "name", None), getattr(node, "label", None), getattr(node, "alias", None)):
                if isinstance(name, str) and not isinstance(node, tree.Moved):
                    found.update(dict.fromkeys(name.replace("[", ".").replace("]", "").split(".")))
    for operator in operators.OPERATORS.values():
        found.update(dict.fromkeys(setting.name for setting in operator.settings))
    for path in space.elaboration.module.rooted:
        found.update(dict.fromkeys(path.split(".")))
    return list(found)


def _lost(path: str, words: list[str]) -> str | None:
    """The first word of *path* that the program does not have."""
    return next((word for part in path.split(".") if (word := part.partition("[")[0]) not in words), None)
