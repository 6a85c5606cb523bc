"""Population-based training: architectures and settings change while they are trained, and keep their weights.

Jaderberg et al., "Population based training of neural networks", arXiv:1711.09846, 2017, Algorithm 1, with truncation
selection (section 4.1.1). A population is trained for `interval` steps at a time. Then whoever is among the worst
*share* takes over the weights of a random one of the best *share* ("exploit"), with one decision changed ("explore");
the others go on as they are. Each stretch is a trial that inherits from the one before, or from the one that it copies.

Beyond the paper: members are compared with those that have come equally far, as far as these are known, so that
nobody waits; decisions of the architecture change as well, and weights are inherited where names and shapes fit; when
all have come to the end, a new population begins; its members come from any searcher, which learns what they reach at
the first interval; a member that fails copies one of the best.
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
from symnas.searchers.settings import meaning
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Json

__all__ = ["PopulationSettings", "PopulationTraining"]

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
    spread: float = field(
        default=0.1,
        metadata=meaning("how far a continuous decision moves, as a share of its range; 0: it is drawn anew"),
        validator=ge(0),
    )


@define
class _Population:
    """A population: the number of its *first* trial, how many members have *joined*, the trials that are open, and those
    that were told and whose members go on, the longest waiting first; and what was asked for, never to ask it again.
    """

    first: int
    joined: int = 0
    training: list[int] = field(factory=list)
    ready: list[int] = field(factory=list)
    taken: set[tuple[Genotype, int | None, int | None]] = field(factory=set)


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
        self._now = _Population(0)

    def plan(self, number: int) -> Proposal[A] | None:
        """A new member while there is room; then the next stretch of whoever has waited longest."""
        if self._now.joined < self.settings.population and (proposal := self.fresh(number)):
            self._now.joined += 1
            self._now.training.append(number)
            return evolve(proposal, fidelity=self.least)
        while self._now.ready:
            stretch = self._stretch(number, self._now.ready.pop(0))
            if stretch is not None:
                self._now.training.append(number)
                self._now.taken.add(_key(stretch))
                return stretch
        if self._now.training or not self._now.joined:
            return None
        self._now = _Population(number)
        return self.plan(number)

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """The member is ready for its next stretch, if it is not at the end."""
        super().learn(number, architecture, result)
        self._now.training.remove(number)
        if self._step(number) < self.settings.max:
            self._now.ready.append(number)

    def is_inheritable(self, number: int) -> bool:
        """Whether a member of the population has yet to come past its step."""
        if number < self._now.first or self._step(number) >= self.settings.max:
            return False
        filling = self._now.joined < self.settings.population
        return filling or any(
            self._step(each) <= self._step(number) for each in (*self._now.training, *self._now.ready)
        )

    def remember(self) -> dict[str, Json]:
        """Where the population begins, and its members' last trials."""
        return {
            "first": self._now.first,
            "joined": self._now.joined,
            "training": list(self._now.training),
            "ready": list(self._now.ready),
        }

    def recollect(self, memory: dict[str, Json]) -> None:
        """Go on with the population."""
        asked = map(self.asked, range(memory["first"], self.count))
        taken = {(each.genotype, each.fidelity, each.inherits) for each in asked}
        training, ready = list(memory["training"]), list(memory["ready"])
        self._now = _Population(memory["first"], memory["joined"], training, ready, taken)

    # ------------------------------------------------------------------------------------------ one population

    def _stretch(self, number: int, last: int) -> Proposal[A] | None:
        """How the member of trial *last* goes on; `None` if it does not."""
        fidelity = min(self._step(last) + self.settings.interval, self.settings.max)
        ranking = self._equally_far(last)
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
            if _key(copy) not in self._now.taken:
                return copy
        return None

    def _equally_far(self, last: int) -> list[int]:
        """The population's successful trials of the same step, the best first."""
        step = self._step(last)
        alike = (each for each in range(self._now.first, self.count) if self._step(each) == step)
        return best_first((each, scores) for each in alike if (scores := self.score(each)) is not None)

    def _step(self, number: int) -> int:
        fidelity = self.asked(number).fidelity
        assert fidelity is not None, "every trial has one"
        return fidelity


def _key(proposal: Proposal[A]) -> tuple[Genotype, int | None, int | None]:
    return proposal.architecture.genotype, proposal.fidelity, proposal.inherits
