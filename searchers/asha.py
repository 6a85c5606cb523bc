"""Asynchronous successive halving (ASHA): whatever is among the best of its rung is trained further, at once.

Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht and Talwalkar, "A system for massively parallel
hyperparameter tuning", MLSys 2020, Algorithm 2. Symbols as there: eta is the reduction factor, r the least resource
(`min`), R the most (`max`), rung k trains to r eta^k; the top 1 / eta of a rung may be promoted, those of the highest
rung first; where there is nothing to promote, a new architecture begins in rung 0.

Beyond the paper: new architectures come from any searcher (the paper draws at random); the last rung trains to R where
R is no power of eta times r, and the rungs below to R / eta, R / eta², …, rounded down; with several objectives, a rung
is put in order as NSGA-II selects. Weights are handed on: a promoted trial inherits from the one below it.
"""

from collections.abc import Sequence
from random import Random

from attrs import evolve, field, frozen
from attrs.validators import ge

from symnas.searchers.base import Proposal
from symnas.searchers.budgets.nested import Budgeted, NestedSettings
from symnas.searchers.budgets.rungs import Rung
from symnas.searchers.budgets.schedule import Rungs, rates
from symnas.searchers.results import Final
from symnas.searchers.settings import meaning
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Json

__all__ = ["ASHA", "ASHASettings"]


@frozen(kw_only=True)
class ASHASettings(NestedSettings):
    """Settings of `asha`."""

    min: int = field(
        default=1, metadata=meaning("steps (epochs) that every architecture is trained for"), validator=ge(1)
    )
    max: int = field(default=27, metadata=meaning("steps that the best are trained for"), validator=ge(1))
    eta: int = field(default=3, metadata=meaning("of so many architectures, one is trained further"), validator=ge(2))


class ASHA(Budgeted[A, ASHASettings]):
    """Trains further whatever is among the best of those trained as far."""

    name = "asha"
    summary = "trains all a little, the best of them further; waits for none (Li et al. 2020)"
    settings_type = ASHASettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        chosen = self.settings
        self.furthest = chosen.max
        self._fidelities = Rungs.of(chosen.max, chosen.eta, rates(chosen.min, chosen.max, chosen.eta), 1).fidelities
        self.least = self._fidelities[0]
        self._rungs = self._empty()

    def plan(self, number: int) -> Proposal[A] | None:
        """A promotion from the highest rung that has one to give, or something new."""
        for place in reversed(range(len(self._fidelities) - 1)):
            chosen = self._rungs[place].promotable(self.settings.eta)
            if chosen is not None:
                self._rungs[place].promote(chosen)
                return Proposal(number, self.proposed(chosen), self._fidelities[place + 1], inherits=chosen)
        proposal = self.fresh(number)
        return None if proposal is None else evolve(proposal, fidelity=self.least)

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """A trial that was trained as far as asked joins its rung."""
        super().learn(number, architecture, result)
        self._join(number)

    def is_inheritable(self, number: int) -> bool:
        """Whether it waits in a rung below the last."""
        rung = self._rungs[self._place(number)]
        return rung is not self._rungs[-1] and rung.holds(number)

    def recollect(self, memory: dict[str, Json]) -> None:
        """Put all trials in their rungs again; those that others inherit from have gone on."""
        self._rungs = self._empty()
        for number in range(self.count):
            self._join(number)
            below = self.asked(number).inherits
            if below is not None:
                self._rungs[self._place(below)].promote(below)

    def _empty(self) -> list[Rung]:
        return [Rung() for _ in self._fidelities]

    def _join(self, number: int) -> None:
        scores = self.score(number)
        if scores is not None:
            self._rungs[self._place(number)].join(number, scores)

    def _place(self, number: int) -> int:
        fidelity = self.asked(number).fidelity
        assert fidelity is not None, "every trial has one"
        return self._fidelities.index(fidelity)
