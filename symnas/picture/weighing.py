"""In how many ways the blocks of a picture can be decided, as text."""

from symnas.domains import show_count
from symnas.elaborate.projecting import ways_below
from symnas.elaborate.roots import deep_recursion
from symnas.space import Space

__all__ = ["Weighing"]

_MOST = 150
"""Blocks that are looked at; those met later, deeper inside, go without."""


class Weighing:
    """Tells the ways of blocks by path, each once; nothing of a space that is not counted."""

    def __init__(self, counted: Space | None) -> None:
        self.counted = counted
        self.known: dict[str, str] = {}

    def ways(self, path: str) -> str:
        """`27 ways`, or nothing where that is not known, or one."""
        if self.counted is None:
            return ""
        if path not in self.known:
            self.known[path] = self._ways(self.counted, path) if len(self.known) < _MOST else ""
        return self.known[path]

    @staticmethod
    def _ways(space: Space, path: str) -> str:
        with deep_recursion():
            found = ways_below(space.elaboration.root(), space.elaboration.counter, path)
        if found is None or found.number < 2:
            return ""
        return f"{'' if found.exact else 'at most '}{show_count(found.number)} ways"
