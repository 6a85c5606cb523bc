"""Population-based training: architectures and settings change while they are trained, and keep their weights.

Jaderberg et al., "Population based training of neural networks", arXiv:1711.09846, 2017, Algorithm 1, with truncation
selection (section 4.1.1). A population is trained for `interval` steps at a time. Then whoever is among the worst
*share* takes over the weights of a random one of the best *share* ("exploit"), with one decision changed ("explore");
the others go on as they are. Each stretch is a trial that inherits from the one before, or from the one that it copies.

Beyond the paper: members are compared with those that have come equally far, as far as these are known, so that
nobody waits; decisions of the architecture change as well, and weights are inherited where names and shapes fit; when
all are at the end, or all are waited for, a new population begins; its members come from any searcher, which learns
what they reach at the first interval; a member that fails copies one of the best.
"""

from collections.abc import Sequence
from random import Random

from attrs import define, evolve, field, frozen
from attrs.validators import ge, gt, le

from symnas.errors import SearchError
from symnas.genotype import Genotype
from symnas.searchers.base import Proposal
from symnas.searchers.budgets.nested import Budgeted, NestedSettings
from symnas.searchers.budgets.rungs import best_first
from symnas.searchers.results import Final
from symnas.searchers.settings import meaning, spread_setting
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Json

__all__ = ["PopulationSettings", "PopulationTraining"]

_Key = tuple[Genotype, int | None, int | None]
"""An architecture, to which step, and from which trial on."""

CHANGES = 16
"""How many changes of a copied architecture are tried before its member is given up."""


@frozen(kw_only=True)
class PopulationSettings(NestedSettings):
    """Settings of `pbt`."""

    population: int = field(default=20, metadata=meaning("architectures trained side by side"), validator=ge(2))
    interval: int = field(default=3, metadata=meaning("steps (epochs) between comparisons"), validator=ge(1))
    max: int = field(default=27, metadata=meaning("steps that a member is trained for in all"), validator=ge(1))
    share: float = field(
        default=0.2,
        metadata=meaning("the share of the worst, who copy one of as many best"),
        validator=(gt(0), le(0.5)),
    )
    spread: float = spread_setting()


@define
class _Population:
    """A population: its place among all, how many members have *joined*, all of its *trials*, those that are open
    (*training*), those that were told and whose members go on (*ready*, the longest waiting first); and what was asked
    for, never to ask it again.
    """

    place: int
    joined: int = 0
    trials: list[int] = field(factory=list)
    training: list[int] = field(factory=list)
    ready: list[int] = field(factory=list)
    taken: set[_Key] = field(factory=set)


