"""An evolutionary algorithm, put together from operators.

A subclass says two things, as class attributes or, where its settings take part, set in `__init__`: *offspring*, the
operator that makes children of the population, and *survivors*, the one that makes the next population of the members and
the children that have joined. This is an algorithm:

    class Mine(Evolving[Any, Settings]):
        name, summary = "mine", "the best fifteen and the youngest five; children of tournaments"
        offspring = Tournament(2, among=5) >> UniformCrossover() >> Mutate()
        survivors = Top(15) | Last(5)

Results may come late, in batches, or not at all. So the population begins with `start` random members, which join as soon
as they are told; children are made of whoever is alive when a proposal is asked for; a child joins when its result is
told, and a generation ends when `generation` children have joined. Failures never join. Infeasible ones do, and are worse
than every feasible one: how selectors compare is told in `members`.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random

from symnas.errors import SearchError
from symnas.genotype import Genotype
from symnas.searchers.base import S_co
from symnas.searchers.parts.comparing import Comparing
from symnas.searchers.parts.members import Member, Moment
from symnas.searchers.parts.mutation import several
from symnas.searchers.parts.operators import Operator
from symnas.searchers.results import Final
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Json

__all__ = ["Evolving"]


class Evolving(Comparing[A, S_co]):
    """Children of a population, of which some survive. The module's docstring tells what a subclass says."""

    offspring: Operator
    """Makes children of the population. Those beyond the first wait for the next proposals."""

    survivors: Operator
    """Makes the next population of the present one, in its order, followed by the children of the generation."""

    start: int = 20
    """How many random members the population begins with."""

    apart: int = 1
    """How many random points are drawn for each of those, of which the one is taken that has least in common with the others."""

    generation: int = 1
    """How many children join before survivors are selected."""

    further: int = 4
    """How often a child that was proposed before is changed further, before another is made in its place: a population
    that has settled has few new children.
    """

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self.population: list[Member[A]] = []
        self._children: list[Member[A]] = []  # of this generation, those that have joined
        self._brood: list[A] = []  # children made, not yet proposed
        self._joined = 0  # how many have ever been members
        self._far = 0  # by how many decisions the last child was changed further

    def propose(self) -> A:
        """A random point while the population grows; then a child."""
        growing = self._joined + len(self.open) < self.start
        if growing or not self.population:
            return self._unlike()
        if not self._brood:
            self._brood = [child.architecture for child in self.offspring(self.population, self.moment)]
        return self._carried_on(self._brood.pop(0)) if self._brood else self.space.sample(self.rng)

    def _unlike(self) -> A:
        """A random point; of several, the one whose choices the fewest of the last points have."""
        drawn = [self.space.sample(self.rng) for _ in range(self.apart)]
        if len(drawn) == 1:
            return drawn[0]
        had = Counter(choice for asked in self._proposed[-self.start :] for choice in asked.genotype.items())
        return min(
            drawn, key=lambda each: sum(map(had.__getitem__, each.genotype.items())) / max(1, len(each.genotype))
        )

    def _carried_on(self, child: A) -> A:
        """*child*, changed further while it is one that was proposed before: at first by one decision less than the last one
        needed, since a population that has settled needs ever more, then by one at a time.
        """
        first, self._far = max(1, self._far - 1), 0
        for _ in range(self.further):
            if self.settings.repeat or child.genotype not in self._seen:
                break
            try:
                further = None if self._far or first == 1 else several(child, first, self.moment)
                self._far += first if further else 1
                child = further or self.space.mutate(child, self.rng)
            except SearchError:  # it has no legal neighbour
                break
        return child

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """What has not failed joins; with the last of a generation the survivors are selected."""
        member = self.member(number, architecture, result)
        if member is None:
            return
        self._joined += 1
        self._children.append(member)
        if self._joined <= self.start or len(self._children) >= self.generation:
            self.population = self.survivors([*self.population, *self._children], self.moment)
            self._children = []

    @property
    def moment(self) -> Moment[A]:
        """Where and when operators act now."""
        return Moment(self.space, self.rng, self.count)

    def memory(self) -> Json:
        """Numbers of the members and the children in their order, the children not proposed yet, and how far away the last
        one was that was new.
        """
        return {
            "population": [member.number for member in self.population],
            "children": [member.number for member in self._children],
            "brood": [child.genotype.to_json() for child in self._brood],
            "joined": self._joined,
            "far": self._far,
        }

    def recall(self, memory: Json) -> None:
        """Gather the population again."""
        self.population = self._gathered(memory["population"])
        self._children = self._gathered(memory["children"])
        self._brood = [self.space.architecture(Genotype.from_json(each)) for each in memory["brood"]]
        self._joined = memory["joined"]
        self._far = memory.get("far", 0)

    def _gathered(self, numbers: Sequence[int]) -> list[Member[A]]:
        return [member for number in numbers if (member := self.known(number)) is not None]
