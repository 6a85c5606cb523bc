"""Metering: what single architectures cost, straight from their choices, by walking completed tries.

No fragment and no graph is made. What one way through a region costs by itself is worked out once; several costs are
added at once, as one integer each.
"""

from collections.abc import Mapping
from typing import Any

from symnas.domains import Choice
from symnas.elaborate.charging import Charging, Context, Form, Item, Vector
from symnas.elaborate.tries import Node, Region
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
    no other.
    """

    __slots__ = ("fixed", "leaf", "parts")

    def __init__(self, leaf: Node, parts: "list[Way]", fixed: bool) -> None:
        self.leaf = leaf
        self.parts = parts
        self.fixed = fixed


class Prices:
    """What ways cost in one context: leaves by themselves, with the holes that are charged for; fixed ways as a whole."""

    __slots__ = ("context", "fixed", "leaves")

    def __init__(self, context: Context) -> None:
        self.context = context
        self.leaves: dict[Node, tuple[int, tuple[tuple[int, Prices], ...], frozenset[Item]]] = {}
        self.fixed: dict[Way, int] = {}


class Meter:
    """What architectures of the program whose region is *root* cost in *forms*."""

    def __init__(self, root: Region, forms: tuple[Form, ...], sizes: Mapping[str, Size]) -> None:
        self.root = root
        self.forms = forms
        self.charging = Charging(forms, sizes)
        self._fixed: dict[Region, Way] = {}
        self._once: dict[Region, Way] = {}
        self._contexts: dict[Context, Prices] = {}

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
        known = self._fixed.get(region) or (self._once.get(region) if region.once else None)
        if known is not None:
            return known
        node = region.root
        parts: list[Way] = []
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
                part = self._way(node.region, prefix + path if path[:1] == "." else path or prefix, choices)
                fixed = fixed and part.fixed
                parts.append(part)
                node = node.next.get(part.leaf.outcome)
            elif kind == 2:
                way = Way(node, parts, fixed)
                if fixed:
                    self._fixed[region] = way
                elif region.once:
                    self._once[region] = way  # a cell is decided alike at all uses
                return way
            else:
                break
        raise NotMetered

    def _cost(self, way: Way, prices: Prices, items: list[frozenset[Item]]) -> int:
        if way.fixed:
            known = prices.fixed.get(way)
            if known is not None:
                return known
        price = prices.leaves.get(way.leaf)
        if price is None:
            price = prices.leaves[way.leaf] = self._price(way.leaf, prices.context)
        total, holes, shared = price
        if shared:
            items.append(shared)
        parts, before = way.parts, len(items)
        for number, inner in holes:
            total += self._cost(parts[number], inner, items)
        if way.fixed and not shared and len(items) == before:
            prices.fixed[way] = total
        return total

    def _prices(self, context: Context) -> Prices:
        found = self._contexts.get(context)
        if found is None:
            found = self._contexts[context] = Prices(context)
        return found

    def _price(self, leaf: Any, context: Context) -> tuple[int, tuple[tuple[int, Prices], ...], frozenset[Item]]:
        charges = self.charging.of(leaf.template, context)
        if charges.worst:
            raise NotMetered
        packed = sum(cost << (place * _BITS) for place, cost in enumerate(charges.own))
        holes = tuple((number, self._prices(each)) for number, contexts in charges.holes.items() for each in contexts)
        return packed, holes, charges.items
