"""Regularised evolution: the oldest dies, not the worst.

Real, Aggarwal, Huang and Le, "Regularized evolution for image classifier architecture search", AAAI 2019,
Algorithm 1. Symbols as there: P architectures are alive, S of them are drawn for a tournament, its best member is the
parent, the child is the parent with one decision changed; the child joins the population at its young end and the
oldest member leaves it.

Beyond the paper, because results may come late, in batches, or not at all: a child joins when its result is told;
failed and infeasible ones never join; and the random phase lasts until P members have joined or may yet join. A
continuous decision, which the paper does not have, moves by a normal step instead of being drawn anew.
"""

from collections.abc import Sequence
from random import Random
from typing import Generic

from attrs import field, frozen
from attrs.validators import ge

from symnas.errors import SearchError
from symnas.searchers.base import Searcher
from symnas.searchers.results import Final, Success
from symnas.searchers.settings import Settings, meaning
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Json

__all__ = ["EvolutionSettings", "RegularisedEvolution"]


@frozen(kw_only=True)
class EvolutionSettings(Settings):
    """Settings of `evolution`. The paper's are P = 100 and S = 25, for searches of 20,000 trials."""

    population: int = field(default=30, metadata=meaning("architectures alive at a time (P)"), validator=ge(1))
    tournament: int = field(
        default=10, metadata=meaning("members drawn to find a parent (S): the more, the greedier"), validator=ge(1)
    )
    spread: float = field(
        default=0.1,
        metadata=meaning("how far a continuous decision moves, as a share of its range; 0: it is drawn anew"),
        validator=ge(0),
    )


@frozen
class _Member(Generic[A]):
    number: int
    architecture: A
    scores: tuple[float, ...]

    def dominates(self, other: "_Member[A]") -> bool:
        """Nowhere worse, somewhere better."""
        return self.scores != other.scores and all(
            ours >= theirs for ours, theirs in zip(self.scores, other.scores, strict=True)
        )


class RegularisedEvolution(Searcher[A, EvolutionSettings]):
    """Mutates the winner of a tournament; with several objectives, a random one of those that nobody dominates."""

    name = "evolution"
    summary = "mutates the best of a few; the oldest dies (Real et al. 2019)"
    settings_type = EvolutionSettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self._population: list[_Member[A]] = []  # the oldest first
        self._joined = 0  # how many have ever been members

    def propose(self) -> A:
        """A random point while the population grows; then a child."""
        growing = self._joined + len(self.open) < self.settings.population
        if growing or not self._population:
            return self.space.sample(self.rng)
        try:
            return self.space.mutate(self._parent(), self.rng, self.settings.spread or None)
        except SearchError:  # the parent has no legal neighbour
            return self.space.sample(self.rng)

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """A success joins the population; the oldest leaves if there is no room."""
        if not isinstance(result, Success):
            return
        self._population.append(_Member(number, architecture, self.scores(result)))
        self._joined += 1
        if len(self._population) > self.settings.population:
            del self._population[0]

    def memory(self) -> Json:
        """The numbers of the members, the oldest first."""
        return {"population": [member.number for member in self._population], "joined": self._joined}

    def recall(self, memory: Json) -> None:
        """Gather the population again."""
        self._joined = memory["joined"]
        self._population = []
        for number in memory["population"]:
            result = self.result(number)
            assert isinstance(result, Success), "only successes join"
            self._population.append(_Member(number, self.proposed(number), self.scores(result)))

    def _parent(self) -> A:
        """The winner among S members drawn with replacement; the first drawn wins a tie."""
        entrants = self.rng.choices(self._population, k=self.settings.tournament)
        if len(self.objectives) == 1:
            return max(entrants, key=lambda member: member.scores).architecture
        front = [each for each in entrants if not any(other.dominates(each) for other in entrants)]
        return self.rng.choice(front).architecture
