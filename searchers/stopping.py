"""Early stopping, whatever searcher proposes: an evaluation that promises nothing is ended.

`median`: Golovin, Solnik, Moitra, Kochanski, Karro and Sculley, "Google Vizier: a service for black-box optimization",
KDD 2017, section 3.2.2: a trial is stopped at step s if its best value until then is strictly worse than the median of
the running averages until s of all trials told before. Stopped trials count as far as they came.

`curves`: after Wistuba and Pedapati, "Learning to rank learning curves", ICML 2020: a trial is stopped if the chance
that it ends ahead of the best one is small. The chance is the logistic function of the difference of two ranks (their
equation 3); a rank is linear here, in what `budgets.rules` looks at in a curve (theirs is a network), fitted to all
pairs of curves that went to their end.

Both look only at what was told before the trial was proposed: see `budgets.rules`. With several objectives, a trial
is stopped only if it falls behind in every one of them.
"""

from abc import abstractmethod
from bisect import insort
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from attrs import evolve, field, frozen
from attrs.validators import ge, gt, lt

from symnas.searchers.base import Proposal
from symnas.searchers.budgets.curves import bar_of
from symnas.searchers.budgets.nested import Nested, NestedSettings
from symnas.searchers.budgets.rules import FEATURES, Bar, Hurdle, Stopping, features
from symnas.searchers.results import Final, Success
from symnas.searchers.settings import meaning
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Json
from symnas.tree import Direction

__all__ = ["CurveRank", "CurveSettings", "MedianSettings", "MedianStopping"]

MOST = 100
"""How many curves ranks are fitted to: those of the latest proposals."""

LOOKS = 8
"""At how many steps a rank is compared at most: fitting one costs half a millisecond."""

Curve = tuple[tuple[int, tuple[float, ...]], ...]
"""Steps and the scores there."""


@frozen(kw_only=True)
class StoppingSettings(NestedSettings):
    """Settings of searchers that stop early."""

    grace: int = field(default=1, metadata=meaning("steps (epochs) that every trial gets"), validator=ge(0))


S_co = TypeVar("S_co", bound=StoppingSettings, covariant=True)


class EarlyStopping(Nested[A, S_co]):
    """Gives each proposal of the searcher inside a rule that may end it."""

    role = "when to stop early"

    @abstractmethod
    def hurdles(self) -> tuple[Hurdle, ...]:
        """What a proposal made now has to reach."""

    @abstractmethod
    def study(self, number: int, curve: Curve, result: Success) -> None:
        """Take into account the curve of trial *number*, and the result that it came to. The order must not matter."""

    def plan(self, number: int) -> Proposal[A] | None:
        """What the searcher inside proposes, with a rule."""
        proposal = self.fresh(number)
        hurdles = self.hurdles()
        if proposal is None or not hurdles:
            return proposal
        return evolve(proposal, stopping=Stopping(self._signs(), hurdles))

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """A success may be a bar to others."""
        super().learn(number, architecture, result)
        self._study(number)

    def recollect(self, memory: dict[str, Json]) -> None:
        """Study all curves again."""
        for number in range(self.count):
            self._study(number)

    def _study(self, number: int) -> None:
        result = self.result(number)
        if isinstance(result, Success):
            self.study(number, self._whole_curve(number), result)

    def _whole_curve(self, number: int) -> Curve:
        """The curve from the beginning on, that of inherited steps included."""
        below = self.asked(number).inherits
        before = () if below is None else self._whole_curve(below)
        return before + tuple((each.step, self.scores(Success(each.values))) for each in self.curve(number))

    def _signs(self) -> tuple[int, ...]:
        return tuple(1 if direction is Direction.MAXIMIZE else -1 for _, direction in self.objectives)


@frozen(kw_only=True)
class MedianSettings(StoppingSettings):
    """Settings of `median`."""

    startup: int = field(
        default=5, metadata=meaning("trials that must have come to a step before any is stopped there"), validator=ge(1)
    )


