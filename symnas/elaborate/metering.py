"""Metering: what single architectures cost, straight from their choices, by walking completed tries.

No fragment and no graph is made. What one way through a region costs by itself is worked out once; several costs are
added at once, as one integer each. Tries are walked as they lie at each place of the program, with absolute paths, and
what the regions cost is added up on the way. Where that is not all there is to it, the ways taken are kept (`Way`).
"""

from collections.abc import Mapping
from typing import Any

from symnas.domains import Choice
from symnas.elaborate.charging import Charging, Context, Form, Item, Vector
from symnas.elaborate.tries import Kind, Node, Region, resolve
from symnas.elaborate.variants import Variants
from symnas.elaborate.variants import Way as Passed
from symnas.sizes import Size

__all__ = ["Meter", "NotMetered"]

_BITS = 80
"""Bits that one cost has in a sum of several."""
_MASK = (1 << _BITS) - 1
_HALF = 1 << (_BITS - 1)


class NotMetered(Exception):
    """The choices lead where no one has been, or costs do not add up there."""


class Way:
    """A way through a region: the *leaf* it ends at, and the ways through the regions invoked on it; *fixed* if there is
    no other. Its *cost* is that in the usual context, `None` where it has to be worked out.
    """

    __slots__ = ("cost", "fixed", "leaf", "parts", "passed")

    def __init__(self, leaf: Node, passed: Passed, parts: "list[Way]", fixed: bool, cost: int | None) -> None:
        self.leaf = leaf
        self.passed = passed
        self.parts = parts
        self.fixed = fixed
        self.cost = cost


class Prices:
    """What leaves cost in one context, by themselves, with the holes that are charged for."""

    __slots__ = ("context", "leaves")

    def __init__(self, context: Context) -> None:
        self.context = context
        self.leaves: dict[Node, tuple[int, tuple[tuple[int, Prices], ...], frozenset[Item]]] = {}


class Spot:
    """A node of a trie where its region stands in the program: *path* is absolute, *next* leads to further spots.

    *inner* is where the region invoked begins. At a beginning, *always* is the end and the cost of a region in which
    nothing is decided. At a leaf, *own* is what the way costs by itself and *holes* are the parts charged for, each
    once; *plain* if these are all parts. *prefix* is where the region stands, *once* the region itself if its
    decisions are made once for the program.
    """

    __slots__ = (
        "always", "continuous", "holes", "inner", "kind", "next", "node", "once", "outcome", "own", "path", "plain",
        "prefix",
    )  # fmt: skip

    def __init__(self, node: Node, prefix: str, once: Region | None) -> None:
        self.node = node
        self.kind = node.kind
        self.prefix = prefix
        self.path = resolve(prefix, node.path)
        self.continuous = node.continuous
        self.once = once
        self.next: dict[Any, Spot] = {}
        self.inner: Spot | None = None
        self.always: tuple[Spot, int] | None = None
        self.outcome = node.outcome
        self.own: int | None = None
        self.holes: tuple[int, ...] = ()
        self.plain = False


_MOST_SPOTS = 500_000
"""Spots kept; beyond that all are forgotten, and made anew where they are needed."""


