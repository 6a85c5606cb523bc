"""REINFORCE over moves: a policy learns which rewrites, and where, are worth most.

Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", 1992. An episode
begins with a network that is trained, makes up to T moves or stops, and the network that it comes to is trained from the
inherited weights. So grow Cai et al., "Efficient architecture search by network transformation", AAAI 2018, from a start that
moves on (`begin=best`); and Ashok et al., "N2N learning: network to network compression via policy gradient reinforcement
learning", ICLR 2018, remove and shrink layers of a teacher (`reward=compression`): R = C (2 − C) · A / A_teacher with
C = 1 − parameters / parameters of the teacher. Else a reward is the share of results that a network beats.

Unlike there, the policy is linear in features of place, not recurrent: it has few numbers to learn from few trials. A
move that makes no legal network is drawn again, and the gradient does not count it. An episode that ends in a known network
is drawn again; at last random moves to a new one take its place, as few as lead to one.
"""

from collections.abc import Sequence
from enum import Enum
from random import Random

from attrs import field, frozen
from attrs.validators import ge, gt, lt

from symnas.growing.moves import Move, genotype_of
from symnas.growing.places import places
from symnas.growing.policy import Policy, Step
from symnas.growing.searching import TRIES, Child, GrowingSettings, MoveSearcher
from symnas.growing.space import Grown
from symnas.searchers import Final, Objective, SearchSpace, Success, meaning
from symnas.searchers.state import Json
from symnas.tree import Direction

__all__ = ["Begin", "Reinforce", "ReinforceSettings", "Reward"]


class Begin(Enum):
    """With which network episodes begin."""

    START = "start"
    BEST = "best"


class Reward(Enum):
    """What a network is worth."""

    RANK = "rank"
    COMPRESSION = "compression"


@frozen(kw_only=True)
class ReinforceSettings(GrowingSettings):
    """Settings of `reinforce`."""

    moves: int = field(default=4, metadata=meaning("rewrites in an episode at most (T)"), validator=ge(1))
    batch: int = field(default=4, metadata=meaning("results that a step is made of"), validator=ge(1))
    rate: float = field(default=0.5, metadata=meaning("step length"), validator=gt(0))
    memory: float = field(
        default=0.9, metadata=meaning("how much of the baseline is kept at each result"), validator=[ge(0), lt(1)]
    )
    begin: Begin = field(default=Begin.START, metadata=meaning("episodes begin with the start, or the best so far"))
    reward: Reward = field(
        default=Reward.RANK, metadata=meaning("the share of results it beats, or N2N's: small and as good as the start")
    )


