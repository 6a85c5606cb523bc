"""A searcher inside another: the outer one spends budgets on what the inner one proposes.

Both draw from one generator. The inner one's state is part of the outer one's memory; its past follows from the outer
one's, so that the snapshot stays small.
"""

from collections.abc import Iterable, Sequence
from random import Random
from typing import ClassVar, TypeVar

from attrs import evolve, field, frozen

from symnas.errors import SearchError
from symnas.searchers.base import AnySearcher, Proposal, Searcher
from symnas.searchers.results import Final, Partial, Success
from symnas.searchers.settings import Settings, meaning
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Asked, Json, Past

__all__ = ["Budgeted", "Nested", "NestedSettings"]


@frozen(kw_only=True)
class NestedSettings(Settings):
    """The settings of every searcher that has another inside."""

    searcher: str = field(
        default="random", metadata=meaning("what proposes architectures; with settings of its own it is written last")
    )


N_co = TypeVar("N_co", bound=NestedSettings, covariant=True)


class Nested(Searcher[A, N_co]):
    """Holds a searcher that proposes architectures, and tells it what came of them.

    An algorithm says how to `plan`, with `fresh` proposals among others, which of them are the inner searcher's
    (`is_inside`: all, unless said otherwise), and what else to `remember` and `recollect`.
    """

    role: ClassVar[str]
    """What it decides on. Of two searchers, one inside the other, only one can decide on the same."""

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        from symnas.searchers.registry import create  # where this searcher is listed itself

        super().__init__(space, rng, objectives, **settings)
        repeat = {"repeat": True} if self.settings.repeat else {}
        self.inner: AnySearcher[A] = create(self.settings.searcher, space, rng, self.objectives, **repeat)
        self.settings = evolve(self.settings, searcher=self.inner.spec)
        self.furthest = self.inner.furthest
        self._inside: dict[int, int] = {}  # open proposals of the inner searcher: our number to its number
        inner: AnySearcher[A] = self.inner
        while isinstance(inner, Nested):
            if inner.role == self.role:
                raise SearchError(f"searcher `{self.name}`: `{inner.name}` inside it decides on {self.role}, too")
            inner = inner.inner

    def propose(self) -> A | None:
        """It has no ideas of its own: `plan` asks the searcher inside."""
        return None

    def begin_with(self, points: Iterable[A]) -> None:
        """The searcher inside proposes *points* before anything else."""
        self.inner.begin_with(points)

    def fresh(self, number: int) -> Proposal[A] | None:
        """What the searcher inside proposes, under *number*."""
        proposal = self.inner.ask()
        if proposal is None:
            return None
        self._inside[number] = proposal.number
        return evolve(proposal, number=number)

    def progress(self, number: int, architecture: A, result: Partial) -> None:
        """The searcher inside hears of what it proposed."""
        if number in self._inside:
            self.inner.tell(self._inside[number], result)

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """The searcher inside learns what came of what it proposed."""
        if number in self._inside:
            self.inner.tell(self._inside.pop(number), self.lesson(number, result))

    def is_inheritable(self, number: int) -> bool:
        """As the searcher inside says, which counts alike."""
        return self.inner.is_inheritable(number)

    # ------------------------------------------------------------------------------------------ what may differ

    def lesson(self, number: int, result: Final) -> Final:
        """What the searcher inside is told of *result*."""
        return result

    def is_inside(self, asked: Asked) -> bool:
        """Whether what was asked for was proposed by the searcher inside."""
        return True

    def past_inside(self, past: Past) -> Past:
        """A proposal of the searcher inside, as that searcher knows it."""
        return past

    def remember(self) -> dict[str, Json]:
        """What the algorithm knows beyond the searcher inside, as JSON."""
        return {}

    def recollect(self, memory: dict[str, Json]) -> None:
        """Know again what `remember` gave."""

    # ------------------------------------------------------------------------------------------ state

    def memory(self) -> Json:
        """The state of the searcher inside, without the generator, which is ours; and what the algorithm remembers."""
        inner = {name: value for name, value in self.inner.snapshot().items() if name != "generator"}
        return {"inner": inner, **self.remember()}

    def recall(self, memory: Json) -> None:
        """Restore the searcher inside, then the algorithm."""
        version, words, gauss = self.rng.getstate()
        inside = [number for number in range(self.count) if self.is_inside(self.asked(number))]
        past = [self._as_known_inside(number) for number in inside]
        snapshot: Json = {**memory["inner"], "generator": [version, list(words), gauss]}
        self.inner.restore_snapshot(snapshot, past)
        still_open = set(self.open)
        self._inside = {number: place for place, number in enumerate(inside) if number in still_open}
        self.recollect(memory)

    def _as_known_inside(self, number: int) -> Past:
        asked, result = self.asked(number), self.result(number)
        lesson = None if result is None else self.lesson(number, result)
        return self.past_inside(Past(asked.genotype, lesson, asked.fidelity, asked.inherits, tuple(self.curve(number))))


class Budgeted(Nested[A, N_co]):
    """Decides how far to train: what the searcher inside proposes first, and more of it where it is worth it.

    The searcher inside learns each architecture once, at the lowest fidelity, the one at which all are compared: where
    the training went further at once, from the partial result on its way there, if that was told.
    """

    role = "how far to train"

    least: int
    """The lowest fidelity."""

    def lesson(self, number: int, result: Final) -> Final:
        """The result, as it stood at the lowest fidelity."""
        asked = self.asked(number).fidelity
        if isinstance(result, Success) and asked is not None and asked > self.least:
            early = next((each for each in self.curve(number) if each.step == self.least), None)
            return result if early is None else Success(early.values, result.metrics)
        return result

    def is_inside(self, asked: Asked) -> bool:
        """What goes on from another proposal is our own."""
        return asked.inherits is None

    def past_inside(self, past: Past) -> Past:
        """The searcher inside knows nothing of fidelities."""
        return evolve(past, fidelity=None)

    def score(self, number: int) -> tuple[float, ...] | None:
        """The scores of a proposal that was trained as far as was asked; `None` if it failed, was stopped, or is open."""
        result = self.result(number)
        return self.scores(result) if isinstance(result, Success) and not result.stopped else None
