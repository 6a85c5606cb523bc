"""Stochastic hill climbing with random restarts: one decision changed at a time, and never a step down.

Forrest and Mitchell, "What makes a problem hard for a genetic algorithm?", Machine Learning 13, 1993 ("random-mutation
hill climbing"): a random mutant takes the place of the architecture that it comes from unless it is worse. After *patience*
mutants of which none was better, or where all neighbours are known, it begins again at a random point.

Several objectives: a mutant is worse if the architecture dominates it, and better if it dominates the architecture.
Results may come in any order: each is compared with whoever stands there when it is told.
"""

from collections.abc import Sequence
from random import Random

from attrs import field, frozen
from attrs.validators import ge

from symnas.searchers.parts.comparing import Comparing
from symnas.searchers.parts.members import Member, beats
from symnas.searchers.results import Final
from symnas.searchers.settings import Settings, meaning, spread_setting
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Json

__all__ = ["HillClimbing", "HillClimbingSettings"]


@frozen(kw_only=True)
class HillClimbingSettings(Settings):
    """Settings of `hill_climbing`."""

    patience: int = field(
        default=50, metadata=meaning("mutants in a row without a better one before it begins again"), validator=ge(1)
    )
    spread: float = spread_setting()


class HillClimbing(Comparing[A, HillClimbingSettings]):
    """Goes on from the best of its way; begins again where nothing better is found."""

    name = "hill_climbing"
    summary = "changes one decision at a time, never for the worse; begins again where it is stuck"
    settings_type = HillClimbingSettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self._here: Member[A] | None = None
        self._begun = 0  # the first proposal of this climb
        self._in_vain = 0  # how many mutants have been no better

    def propose(self) -> A:
        """A mutant of where it stands; a random point where it stands nowhere."""
        mutant = None if self._here is None else self.mutant(self._here, self.settings.spread)
        if mutant is not None:
            return mutant
        if not self.open:
            self._here, self._begun = None, self.count  # all around it is known
        return self.space.sample(self.rng)

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """Step there unless it is worse; begin again if nothing has been better for long."""
        if number < self._begun:  # of a climb that was given up
            return
        member = self.member(number, architecture, result)
        if self._here is None:
            self._here, self._in_vain = member, 0
            return
        self._in_vain += 1
        if member is not None and not beats(self._here, member):
            if beats(member, self._here):
                self._in_vain = 0
            self._here = member
        if self._in_vain >= self.settings.patience:
            self._here, self._begun = None, self.count

    def memory(self) -> Json:
        """Where it stands, since when, and for how long in vain."""
        here = None if self._here is None else self._here.number
        return {"here": here, "begun": self._begun, "in_vain": self._in_vain}

    def recall(self, memory: Json) -> None:
        """Stand there again."""
        self._here = self.known(memory["here"])
        self._begun, self._in_vain = memory["begun"], memory["in_vain"]
