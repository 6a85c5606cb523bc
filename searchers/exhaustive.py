"""Exhaustive search: every architecture once, in order, and then the end.

A space with an exact count and without continuous decisions is gone through in the order of its numbering (`space[0]`,
`space[1]`, …), what breaks a `require` passed over. Any other is gone through decision by decision, the first choices
first, the last decision changing fastest; a continuous decision takes *grid* values at equal distances, both ends among
them (in the logarithm of a logarithmic range). So a space without a count can be gone through as well, for as long as one
likes. Nothing is drawn: every seed gives the same.
"""

from collections.abc import Sequence
from random import Random
from typing import Generic

from attrs import field, frozen
from attrs.validators import ge

from symnas.domains import Choice, Continuous
from symnas.errors import SearchError
from symnas.searchers.base import STEPS, Proposal, Searcher
from symnas.searchers.settings import Settings, meaning
from symnas.searchers.space import A, Draft, Objective, SearchSpace
from symnas.searchers.state import Json

__all__ = ["Exhaustive", "ExhaustiveSettings"]


@frozen(kw_only=True)
class ExhaustiveSettings(Settings):
    """Settings of `exhaustive`. With `repeat` it begins again after the end."""

    grid: int = field(
        default=5, metadata=meaning("values that a continuous decision takes, both ends among them"), validator=ge(1)
    )


class Exhaustive(Searcher[A, ExhaustiveSettings]):
    """Goes through the space in order."""

    name = "exhaustive"
    summary = "every architecture once, in order; continuous decisions on a grid"
    settings_type = ExhaustiveSettings
    is_random = False

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self._next = 0  # the number of the next point, where points are numbered
        self._stem: list[_Fork[A]] = []  # the decisions on the way to the last point, where they are not
        self._begun = False

    def plan(self, number: int) -> Proposal[A] | None:
        """The next point, as long as there is one.

        Raises:
            SearchError: 100,000 points in a row break a `require`.
        """
        point = self.propose()
        if point is None and self.settings.repeat:
            self._next, self._stem, self._begun = 0, [], False
            point = self.propose()
        return None if point is None else Proposal(number, point)

    def propose(self) -> A | None:
        """The next legal point; `None` after the last."""
        for _ in range(STEPS):
            if self._points is not None:
                if self._next >= self._points:
                    return None
                self._next += 1
                point: A | None = self.space[self._next - 1]
            elif (end := self._following()) is None:
                return None
            else:
                point = end.finish(Random(0))
            if point is not None and point.violated is None:
                return point
        raise SearchError(f"{STEPS:,} architectures in a row break a `require`: this space is too sparse to go through")

    def _following(self) -> Draft[A] | None:
        """The next point with everything decided: the last decision that has another choice takes it."""
        if not self._begun:
            self._begun = True
            draft = self.space.draft()
            if draft is None or draft.path is None:
                return draft
            self._stem.append(_Fork(draft, self.settings.grid))
        while self._stem:
            draft = self._stem[-1].following()
            if draft is None:
                self._stem.pop()
            elif draft.path is None:
                return draft
            else:
                self._stem.append(_Fork(draft, self.settings.grid))
        return None

    def memory(self) -> Json:
        """How far it has come."""
        return {"next": self._next, "begun": self._begun, "places": [fork.place for fork in self._stem]}

    def recall(self, memory: Json) -> None:
        """Walk to where it was."""
        self._next, self._begun, self._stem = memory["next"], memory["begun"], []
        draft = self.space.draft()
        for place in memory["places"]:
            assert draft is not None, "it has been there"
            fork = _Fork(draft, self.settings.grid, place)
            self._stem.append(fork)
            draft = fork.taken


class _Fork(Generic[A]):
    """A decision on the way, and which of its choices was taken last; *place* is -1 before the first."""

    def __init__(self, draft: Draft[A], grid: int, place: int = -1) -> None:
        self.draft = draft
        self.place = place
        self.options = _options(draft, grid)

    @property
    def taken(self) -> Draft[A] | None:
        """The draft with the choice at *place*; `None` if that leaves no point."""
        return self.draft.take(self.options[self.place])

    def following(self) -> Draft[A] | None:
        """The draft with the next choice that leaves any point; `None` after the last."""
        while self.place + 1 < len(self.options):
            self.place += 1
            draft = self.taken
            if draft is not None:
                return draft
        return None


def _options(draft: Draft[A], grid: int) -> Sequence[Choice]:
    """The choices of the next decision that are taken, in order."""
    domain = draft.domain
    assert domain is not None, "there is a next decision"
    if isinstance(domain, Continuous):
        return [domain.at(place / (grid - 1)) for place in range(grid)] if grid > 1 else [domain.at(0.5)]
    return range(domain.size) if draft.weights is None else sorted(draft.weights)