class Meter:
    """What architectures of the program whose region is *root* cost in *forms*."""

    def __init__(self, root: Region, forms: tuple[Form, ...], sizes: Mapping[str, Size]) -> None:
        self.root = root
        self.forms = forms
        self.charging = Charging(forms, sizes)
        self._variants = Variants()
        self._fixed: dict[Region, Way] = {}
        self._once: dict[Region, Way] = {}
        self._contexts: dict[Context, Prices] = {}
        nets = [quantity.net for form in forms for _, quantity in form.terms]
        self._usual = self._prices(Context(nets[0]))
        self._spots: dict[tuple[Region, str], Spot] = {}
        self._made = 0
        self._seen: dict[Region, tuple[Spot, int]] = {}

    def cost(self, choices: Mapping[str, Choice]) -> tuple[Vector, frozenset[Item]]:
        """What the architecture with *choices* costs, but for the shared weights that it uses, which are told apart.

        Raises:
            NotMetered: these are not the choices of an architecture, or its costs do not add up.
        """
        items: list[frozenset[Item]] = []
        try:
            packed = self._added(choices)
            if packed is None:
                self._once.clear()
                way = self._way(self.root, "", choices)
                packed = self._cost(way, self._prices(Context()), items)
        except KeyError:
            raise NotMetered from None
        found = []
        for _ in self.forms:
            low = packed & _MASK
            low -= (low & _HALF) << 1
            found.append(low)
            packed = (packed - low) >> _BITS
        return tuple(found), frozenset().union(*items)

    def _added(self, choices: Mapping[str, Choice]) -> int | None:
        """The cost, where it is the sum of what the regions cost."""
        self._seen.clear()
        if self._made > _MOST_SPOTS:
            self._spots.clear()
            self._made = 0
        walked = self._walk(self._begin(self.root, ""), choices, self._prices(Context()))
        return None if walked is None else walked[1]

    def _begin(self, region: Region, prefix: str) -> Spot:
        """Where *region* begins below *prefix*."""
        place = (region, prefix)
        found = self._spots.get(place)
        if found is None:
            if region.root is None:
                raise NotMetered
            found = self._spots[place] = self._spot(region.root, prefix, region if region.once else None)
        return found

    def _spot(self, node: Node, prefix: str, once: Region | None = None) -> Spot:
        self._made += 1
        made = Spot(node, prefix, once)
        if node.kind == Kind.INVOKE:
            made.inner = self._begin(node.region, made.path)
        return made

    def _walk(self, begin: Spot, choices: Mapping[str, Choice], prices: Prices) -> tuple[Spot, int] | None:
        """The leaf that *choices* lead to from *begin*, and what the way costs at *prices*; `None` if that is no sum of
        what regions cost in the usual context.
        """
        spot = begin
        costs: list[int] = []
        passed: list[Spot] = []
        fixed = True
        while True:
            if spot.kind == 0:  # as `Kind` numbers them
                fixed = False
                choice = None if spot.continuous else choices[spot.path]
                spot = spot.next.get(choice) or self._after(spot, choice)
            elif spot.kind == 1:
                inner = spot.inner
                assert inner is not None
                walked = inner.always
                if walked is None:
                    walked = self._seen.get(inner.once) if inner.once is not None else None
                    if walked is None:
                        walked = self._walk(inner, choices, self._usual)
                        if walked is None:
                            return None
                    fixed = fixed and inner.always is not None
                passed.append(spot)
                costs.append(walked[1])
                outcome = walked[0].outcome
                spot = spot.next.get(outcome) or self._after(spot, outcome)
            else:
                break
        if spot.own is None and not self._settle(spot, passed, prices):
            return None
        assert spot.own is not None
        total = spot.own + (sum(costs) if spot.plain else sum([costs[number] for number in spot.holes]))
        if fixed:
            begin.always = spot, total
        elif begin.once is not None:
            self._seen[begin.once] = spot, total
        return spot, total

    def _after(self, spot: Spot, taken: Any) -> Spot:
        """The spot after *spot*, when *taken* is chosen or given there."""
        node = spot.node
        following = next(iter(node.next.values()), None) if taken is None else node.next.get(taken)
        if following is None:
            raise NotMetered
        found = spot.next[taken] = self._spot(following, spot.prefix)
        return found

    def _settle(self, leaf: Spot, passed: list[Spot], prices: Prices) -> bool:
        """Note at *leaf* what the way to it costs; whether that, and what its parts cost, is all."""
        if leaf.kind != Kind.LEAF:
            raise NotMetered
        price = prices.leaves.get(leaf.node)
        if price is None:
            regions = tuple(each.node.region for each in passed)
            price = prices.leaves[leaf.node] = self._price(leaf.node, regions, prices.context)
        total, holes, shared = price
        if shared or any(inner is not self._usual for _, inner in holes):
            return False
        leaf.own = total
        leaf.holes = tuple(number for number, _ in holes)
        leaf.plain = sorted(leaf.holes) == list(range(len(passed)))
        return True

    def _way(self, region: Region, prefix: str, choices: Mapping[str, Choice]) -> Way:
        if region.once:
            known = self._once.get(region)
            if known is not None:
                return known
        node = region.root
        parts: list[Way] = []
        passed: list[Region] = []
        fixed = True
        while node is not None:
            kind, path = node.kind, node.path  # as `Kind` numbers them
            if kind == 0:
                fixed = False
                if node.domain.size:
                    node = node.next.get(choices[prefix + path if path[:1] == "." else path or prefix])
                else:
                    node = next(iter(node.next.values()), None)
            elif kind == 1:
                inner = node.region
                part = self._fixed.get(inner)
                if part is None:
                    part = self._way(inner, prefix + path if path[:1] == "." else path or prefix, choices)
                    fixed = fixed and part.fixed
                parts.append(part)
                passed.append(inner)
                node = node.next.get(part.leaf.outcome)
            elif kind == 2:
                regions = tuple(passed)
                way = Way(node, regions, parts, fixed, self._usual_cost(node, regions, parts))
                if fixed:
                    self._fixed[region] = way
                elif region.once:
                    self._once[region] = way  # a cell is decided alike at all uses
                return way
            else:
                break
        raise NotMetered

    def _usual_cost(self, leaf: Node, passed: Passed, parts: list[Way]) -> int | None:
        """What a way costs in the usual context, if that simply adds up."""
        price = self._usual.leaves.get(leaf)
        if price is None:
            price = self._usual.leaves[leaf] = self._price(leaf, passed, self._usual.context)
        total, holes, shared = price
        if shared:
            return None
        usual = self._usual
        for number, inner in holes:
            cost = parts[number].cost
            if cost is None or inner is not usual:
                return None
            total += cost
        return total

    def _cost(self, way: Way, prices: Prices, items: list[frozenset[Item]]) -> int:
        if way.cost is not None and prices is self._usual:
            return way.cost
        price = prices.leaves.get(way.leaf)
        if price is None:
            price = prices.leaves[way.leaf] = self._price(way.leaf, way.passed, prices.context)
        total, holes, shared = price
        if shared:
            items.append(shared)
        for number, inner in holes:
            total += self._cost(way.parts[number], inner, items)
        return total

    def _prices(self, context: Context) -> Prices:
        found = self._contexts.get(context)
        if found is None:
            found = self._contexts[context] = Prices(context)
        return found

    def _price(
        self, leaf: Node, passed: Passed, context: Context
    ) -> tuple[int, tuple[tuple[int, Prices], ...], frozenset[Item]]:  # fmt: skip
        variants = self._variants.of(leaf, passed, context.wanted)
        if len(variants) != 1:
            raise NotMetered  # what lives depends on what fills the holes
        charges = self.charging.of(variants[0].life, context)
        if charges.worst:
            raise NotMetered
        packed = sum(cost << (place * _BITS) for place, cost in enumerate(charges.own))
        holes = tuple((number, self._prices(each)) for number, contexts in charges.holes.items() for each in contexts)
        return packed, holes, charges.items
