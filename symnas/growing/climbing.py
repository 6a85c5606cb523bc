"""Hill climbing by moves: the best of some children, and the parent trained on, is the next parent.

Elsken, Metzen and Hutter, "Simple and efficient architecture search for convolutional neural networks", 2017
(arXiv:1711.04528), Algorithm 1. Symbols as there: n_neigh networks are trained from the weights of the best so far, each
after n_NM random moves but the last, which is that very network trained on; the best of them is the next.

Beyond the paper: a round in which everything failed leaves the parent; a parent without new neighbours
is trained on, or ends the search where parents do not stay.
"""

from collections.abc import Sequence
from random import Random

from attrs import field, frozen
from attrs.validators import ge

from symnas.growing.searching import Child, GrowingSettings, MoveSearcher
from symnas.growing.space import Grown
from symnas.searchers import Objective, SearchSpace, meaning
from symnas.searchers.parts.members import best
from symnas.searchers.state import Json

__all__ = ["Climbing", "ClimbingSettings"]


@frozen(kw_only=True)
class ClimbingSettings(GrowingSettings):
    """Settings of `climbing`."""

    children: int = field(default=8, metadata=meaning("networks trained in a round (n_neigh)"), validator=ge(1))
    moves: int = field(default=1, metadata=meaning("rewrites that make a child (n_NM)"), validator=ge(1))
    stay: bool = field(default=True, metadata=meaning("one of a round is the parent, trained on"))


class Climbing(MoveSearcher[ClimbingSettings]):
    """Goes from the best network to the best of its children."""

    name = "climbing"
    summary = "the best of some children, the parent trained on among them, is the next parent (Elsken et al. 2017)"
    settings_type = ClimbingSettings

    def __init__(
        self, space: SearchSpace[Grown], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self._parent = 0
        self._round: list[int] = []
        """The trials of this round."""

    def breed(self) -> Child | None:
        """A child of the present parent; nothing while the round is full, or has no more, and not all of it is told."""
        for _ in range(2):
            child = self._next() if len(self._round) < self.settings.children else None
            if child is not None:
                self._round.append(self.count)
                return child
            if not self._round or any(each in self.open for each in self._round):
                return None
            self._begin_round()
        return None

    def _next(self) -> Child | None:
        stays = self.settings.stay and self.settings.inherit
        if stays and len(self._round) == self.settings.children - 1:
            return Child(self.proposed(self._parent), self._parent)
        child = self.child_of(self._parent, self.settings.moves)
        if child is None and stays:
            return Child(self.proposed(self._parent), self._parent)
        return child

    def _begin_round(self) -> None:
        told = [*([] if self.settings.stay and self.settings.inherit else [self._parent]), *self._round]
        members = [member for number in told if (member := self.known(number)) is not None]
        if members:
            chosen = best(members)[0].number
            assert chosen is not None, "members were proposed"
            self._parent = chosen
        self._round = []

    def may_breed(self, number: int) -> bool:
        """Whether it is the parent, or one of a round that is not decided."""
        return number == self._parent or number in self._round

    def remember(self) -> Json:
        """The parent, and the trials of the round."""
        return {"parent": self._parent, "round": list(self._round)}

    def recollect(self, memory: Json) -> None:
        """Go on with the round."""
        self._parent, self._round = memory["parent"], list(memory["round"])
