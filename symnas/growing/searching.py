"""What searchers over moves share: the start comes first, nothing is trained twice, and children go on from their parent.

They live as every searcher does (`symnas.searchers.base`), ask, tell and resume alike. A network is told apart by what it
computes, not by the moves that lead to it.
"""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from random import Random
from typing import TypeVar

from attrs import field, frozen

from symnas.errors import SearchError
from symnas.growing.space import Grown, Growth
from symnas.searchers import Failure, Final, Objective, Proposal, SearchSpace, Settings, Success, meaning
from symnas.searchers.parts.comparing import Comparing
from symnas.searchers.state import Json

__all__ = ["Child", "G_co", "GrowingSettings", "MoveSearcher"]

TRIES = 16
"""How often several moves in a row are drawn before one alone is made."""


@frozen(kw_only=True)
class GrowingSettings(Settings):
    """Settings that all searchers over moves have."""

    inherit: bool = field(
        default=True, metadata=meaning("children go on from their parent's weights; false: they begin anew")
    )


G_co = TypeVar("G_co", bound=GrowingSettings, covariant=True)


@frozen
class Child:
    """A network to train next, and the number of the trial that it is a child of."""

    architecture: Grown
    parent: int


class MoveSearcher(Comparing[Grown, G_co]):
    """Trains the start, then children of what it knows. An algorithm says which: `breed`, and whose weights may be asked for
    (`may_breed`).
    """

    def __init__(
        self, space: SearchSpace[Grown], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        if not isinstance(space, Growth):
            raise SearchError(f"`{self.name}` makes moves: it searches what rules make of a network (`symnas grow`)")
        super().__init__(space, rng, objectives, **settings)
        self.growth = space
        self._networks: set[str] = set()
        self._best: tuple[tuple[float, ...], int] | None = None

    # ------------------------------------------------------------------------------------------ what an algorithm says

    @abstractmethod
    def breed(self) -> Child | None:
        """The child to train next; `None` if there is none, for now at least."""

    @abstractmethod
    def may_breed(self, number: int) -> bool:
        """Whether trial *number*, which is answered, may still become a parent."""

    # ------------------------------------------------------------------------------------------ what searchers do

    def propose(self) -> Grown | None:
        """The next child, without its parent."""
        child = self.breed()
        return None if child is None else child.architecture

    def plan(self, number: int) -> Proposal[Grown] | None:
        """The start, and once it is trained children. If the start failed, there is nothing to go on from."""
        if number == 0:
            self._networks.add(self.growth.start.network)
            return Proposal(0, self.growth.start)
        if 0 in self.open or isinstance(self.result(0), Failure):
            return None
        before = self.rng.getstate()
        child = self.breed()
        if child is None:  # asked again it must find the same: how often that is, depends on interruptions
            self.rng.setstate(before)
            return None
        self._networks.add(child.architecture.network)
        return Proposal(number, child.architecture, inherits=child.parent if self.settings.inherit else None)

    def begin_with(self, points: Iterable[Grown]) -> None:
        """Nothing but the start comes first.

        Raises:
            SearchError: always.
        """
        raise SearchError(f"`{self.name}` begins with the start; grow another one")

    def learn(self, number: int, architecture: Grown, result: Final) -> None:
        """Remember which is the best so far."""
        self._compare(number, result)

    def is_inheritable(self, number: int) -> bool:
        """The start and the best so far are kept, and whoever may become a parent."""
        best = None if self._best is None else self._best[1]
        return number in (0, best) or (self.settings.inherit and self.may_breed(number))

    # ------------------------------------------------------------------------------------------ children

    def is_new(self, architecture: Grown) -> bool:
        """Whether no network like it was proposed."""
        return self.settings.repeat or architecture.network not in self._networks

    def child_of(self, number: int, moves: int = 1) -> Child | None:
        """A new network, random *moves* from that of trial *number*; `None` where every one that is a move away is known."""
        parent = self.proposed(number)
        for _ in range(TRIES if moves > 1 else 0):
            made = parent
            for _ in range(moves - 1):
                made = next(self.growth.children(made, self.rng), made)
            if (child := self._new_beside(made)) is not None and child.network != parent.network:
                return Child(child, number)
        found = self._new_beside(parent)
        return None if found is None else Child(found, number)

    def _new_beside(self, parent: Grown) -> Grown | None:
        return next((each for each in self.growth.children(parent, self.rng) if self.is_new(each)), None)

    def _compare(self, number: int, result: Final) -> None:
        if isinstance(result, Success):
            scores = self.scores(result)
            if self._best is None or (scores, -number) > (self._best[0], -self._best[1]):
                self._best = scores, number

    # ------------------------------------------------------------------------------------------ state

    def memory(self) -> Json:
        """What the algorithm itself remembers."""
        return self.remember()

    def recall(self, memory: Json) -> None:
        """Know every network again that was proposed, and which was the best."""
        self._networks = {self.proposed(number).network for number in range(self.count)}
        self._best = None
        for number in range(self.count):
            result = self.result(number)
            if result is not None:
                self._compare(number, result)
        self.recollect(memory)

    def remember(self) -> Json:
        """What an algorithm knows beyond proposals and results."""
        return None

    def recollect(self, memory: Json) -> None:
        """Know again what `remember` gave."""