class MedianStopping(EarlyStopping[A, MedianSettings]):
    """Stops what is worse than the median of the trials before."""

    name = "median"
    summary = "stops trials that fall behind the median (Golovin et al. 2017)"
    settings_type = MedianSettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self._averages: dict[int, tuple[list[float], ...]] = {}  # by step, for each objective, sorted

    def hurdles(self) -> tuple[Hurdle, ...]:
        """At each step, the median of the running averages."""
        asked = sorted(
            step
            for step, averages in self._averages.items()
            if step > self.settings.grace and len(averages[0]) >= self.settings.startup
        )
        return tuple(Hurdle(step, tuple(Bar(_BEST, _median(each)) for each in self._averages[step])) for step in asked)

    def study(self, number: int, curve: Curve, result: Success) -> None:
        """Its running averages count at every step that it came to."""
        sums = [0.0] * len(self.objectives)
        for count, (step, scores) in enumerate(curve, 1):
            sums = [total + each for total, each in zip(sums, scores, strict=True)]
            averages = self._averages.setdefault(step, tuple([] for _ in sums))
            for known, total in zip(averages, sums, strict=True):
                insort(known, total / count)

    def recollect(self, memory: dict[str, Json]) -> None:
        """Study all curves again."""
        self._averages = {}
        super().recollect(memory)


def _median(ordered: Sequence[float]) -> float:
    """The middle of what is in order already: the library's function would sort it each time."""
    place = len(ordered) // 2
    return ordered[place] if len(ordered) % 2 else (ordered[place - 1] + ordered[place]) / 2


_BEST = tuple(float(name == "best") for name in FEATURES)


@frozen(kw_only=True)
class CurveSettings(StoppingSettings):
    """Settings of `curves`."""

    startup: int = field(
        default=10, metadata=meaning("trials that must have come to their end before any is stopped"), validator=ge(3)
    )
    chance: float = field(
        default=0.1,
        metadata=meaning("a trial is stopped where its chance to end ahead of the best is smaller"),
        validator=(gt(0), lt(1)),
    )


class CurveRank(EarlyStopping[A, CurveSettings]):
    """Stops what has little chance to end ahead of the best, as far as curves of trials before tell."""

    name = "curves"
    summary = "stops trials whose curve ranks too low (after Wistuba and Pedapati 2020)"
    settings_type = CurveSettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self._ended: dict[int, tuple[Curve, tuple[float, ...]]] = {}
        self._hurdles: tuple[Hurdle, ...] | None = ()

    def hurdles(self) -> tuple[Hurdle, ...]:
        """At some steps, the rank that has just the chance asked for against the best trial."""
        if self._hurdles is None:
            self._hurdles = tuple(found for step in self._looks() if (found := self._hurdle(step)) is not None)
        return self._hurdles

    def study(self, number: int, curve: Curve, result: Success) -> None:
        """A curve that went to its end shows what becomes of such."""
        if result.stopped or len(curve) < 2:
            return
        self._ended[number] = curve, self.scores(result)
        if len(self._ended) > MOST:
            del self._ended[min(self._ended)]
        self._hurdles = None if len(self._ended) >= self.settings.startup else ()

    def recollect(self, memory: dict[str, Json]) -> None:
        """Study all curves again."""
        self._ended = {}
        super().recollect(memory)

    def _looks(self) -> list[int]:
        """Steps at which trials are compared: some, evenly spread over those that the longest curve has but its last."""
        longest = max((curve for curve, _ in self._ended.values()), key=len)
        steps = [step for step, _ in longest[:-1] if step > self.settings.grace]
        return steps if len(steps) <= LOOKS else [steps[place * len(steps) // LOOKS] for place in range(LOOKS)]

    def _hurdle(self, step: int) -> Hurdle | None:
        """The hurdle at *step*, found from the curves that went on beyond it."""
        known = [
            ([scores for at, scores in curve if at <= step], final)
            for _, (curve, final) in sorted(self._ended.items())
            if curve[0][0] <= step < curve[-1][0]
        ]
        if len(known) < self.settings.startup:
            return None
        bars = []
        for place in range(len(self.objectives)):
            seen = [features([scores[place] for scores in curve]) for curve, _ in known]
            bars.append(bar_of(seen, [final[place] for _, final in known], self.settings.chance))
        return Hurdle(step, tuple(bars))
