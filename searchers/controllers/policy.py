"""What searchers with a controller share: architectures drawn from it, results gathered, batches to learn from.

How a batch changes the controller is said by each algorithm in a file of its own.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import field, frozen
from attrs.validators import ge, gt, lt

from symnas.domains import Choice
from symnas.genotype import Genotype
from symnas.searchers.base import Searcher
from symnas.searchers.controllers.traces import Step, asking, trace
from symnas.searchers.results import Final, Success
from symnas.searchers.settings import Settings, meaning
from symnas.searchers.space import A, Draft, Objective, SearchSpace
from symnas.searchers.state import Json
from symnas.searchers.trees.rewards import ONE, Rewards, Scale

if TYPE_CHECKING:
    from symnas.searchers.controllers.recurrent import Pass, Vector

__all__ = ["Episode", "PolicySearch", "PolicySettings"]


@frozen(kw_only=True)
class PolicySettings(Settings):
    """Settings of searchers with a controller."""

    units: int = field(
        default=16, metadata=meaning("units of the recurrent network; 0: no decision looks at others"), validator=ge(0)
    )
    rate: float = field(default=0.05, metadata=meaning("step length of Adam"), validator=gt(0))
    batch: int = field(default=10, metadata=meaning("results that a step is made of"), validator=ge(1))
    entropy: float = field(
        default=0.01, metadata=meaning("how much undecidedness is worth, per decision"), validator=ge(0)
    )
    memory: float = field(
        default=0.9,
        metadata=meaning("how much of the baseline, a moving mean of rewards, is kept at each result"),
        validator=[ge(0), lt(1)],
    )
    scale: Scale = field(
        default=Scale.RANK,
        metadata=meaning("what a score is worth: its rank, its place between worst and best, or itself"),
    )


P_co = TypeVar("P_co", bound=PolicySettings, covariant=True)


@frozen
class Episode:
    """An architecture that was evaluated: its decisions, what it was worth beyond the baseline, and the logarithms of the
    probabilities that the decisions had when it was proposed.
    """

    steps: Sequence[Step]
    advantage: float
    before: tuple[float, ...]


class PolicySearch(Searcher[A, P_co], Generic[A, P_co]):
    """Draws architectures from a controller, decision by decision, illegal choices left out.

    A reward is the rank of the score; with several objectives, the mean of the ranks in each. Failures have the worst.
    """

    ideas = 2
    """A policy that has settled says the same again and again: then what is drawn teaches it more."""

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        from symnas.searchers.controllers.adam import Adam
        from symnas.searchers.controllers.recurrent import Controller

        super().__init__(space, rng, objectives, **settings)
        self._controller = Controller(self.settings.units, rng)
        self._adam = Adam(self.settings.rate)
        self._rewards = [Rewards(self.settings.scale) for _ in self.objectives]
        self._answered = 0
        self._baseline: float | None = None
        self._before: dict[int, tuple[float, ...]] = {}
        """The logarithms of the probabilities at the time, of proposals that nothing has been learnt from yet."""
        self._batch: list[tuple[int, float]] = []
        """Numbers and advantages of results that the next step is made of."""
        self._noted = 0
        self._traces: dict[int, Sequence[Step]] = {}
        """The decisions of proposals that nothing has been learnt from yet, as far as they are at hand."""
        self._latest: tuple[Genotype, Sequence[Step]] | None = None
        """The controller's last idea, and its decisions."""

    @abstractmethod
    def improve(self, episodes: Sequence[Episode]) -> None:
        """Change the controller by a batch of *episodes*."""

    # ------------------------------------------------------------------------------------------ asked and told

    def propose(self) -> A | None:
        """A point decided by the controller; `None` if what it decides makes no legal one."""
        self._note()
        draft: Draft[A] | None = self.space.draft()
        state, steps = self._controller.begin(), list[Step]()
        while draft is not None and draft.path is not None:
            asked = asking(draft)
            step = self._controller.decide(asked, state, self.rng)
            choice = self._choice(step)
            if not asked.options:  # as it will be read from the genotype
                step = Step(asked, 0, asked.number(choice))
            state = self._controller.follow(step, state)
            steps.append(step)
            draft = draft.take(choice)
        made = None if draft is None else draft.finish(self.rng)
        self._latest = None if made is None else (made.genotype, steps)
        return made

    def _choice(self, step: Step) -> Choice:
        asked = step.asking
        return asked.choice(asked.offered[step.taken], self.rng) if asked.options else asked.value(step.number)

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """The result joins the batch; a full batch is learnt from."""
        self._note()
        self._answered += 1
        if self._answered & (self._answered - 1) == 0:
            self._look()
        reward = self._reward(result)
        baseline = reward if self._baseline is None else self._baseline
        self._baseline = self.settings.memory * baseline + (1 - self.settings.memory) * reward
        self._batch.append((number, reward - baseline))
        if len(self._batch) >= self.settings.batch:
            self.improve([self._episode(number, advantage) for number, advantage in self._batch])
            for learnt, _ in self._batch:
                del self._before[learnt], self._traces[learnt]
            self._batch = []

    def climb(self, episodes: Sequence[Episode], weigh: "Callable[[Episode, Pass], Vector]") -> None:
        """One step along the mean gradient of what *episodes* are worth: *weigh* gives its derivatives by the logarithms of
        the probabilities of an episode's decisions, as the controller has them now.
        """
        total: dict[str, Vector] = {}
        for episode in episodes:
            done = self._controller.forward(episode.steps)
            gradients = self._controller.backward(done, weigh(episode, done), self.settings.entropy)
            for name, gradient in gradients.items():
                share = gradient / len(episodes)
                total[name] = total[name] + share if name in total else share
        self._adam.climb(self._controller.parameters, total)

    def _note(self) -> None:
        """How likely the latest proposals are by the controller as it is: before it changes, whoever had the idea."""
        for number in range(self._noted, len(self._proposed)):
            done = self._controller.forward(self._trace(number))
            self._before[number] = tuple(done.log_probabilities.tolist())
        self._noted = len(self._proposed)

    def _trace(self, number: int) -> Sequence[Step]:
        if number not in self._traces:
            genotype = self._proposed[number].genotype
            if self._latest is not None and self._latest[0] == genotype:
                self._traces[number] = self._latest[1]
            else:
                self._traces[number] = trace(self.space.draft(), genotype)
        return self._traces[number]

    def _episode(self, number: int, advantage: float) -> Episode:
        return Episode(self._trace(number), advantage, self._before[number])

    def _look(self) -> None:
        """What scores are worth by all results so far."""
        told = [self.scores(each) for each in self._results.values() if isinstance(each, Success)]
        self._rewards = [
            Rewards.of(self.settings.scale, [scores[place] for scores in told]) for place in range(len(self.objectives))
        ]

    def _reward(self, result: Final) -> float:
        if isinstance(result, Success):
            pairs = zip(self._rewards, self.scores(result), strict=True)
            worth = [each.reward(score) for each, score in pairs]
        else:
            worth = [each.worst for each in self._rewards]
        return sum(worth) / ONE / len(worth)

    # ------------------------------------------------------------------------------------------ state

    def memory(self) -> Json:
        """The controller, how it moves, and the batch that is being gathered."""
        return {
            "answered": self._answered,
            "baseline": self._baseline,
            "batch": [list(each) for each in self._batch],
            "before": [[number, list(each)] for number, each in self._before.items()],
            "knots": [each.knots for each in self._rewards],
            "moments": self._adam.to_json(),
            "noted": self._noted,
            "parameters": self._controller.to_json(),
        }

    def recall(self, memory: Json) -> None:
        """Know again what `memory` gave."""
        self._answered, self._baseline = memory["answered"], memory["baseline"]
        self._batch = [(number, advantage) for number, advantage in memory["batch"]]
        self._before = {number: tuple(each) for number, each in memory["before"]}
        self._rewards = [Rewards(self.settings.scale, knots) for knots in memory["knots"]]
        self._adam.read(memory["moments"])
        self._controller.read(memory["parameters"])
        self._noted = memory["noted"]
        self._traces, self._latest = {}, None