class PopulationTraining(Budgeted[A, PopulationSettings]):
    """The worst go on from the weights of the best, a little changed."""

    name = "pbt"
    summary = "the worst continue from the weights of the best, one decision changed (Jaderberg et al. 2017)"
    settings_type = PopulationSettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self.furthest = self.settings.max
        self.least = min(self.settings.interval, self.settings.max)
        self._populations: list[_Population] = []  # those that are not at their end, the oldest first
        self._begun = 0
        self._of: dict[int, _Population] = {}  # by trial

    def plan(self, number: int) -> Proposal[A] | None:
        """A new member of the oldest population that has room, or the next stretch of whoever has waited longest there;
        a new population where all are training.
        """
        self._part()
        for population in self._populations:
            if proposal := self._next(population, number):
                return proposal
        if any(not self._is_full(each) for each in self._populations):
            return None  # the searcher inside waits, or is at its end
        population = _Population(self._begun)
        proposal = self._next(population, number)
        if proposal is not None:
            self._begun += 1
            self._populations.append(population)
        return proposal

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """The member is ready for its next stretch, if it is not at the end."""
        super().learn(number, architecture, result)
        population = self._of[number]
        population.training.remove(number)
        if self._step(number) < self.settings.max:
            population.ready.append(number)
        self._part()

    def is_inheritable(self, number: int) -> bool:
        """Whether a member of its population has yet to come past its step."""
        population = self._of.get(number)
        if population is None or self._step(number) >= self.settings.max:
            return False
        members = (*population.training, *population.ready)
        return not self._is_full(population) or any(self._step(each) <= self._step(number) for each in members)

    def remember(self) -> dict[str, Json]:
        """How many populations were begun; of those that are not at their end, how many joined and who is ready."""
        return {
            "begun": self._begun,
            "populations": [[each.place, each.joined, list(each.ready)] for each in self._populations],
        }

    def recollect(self, memory: dict[str, Json]) -> None:
        """Go on with the populations: they are filled one after another, and who inherits stays in the same."""
        self._begun = memory["begun"]
        self._populations = [
            _Population(place, joined, ready=list(ready)) for place, joined, ready in memory["populations"]
        ]
        by_place = {each.place: each for each in self._populations}
        still_open, places, joined = set(self.open), dict[int, int](), 0
        self._of = {}
        for number, asked in enumerate(map(self.asked, range(self.count))):
            places[number] = joined // self.settings.population if asked.inherits is None else places[asked.inherits]
            joined += asked.inherits is None
            population = by_place.get(places[number])
            if population is not None:
                self._enter(population, number, (asked.genotype, asked.fidelity, asked.inherits))
                if number not in still_open:
                    population.training.remove(number)

    # ------------------------------------------------------------------------------------------ one population

    def _is_full(self, population: _Population) -> bool:
        return population.joined >= self.settings.population

    def _part(self) -> None:
        """Let go of populations that are at their end."""
        for each in self._populations:
            if self._is_full(each) and not each.training and not each.ready:
                for number in each.trials:
                    del self._of[number]
        self._populations = [each for each in self._populations if not each.trials or each.trials[0] in self._of]

    def _enter(self, population: _Population, number: int, key: _Key) -> None:
        population.trials.append(number)
        population.training.append(number)
        population.taken.add(key)
        self._of[number] = population

    def _next(self, population: _Population, number: int) -> Proposal[A] | None:
        proposal = None if self._is_full(population) else self.fresh(number)
        if proposal is not None:
            population.joined += 1
            proposal = evolve(proposal, fidelity=self.least)
        while proposal is None and population.ready:
            proposal = self._stretch(population, number, population.ready.pop(0))
        if proposal is not None:
            self._enter(population, number, _key(proposal))
        return proposal

    def _stretch(self, population: _Population, number: int, last: int) -> Proposal[A] | None:
        """How the member of trial *last* goes on; `None` if it does not."""
        fidelity = min(self._step(last) + self.settings.interval, self.settings.max)
        ranking = self._equally_far(population, last)
        few = int(len(ranking) * self.settings.share)
        if last in ranking[: len(ranking) - few]:
            return Proposal(number, self.proposed(last), fidelity, inherits=last)
        best = [each for each in ranking[: max(few, 1)] if each != last]
        if not best:
            return None
        donor = self.rng.choice(best)
        for _ in range(CHANGES):
            try:
                changed = self.space.mutate(self.proposed(donor), self.rng, self.settings.spread or None)
            except SearchError:  # it has no legal neighbour
                return None
            copy = Proposal(number, changed, fidelity, inherits=donor)
            if _key(copy) not in population.taken:
                return copy
        return None

    def _equally_far(self, population: _Population, last: int) -> list[int]:
        """The population's successful trials of the same step, the best first."""
        step = self._step(last)
        alike = (each for each in population.trials if self._step(each) == step)
        return best_first((each, scores) for each in alike if (scores := self.score(each)) is not None)

    def _step(self, number: int) -> int:
        fidelity = self.asked(number).fidelity
        assert fidelity is not None, "every trial has one"
        return fidelity


def _key(proposal: Proposal[A]) -> _Key:
    return proposal.architecture.genotype, proposal.fidelity, proposal.inherits
