"""Symbolic values as a tree to be read: a line for each part, in how many ways it can be decided at the top."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from symnas.annotated.placeholders import Manyof, Oneof, Placeholder
from symnas.annotated.spaces import space_of
from symnas.annotated.values import Symbolic, is_symbolic, joined, lacking, name_of, parts
from symnas.annotated.wording import shown
from symnas.errors import SearchError

__all__ = ["show"]

SHORT = 72
"""How long a part may be, in characters, to be shown on its line."""


def show(value: object) -> str:
    """*value* as an indented tree. What stands at two places is shown at the first, and the arguments that a call still
    needs are marked `missing`.
    """
    return "\n".join(_Tree(value).lines())


class _Tree:
    """The tree of one value."""

    def __init__(self, value: object) -> None:
        self._value = value
        self._met: Counter[int] = Counter()
        self._places: dict[int, str] = {}
        self._meet(value)

    def lines(self) -> Iterator[str]:
        """The lines, the outermost first."""
        first, *others = self._of(self._value, "", "", 0)
        ways = _ways(self._value)
        yield f"{first}  # {ways}" if ways else first
        yield from others

    def _meet(self, value: object) -> None:
        if isinstance(value, Symbolic | Placeholder):
            self._met[id(value)] += 1
            if self._met[id(value)] > 1:
                return
        for _, each in parts(value):
            self._meet(each)

    def _of(self, value: Any, label: str, path: str, depth: int) -> Iterator[str]:
        begin = "  " * depth + (f"{label}: " if label else "")
        if id(value) in self._places:
            yield f"{begin}the same as `{self._places[id(value)]}`"
            return
        if self._met[id(value)] > 1:
            self._places[id(value)] = path
        if not self._is_opened(value, depth):
            yield begin + shown(value)
            return
        yield begin + _head(value)
        for inner, end, each in _labelled(value):
            yield from self._of(each, inner, joined(path, end), depth + 1)
        if isinstance(value, Symbolic):
            for name in lacking(value.symnas_target, value.symnas_arguments):
                yield f"{'  ' * (depth + 1)}{name}: missing"

    def _is_opened(self, value: Any, depth: int) -> bool:
        """Whether the parts of *value* have lines of their own."""
        if not list(parts(value)) and not isinstance(value, Symbolic):
            return False
        return depth == 0 or len(shown(value)) > SHORT or not self._is_plain(value)

    def _is_plain(self, value: Any) -> bool:
        """Whether everything about *value* is on one line: nothing in it is shared, and nothing is missing."""
        if isinstance(value, Symbolic) and lacking(value.symnas_target, value.symnas_arguments):
            return False
        return all(self._met[id(each)] <= 1 and self._is_plain(each) for _, each in parts(value))


def _labelled(value: Any) -> Iterator[tuple[str, str, Any]]:
    """The parts of *value*: what they are called, the ends of their paths, and they themselves."""
    labels = value.labels if isinstance(value, Oneof) else None
    for place, (end, each) in enumerate(parts(value)):
        yield labels[place] if labels is not None else end.removeprefix("."), end, each


def _head(value: Any) -> str:
    """What is said of *value* on the line above its parts."""
    match value:
        case Symbolic():
            return name_of(value.symnas_target)
        case Oneof(candidates=candidates):
            text = f"one of {len(candidates)}"
        case Manyof(kind="permutation", candidates=candidates):
            text = f"{len(candidates)} in some order"
        case Manyof(kind="several", least=least):
            text = f"{shown(least)} like this"
        case Manyof(candidates=candidates, least=least, most=most):
            numbers = shown(least) if most is None else f"{shown(least)} to {shown(most)}"
            text = f"{numbers} of {len(candidates)}"
        case _:
            return f"{name_of(type(value))} of {len(value)}"
    return text if value.name is None else f"{text}, `{value.name}`"


def _ways(value: object) -> str:
    """In how many ways *value* can be decided, in words; nothing where that is not known, or nothing is open."""
    if not is_symbolic(value):
        return ""
    try:
        space = space_of(value)
        size, continuous = space.size, space.space.continuous
    except SearchError:
        return ""
    numbers = f", {continuous} continuous" if continuous else ""
    return f"{size:,} way{'s' if size != 1 else ''}{numbers}"
