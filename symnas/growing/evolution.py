"""Evolution by moves: children of the best of a few, one rewrite each, trained on from their parent's weights.

Real et al., "Regularized evolution for image classifier architecture search", AAAI 2019, Algorithm 1, with the inheritance
of "Large-scale evolution of image classifiers" (Real et al., ICML 2017) and of Elsken et al., "Efficient multi-objective
neural architecture search via Lamarckian evolution", ICLR 2019. Symbols of the settings as there: P are alive, S are drawn
for a tournament. With `survival=worst` the worst leaves the population in place of the oldest.

Beyond the papers: the population begins with the start alone and grows; a parent whose every neighbour is known makes room
for another; with several objectives a random one of those wins that nobody in the tournament dominates.
"""

from collections.abc import Sequence
from enum import Enum
from random import Random

from attrs import field, frozen
from attrs.validators import ge

from symnas.growing.searching import Child, GrowingSettings, MoveSearcher
from symnas.growing.space import Grown
from symnas.searchers import Final, Objective, SearchSpace, meaning
from symnas.searchers.parts.members import Member, Moment, best_first
from symnas.searchers.parts.selection import Tournament
from symnas.searchers.state import Json

__all__ = ["Evolution", "EvolutionSettings", "Survival"]


class Survival(Enum):
    """Who leaves a population that is full."""

    OLDEST = "oldest"
    WORST = "worst"


@frozen(kw_only=True)
class EvolutionSettings(GrowingSettings):
    """Settings of `evolution`."""

    population: int = field(default=10, metadata=meaning("networks alive at a time (P)"), validator=ge(1))
    tournament: int = field(default=3, metadata=meaning("members drawn to find a parent (S)"), validator=ge(1))
    moves: int = field(default=1, metadata=meaning("rewrites that make a child"), validator=ge(1))
    survival: Survival = field(default=Survival.OLDEST, metadata=meaning("who dies: the oldest or the worst"))


class Evolution(MoveSearcher[EvolutionSettings]):
    """Rewrites the winner of a tournament."""

    name = "evolution"
    summary = "rewrites the best of a few; the oldest dies (Real et al. 2019, Elsken et al. 2019)"
    settings_type = EvolutionSettings

    def __init__(
        self, space: SearchSpace[Grown], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self.population: list[Member[Grown]] = []

    def breed(self) -> Child | None:
        """A child of the winner of a tournament; where it has none that is new, of the best member that has."""
        (winner,) = Tournament(among=self.settings.tournament)(
            self.population, Moment(self.space, self.rng, self.count)
        )
        for parent in [winner, *(each for each in best_first(self.population) if each is not winner)]:
            assert parent.number is not None, "members were proposed"
            if (child := self.child_of(parent.number, self.settings.moves)) is not None:
                return child
        return None

    def learn(self, number: int, architecture: Grown, result: Final) -> None:
        """What has not failed joins; of a population that is too large, one dies."""
        super().learn(number, architecture, result)
        member = self.member(number, architecture, result)
        if member is None:
            return
        self.population.append(member)
        if len(self.population) > self.settings.population:
            oldest = self.settings.survival is Survival.OLDEST
            gone = self.population[0] if oldest else best_first(self.population)[-1]
            self.population = [each for each in self.population if each is not gone]

    def may_breed(self, number: int) -> bool:
        """Whether it is alive."""
        return any(each.number == number for each in self.population)

    def remember(self) -> Json:
        """Who is alive, the oldest first."""
        return [each.number for each in self.population]

    def recollect(self, memory: Json) -> None:
        """Gather the population again."""
        self.population = [member for number in memory if (member := self.known(number)) is not None]
