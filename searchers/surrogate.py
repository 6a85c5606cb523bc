"""Search with a surrogate: a model learns from the evaluations so far, and what it finds most promising is evaluated next.

One loop, of four parts that are chosen by settings: how architectures become numbers (an encoding), a model of the
objective, an acquisition that says how promising an architecture is by what the model believes, and an optimiser that
looks for the most promising one. Shahriari, Swersky, Wang, Adams and de Freitas, "Taking the human out of the loop: a
review of Bayesian optimization", Proceedings of the IEEE 104(1), 2016, Algorithm 1.

The first `start` architectures are drawn. Models learn ranks, as normal scores, not values; an architecture that failed
ranks below all that did not, with those that broke a measured constraint in between. What is open is accounted for by the
acquisition, or by a value assumed for it (`pending`). Everything follows from the proposals and results: there is no
memory, and models may be fitted again at any moment.

`bayes` is the configuration to begin with, `bananas` that of White, Neiswanger and Savani, "BANANAS", AAAI 2021.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from random import Random
from typing import TYPE_CHECKING, assert_never

from symnas.errors import SearchError
from symnas.searchers.base import Searcher
from symnas.searchers.results import Failure, Final, Infeasible, Success
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Json
from symnas.searchers.surrogate_settings import BananasSettings, BayesSettings, ModelKind, SurrogateSettings

if TYPE_CHECKING:  # numpy is loaded when a model is needed
    from symnas.searchers.modelling import Modelling

__all__ = ["Bananas", "Bayes", "Surrogate"]


class Surrogate(Searcher[A, SurrogateSettings]):
    """The loop: fit, look, propose."""

    name = "surrogate"
    summary = "fits a model to the results and evaluates what it finds most promising"
    settings_type = SurrogateSettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        if ModelKind.GAUSSIAN_PROCESS in self.settings.model.values and find_spec("botorch") is None:
            raise SearchError(
                f"searcher `{self.name}`: `model=gp` needs botorch, which is not installed: `pip install symnas[botorch]`, "
                "or take `model=pairs`"
            )
        self._answered = 0
        self._modelling: Modelling[A] | None = None

    def propose(self) -> A | None:
        """A random point at first; then the most promising one."""
        if self._answered < self.settings.start:
            return self.space.sample(self.rng)
        repeat, seen = self.settings.repeat, self._seen
        return self._models().best(lambda genotype: not repeat and genotype in seen, self.rng)

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """Take the result; those of proposals that models do not know yet are read from the past."""
        self._answered += 1
        if self._modelling is not None and number < self._modelling.count:
            self._tell(self._modelling, number, result)

    def recall(self, memory: Json) -> None:
        """Models are made anew when they are needed."""
        self._answered = sum(self.result(number) is not None for number in range(self.count))
        self._modelling = None

    def _models(self) -> "Modelling[A]":
        """The models, told of everything."""
        if self._modelling is None:
            from symnas.searchers.modelling import Modelling

            self._modelling = Modelling(self.space, self.settings, len(self.objectives))
        for number in range(self._modelling.count, self.count):
            self._modelling.add(self.proposed(number))
            result = self.result(number)
            if result is not None:
                self._tell(self._modelling, number, result)
        return self._modelling

    def _tell(self, modelling: "Modelling[A]", number: int, result: Final) -> None:
        match result:
            case Success():
                modelling.tell(number, self.scores(result))
            case Infeasible(violations=violations):
                modelling.tell(number, None, sum(violations.values()))
            case Failure():
                modelling.tell(number, None)
            case _:
                assert_never(result)


class Bayes(Surrogate[A]):
    """Bayesian regression on choices and their pairs; Thompson sampling and expected improvement, in turn.

    Where there are several objectives it is `surrogate`, with Thompson sampling for each proposal: costs such as latency are
    learnt sooner so, and there is no one best to improve on.
    """

    name = "bayes"
    summary = "Bayesian optimisation as recommended: regression on choices and pairs; Thompson sampling, EI in turn"
    settings_type: type[SurrogateSettings] = BayesSettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        if len(space.objectives if objectives is None else objectives) > 1:
            plain = SurrogateSettings()
            settings = {each: getattr(plain, each) for each in ("pairs", "acquisition")} | settings
        super().__init__(space, rng, objectives, **settings)


class Bananas(Surrogate[A]):
    """An ensemble of networks on the paths of the cell, independent Thompson sampling, mutation of the best."""

    name = "bananas"
    summary = "an ensemble of small networks judges mutants of the best (White et al. 2021)"
    settings_type: type[SurrogateSettings] = BananasSettings
