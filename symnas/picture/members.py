"""Which architecture stands for a space that is shown without one: a member in which as much as possible exists."""

from collections.abc import Mapping
from random import Random

from symnas.architecture import Architecture
from symnas.domains import Alternatives, Choice, Continuous, Domain, Grid, Subsets
from symnas.elaborate.counting import Counter
from symnas.elaborate.regions import Oracle
from symnas.errors import NasError, SearchError
from symnas.limits import Limits
from symnas.space import Measure, Space

__all__ = ["Fullest", "counted", "typical"]

_MOST_DECISIONS = 2_000
"""Decisions of a member that is still looked at as a whole."""
_DRAWS = 6
"""Members drawn where the fullest ones are not feasible."""
_COUNTING = 40_000
"""Ways of elaborating that a picture waits for; one that takes longer does without the size of its space."""
_NOTHING = frozenset({"0", "false", "Identity", "identity", "none", "skip", "Zero", "zero"})
"""Labels of alternatives that leave little to see."""


class Fullest(Oracle):
    """Decides what is not *given*: alike what looks alike: the first alternative that is something, the largest (or smallest) number."""

    __slots__ = ("answers", "large")

    def __init__(self, given: Mapping[str, Choice], *, large: bool) -> None:
        self.answers: dict[str, Choice] = dict(given)
        super().__init__(self.answers)
        self.large = large

    def ask(self, path: str, domain: Domain, persistent: bool) -> Choice:
        """The choice for *path*.

        Raises:
            SearchError: the member is too large to be looked at.
        """
        if path not in self.answers:
            if len(self.answers) >= _MOST_DECISIONS:
                raise SearchError("this member has too many decisions to be shown")
            self.answers[path] = self._fullest(path, domain)
        return super().ask(path, domain, persistent)

    def _fullest(self, path: str, domain: Domain) -> Choice:
        match domain:
            case Continuous():
                return domain.at(0.5)
            case Grid():
                large = self.large or path.endswith("repeat")
                return domain.count - 1 if large else 0
            case Alternatives(labels=labels):
                return next((place for place, label in enumerate(labels) if label not in _NOTHING), 0)
            case Subsets():
                return domain.size - 1
            case _:
                return 0


def typical(space: Space) -> Architecture:
    """A feasible member of *space* that shows much of it; always the same one.

    Raises:
        SearchError: no feasible member was found. SourceError: the program has mistakes.
    """
    for large in (True, False):
        found = _fullest(space, large=large)
        if found is not None:
            return found
    rng = Random(0)
    drawn = [space.sample(rng, Measure.DECISIONS) for _ in range(_DRAWS)]
    return max(drawn, key=lambda each: len(each.genotype))


def _fullest(space: Space, *, large: bool) -> Architecture | None:
    oracle = Fullest({}, large=large)
    try:
        fragment = space.elaboration.build(oracle)
        if fragment.layers > _MOST_DECISIONS:
            return None
        return space.architecture({**oracle.persistent, **oracle.local})
    except NasError:
        return None  # infeasible, or too large: the next way is tried


def counted(space: Space) -> Space | None:
    """*space*, or one of the same program, with its exact count; `None` where it does not have one soon."""
    if "size" in vars(space):
        return space
    hasty = Space(space.program)  # its own, so that giving up leaves nothing half counted behind
    hasty.elaboration.counter = Counter(Limits(work=_COUNTING))
    try:
        return hasty if hasty.size >= 0 else None
    except NasError:
        return None
