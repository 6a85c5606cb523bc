"""Local search: the neighbours of the best, until none is better; then again from elsewhere.

White, Nolen and Savani, "Exploring the loss landscape in neural architecture search" ("Local search is state of the art
for NAS benchmarks"), UAI 2021, Algorithm 1 and its variants: of *start* random architectures the best is taken; its
neighbours are evaluated in random order, and it moves to the first that is better (their default), or, *steepest*, to the
best once all are known. Where none is better, the search begins again.

A neighbour differs in one decision: there is one for each other choice, what it brings into existence is drawn; and
*moves* for each continuous decision, at normal steps. Neighbours that were proposed before are passed over. Several
objectives: better is what dominates. While the last neighbours of a place are being evaluated, random points are
proposed; they count among those of the next beginning.
"""

from bisect import bisect_right
from collections.abc import Sequence
from enum import Enum
from itertools import accumulate
from random import Random
from typing import Generic

from attrs import field, frozen
from attrs.validators import ge

from symnas.domains import Continuous
from symnas.searchers.parts.comparing import Comparing
from symnas.searchers.parts.members import Member, beats
from symnas.searchers.parts.mutation import another
from symnas.searchers.results import Final
from symnas.searchers.settings import Settings, meaning, spread_setting
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Json
from symnas.walks import Walk

__all__ = ["Improvement", "LocalSearch", "LocalSearchSettings"]

_IN_VAIN = 1000
"""Neighbours passed over in one `propose`, as illegal or known, before a random point is proposed instead."""


class Improvement(Enum):
    """Which better neighbour it moves to."""

    FIRST = "first"
    STEEPEST = "steepest"


@frozen(kw_only=True)
class LocalSearchSettings(Settings):
    """Settings of `local_search`."""

    start: int = field(
        default=10, metadata=meaning("random architectures, the best of which is where it begins"), validator=ge(1)
    )
    improvement: Improvement = field(
        default=Improvement.FIRST, metadata=meaning("move to the first better neighbour, or to the best of all")
    )
    moves: int = field(
        default=4, metadata=meaning("neighbours that differ in one continuous decision, for each"), validator=ge(1)
    )
    spread: float = spread_setting()


class LocalSearch(Comparing[A, LocalSearchSettings]):
    """Moves to a better neighbour as long as there is one; begins again where there is none."""

    name = "local_search"
    summary = "tries all neighbours of the best, moves, and begins again at the top (White et al. 2021)"
    settings_type = LocalSearchSettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self._here: Member[A] | None = None  # where it stands
        self._around: Neighbourhood[A] | None = None
        self._waiting: list[int] = []  # its neighbours that are open
        self._stale: list[int] = []  # open neighbours of places that it has left: near, so no new beginning
        self._better: Member[A] | None = None  # the best neighbour so far, if better than here
        self._begun = 0  # how many random points are known for the next beginning
        self._beginning: Member[A] | None = None  # the best of those

    def propose(self) -> A:
        """A neighbour of where it stands; a random point where none is left, or it stands nowhere."""
        for _ in range(_IN_VAIN):
            if self._around is None or not self._around.left:
                break
            neighbour = self._around.following(self.space, self.rng)
            if neighbour is not None and (neighbour.genotype not in self._seen or self.settings.repeat):
                self._waiting.append(self.count)
                return neighbour
        self._conclude()
        return self.space.sample(self.rng)

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """Move to what is better; a point from elsewhere is one to begin at."""
        member = self.member(number, architecture, result)
        if number in self._stale:
            self._stale.remove(number)
            return
        if number not in self._waiting:
            self._begin_at(member)
            return
        self._waiting.remove(number)
        if member is not None and self._here is not None and beats(member, self._better or self._here):
            self._better = member
            if self.settings.improvement is Improvement.FIRST:
                self._stand(member)
        self._conclude()

    def _begin_at(self, member: Member[A] | None) -> None:
        """Count a random point; with enough of them the search begins at the best, if it stands nowhere."""
        if member is None:
            return
        self._begun += 1
        if self._beginning is None or beats(member, self._beginning):
            self._beginning = member
        if self._here is None and self._begun >= self.settings.start:
            self._stand(self._beginning)

    def _conclude(self) -> None:
        """Where all neighbours are known: move to the best, or leave the place."""
        if self._around is None or self._around.left or self._waiting:
            return
        if self._better is not None:
            self._stand(self._better)
        else:
            self._here = self._around = None
            if self._beginning is not None and self._begun >= self.settings.start:
                self._stand(self._beginning)

    def _stand(self, member: Member[A]) -> None:
        """Stand at *member*, whose neighbours are all to come."""
        if member is self._beginning:
            self._begun, self._beginning = 0, None
        self._stale += self._waiting
        self._here, self._better, self._waiting = member, None, []
        self._around = self._neighbourhood(member, self.rng.getrandbits(64))

    def _neighbourhood(self, member: Member[A], seed: int, taken: int = 0) -> "Neighbourhood[A]":
        return Neighbourhood(member.architecture, self.settings, seed, taken)

    def memory(self) -> Json:
        """Where it stands, and which neighbours it has had."""
        around = self._around
        return {
            "here": self._here and self._here.number,
            "around": around and [around.walk.seed, around.walk.taken],
            "waiting": self._waiting,
            "stale": self._stale,
            "better": self._better and self._better.number,
            "begun": self._begun,
            "beginning": self._beginning and self._beginning.number,
        }

    def recall(self, memory: Json) -> None:
        """Stand there again."""
        self._here, self._better = self.known(memory["here"]), self.known(memory["better"])
        self._begun, self._beginning = memory["begun"], self.known(memory["beginning"])
        self._waiting, self._stale = list(memory["waiting"]), list(memory["stale"])
        self._around = None
        if self._here is not None:
            self._around = self._neighbourhood(self._here, *memory["around"])


class Neighbourhood(Generic[A]):
    """The neighbours of an architecture in a random order that *seed* fixes, each made when it is asked for."""

    def __init__(self, centre: A, settings: LocalSearchSettings, seed: int, taken: int = 0) -> None:
        self._centre = centre
        self._spread = settings.spread
        self._decisions = list(centre.domains.items())
        sizes = (settings.moves if isinstance(each, Continuous) else each.size - 1 for _, each in self._decisions)
        self._ends = list(accumulate(sizes))
        self.walk = Walk(self._ends[-1] if self._ends else 0, seed, taken)

    @property
    def left(self) -> int:
        """How many are still to come."""
        return self.walk.left

    def following(self, space: SearchSpace[A], rng: Random) -> A | None:
        """The next one; `None` if it is not legal, or there is none left."""
        move = self.walk.step()
        if move is None:
            return None
        place = bisect_right(self._ends, move)
        path, domain = self._decisions[place]
        old = self._centre.genotype[path]
        if isinstance(domain, Continuous):
            choice = another(old, domain, rng, self._spread)
        else:
            choice = self._ends[place] - 1 - move
            choice += choice >= old
        return space.complete(rng, {path: choice}, self._centre.genotype)
