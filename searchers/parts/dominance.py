"""Dominance: who is better where several things count. Scores are tuples in which larger is better.

Deb, Pratap, Agarwal and Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE Transactions on
Evolutionary Computation 6(2), 2002: fronts (section III-A), crowding distance (III-B), constraint domination (VI-A).
The fronts are found by binary search after sorting, which gives the same fronts with fewer comparisons: Zhang, Tian,
Cheng and Jin, "An efficient approach to nondominated sorting", IEEE Transactions on Evolutionary Computation 19(2),
2015 (ENS-BS). Everything here works on numbers; members of a population are ordered in `members`.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import ge

__all__ = ["Scores", "crowding", "dominates", "fronts", "total_violations", "undominated"]

Scores = tuple[float, ...]
"""One value for each objective; larger is better."""


def dominates(one: Scores, other: Scores) -> bool:
    """Whether *one* is nowhere worse than *other*, and somewhere better."""
    return one != other and all(map(ge, one, other))


def undominated(scores: Sequence[Scores]) -> list[int]:
    """Places of those that nobody dominates, in order."""
    return fronts(scores)[0] if scores else []


def fronts(scores: Sequence[Scores], violations: Sequence[float] | None = None) -> list[list[int]]:
    """Places of *scores* in fronts: the first holds those that nobody dominates, the next those that only they do, ….

    With *violations*, 0 where every constraint holds, domination is the constrained one: what is feasible dominates
    what is not, whose scores do not count; of two infeasible ones the smaller violation does.
    """
    feasible = [place for place in range(len(scores)) if not violations or not violations[place]]
    found: list[list[int]] = []
    few = len(scores[0]) <= 2 if scores else True
    for place in sorted(feasible, key=lambda each: scores[each], reverse=True):
        own = scores[place]

        def admits(front: list[int], own: Scores = own) -> bool:
            # Of two objectives the last to join a front has the largest second one, so it alone has to be asked.
            asked = front[-1:] if few else reversed(front)
            return not any(dominates(scores[each], own) for each in asked)

        number = bisect_left(found, True, key=admits)  # a front that admits is followed only by such
        if number == len(found):
            found.append([])
        found[number].append(place)
    return [sorted(front) for front in found] + _by_violation(violations or ())


def _by_violation(violations: Sequence[float]) -> list[list[int]]:
    """Places of those that are not feasible, the equally bad together."""
    groups: dict[float, list[int]] = {}
    for place, violation in enumerate(violations):
        if violation:
            groups.setdefault(violation, []).append(place)
    return [groups[violation] for violation in sorted(groups)]


def crowding(scores: Sequence[Scores]) -> list[float]:
    """How far the neighbours of each member of a front are: the sides of the box between them, as shares of the front's
    extent, added up. Those at an end are infinitely far.
    """
    distances = [0.0] * len(scores)
    for objective in zip(*scores, strict=True):
        order = sorted(range(len(scores)), key=objective.__getitem__)
        low, high = objective[order[0]], objective[order[-1]]
        distances[order[0]] = distances[order[-1]] = math.inf
        if low == high:
            continue
        for before, place, after in zip(order, order[1:], order[2:], strict=False):
            distances[place] += (objective[after] - objective[before]) / (high - low)
    return distances


def total_violations(violations: Sequence[Mapping[str, float]]) -> list[float]:
    """By how much each breaks its constraints in all, 0 where it breaks none.

    Constraints have units of their own; so each counts as a share of the largest violation of it here.
    """
    largest: dict[str, float] = {}
    for each in violations:
        for name, amount in each.items():
            largest[name] = max(largest.get(name, 0.0), amount)
    return [sum(_share(amount, largest[name]) for name, amount in each.items() if amount > 0) for each in violations]


def _share(amount: float, largest: float) -> float:
    return 1.0 if amount == largest else amount / largest  # an infinite violation is no share of itself
