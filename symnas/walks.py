"""A walk: every whole number below a size exactly once, in random order, without writing the list down.

This is how members are drawn without replacement, and how a searcher finds the last points of a finite space. What the
numbers stand for is the business of whoever walks.
"""

from random import Random

__all__ = ["Walk"]


class Walk:
    """A uniformly random order of `range(size)`, fixed by *seed*.

    Fisher and Yates' shuffle, of which only the places that differ from the identity are kept: a step costs the same
    however large the range is, and *seed* and `taken` are its whole state.
    """

    def __init__(self, size: int, seed: int, taken: int = 0) -> None:
        self.size = size
        self.seed = seed
        self.taken = 0
        self._rng = Random(seed)
        self._moved: dict[int, int] = {}
        for _ in range(taken):
            self.step()

    @property
    def left(self) -> int:
        """How many numbers are still to come."""
        return self.size - self.taken

    def step(self) -> int | None:
        """The next number, or `None` after the last."""
        last = self.left - 1
        if last < 0:
            return None
        self.taken += 1
        place = self._rng.randrange(last + 1)
        at_last = self._moved.pop(last, last)
        if place == last:
            return at_last
        number = self._moved.get(place, place)
        self._moved[place] = at_last
        return number
