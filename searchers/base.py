"""The life of a searcher, and what all searchers share.

A searcher proposes architectures and is told what became of them:

1. It is made with a space, a generator of random numbers, the objectives and its settings.
2. `ask()` gives a `Proposal`: a new number and an architecture. It evaluates nothing. Any number of proposals may be
   open (asked, not yet answered) at a time. `None` says that nothing new is to be had *now*: with no proposal open,
   the search is over.
3. `tell(number, result)` takes what came of a proposal, in any order: any number of `Partial` results, then one
   `Success`, `Failure` or `Infeasible`, which answers it. A proposal may say how far to train (`fidelity`), with whose
   weights to begin (`inherits`) and when to end early (`stopping`); most searchers leave all of that open.
4. Between any two of these calls `state()` is all there is to know; `restore()` on a fresh searcher continues exactly
   as the first one would have. `snapshot()` is the same without the past proposals and results, for a caller that
   keeps those himself; its size does not grow with the number of trials.

What is common lives here, once: numbering, never proposing a point twice, ending a finite space exactly, directions
of objectives, NaN, and state. An algorithm is a file of its own that says how to `propose` and what to `learn`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from random import Random
from typing import ClassVar, Generic, TypeVar

from attrs import frozen

from symnas.errors import SearchError
from symnas.genotype import Genotype
from symnas.searchers.budgets.rules import Stopping
from symnas.searchers.results import Failure, Final, Partial, Result, Success, is_finite
from symnas.searchers.settings import Settings, settings_text, split_spec
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Asked, Json, Past, Snapshot, State, past_data, past_from
from symnas.tree import Direction
from symnas.walks import Walk

__all__ = ["AnySearcher", "Proposal", "Searcher"]

S_co = TypeVar("S_co", bound=Settings, covariant=True)

DRAWS = 64
"""How often a searcher's own idea is asked for before points are taken from what is left of the space."""

STEPS = 100_000
"""How many points of a finite space one `ask` visits at most in search of a new legal one."""

DEFAULT_OBJECTIVES: tuple[Objective, ...] = (("score", Direction.MAXIMIZE),)
"""What is optimised where nothing is said."""


@frozen
class Proposal(Generic[A]):
    """An architecture to evaluate. Numbers count from 0 in the order of proposals.

    *fidelity* is the step (epoch, usually) to train to, counted from the very beginning; `None`: to the end. *inherits*
    is the number of the proposal, answered already, whose weights and steps the training goes on from. *stopping* says
    of the partial results on the way whether the rest is worth its time.
    """

    number: int
    architecture: A
    fidelity: int | None = None
    inherits: int | None = None
    stopping: Stopping | None = None


