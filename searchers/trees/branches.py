"""Branches: how the choices of a decision become the branches of a tree.

A decision of few unordered choices has a branch for each. An ordered one is bisected, as in DeepArchitect (Negrinho and
Gordon 2017, section 6.2, "tree restructuring"): a branch for its lower half and one for its upper, those halved again,
so that what is learnt of a value tells of its neighbours. Continuous ranges are halved down to a resolution.
"""

from collections.abc import Mapping, Sequence
from enum import Enum

from attrs import field, frozen

from symnas.domains import Alternatives, Choice, Continuous, Domain, Grid

__all__ = ["Bisect", "Branch", "Branches", "Interval", "branches_of", "is_whole"]

_FLAT = 16
"""Most choices that are branches side by side. Each is tried once before any is tried twice, so more are halved, ordered
or not."""


class Bisect(Enum):
    """Which decisions are bisected, beside continuous ones and those of more than 16 choices."""

    ORDERED = "ordered"
    """Those whose choices are numbers that rise."""
    ALL = "all"
    """Every one, as the DeepArchitect paper's experiments have it."""
    NONE = "none"
    """None."""


@frozen(cache_hash=True)
class Interval:
    """A part of a continuous range, in its own measure: *low* and *high* are between 0 and 1."""

    low: float
    high: float


Branch = tuple[int, int] | Interval
"""Places `first` up to, not including, `last` in the list of a decision's choices; or a part of its range."""


@frozen
class Branches:
    """The branches at one node: those of a decision with *choices* (none: it is continuous), or of a part of it."""

    domain: Domain
    choices: Sequence[int]
    options: tuple[Branch, ...]
    places: Mapping[int, int] | None = field(repr=False)
    """Where each choice stands in `choices`; `None` where each stands for itself."""
    weights: tuple[int, ...]
    """How many points each option leaves, relative to the others; 1 each where that is not known."""

    def find(self, choice: Choice) -> Branch | None:
        """The option that holds *choice*; `None` if there is none."""
        if isinstance(self.domain, Continuous):
            position = self.domain.position(choice)
            for option in self.options:
                if isinstance(option, Interval) and position <= option.high:
                    return option
            return None
        place, options = int(choice) if self.places is None else self.places.get(int(choice), -1), self.options
        if len(options) == len(self.choices):  # each is a choice by itself
            return options[place] if 0 <= place < len(options) else None
        for option in options:
            if not isinstance(option, Interval) and option[0] <= place < option[1]:
                return option
        return None


def is_whole(branch: Branch, resolution: float) -> bool:
    """Whether *branch* is not branched further: a single choice, or an interval no wider than *resolution*."""
    if isinstance(branch, Interval):
        return branch.high - branch.low <= resolution
    return branch[1] - branch[0] == 1


def branches_of(
    domain: Domain, weights: Mapping[int, int] | None, bisect: Bisect, within: "tuple[Branches, Branch] | None" = None
) -> Branches:
    """The branches of a decision about *domain*, each choice with its *weight*; or of a branch of it, *within* another's."""
    if isinstance(domain, Continuous):
        whole = within[1] if within is not None else Interval(0.0, 1.0)
        assert isinstance(whole, Interval)
        middle = (whole.low + whole.high) / 2
        return Branches(domain, (), (Interval(whole.low, middle), Interval(middle, whole.high)), None, (1, 1))
    if within is not None:
        choices, places = within[0].choices, within[0].places
        assert not isinstance(within[1], Interval)
        first, last = within[1]
        options = _halves(first, last)
    else:
        is_whole_domain = weights is None or len(weights) == domain.size
        choices = range(domain.size) if is_whole_domain else sorted(weights or ())
        places = None if is_whole_domain else {choice: place for place, choice in enumerate(choices)}
        count = len(choices)
        options = _halves(0, count) if _is_halved(domain, count, bisect) else tuple((at, at + 1) for at in range(count))
    known = (
        tuple(last - first for first, last in options)
        if weights is None
        else tuple(sum(weights[choices[at]] for at in range(first, last)) for first, last in options)
    )
    return Branches(domain, choices, options, places, known)


def _is_halved(domain: Domain, count: int, bisect: Bisect) -> bool:
    if count > _FLAT or bisect is Bisect.ALL:
        return True
    return bisect is Bisect.ORDERED and _is_ordered(domain)


def _is_ordered(domain: Domain) -> bool:
    """Whether the choices are numbers that rise."""
    if not isinstance(domain, Alternatives):
        return isinstance(domain, Grid)
    try:
        values = [float(label) for label in domain.labels]
    except ValueError:
        return False
    return values == sorted(values)


def _halves(first: int, last: int) -> tuple[tuple[int, int], ...]:
    middle = (first + last) // 2
    return tuple(each for each in ((first, middle), (middle, last)) if each[0] < each[1])
