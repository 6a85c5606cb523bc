"""Metering: what single architectures cost, straight from their choices, by walking completed tries.

No fragment and no graph is made. What one way through a region costs by itself is worked out once; several costs are
added at once, as one integer each.
"""

from collections.abc import Mapping

from symnas.domains import Choice
from symnas.elaborate.charging import Charging, Context, Form, Item, Vector
from symnas.elaborate.tries import Node, Region
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

    def cost(self, choices: Mapping[str, Choice]) -> tuple[Vector, frozenset[Item]]:
        """What the architecture with *choices* costs, but for the shared weights that it uses, which are told apart.

        Raises:
            NotMetered: these are not the choices of an architecture, or its costs do not add up.
        """
        self._once.clear()
        try:
            way = self._way(self.root, "", choices)
        except KeyError:
            raise NotMetered from None
        items: list[frozenset[Item]] = []
        packed = self._cost(way, self._prices(Context()), items)
        found = []
        for _ in self.forms:
            low = packed & _MASK
            low -= (low & _HALF) << 1
            found.append(low)
            packed = (packed - low) >> _BITS
        return tuple(found), frozenset().union(*items)

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
