"""Mutation: operators that make a child of each member by changing some of its decisions.

Children are legal members of the space. What a change brings into existence is drawn, what it ends is left out; a
continuous decision takes a normal step of deviation *spread*, a share of its range, or is drawn anew where that is 0.
Children of two parents are the business of `recombination`.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from random import Random

from attrs import frozen

from symnas.domains import Choice, Continuous, Domain, Permutations
from symnas.errors import SearchError
from symnas.searchers.parts.members import Member, Moment
from symnas.searchers.parts.operators import Operator
from symnas.searchers.parts.schedules import Amount, value
from symnas.searchers.space import A

__all__ = ["Draw", "Mutate", "MutateEach", "Swap", "another", "several"]

_TRIES = 16
"""Changes tried for a child before it is said that none of them is legal."""


@frozen
class Mutate(Operator):
    """*changes* decisions changed one after the other, each uniformly among those that there are, to another choice.

    A member that has no legal neighbour is replaced by one drawn from the space.
    """

    changes: Amount = 1
    spread: Amount = 0.1

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """A child of each member."""
        changes = max(1, round(value(self.changes, moment.step)))
        spread = value(self.spread, moment.step) or None
        return [Member(_changed(each.architecture, changes, spread, moment)) for each in members]


def _changed(architecture: A, changes: int, spread: float | None, moment: Moment[A]) -> A:
    for _ in range(changes):
        try:
            architecture = moment.space.mutate(architecture, moment.rng, spread)
        except SearchError:  # nothing else is legal near it
            return moment.space.sample(moment.rng)
    return architecture


class _Rewriting(Operator):
    """Writes some choices of each member anew and completes the rest."""

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """A child of each member; the member itself where no change that was tried is legal."""
        return [Member(self._child(each.architecture, moment)) for each in members]

    def _child(self, architecture: A, moment: Moment[A]) -> A:
        for _ in range(_TRIES):
            changes = self.changes(architecture.genotype, architecture.domains, moment)
            child = moment.space.complete(moment.rng, changes, architecture.genotype)
            if child is not None:
                return child
        return architecture

    @abstractmethod
    def changes(
        self, genotype: Mapping[str, Choice], domains: Mapping[str, Domain], moment: Moment[A]
    ) -> Mapping[str, Choice]:
        """The choices that are other than in *genotype*."""


@frozen
class MutateEach(_Rewriting):
    """Every decision changed with probability *rate*, or without one so that one is changed on average (Deb et al. 2002)."""

    rate: Amount | None = None
    spread: Amount = 0.1

    def changes(
        self, genotype: Mapping[str, Choice], domains: Mapping[str, Domain], moment: Moment[A]
    ) -> Mapping[str, Choice]:
        """Other choices for the unlucky decisions."""
        open_ones = {path: domain for path, domain in domains.items() if domain.size != 1}
        rate = 1 / max(1, len(open_ones)) if self.rate is None else value(self.rate, moment.step)
        spread = value(self.spread, moment.step)
        rng = moment.rng
        return {
            path: another(genotype[path], domain, rng, spread)
            for path, domain in open_ones.items()
            if rng.random() < rate
        }


@frozen
class Swap(_Rewriting):
    """In one permutation, drawn from those that a member has, *swaps* pairs change places. Without any, nothing changes."""

    swaps: Amount = 1

    def changes(
        self, genotype: Mapping[str, Choice], domains: Mapping[str, Domain], moment: Moment[A]
    ) -> Mapping[str, Choice]:
        """The permutation with the pairs swapped."""
        orders = {path: each for path, each in domains.items() if isinstance(each, Permutations) and each.size > 1}
        if not orders:
            return {}
        path = moment.rng.choice(list(orders))
        order = list(orders[path].members(genotype[path]))
        for _ in range(max(1, round(value(self.swaps, moment.step)))):
            one, other = moment.rng.sample(range(len(order)), 2)
            order[one], order[other] = order[other], order[one]
        return {path: orders[path].number(order)}


@frozen
class Draw(Operator):
    """*count* members drawn from the space, whoever was given: immigrants."""

    count: Amount = 1

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """Members without parents."""
        count = max(0, round(value(self.count, moment.step)))
        return [Member(moment.space.sample(moment.rng)) for _ in range(count)]


def several(architecture: A, count: int, moment: Moment[A]) -> A | None:
    """*architecture* with *count* decisions changed at once, which builds one; `None` if that makes nothing legal."""
    domains = {path: domain for path, domain in architecture.domains.items() if domain.size != 1}
    drawn = moment.rng.sample(list(domains), min(count, len(domains)))
    changes = {path: another(architecture.genotype[path], domains[path], moment.rng, 0.0) for path in drawn}
    return moment.space.complete(moment.rng, changes, architecture.genotype)


def another(choice: Choice, domain: Domain, rng: Random, spread: float) -> Choice:
    """A choice other than *choice*, uniformly; of a continuous domain a step of deviation *spread* from it, or with 0 any.

    *domain* has other choices.
    """
    if isinstance(domain, Continuous):
        return domain.near(choice, spread, rng) if spread else domain.sample(rng)
    drawn = rng.randrange(domain.size - 1)
    return drawn + (drawn >= choice)