class Reinforce(MoveSearcher[ReinforceSettings]):
    """Draws episodes of moves from a policy, and moves the policy towards those that did better than expected."""

    name = "reinforce"
    summary = "a policy over rules and places learns by REINFORCE (Cai et al. 2018, Ashok et al. 2018)"
    settings_type = ReinforceSettings

    def __init__(
        self, space: SearchSpace[Grown], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self.policy = Policy()
        self._baseline: float | None = None
        self._parents: dict[int, int] = {}
        """With which trial the episode of each began, until it is learnt from."""
        self._batch: list[tuple[int, float]] = []
        """Trials and advantages that the next step is made of."""

    # ------------------------------------------------------------------------------------------ episodes

    def breed(self) -> Child | None:
        """What an episode comes to."""
        begun = self._begun()
        child = next((found for _ in range(TRIES) if (found := self._episode(begun)) is not None), None)
        for moves in range(1, self.settings.moves + 1):
            child = child or self.child_of(begun, moves)
        if child is not None:
            self._parents[self.count] = child.parent
        return child

    def _begun(self) -> int:
        return self._best[1] if self.settings.begin is Begin.BEST and self._best is not None else 0

    def _episode(self, begun: int) -> Child | None:
        at = self.proposed(begun)
        for done in range(self.settings.moves):
            after = self._moved(at, done)
            if after is None:
                break
            at = after
        return Child(at, begun) if self.is_new(at) else None

    def _moved(self, at: Grown, done: int) -> Grown | None:
        """*at* after one move by the policy; `None` where it stops, or has nowhere to go."""
        here = places(at)
        options = self.policy.options(here, done / self.settings.moves)
        for _ in range(TRIES):
            taken = self.policy.draw(options, self.rng)
            if taken == len(here):
                return None
            made = self.growth.legal(at, here[taken].move)
            if made is not None:
                return made
        return None

    # ------------------------------------------------------------------------------------------ learning

    def learn(self, number: int, architecture: Grown, result: Final) -> None:
        """The result joins the batch; a full batch moves the policy."""
        super().learn(number, architecture, result)
        if number == 0:
            return
        reward = self._reward(architecture, result)
        baseline = self._baseline
        if baseline is None:  # ranks are about half; the first of them, of two or three, says nothing
            baseline = 0.5 if self.settings.reward is Reward.RANK else reward
        self._baseline = self.settings.memory * baseline + (1 - self.settings.memory) * reward
        self._batch.append((number, reward - baseline))
        if len(self._batch) >= self.settings.batch:
            rate = self.settings.rate / len(self._batch)
            learnt = [(self._steps(each), advantage) for each, advantage in self._batch]
            for steps, advantage in learnt:
                self.policy.climb(steps, advantage, rate)
            for each, _ in self._batch:
                del self._parents[each]
            self._batch = []

    def _reward(self, architecture: Grown, result: Final) -> float:
        if self.settings.reward is Reward.COMPRESSION:
            return self._compression(architecture, result)
        if not isinstance(result, Success):
            return 0.0
        told = [self.scores(each)[0] for each in self._results.values() if isinstance(each, Success)]
        own = self.scores(result)[0]
        beaten = sum(each < own for each in told) + (sum(each == own for each in told) - 1) / 2
        return beaten / max(1, len(told) - 1)

    def _compression(self, architecture: Grown, result: Final) -> float:
        """The reward of Ashok et al.; what came to nothing is worth −1."""
        teacher = self.result(0)
        if not isinstance(result, Success) or not isinstance(teacher, Success):
            return -1.0
        good, as_good = result.values[0], teacher.values[0]
        if self.objectives[0][1] is Direction.MINIMIZE:
            good, as_good = as_good, good
        smaller = 1 - architecture.params / max(1, self.growth.start.params)
        return smaller * (2 - smaller) * good / as_good if as_good else -1.0

    def _steps(self, number: int) -> list[Step]:
        """The decisions that led to the network of trial *number*, as the policy saw them; without those that it did not
        make.
        """
        made = self.proposed(number).moves
        before = self.proposed(self._parents[number]).moves
        found: list[Step] = []
        for done in range(min(len(made) - len(before) + 1, self.settings.moves)):
            count = len(before) + done
            at = self.growth.architecture(genotype_of(made[:count]))
            here = places(at)
            move: Move | None = made[count] if count < len(made) else None
            step = self.policy.taken(self.policy.options(here, done / self.settings.moves), here, move)
            if step is not None:
                found.append(step)
        return found

    def may_breed(self, number: int) -> bool:
        """Episodes begin with the start or the best, which are kept anyway."""
        return False

    # ------------------------------------------------------------------------------------------ state

    def remember(self) -> Json:
        """The policy, the baseline, and the batch that is being gathered."""
        return {
            "policy": self.policy.rows,
            "baseline": self._baseline,
            "parents": [list(each) for each in self._parents.items()],
            "batch": [list(each) for each in self._batch],
        }

    def recollect(self, memory: Json) -> None:
        """Go on with them."""
        self.policy = Policy(memory["policy"])
        self._baseline = memory["baseline"]
        self._parents = dict(memory["parents"])
        self._batch = [(number, advantage) for number, advantage in memory["batch"]]
