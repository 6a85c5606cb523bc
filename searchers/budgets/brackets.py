"""Brackets of successive halving while they run: which trials are in the current rung, which of the one before go on.

How large brackets are is `schedule`'s business; who proposes the architectures of a first rung, `halving`'s.
"""

from collections.abc import Callable
from typing import Self

from attrs import define, field

from symnas.searchers.budgets.rungs import best_first
from symnas.searchers.budgets.schedule import Rungs
from symnas.searchers.parts.dominance import Scores
from symnas.searchers.state import Json

__all__ = ["Bracket"]


@define
class Bracket:
    """One run of successive halving. *rate* is s, the number of its last rung.

    *members* are the trials of the current rung, in the order of proposals; *heirs* those of the rung before that are
    still to be trained further; *closed* that nothing new comes any more, as the space is finished.
    """

    rate: int
    rungs: Rungs
    rung: int = 0
    members: list[int] = field(factory=list)
    heirs: list[int] = field(factory=list)
    closed: bool = False

    @property
    def fidelity(self) -> int:
        """To which step the current rung trains."""
        return self.rungs.fidelities[self.rung]

    @property
    def wants_new(self) -> bool:
        """Whether the first rung is not full yet."""
        return not self.rung and not self.closed and len(self.members) < self.rungs.sizes[0]

    @property
    def is_last(self) -> bool:
        """Whether the current rung is the last."""
        return self.rung == self.rate

    def climb(self, is_open: Callable[[int], bool], score: Callable[[int], Scores | None]) -> bool:
        """Go on to the next rung if the current one is over, as often as that is so; whether the bracket is over."""
        while not self.wants_new and not self.heirs and not any(map(is_open, self.members)):
            if self.is_last:
                return True
            scored = [(each, scores) for each in self.members if (scores := score(each)) is not None]
            # Where the space was finished before the rung was full, one of eta goes on nevertheless.
            fewer = len(self.members) * self.rungs.sizes[self.rung + 1] // self.rungs.sizes[self.rung]
            self.rung, self.members = self.rung + 1, []
            self.heirs = best_first(scored)[: max(1, fewer)]
            if not self.heirs:
                return True
        return False

    def to_data(self) -> Json:
        """The bracket as JSON; its rungs follow from its rate."""
        return [self.rate, self.rung, list(self.members), list(self.heirs), self.closed]

    @classmethod
    def from_data(cls, data: Json, rungs: Callable[[int], Rungs]) -> Self:
        """The bracket that `to_data` wrote."""
        rate, rung, members, heirs, closed = data
        return cls(rate, rungs(rate), rung, list(members), list(heirs), closed)
