"""Regularised evolution: the oldest dies, not the worst.

Real, Aggarwal, Huang and Le, "Regularized evolution for image classifier architecture search", AAAI 2019,
Algorithm 1. Symbols as there: P architectures are alive, S of them are drawn for a tournament, its best member is the
parent, the child is the parent with one decision changed; the child joins the population at its young end and the
oldest member leaves it.

Beyond the paper: the random phase may be shorter (*start*) and its members drawn *apart*, of several candidates the one that
has least in common with those before (after Mitchell, "Spectrally optimal sampling for distribution ray tracing", 1991), so
that few cover all choices. With *elite*, so many of the best stay alive whatever their age (elitism, De Jong, "An analysis of the
behavior of a class of genetic adaptive systems", 1975): the search is greedier, which serves short ones, and a score that
was high by luck is not forgotten. How it goes on where results come late, in batches, or not at all is told in `parts.evolving`. What is
infeasible joins as well, and wins a tournament only against what breaks its constraints by more. With several objectives
a random one of those wins that nobody in the tournament dominates. A continuous decision moves by a normal step.
"""

from collections.abc import Sequence
from random import Random

from attrs import field, frozen
from attrs.validators import ge

from symnas.searchers.parts.evolving import Evolving
from symnas.searchers.parts.mutation import Mutate
from symnas.searchers.parts.selection import Last, Top, Tournament
from symnas.searchers.settings import Settings, meaning, spread_setting
from symnas.searchers.space import A, Objective, SearchSpace

__all__ = ["EvolutionSettings", "RegularisedEvolution"]


@frozen(kw_only=True)
class EvolutionSettings(Settings):
    """Settings of `evolution`. The paper's are P = 100 and S = 25, for searches of 20,000 trials."""

    population: int = field(default=30, metadata=meaning("architectures alive at a time (P)"), validator=ge(1))
    tournament: int = field(
        default=10, metadata=meaning("members drawn to find a parent (S): the more, the greedier"), validator=ge(1)
    )
    start: int = field(
        default=0, metadata=meaning("random ones to begin with; 0: as many as are alive"), validator=ge(0)
    )
    apart: int = field(
        default=1,
        metadata=meaning(
            "random ones drawn for each of those; the one that has least in common with the others is taken"
        ),
        validator=ge(1),
    )
    elite: int = field(
        default=0,
        metadata=meaning("so many of the best stay, whatever their age"),
        validator=ge(0),
    )
    spread: float = spread_setting()


class RegularisedEvolution(Evolving[A, EvolutionSettings]):
    """Mutates the winner of a tournament; with several objectives, a random one of those that nobody dominates."""

    name = "evolution"
    summary = "mutates the best of a few; the oldest dies (Real et al. 2019)"
    settings_type = EvolutionSettings
    further = 0  # a child has one decision changed

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self.start = self.settings.start or self.settings.population
        self.apart = self.settings.apart
        self.offspring = Tournament(among=self.settings.tournament) >> Mutate(spread=self.settings.spread)
        youngest = Last(self.settings.population)
        self.survivors = youngest | Top(self.settings.elite) if self.settings.elite else youngest
