"""Selectors: operators that take some of the members they are given.

How many is an `Amount`, rounded to a whole number; a selector that draws without replacement takes no more than there
are. Who is better than whom is told in `members`; making new architectures is the business of `mutation` and
`recombination`.
"""

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from attrs import frozen

from symnas.searchers.parts.members import Member, Moment, best, best_first, first_front
from symnas.searchers.parts.operators import Operator
from symnas.searchers.parts.schedules import Amount, value
from symnas.searchers.space import A

__all__ = [
    "AtRandom",
    "Bottom",
    "First",
    "Last",
    "OrderedTournament",
    "Proportional",
    "Sample",
    "Top",
    "Tournament",
    "Undominated",
    "fitness",
]

Weight = Callable[[Sequence[Member[Any]]], Sequence[float]]
"""How much each of some members counts: numbers from 0 on, not all 0."""


def fitness(members: Sequence[Member[A]]) -> Sequence[float]:
    """By how much each is better than the worst; with several objectives, or constraints broken, by how many places.

    Where all are equally good, all count alike.
    """
    if all(len(each.scores) == 1 for each in members):
        least = min(each.scores[0] for each in members)
        found = [each.scores[0] - least for each in members]
        if math.isfinite(sum(found)):
            return found if any(found) else [1.0] * len(members)
    places = {each: place for place, each in enumerate(reversed(best_first(members)))}
    return [1.0 + places[each] for each in members]


@frozen
class AtRandom(Operator):
    """*count* members, each at most once, every choice as likely as any other."""

    count: Amount = 1

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """Members in random order."""
        return moment.rng.sample(members, min(_count(self.count, moment), len(members)))


@frozen
class Sample(Operator):
    """*count* members drawn independently, the same one again perhaps, with a chance that *weight* gives."""

    count: Amount = 1
    weight: Weight = fitness

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """Members in the order drawn."""
        if not members:
            return []
        return moment.rng.choices(members, self.weight(members), k=_count(self.count, moment))


@frozen
class Proportional(Operator):
    """*count* members, each as often as its *weight* says, but for the rounding: stochastic universal sampling.

    Baker, "Reducing bias and inefficiency in the selection algorithm", ICGA 1987.
    """

    count: Amount = 1
    weight: Weight = fitness

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """Copies beside each other, in the order of the members."""
        count = _count(self.count, moment)
        return _spun(members, self.weight(members), count, moment.rng) if members and count else []


def _spun(members: Sequence[Member[A]], weights: Sequence[float], count: int, rng: Random) -> list[Member[A]]:
    """Where *count* equally distant hands of a wheel point whose sectors are *weights*."""
    distance = sum(weights) / count
    hand = rng.random() * distance
    found: list[Member[A]] = []
    end = 0.0
    for member, weight in zip(members, weights, strict=True):
        end += weight
        while hand < end and len(found) < count:
            found.append(member)
            hand += distance
    while len(found) < count:  # rounding left the last hand beyond the end
        found.append(found[-1])
    return found


@frozen
class Top(Operator):
    """The best *count*, best first. Of several objectives: front after front, the least crowded of each first."""

    count: Amount = 1

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """The best."""
        return best_first(members)[: _count(self.count, moment)]


@frozen
class Bottom(Operator):
    """The worst *count*, worst first."""

    count: Amount = 1

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """The worst."""
        return best_first(members)[::-1][: _count(self.count, moment)]


@frozen
class First(Operator):
    """The first *count*, of a population the oldest."""

    count: Amount = 1

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """The first."""
        return list(members[: _count(self.count, moment)])


@frozen
class Last(Operator):
    """The last *count*, of a population the youngest, in their order."""

    count: Amount = 1

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """The last."""
        return list(members[max(0, len(members) - _count(self.count, moment)) :])


@frozen
class Tournament(Operator):
    """*count* winners of tournaments between *among* members each, drawn with replacement.

    The best entrant wins, of equals the first drawn; of several objectives, a random one of those that no entrant
    dominates.
    """

    count: Amount = 1
    among: Amount = 2

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """The winners."""
        if not members:
            return []
        size = max(1, _count(self.among, moment))
        entrants = (moment.rng.choices(members, k=size) for _ in range(_count(self.count, moment)))
        return [_winner(each, moment.rng) for each in entrants]


def _winner(entrants: Sequence[Member[A]], rng: Random) -> Member[A]:
    front = best(entrants)
    return front[0] if len(entrants[0].scores) == 1 else rng.choice(front)


@frozen
class OrderedTournament(Operator):
    """*count* winners of tournaments between *among* members of a population that stands best first: the first wins.

    After `Top` this is the binary tournament by crowded comparison of NSGA-II, without comparing anew.
    """

    count: Amount = 1
    among: Amount = 2

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """The winners."""
        if not members:
            return []
        size = max(1, _count(self.among, moment))
        places = range(len(members))
        return [members[min(moment.rng.choices(places, k=size))] for _ in range(_count(self.count, moment))]


@frozen
class Undominated(Operator):
    """Those that nobody dominates, in their order."""

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """The first front."""
        return first_front(members)


def _count(amount: Amount, moment: Moment[A]) -> int:
    return max(0, round(value(amount, moment.step)))
