"""Rungs: trials of equal fidelity in the order of their scores, and which of them deserve to be trained further."""

from bisect import bisect_left, insort
from collections.abc import Iterable

from attrs import define, field

from symnas.searchers.parts.dominance import Scores, crowding, fronts

__all__ = ["Rung", "best_first"]


def best_first(trials: Iterable[tuple[int, Scores]]) -> list[int]:
    """Numbers of *trials*, the best first; of equal ones the earlier.

    With several objectives by fronts, and within one the least crowded first, as NSGA-II selects.
    """
    ordered = sorted(trials)
    if ordered and len(ordered[0][1]) == 1:
        return [number for number, _ in sorted(ordered, key=lambda each: -each[1][0])]
    found: list[int] = []
    for front in fronts([scores for _, scores in ordered]):
        distances = crowding([ordered[place][1] for place in front])
        by_distance = sorted(zip(distances, front, strict=True), key=lambda each: -each[0])
        found += [ordered[place][0] for _, place in by_distance]
    return found


@define
class Rung:
    """A rung that trials join one by one and leave, in a sense, upwards.

    Joining and leaving cost the logarithm of the number of trials, and a shift of a list; with several objectives, all
    are put in order again.
    """

    _scores: dict[int, Scores] = field(factory=dict)
    _waiting: list[tuple[float, int]] = field(factory=list)  # by rank: the best first
    _promoted: list[tuple[float, int]] = field(factory=list)
    _gone: set[int] = field(factory=set)

    def join(self, number: int, scores: Scores) -> None:
        """A trial has come to this rung."""
        self._scores[number] = scores
        if len(scores) == 1:
            insort(self._waiting, (-scores[0], number))
            return
        ranked = list(enumerate(best_first(self._scores.items())))
        self._waiting = [(rank, each) for rank, each in ranked if each not in self._gone]
        self._promoted = [(rank, each) for rank, each in ranked if each in self._gone]

    def promotable(self, eta: int) -> int | None:
        """The best trial that has not gone on yet, if it is among the best one in *eta* of all that came here."""
        if not self._waiting:
            return None
        best = self._waiting[0]
        rank = bisect_left(self._promoted, best)  # those that are better have gone on, all of them
        return best[1] if rank < len(self._scores) // eta else None

    def promote(self, number: int) -> None:
        """A trial of this rung goes on to the next."""
        place = next(place for place, (_, each) in enumerate(self._waiting) if each == number)
        insort(self._promoted, self._waiting.pop(place))
        self._gone.add(number)

    def holds(self, number: int) -> bool:
        """Whether a trial is here, and may yet go on."""
        return number in self._scores and number not in self._gone