class Searcher(ABC, Generic[A, S_co]):
    """An algorithm that searches a space. The module's docstring tells its life.

    An algorithm defines `name`, `summary`, `settings_type` and `propose`; where it learns, `learn`; and where it keeps
    anything that does not follow from `space` and `rng`, `memory` and `recall`.
    """

    name: ClassVar[str]
    """What it is called on the command line."""

    summary: ClassVar[str]
    """One line for `--help`."""

    ideas: ClassVar[int] = DRAWS
    """How often its own idea is asked for, while it is one that was proposed before, until a point is drawn instead."""

    settings_type: type[S_co]

    is_random: ClassVar[bool] = True
    """Whether another seed gives other proposals."""

    furthest: int | None = None
    """The highest fidelity that it asks for; `None` where it says nothing of fidelities."""

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        self.space = space
        self.rng = rng
        self.objectives = tuple(space.objectives if objectives is None else objectives) or DEFAULT_OBJECTIVES
        self.settings: S_co = self.settings_type.read(settings, self.name)
        self._points = space.size if space.countable and not space.continuous else None
        self._proposed: list[Asked] = []
        self._seen: set[Genotype] = set()
        self._open: dict[int, A] = {}
        self._results: dict[int, Final] = {}
        self._curves: dict[int, list[Partial]] = {}
        self._walk: Walk | None = None
        self._first: list[Genotype] = []

    # ------------------------------------------------------------------------------------------ what is called

    def ask(self) -> Proposal[A] | None:
        """A new architecture to evaluate, or `None` where there is none (for now, if proposals are open).

        `None` means that every point of a finite space has been proposed; or, in a space with continuous decisions, many
        forbidden points or no known size, that a stated effort (`DRAWS` samples, `STEPS` points) found nothing new.
        """
        proposal = self.plan(len(self._proposed))
        if proposal is None:
            return None
        genotype = proposal.architecture.genotype
        self._proposed.append(Asked(genotype, proposal.fidelity, proposal.inherits))
        self._seen.add(genotype)
        self._open[proposal.number] = proposal.architecture
        return proposal

    def tell(self, number: int, result: Result) -> None:
        """Take what came of proposal *number*. A success with a NaN or infinite value is taken as a failure.

        Raises:
            SearchError: there is no such open proposal, or the number of values is not that of the objectives.
        """
        if number not in self._open:
            state = "has been told already" if 0 <= number < len(self._proposed) else "was never proposed"
            raise SearchError(f"result for trial {number}, which {state}")
        match result:
            case Partial(values=values):
                self._check_count(values)
                if is_finite(values):
                    self._curves.setdefault(number, []).append(result)
                    self.progress(number, self._open[number], result)
                return
            case Success(values=values):
                self._check_count(values)
                if not is_finite(values):
                    result = Failure(f"not a finite value: {', '.join(map(str, values))}")
            case _:
                pass
        architecture = self._open.pop(number)
        self._results[number] = result
        self.learn(number, architecture, result)

    def begin_with(self, points: Iterable[A]) -> None:
        """Propose *points* before any idea of its own, in their order.

        Raises:
            SearchError: proposals were made already, or it has no room for those of others.
        """
        if self._proposed:
            raise SearchError(f"`{self.name}` has begun already; what is to come first is said before")
        if type(self).plan is not Searcher.plan:
            raise SearchError(f"`{self.name}` has an order of its own, so that nothing can be put before it")
        self._first = [each.genotype for each in points]

    @property
    def spec(self) -> str:
        """Name and all settings, as `create` reads them: with this text the same searcher is made again."""
        return f"{self.name}:{settings_text(self.settings)}"

    @property
    def open(self) -> tuple[int, ...]:
        """Numbers of the proposals that are not answered yet, in order."""
        return tuple(self._open)

    # ------------------------------------------------------------------------------------------ what an algorithm says

    def plan(self, number: int) -> Proposal[A] | None:
        """The proposal that gets *number*: something new, to be trained to the end, unless the algorithm says more."""
        architecture = self._given() or (self._anything() if self.settings.repeat else self._something_new())
        return None if architecture is None else Proposal(number, architecture)

    @abstractmethod
    def propose(self) -> A | None:
        """The algorithm's idea of what to try next; it may have been proposed before. `None`: it has no idea."""

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """Take the final result of a proposal into account."""

    def progress(self, number: int, architecture: A, result: Partial) -> None:
        """Take into account how the evaluation of a proposal stands; its values are finite."""

    def memory(self) -> Json:
        """What the algorithm knows beyond proposals, results and the generator, as JSON; trials by number."""
        return None

    def recall(self, memory: Json) -> None:
        """Know again what `memory` gave; proposals and results are there already."""

    def is_inheritable(self, number: int) -> bool:
        """Whether a proposal that is still to come may inherit from this one, which is answered."""
        return False

    def scores(self, result: Success) -> tuple[float, ...]:
        """The objectives' values turned so that larger is better."""
        return tuple(
            value if direction is Direction.MAXIMIZE else -value
            for value, (_, direction) in zip(result.values, self.objectives, strict=True)
        )

    def proposed(self, number: int) -> A:
        """The architecture of a proposal, built anew if it is no longer open."""
        return self._open.get(number) or self.space.architecture(self._proposed[number].genotype)

    @property
    def count(self) -> int:
        """Number of proposals made."""
        return len(self._proposed)

    def asked(self, number: int) -> Asked:
        """What was asked for in a proposal."""
        return self._proposed[number]

    def result(self, number: int) -> Final | None:
        """The final result told for a proposal, if any."""
        return self._results.get(number)

    def curve(self, number: int) -> Sequence[Partial]:
        """The partial results told for a proposal, those with finite values."""
        return self._curves.get(number, ())

    def past(self) -> list[Past]:
        """All that was proposed and told, in the order of proposals."""
        return [
            Past(asked.genotype, self._results.get(number), asked.fidelity, asked.inherits, tuple(self.curve(number)))
            for number, asked in enumerate(self._proposed)
        ]

    # ------------------------------------------------------------------------------------------ nothing twice

    def _given(self) -> A | None:
        """The next point that it is to begin with."""
        while self._first:
            genotype = self._first.pop(0)
            if self.settings.repeat or genotype not in self._seen:
                return self.space.architecture(genotype)
        return None

    def _something_new(self) -> A | None:
        if self._is_exhausted():
            return None
        for _ in range(self.ideas):
            idea = self.propose()
            if idea is None:
                break
            if idea.genotype not in self._seen:
                return idea
        return self._sampled() if self._points is None else self._left_over(self._points)

    def _is_exhausted(self) -> bool:
        walked = self._walk is not None and not self._walk.left
        return walked or (self._points is not None and len(self._seen) >= self._points)

    def _sampled(self) -> A | None:
        for _ in range(DRAWS):
            architecture = self.space.sample(self.rng)
            if architecture.genotype not in self._seen:
                return architecture
        return None

    def _left_over(self, points: int) -> A | None:
        """A point that was never proposed, each with the same chance; `None` if there is none.

        All asks share one random walk over the points' numbers. It skips what has been proposed, so that what it
        finds is uniform over what remains, and it ends, so that a finite space does.
        """
        if self._walk is None:
            self._walk = Walk(points, self.rng.getrandbits(64))
        for _ in range(STEPS):
            index = self._walk.step()
            if index is None:
                return None
            architecture = self.space[index]
            if architecture.genotype not in self._seen and architecture.violated is None:
                return architecture
        return None

    def _anything(self) -> A:
        return self.propose() or self.space.sample(self.rng)

    def _check_count(self, values: tuple[float, ...]) -> None:
        if len(values) != len(self.objectives):
            names = ", ".join(name for name, _ in self.objectives)
            raise SearchError(f"{len(values)} values told for {len(self.objectives)} objectives ({names})")

    # ------------------------------------------------------------------------------------------ state

    def snapshot(self) -> Snapshot:
        """The state without the past, for a caller that keeps proposals and results himself."""
        version, words, gauss = self.rng.getstate()
        found: Snapshot = {
            "searcher": self.spec,
            "generator": [version, list(words), gauss],
            "proposed": len(self._proposed),
            "open": list(self._open),
            "partial": [len(self.curve(number)) for number in self._open],
            "walk": [self._walk.size, self._walk.seed, self._walk.taken] if self._walk else None,
            "memory": self.memory(),
        }
        if self._first:
            found["first"] = [each.to_json() for each in self._first]
        return found

    def state(self) -> State:
        """The whole state as JSON: what was proposed and told, the generator, and what the algorithm remembers."""
        return {**self.snapshot(), "past": [past_data(each) for each in self.past()]}

    def restore(self, state: State) -> None:
        """Continue exactly where the searcher stood whose `state()` this is.

        Raises:
            SearchError: it is the state of a searcher of another kind or with other settings.
        """
        self.restore_snapshot(state, map(past_from, state["past"]))

    def restore_snapshot(self, snapshot: Snapshot, past: Iterable[Past]) -> None:
        """Continue where the searcher stood whose `snapshot()` this is; *past* is what it had proposed, in order.

        Proposals beyond the snapshot, and results of proposals that were open then, are ignored: the caller will
        ask and tell them again.

        Raises:
            SearchError: the snapshot is not this searcher's, or the past is shorter than it says.
        """
        if not self._is_meant(snapshot["searcher"]):
            raise SearchError(f"the state is that of searcher `{snapshot['searcher']}`, not `{self.spec}`")
        version, words, gauss = snapshot["generator"]
        self.rng.setstate((version, tuple(words), gauss))
        self._walk = Walk(*snapshot["walk"]) if snapshot["walk"] else None
        self._first = [Genotype.from_json(each) for each in snapshot.get("first", ())]
        told = dict(zip(snapshot["open"], snapshot["partial"], strict=True))
        self._remember([each for each, _ in zip(past, range(snapshot["proposed"]), strict=False)], told)
        if len(self._proposed) != snapshot["proposed"]:
            raise SearchError(f"{snapshot['proposed']} proposals were made, only {len(self._proposed)} are known")
        self.recall(snapshot["memory"])

    def _is_meant(self, spec: str) -> bool:
        """Whether *spec* says this searcher. Settings that came later than it was written have their defaults in it."""
        name, written = split_spec(spec)
        try:
            return name == self.name and settings_text(self.settings_type.read(written, name)) == settings_text(
                self.settings
            )
        except SearchError:  # one that is no more
            return False

    def _remember(self, past: list[Past], waiting: dict[int, int]) -> None:
        self._proposed, self._open, self._results, self._curves = [], {}, {}, {}
        for number, each in enumerate(past):
            self._proposed.append(Asked(each.genotype, each.fidelity, each.inherits))
            curve = [partial for partial in each.curve if is_finite(partial.values)]
            if number in waiting:
                self._open[number] = self.space.architecture(each.genotype)
                curve = curve[: waiting[number]]
            elif each.result is not None:
                self._results[number] = each.result
            if curve:
                self._curves[number] = curve
        self._seen = {each.genotype for each in self._proposed}


AnySearcher = Searcher[A, Settings]
"""A searcher, whatever its settings."""
