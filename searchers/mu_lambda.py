"""(μ+λ) and (μ,λ): μ parents live, λ children are made, and the best μ of all, or of the children alone, live on.

Rechenberg, "Evolutionsstrategie", 1973; Schwefel, "Numerische Optimierung von Computer-Modellen", 1977; the notation as
in Beyer and Schwefel, "Evolution strategies: a comprehensive introduction", Natural Computing 1, 2002. Parents are drawn
uniformly; a child has one decision changed, and two parents with probability *crossover*.

How a generation goes on where results come late or not at all, and what becomes of what is infeasible, is told in
`parts.evolving`; what is better of several objectives, in `parts.members`. With a comma, children of a generation beside
failures are fewer than λ: λ counts those that join.
"""

from collections.abc import Sequence
from enum import Enum
from random import Random

from attrs import field, frozen
from attrs.validators import and_, ge, le

from symnas.errors import SearchError
from symnas.searchers.parts.evolving import Evolving
from symnas.searchers.parts.mutation import Mutate
from symnas.searchers.parts.recombination import UniformCrossover
from symnas.searchers.parts.selection import AtRandom, Last, Top
from symnas.searchers.settings import Settings, meaning, spread_setting
from symnas.searchers.space import A, Objective, SearchSpace

__all__ = ["MuLambda", "MuLambdaSettings", "Survival"]


class Survival(Enum):
    """Who may live on."""

    PLUS = "plus"
    COMMA = "comma"


@frozen(kw_only=True)
class MuLambdaSettings(Settings):
    """Settings of `mu_lambda`."""

    parents: int = field(default=10, metadata=meaning("architectures that live on (μ)"), validator=ge(1))
    children: int = field(default=20, metadata=meaning("children in a generation (λ)"), validator=ge(1))
    survival: Survival = field(
        default=Survival.PLUS,
        metadata=meaning("the best of parents and children live on, or, with a comma, of the children alone"),
    )
    crossover: float = field(
        default=0.5,
        metadata=meaning("how many of the children have two parents, as a share"),
        validator=and_(ge(0), le(1)),
    )
    spread: float = spread_setting()

    def __attrs_post_init__(self) -> None:
        if self.survival is Survival.COMMA and self.children < self.parents:
            raise SearchError(f"{self.parents} cannot live on of {self.children} children; with `comma` make them more")


class MuLambda(Evolving[A, MuLambdaSettings]):
    """Children of random parents; the best live on."""

    name = "mu_lambda"
    summary = "the best of parents and children live on: (μ+λ) or (μ,λ)"
    settings_type = MuLambdaSettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        chosen = self.settings
        self.start, self.generation = chosen.parents, chosen.children
        paired = (AtRandom(2) >> UniformCrossover()).sometimes(chosen.crossover, AtRandom())
        self.offspring = paired >> Mutate(spread=chosen.spread)
        best = Top(chosen.parents)
        self.survivors = best if chosen.survival is Survival.PLUS else Last(chosen.children) >> best
