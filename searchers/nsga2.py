"""NSGA-II: many objectives at once, and a front of architectures of which none beats another.

Deb, Pratap, Agarwal and Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE Transactions on
Evolutionary Computation 6(2), 2002. N parents have N children; of both together the best N live on, front after front, of
the last one that has room those in the least crowded places (section III-C). Parents win binary tournaments by the same
order. Constraints: section VI-A, with each violation as a share of the largest that is compared.

Children are those of `recombination` and `mutation`: each choice from one of two parents, then one decision changed, in
place of the paper's binary crossover and mutation of numbers. The paper waits for a generation; here children are made of
whoever lives when a proposal is asked for (see `parts.evolving`).
"""

from collections.abc import Sequence
from random import Random

from attrs import field, frozen
from attrs.validators import and_, ge, le

from symnas.searchers.parts.evolving import Evolving
from symnas.searchers.parts.mutation import Mutate
from symnas.searchers.parts.recombination import UniformCrossover
from symnas.searchers.parts.selection import OrderedTournament, Top
from symnas.searchers.settings import Settings, meaning, spread_setting
from symnas.searchers.space import A, Objective, SearchSpace

__all__ = ["NSGA2", "NSGA2Settings"]


@frozen(kw_only=True)
class NSGA2Settings(Settings):
    """Settings of `nsga2`. The paper's population is 100, for searches of 25,000 trials."""

    population: int = field(
        default=30, metadata=meaning("architectures that live on, and children in a generation (N)"), validator=ge(1)
    )
    crossover: float = field(
        default=0.9,
        metadata=meaning("how many of the children have two parents, as a share"),
        validator=and_(ge(0), le(1)),
    )
    spread: float = spread_setting()


class NSGA2(Evolving[A, NSGA2Settings]):
    """Children of tournament winners; the undominated live on, and the least crowded of them first."""

    name = "nsga2"
    summary = "several objectives: keeps a spread front of the undominated (Deb et al. 2002)"
    settings_type = NSGA2Settings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        chosen = self.settings
        self.start = self.generation = chosen.population
        crossed = (OrderedTournament(2) >> UniformCrossover()).sometimes(chosen.crossover, OrderedTournament())
        self.offspring = crossed >> Mutate(spread=chosen.spread)
        self.survivors = Top(chosen.population)
