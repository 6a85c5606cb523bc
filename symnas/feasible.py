"""The architectures of a space that meet its `require`s on costs: how many there are, and drawing from them.

Limits on costs that add up are met by construction: numbers of architectures by cost say what each choice leaves. Where
several limits are too many for one table, all but the strictest, and whatever a `require` says that is no such limit,
are met by drawing again.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from attrs import frozen

from symnas.architecture import Architecture
from symnas.elaborate.charging import Form
from symnas.elaborate.circuits import Bounds
from symnas.elaborate.counting import TooLarge
from symnas.elaborate.limiting import Limit, Limited, limits_of
from symnas.elaborate.narrowing import Allowed, narrowed
from symnas.elaborate.roots import deep_recursion
from symnas.errors import SearchError

if TYPE_CHECKING:
    from symnas.distribution import Distribution
    from symnas.elaborate.breaking_down import Told
    from symnas.elaborate.circuits import Node
    from symnas.elaborate.weighing import Drawer
    from symnas.space import Space

__all__ = ["Among", "Feasible", "Restricted"]

_DRAWS = 1000
"""Draws that the share of what is not counted exactly is estimated from."""

_TRIES = 2000

_TRIES_AMONG = 64
"""Draws among some architectures, before it is said that none was found."""


@frozen
class Feasible:
    """How many architectures meet every `require`: *size* is exact, if known. Otherwise *most* meet those limits that
    are counted, and of *draws* of these *met* meet the rest.
    """

    size: int | None
    most: int
    draws: int = 0
    met: int = 0

    @property
    def about(self) -> int:
        """The number itself, or what the draws say."""
        if self.size is not None:
            return self.size
        return self.most * self.met // self.draws if self.draws else self.most


class Restricted:
    """What is left of *space* by its `require`s on costs."""

    def __init__(self, space: "Space") -> None:
        self.space = space
        self.rejected = 0
        """Draws that were not used, since they broke a `require`."""
        self.drawn = 0
        """Draws that were used."""

    # ---------------------------------------------------------------------------------------- what is limited

    @cached_property
    def _read(self) -> tuple[list[Limited], bool]:
        """Limits on costs, and whether they are all that is required of costs."""
        limits, left = limits_of(self.space.module, self.space.nets, self.space.elaboration.costly)
        return limits, not left

    @cached_property
    def bounds(self) -> list[tuple[Limited, int, int]]:
        """The limits on costs, each with the least and the greatest that the space has; none where that is not known."""
        found = []
        for each in self._read[0]:
            try:
                node = self.space.pricing.circuit(each.form)
            except (TooLarge, SearchError):
                return []
            if node is not None:
                with deep_recursion():
                    least, greatest = Bounds().of(node)
                found.append((each, least[0], greatest[0]))
        return found

    @cached_property
    def _binding(self) -> list[Limited]:
        """The limits that exclude something."""
        return [each for each, low, high in self.bounds if not (each.limit.holds(low) and each.limit.holds(high))]

    @cached_property
    def complete(self) -> bool:
        """Whether what is required of costs is limits on costs that are known."""
        limits, whole = self._read
        return whole and len(limits) == len(self.bounds)

    # --------------------------------------------------------------------------------------------- how many

    @cached_property
    def drawer(self) -> "Drawer | None":
        """Draws what meets the strictest limit; `None` where nothing limits a cost, or its tables would be too large."""
        found = [drawer for each in self._binding if (drawer := self._drawer(each)) is not None]
        return min(found, key=lambda each: each.count, default=None)

    def _drawer(self, limited: Limited) -> "Drawer | None":
        from symnas.elaborate.tables import TooMany
        from symnas.elaborate.weighing import Drawer

        node = self.space.pricing.circuit(limited.form)
        assert node is not None
        try:
            with deep_recursion():
                return Drawer(node, limited.limit, Bounds())
        except TooMany:
            return None

    @cached_property
    def feasible(self) -> Feasible:
        """How many architectures meet every `require`.

        Raises:
            SearchError: the space has no exact count.
        """
        size = self.space.size
        if not self.space.elaboration.costly or (self.complete and not self._binding):
            return Feasible(size, size)
        most = size if self.drawer is None else self.drawer.count
        if self.complete and len(self._binding) == 1 and self.drawer is not None:
            return Feasible(most, most)
        exact = self._counted() if self.complete and most else None
        if exact is not None or not most:
            return Feasible(exact or 0, exact or 0)
        rng = Random(0)
        met = sum(self._one(rng, lambda: self.space[rng.randrange(size)]).violated is None for _ in range(_DRAWS))
        return Feasible(None, most, _DRAWS, met)

    @cached_property
    def empty(self) -> bool:
        """Whether it is known that no architecture meets the limits."""
        for each, low, high in self.bounds:
            limit = each.limit
            if (limit.high is not None and low > limit.high) or (limit.low is not None and high < limit.low):
                return True
        if self.drawer is None or not self.drawer.count:
            return self.drawer is not None
        return self.complete and len(self._binding) > 1 and self._counted() == 0

    def _counted(self) -> int | None:
        """How many meet several limits, if one table holds that."""
        from symnas.elaborate.tables import TooMany
        from symnas.elaborate.weighing import Weighing

        node = self.space.pricing.circuit(*(each.form for each in self._binding))
        if node is None:
            return 0
        limits = [each.limit for each in self._binding]
        try:
            with deep_recursion():
                return Weighing(node, limits).meeting()
        except TooMany:
            return None

    # ---------------------------------------------------------------------------------------- what they cost

    def least(self, form: Form, sign: int) -> Architecture | None:
        """An architecture with the least *form*, or with a *sign* of -1 the greatest, that meets every `require`; `None`
        where there is none, or it is not known.
        """
        own = next((each for each in self._binding if each.form == form), None)
        drawer = self._drawer(own) if own is not None else None
        found = self._at_the_limit(drawer, sign) if drawer is not None else None
        return found or self._on_the_front(form, sign)

    def _at_the_limit(self, drawer: "Drawer", sign: int) -> Architecture | None:
        """One of those that cost the least, or the greatest, that the limit on that very cost leaves."""
        from symnas.elaborate.weighing import Drawer

        costs = [cost for cost in drawer.weighing.of(drawer.whole).costs.tolist() if drawer.limit.holds(cost)]
        if not costs:
            return None
        cost = costs[0] if sign > 0 else costs[-1]
        with deep_recursion():
            those = Drawer(drawer.whole, Limit(cost, cost), Bounds())
        rng = Random(0)
        members = (self.space.pricing.member(those.draw(rng)) for _ in range(min(_TRIES_AMONG, 2 * those.count)))
        return next((each for each in members if each.violated is None), None)

    def _on_the_front(self, form: Form, sign: int) -> Architecture | None:
        """The best by what each part costs in all limited forms."""
        from symnas.elaborate.fronts import least_within
        from symnas.elaborate.tables import TooMany

        limits = list(_one_sided(self._binding))
        try:
            node = self.space.pricing.circuit(*(each for each, _ in limits), _times(form, sign)) if limits else None
            with deep_recursion():
                best = None if node is None else least_within(node, [high for _, high in limits])
        except (TooLarge, TooMany):
            return None
        member = None if best is None else self.space.pricing.member(best.choices)
        return member if member is not None and member.violated is None else None

    def distribution(self, form: Form) -> "Distribution | None":
        """How many of those that meet every `require` have how much of *form*; `None` where that is not known.

        Raises:
            SearchError: there are none.
        """
        from symnas.distribution import distribution_within

        if not self.complete:
            return None
        others = [each for each in self._binding if each.form != form]
        own = next((each.limit for each in self._binding if each.form == form), Limit())
        try:
            node = self.space.pricing.circuit(*(each.form for each in others), form)
        except TooLarge:
            return None
        return None if node is None else distribution_within(node, [*(each.limit for each in others), own])

    def counts(self, told: "Sequence[Told]") -> dict[tuple[Hashable, ...], int] | None:
        """How many of those that meet every `require` have each combination of what they are *told* apart by; `None` where
        that is not known, as under several limits.

        Raises:
            SearchError: there are too many combinations.
        """
        from symnas.elaborate.limited_counts import counts_within
        from symnas.elaborate.tables import TooMany
        from symnas.elaborate.weighing import Weighing

        limits, whole = self._read
        if not whole or len(limits) != 1 or not self.bounds:  # a table of several costs is soon too large
            return None
        node = self.space.pricing.circuit(limits[0].form)
        assert node is not None
        try:
            with deep_recursion():
                return counts_within(Weighing(node, (limits[0].limit,), keep=True), told)
        except TooMany:
            return None

    def among(self, allowed: Allowed) -> "Among | None":
        """Those that meet every `require` and whose decisions take choices that are *allowed*; `None` where no circuit of
        the space is known that would tell.
        """
        from symnas.elaborate.weighing import Drawer

        node = self._circuit
        if node is None:
            return None
        limit = self.drawer.limit if self.drawer is not None else Limit()
        with deep_recursion():
            left = narrowed(node, allowed)
            return Among(self, allowed, None if left is None else Drawer(left, limit, Bounds()))

    @cached_property
    def _circuit(self) -> "Node | None":
        """That of the strictest limit; without one, of nothing but decisions."""
        if self.drawer is not None:
            return self.drawer.whole
        try:
            return self.space.pricing.circuit(Form(())) if self.space.countable else None
        except TooLarge:
            return None

    # -------------------------------------------------------------------------------------------- drawing

    def sample(self, rng: Random, plainly: Callable[[], Architecture]) -> Architecture:
        """One that meets every `require`, each with the same chance; *plainly* draws from the whole space.

        Raises:
            SearchError: there is none, or none was found in many draws.
        """
        if self.drawer is not None and not self.drawer.count:
            raise SearchError("this space is empty: no architecture meets every `require`")
        for _ in range(_TRIES):
            drawn = self._one(rng, plainly)
            if drawn.violated is None:
                self.drawn += 1
                return drawn
            self.rejected += 1
        raise SearchError(f"none of {_TRIES:,} draws meets every `require`; loosen one of them")

    def _one(self, rng: Random, plainly: Callable[[], Architecture]) -> Architecture:
        """One that meets the strictest limit, each with the same chance."""
        if self.drawer is None:
            return plainly()
        return self.space.pricing.member(self.drawer.draw(rng))


class Among:
    """Some of the architectures that meet the strictest limit of a space: *drawer* draws what is not decided by *allowed*."""

    def __init__(self, restricted: Restricted, allowed: Allowed, drawer: "Drawer | None") -> None:
        self.restricted = restricted
        self.only = {path: next(iter(choices)) for path, choices in allowed.items() if len(choices) == 1}
        self.drawer = drawer
        self.count = drawer.count if drawer is not None else 0

    def sample(self, rng: Random) -> Architecture | None:
        """One that meets every `require`, each with the same chance; `None` if there is none, or none was found."""
        for _ in range(min(_TRIES_AMONG, self.count)):
            assert self.drawer is not None
            drawn = self.restricted.space.pricing.member({**self.drawer.draw(rng), **self.only})
            if drawn.violated is None:
                return drawn
            self.restricted.rejected += 1
        return None


def _one_sided(limits: Iterable[Limited]) -> Iterator[tuple[Form, int]]:
    """*limits* as forms with the most that each may be."""
    for each in limits:
        if each.limit.high is not None:
            yield each.form, each.limit.high
        if each.limit.low is not None:
            yield _times(each.form, -1), -each.limit.low


def _times(form: Form, sign: int) -> Form:
    return form if sign > 0 else Form(tuple((-factor, quantity) for factor, quantity in form.terms))
