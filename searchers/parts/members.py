"""Members of a population: architectures with what became of them, and who is better than whom.

What dominates what is the business of `dominance`; which members are taken, of `selection`.
"""

import math
from collections.abc import Mapping, Sequence
from random import Random
from typing import Generic

from attrs import field, frozen

from symnas.searchers.parts.dominance import Scores, crowding, dominates, fronts, total_violations
from symnas.searchers.results import Final, Infeasible, Success
from symnas.searchers.space import A, SearchSpace

__all__ = ["Member", "Moment", "beats", "best", "best_first", "first_front", "member_of", "violations"]


@frozen(eq=False)
class Member(Generic[A]):
    """An architecture in a population, or a child that is not evaluated yet. Each is itself alone: equal to no other."""

    architecture: A
    scores: Scores = ()
    """The objectives, larger is better; none where a constraint does not hold, or nothing was measured."""
    violations: Mapping[str, float] = field(factory=dict)
    """By how much each constraint that does not hold is broken."""
    number: int | None = None
    """Its proposal, if it was proposed."""


@frozen
class Moment(Generic[A]):
    """Where and when an operator acts: in which space, with which generator, after how many proposals."""

    space: SearchSpace[A]
    rng: Random
    step: int = 0


def member_of(number: int, architecture: A, result: Final, scores: Scores) -> Member[A] | None:
    """The member that proposal *number* becomes by its result; none if it failed. *scores* are those of a success."""
    match result:
        case Success():
            return Member(architecture, scores, number=number)
        case Infeasible(violations=broken):
            return Member(architecture, violations=broken, number=number)
        case _:
            return None


def violations(members: Sequence[Member[A]]) -> list[float]:
    """By how much each breaks its constraints in all, compared with the others; 0 where all hold.

    Whoever breaks one by an unknown amount is the worst: infinity.
    """
    if all(each.scores for each in members):
        return [0.0] * len(members)
    totals = total_violations([each.violations for each in members])
    return [0.0 if member.scores else total or math.inf for member, total in zip(members, totals, strict=True)]


def beats(one: Member[A], other: Member[A]) -> bool:
    """Whether *one* dominates *other*: what is feasible what is not, of two infeasible ones the less violating."""
    if one.scores and other.scores:
        return dominates(one.scores, other.scores)
    mine, theirs = violations((one, other))
    return mine < theirs


def first_front(members: Sequence[Member[A]]) -> list[Member[A]]:
    """Those that no other one dominates, in their order."""
    if not members:
        return []
    return [members[place] for place in fronts([each.scores for each in members], violations(members))[0]]


def best(members: Sequence[Member[A]]) -> list[Member[A]]:
    """Those that no other one beats: with one objective the first of the best, with several the first front."""
    if all(len(each.scores) == 1 for each in members):
        return [max(members, key=_scores)] if members else []
    if any(len(each.scores) > 1 for each in members):
        return first_front(members)
    return best_first(members)[:1]


def best_first(members: Sequence[Member[A]]) -> list[Member[A]]:
    """*members* from best to worst; those equally good in their order.

    With several objectives by fronts, and within each the least crowded first: the crowded comparison of Deb et al.
    2002, section III-B.
    """
    if all(len(each.scores) == 1 for each in members):
        return sorted(members, key=_scores, reverse=True)
    if all(len(each.scores) <= 1 for each in members):
        keys = _preference(members)
        return [members[place] for place in sorted(range(len(members)), key=keys.__getitem__, reverse=True)]
    found: list[Member[A]] = []
    for front in fronts([each.scores for each in members], violations(members)):
        distances = crowding([members[place].scores for place in front])
        found += [members[front[place]] for place in sorted(range(len(front)), key=lambda each: -distances[each])]
    return found


def _scores(member: Member[A]) -> Scores:
    return member.scores


def _preference(members: Sequence[Member[A]]) -> list[tuple[float, float]]:
    """A key that is larger for better ones, where there is one objective: what is feasible before the rest."""
    return [
        (-violation, member.scores[0] if member.scores else 0.0)
        for member, violation in zip(members, violations(members), strict=True)
    ]
