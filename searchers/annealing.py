"""Simulated annealing: steps down are taken too, often while it is hot, hardly ever once it is cold.

Kirkpatrick, Gelatt and Vecchi, "Optimization by simulated annealing", Science 220, 1983. A step to a mutant that is worse
by d is taken with probability exp(-d / T) (Metropolis). The temperature T follows a schedule of *steps* proposals, then
begins anew (as in Loshchilov and Hutter 2017): nobody has to know how long the search will be. Where all neighbours have
been proposed it goes on from a random point.

T is in units of the scores' own standard deviation, over all told so far, so that one setting fits every metric. Several
objectives: d / T is added up over them, as in Serafini, "Simulated annealing for multi objective optimization problems",
1994, rule SL. An infeasible mutant is taken only in place of one that is no less infeasible. Results may come in any
order: each is compared with whoever stands there when it is told.
"""

import math
from collections.abc import Sequence
from enum import Enum
from random import Random

from attrs import field, frozen
from attrs.validators import ge, gt

from symnas.searchers.parts.comparing import Comparing
from symnas.searchers.parts.members import Member, beats
from symnas.searchers.parts.schedules import Constant, Cosine, Exponential, Linear, Schedule
from symnas.searchers.results import Final
from symnas.searchers.settings import Settings, meaning, spread_setting
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Json

__all__ = ["Annealing", "AnnealingSettings", "Cooling"]


class Cooling(Enum):
    """How the temperature goes from its start to its end."""

    EXPONENTIAL = "exponential"
    LINEAR = "linear"
    COSINE = "cosine"
    NONE = "none"


@frozen(kw_only=True)
class AnnealingSettings(Settings):
    """Settings of `annealing`."""

    start: float = field(
        default=0.5, metadata=meaning("temperature at first, in standard deviations of the scores"), validator=gt(0)
    )
    end: float = field(default=0.005, metadata=meaning("temperature at the end of a cycle"), validator=gt(0))
    steps: int = field(default=200, metadata=meaning("proposals in a cycle of cooling"), validator=ge(1))
    cooling: Cooling = field(
        default=Cooling.EXPONENTIAL, metadata=meaning("the curve from `start` to `end`; `none` stays at `start`")
    )
    spread: float = spread_setting()

    @property
    def schedule(self) -> Schedule:
        """The temperature by the step of a cycle."""
        match self.cooling:
            case Cooling.EXPONENTIAL:
                return Exponential(self.start, self.end, self.steps)
            case Cooling.LINEAR:
                return Linear(self.start, self.end, self.steps)
            case Cooling.COSINE:
                return Cosine(self.start, self.end, self.steps)
            case Cooling.NONE:
                return Constant(self.start)


class Annealing(Comparing[A, AnnealingSettings]):
    """Wanders while it is hot, climbs when it is cold."""

    name = "annealing"
    summary = "changes one decision at a time; accepts what is worse ever more rarely (Kirkpatrick et al. 1983)"
    settings_type = AnnealingSettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self._temperature = self.settings.schedule
        self._here: Member[A] | None = None
        self._told = (
            0  # how many scores there have been; of each objective their mean and their sum of squares about it
        )
        self._means = [0.0] * len(self.objectives)
        self._squares = [0.0] * len(self.objectives)

    def propose(self) -> A:
        """A mutant of where it stands; a random point where it stands nowhere."""
        mutant = None if self._here is None else self.mutant(self._here, self.settings.spread)
        if mutant is not None:
            return mutant
        if not self.open:
            self._here = None  # all around it is known
        return self.space.sample(self.rng)

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """Step there, or not."""
        member = self.member(number, architecture, result)
        if member is None:
            return
        self._measure(member)
        if self._here is None or self.rng.random() < self.acceptance(self._here, member):
            self._here = member

    def acceptance(self, here: Member[A], there: Member[A]) -> float:
        """The probability of a step from *here* to *there* now."""
        if not (here.scores and there.scores):
            return 0.0 if beats(here, there) else 1.0
        temperature = self._temperature.at(self.count % self.settings.steps)
        loss = 0.0
        for mine, theirs, squares in zip(here.scores, there.scores, self._squares, strict=True):
            deviation = math.sqrt(squares / self._told) or abs(mine - theirs)  # squares of tiny numbers vanish
            loss += (mine - theirs) / temperature / deviation if mine != theirs else 0.0
        return math.exp(-max(0.0, loss))

    def _measure(self, member: Member[A]) -> None:
        """Mean and squares of the scores with one more (Welford, Technometrics 4, 1962)."""
        self._told += bool(member.scores)
        for place, score in enumerate(member.scores):
            off = score - self._means[place]
            mean = self._means[place] + off / self._told
            squares = self._squares[place] + off * (score - mean)
            if math.isfinite(squares):  # what is too large to be squared says nothing of the others
                self._means[place], self._squares[place] = mean, squares

    def memory(self) -> Json:
        """Where it stands, and how scores have been spread."""
        here = None if self._here is None else self._here.number
        return {"here": here, "told": self._told, "means": self._means, "squares": self._squares}

    def recall(self, memory: Json) -> None:
        """Stand there again."""
        self._here = self.known(memory["here"])
        self._told = memory["told"]
        self._means, self._squares = list(memory["means"]), list(memory["squares"])
