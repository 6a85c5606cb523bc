"""Recombination: operators that make one child of each two members: the first and the second, the third and the fourth, ….

Parents of a conditional space have different decisions. A recombination wishes for choices; the child is the member that
`SearchSpace.complete` makes of them: a wish that has no decision is left out; a decision without a wish is as a parent
has it, else drawn. Children are legal. They may equal a parent: parents may be alike.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

from attrs import frozen

from symnas.domains import Choice, Continuous, Domain, Grid, Permutations
from symnas.searchers.parts.members import Member, Moment
from symnas.searchers.parts.operators import Operator
from symnas.searchers.parts.permuting import Permuting
from symnas.searchers.parts.schedules import Amount, value
from symnas.searchers.space import A, Point

__all__ = ["Average", "KPoint", "Permute", "Recombination", "UniformCrossover"]

_TRIES = 16
"""Children tried before it is said that none of them is legal."""

T = TypeVar("T")


class Recombination(Operator):
    """One child of each two members. One that is left over goes through as it is, as does the first of two whose children
    are not legal.
    """

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """The children."""
        pairs = zip(members[::2], members[1::2], strict=False)
        children = [self._child(first, second, moment) for first, second in pairs]
        return [*children, *members[len(members) & ~1 :]]

    def _child(self, first: Member[A], second: Member[A], moment: Moment[A]) -> Member[A]:
        one, other = first.architecture, second.architecture
        for _ in range(_TRIES):
            child = moment.space.complete(moment.rng, self.wishes(one, other, moment), one.genotype, other.genotype)
            if child is not None:
                return Member(child)
        return first

    @abstractmethod
    def wishes(self, first: A, second: A, moment: Moment[A]) -> Mapping[str, Choice]:
        """Choices for the child, by the paths of both parents' decisions."""


@frozen
class UniformCrossover(Recombination):
    """Each choice from the first parent with probability *share*, else from the second (Syswerda, ICGA 1989)."""

    share: Amount = 0.5

    def wishes(self, first: A, second: A, moment: Moment[A]) -> Mapping[str, Choice]:
        """Both parents' choices, mixed."""
        return mixed(first, second, value(self.share, moment.step), moment.rng)


@frozen
class KPoint(Recombination):
    """The decisions in their order, cut at *points* places; the pieces from either parent by turns (De Jong 1975)."""

    points: Amount = 1

    def wishes(self, first: A, second: A, moment: Moment[A]) -> Mapping[str, Choice]:
        """Pieces of both parents' choices; decisions that only the second has stand behind their predecessors there."""
        paths = merged(list(first.genotype), list(second.genotype))
        points = min(round(value(self.points, moment.step)), len(paths) - 1)
        cuts = set(moment.rng.sample(range(1, len(paths)), points)) if points > 0 else set()
        parents, turn = (first.genotype.choices, second.genotype.choices), 0
        found: dict[str, Choice] = {}
        for place, path in enumerate(paths):
            turn ^= place in cuts
            if path in parents[turn]:
                found[path] = parents[turn][path]
        return found


@frozen
class Average(Recombination):
    """Numbers (continuous, or of a grid) between the parents': *weight* of the first's; other choices from either.

    Halfway is between positions, in the logarithm of a logarithmic range; of a grid, the nearest member counts.
    """

    weight: Amount = 0.5

    def wishes(self, first: A, second: A, moment: Moment[A]) -> Mapping[str, Choice]:
        """Means of numbers, and the rest mixed."""
        weight = value(self.weight, moment.step)
        found = mixed(first, second, weight, moment.rng)
        for path, domain in shared(first, second).items():
            mine, theirs = first.genotype[path], second.genotype[path]
            if isinstance(domain, Continuous):
                between = weight * domain.position(mine) + (1 - weight) * domain.position(theirs)
                found[path] = domain.at(between)
            elif isinstance(domain, Grid):
                found[path] = round(weight * mine + (1 - weight) * theirs)
        return found


@frozen
class Permute(Recombination):
    """Orders (`permutation`) made of both parents' by *how*, a function of `permuting`; other choices from either."""

    how: Permuting

    def wishes(self, first: A, second: A, moment: Moment[A]) -> Mapping[str, Choice]:
        """Orders of both, and the rest mixed."""
        found = mixed(first, second, 0.5, moment.rng)
        for path, domain in shared(first, second).items():
            if isinstance(domain, Permutations):
                mine, theirs = (domain.members(each.genotype[path]) for each in (first, second))
                found[path] = domain.number(self.how(mine, theirs, moment.rng))
        return found


def mixed(first: Point, second: Point, share: float, rng: Random) -> dict[str, Choice]:
    """Each choice from *first* with probability *share*, else from *second*; where only one has it, from that one."""
    mine, theirs = first.genotype.choices, second.genotype.choices
    found = {**theirs, **mine}
    for path in found:
        if path in theirs and path in mine and rng.random() >= share:
            found[path] = theirs[path]
    return found


def shared(first: Point, second: Point) -> dict[str, Domain]:
    """Domains of the decisions that both have, with the same choices to make."""
    theirs = second.domains
    return {path: domain for path, domain in first.domains.items() if theirs.get(path) == domain}


def merged(first: Sequence[T], second: Sequence[T]) -> list[T]:
    """Both lists as one: in the order of *first*, what only *second* has behind what stands before it there."""
    before: dict[T | None, list[T]] = {}
    known = set(first)
    last: T | None = None
    for each in second:
        if each in known:
            last = each
        else:
            before.setdefault(last, []).append(each)
    found = before.get(None, [])
    for each in first:
        found += [each, *before.get(each, ())]
    return found
