"""Successive halving: a few steps for many architectures, more for the best of them, all for the very best.

Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016, as
Li et al. 2018 (see `budgets.schedule`) run it, Algorithm 1, the inner loop. Where all of a bracket is decided, the next
one begins; it begins earlier where a result of the bracket before is waited for, so that no worker has to wait.

Beyond the paper: new architectures come from any searcher (the paper draws at random); with several objectives, a rung
is put in order as NSGA-II selects; a trial inherits the weights of the one below it. Who fails never goes on.
"""

from abc import abstractmethod
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from attrs import evolve, field, frozen
from attrs.validators import ge

from symnas.searchers.base import Proposal
from symnas.searchers.budgets.brackets import Bracket
from symnas.searchers.budgets.nested import Budgeted, NestedSettings
from symnas.searchers.budgets.schedule import Rungs, rates
from symnas.searchers.results import Final
from symnas.searchers.settings import meaning
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Json

__all__ = ["BracketSettings", "Brackets", "HalvingSettings", "SuccessiveHalving"]


@frozen(kw_only=True)
class BracketSettings(NestedSettings):
    """Settings of searchers that run brackets of successive halving."""

    min: int = field(default=1, metadata=meaning("the fewest steps (epochs) of a first rung"), validator=ge(1))
    max: int = field(default=27, metadata=meaning("steps that the best are trained for (R)"), validator=ge(1))
    eta: int = field(default=3, metadata=meaning("of so many architectures, one is trained further"), validator=ge(2))


@frozen(kw_only=True)
class HalvingSettings(BracketSettings):
    """Settings of `halving`."""

    first: int = field(
        default=0, metadata=meaning("architectures that begin (n); 0: so many that one is left"), validator=ge(0)
    )


B_co = TypeVar("B_co", bound=BracketSettings, covariant=True)


class Brackets(Budgeted[A, B_co]):
    """Runs brackets of successive halving, one after another; which, an algorithm says."""

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        chosen = self.settings
        self.furthest = chosen.max
        self.most_rate = rates(chosen.min, chosen.max, chosen.eta)
        self.least = self.rungs(self.most_rate).fidelities[0]
        self._brackets: list[Bracket] = []  # those that are not over, the oldest first
        self._begun = 0

    @abstractmethod
    def rate(self, turn: int) -> int:
        """The rate of the bracket of that number, from 0."""

    @abstractmethod
    def rungs(self, rate: int) -> Rungs:
        """The rungs of a bracket of *rate*."""

    def plan(self, number: int) -> Proposal[A] | None:
        """The next trial of the oldest bracket that has one; a new bracket where none has."""
        for bracket in self._brackets:
            if proposal := self._next(bracket, number):
                return proposal
        if any(each.wants_new for each in self._brackets):  # the searcher inside waits, or is at its end
            return None
        rate = self.rate(self._begun)
        bracket = Bracket(rate, self.rungs(rate))
        proposal = self._next(bracket, number)
        if proposal is not None:
            self._begun += 1
            self._brackets.append(bracket)
        return proposal

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """The bracket of the trial may go on."""
        super().learn(number, architecture, result)
        self._climb()

    def is_inheritable(self, number: int) -> bool:
        """Whether its bracket may still train it further."""
        return any(number in each.heirs or (number in each.members and not each.is_last) for each in self._brackets)

    def remember(self) -> dict[str, Json]:
        """The brackets that are not over."""
        return {"begun": self._begun, "brackets": [each.to_data() for each in self._brackets]}

    def recollect(self, memory: dict[str, Json]) -> None:
        """Go on with the brackets."""
        self._begun = memory["begun"]
        self._brackets = [Bracket.from_data(each, self.rungs) for each in memory["brackets"]]

    def _next(self, bracket: Bracket, number: int) -> Proposal[A] | None:
        if bracket.heirs:
            heir = bracket.heirs.pop(0)
            bracket.members.append(number)
            return Proposal(number, self.proposed(heir), bracket.fidelity, inherits=heir)
        if not bracket.wants_new:
            return None
        proposal = self.fresh(number)
        if proposal is not None:
            bracket.members.append(number)
            return evolve(proposal, fidelity=bracket.fidelity)
        if not self.inner.open:  # nor will anything come later
            bracket.closed = True
            self._climb()
            return self._next(bracket, number)
        return None

    def _climb(self) -> None:
        waiting = set(self.open)
        self._brackets = [each for each in self._brackets if not each.climb(waiting.__contains__, self.score)]


class SuccessiveHalving(Brackets[A, HalvingSettings]):
    """Begins many, and trains one of `eta` further, again and again, until few are left."""

    name = "halving"
    summary = "trains many a little, the best of them further, rung by rung (Jamieson and Talwalkar 2016)"
    settings_type = HalvingSettings

    def rate(self, turn: int) -> int:
        """The largest: as many rungs as `min` and `max` have room for."""
        return self.most_rate

    def rungs(self, rate: int) -> Rungs:
        """n is `first`, or eta^s, so that one is left."""
        return Rungs.of(self.settings.max, self.settings.eta, rate, self.settings.first or self.settings.eta**rate)
