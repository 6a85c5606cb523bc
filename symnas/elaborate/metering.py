"""Metering: what single architectures cost, straight from their choices, by walking completed tries.

No fragment and no graph is made. What one way through a region costs by itself is worked out once; several costs are
added at once, as one integer each. Tries are walked as they lie at each place of the program, with absolute paths, and
what the regions cost is added up on the way. Where more matters, the ways taken are gone through once more: shared
weights, sides of a `when`, and layers that live only if what comes after reads them.
"""

import re
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from attrs import evolve, frozen

from symnas.domains import Choice
from symnas.elaborate.charging import Charges, Charging, Context, Form, Item, Quantity, Vector, Worst
from symnas.elaborate.counting import TooLarge
from symnas.elaborate.lives import EVERYTHING, Mask
from symnas.elaborate.tries import Kind, Node, Region, resolve
from symnas.elaborate.variants import Variant, Variants, holes_of
from symnas.sizes import Size

__all__ = ["Meter", "NotMetered"]

_BITS = 80
"""Bits that one cost has in a sum of several."""
_MASK = (1 << _BITS) - 1
_HALF = 1 << (_BITS - 1)


class NotMetered(Exception):
    """The choices lead where no one has been, or there are too many ways in which layers may live."""


class Prices:
    """What leaves cost in one context, by themselves, in each of their variants."""

    __slots__ = ("context", "leaves")

    def __init__(self, context: Context) -> None:
        self.context = context
        self.leaves: dict[Node, tuple[Price, ...]] = {}


@frozen(eq=False)
class Price:
    """What a way costs by itself, where the parts in its holes read what is *accepted*: of the number of a hole, when
    its results in a mask are wanted, these masks.

    *own* is packed; *holes* are the parts charged for, with the prices that hold there; *worst* are `when`s, each with
    the packed cost of a multiply-add. The way *reads* these of its inputs. It *adds* if its cost is a plain sum.
    """

    accepted: tuple[tuple[int, Mask, frozenset[Mask]], ...]
    reads: Mask
    own: int
    holes: tuple[tuple[int, Prices], ...]
    items: frozenset[Item]
    worst: tuple[tuple[int, Worst], ...]
    adds: bool


Way = tuple["Spot", int | None, Mask, list[Any], "dict[Prices, tuple[int, frozenset[Item]]] | None"]
"""A way through a region: the leaf it ends at, what it costs in the usual context (`None` where that is no plain sum),
what it reads of its inputs if all its results are read, the ways through the regions invoked on it, and, if it is kept,
what it costs in other contexts. A plain tuple, because one is made for every region of every architecture.
"""


class Spot:
    """A node of a trie where its region stands in the program: *path* is absolute, *next* leads to further spots.

    *inner* is where the region invoked begins. At a beginning, *always* is the way through a region in which nothing is
    decided. At a leaf, *own* is what the way costs by itself and *holes* are the parts charged for, each once; *plain*
    if these are all parts; *own* is `None` where that is not all. It is *settled* once that is known; *regions* are
    those invoked on the way, and *prices* those that hold there. *home* are the prices of the net that its path begins with. *prefix* is where the region stands, *once* the region itself if its decisions are made once
    for the program.

    At a beginning, *asks* are all decisions that a way from there may ask, if they have few combinations; the *ways* of
    those met are kept.
    """

    __slots__ = (
        "always", "asks", "continuous", "holes", "home", "inner", "kind", "next", "node", "once", "outcome", "own",
        "path", "plain", "prefix", "prices", "reads", "regions", "settled", "ways",
    )  # fmt: skip

    def __init__(self, node: Node, prefix: str, once: Region | None, home: Prices) -> None:
        self.node = node
        self.kind = node.kind
        self.prefix = prefix
        self.path = resolve(prefix, node.path)
        self.continuous = node.continuous
        self.once = once
        self.next: dict[Any, Spot] = {}
        self.inner: Spot | None = None
        self.always: Way | None = None
        self.asks: tuple[str, ...] | None = None
        self.ways: dict[tuple[Choice | None, ...], Way] = {}
        self.outcome = node.outcome
        self.own: int | None = None
        self.holes: tuple[int, ...] = ()
        self.plain = False
        self.reads: Mask = EVERYTHING
        self.settled = False
        self.prices: Prices | None = None
        self.home = home
        self.regions: tuple[Region, ...] = ()


_MOST_SPOTS = 500_000
"""Spots kept; beyond that all are forgotten, and made anew where they are needed."""

_MOST_WAYS = 512
"""Ways from one beginning that are kept, if it has no more combinations of choices."""

_HEAD = re.compile(r"\w*")

_RAW = "#"
"""The net whose multiply-adds are counted where the sides of a `when` are compared."""


class Meter:
    """What architectures of the program whose region is *root* cost in *forms*."""

    def __init__(self, root: Region, forms: tuple[Form, ...], sizes: Mapping[str, Size]) -> None:
        self.root = root
        self.forms = forms
        self.sizes = sizes
        self.charging = Charging(forms, sizes)
        self._variants = Variants()
        self._contexts: dict[Context, Prices] = {}
        nets = [quantity.net for form in forms for _, quantity in form.terms]
        self._nets = {net: self._prices(Context(net)) for net in nets}
        self._usual = self._nets[nets[0]]
        self._spots: dict[tuple[Region, str], Spot] = {}
        self._made = 0
        self._seen: dict[Region, Way] = {}
        self._raw: Meter | None = None

    def cost(self, choices: Mapping[str, Choice]) -> tuple[Vector, frozenset[Item]]:
        """What the architecture with *choices* costs, but for the shared weights that it uses, which are told apart.

        Raises:
            NotMetered: these are not the choices of an architecture, or too much of it may live or not.
        """
        self._seen.clear()
        if self._made > _MOST_SPOTS:
            self._spots.clear()
            self._made = 0
        items: frozenset[Item] = frozenset()
        try:
            whole = self._prices(Context())
            way = self._walk(self._begin(self.root, ""), choices, whole)
            packed = way[1]
            if packed is None:
                packed, items = self._cost(way, whole)
        except (KeyError, TooLarge):
            raise NotMetered from None
        found = []
        for _ in self.forms:
            low = packed & _MASK
            low -= (low & _HALF) << 1
            found.append(low)
            packed = (packed - low) >> _BITS
        return tuple(found), items

    # ------------------------------------------------------------------------------------------- walking

    def _begin(self, region: Region, prefix: str) -> Spot:
        """Where *region* begins below *prefix*."""
        place = (region, prefix)
        found = self._spots.get(place)
        if found is None:
            if region.root is None:
                raise NotMetered
            found = self._spots[place] = self._spot(region.root, prefix, region if region.once else None)
            asked = _asked(region.root, prefix, {})
            found.asks = None if asked is None else tuple(asked)
        return found

    def _spot(self, node: Node, prefix: str, once: Region | None = None) -> Spot:
        self._made += 1
        head = _HEAD.match(resolve(prefix, node.path))
        assert head is not None, "it matches nothing as well"
        made = Spot(node, prefix, once, self._nets.get(head[0], self._usual))
        if node.kind == Kind.INVOKE:
            made.inner = self._begin(node.region, made.path)
        return made

    def _walk(self, begin: Spot, choices: Mapping[str, Choice], prices: Prices) -> Way:
        """The way that *choices* lead along from *begin*, and what it costs at *prices*."""
        spot = begin
        parts: list[Way] = []
        costs: list[Any] = []
        get = choices.get
        net = prices if prices.context.net is not None else None
        fixed = True
        while True:
            if spot.kind == 0:  # as `Kind` numbers them
                fixed = False
                choice = None if spot.continuous else choices[spot.path]
                spot = spot.next.get(choice) or self._after(spot, choice, choice)
            elif spot.kind == 1:
                inner = spot.inner
                assert inner is not None
                part = inner.always
                if part is None:
                    part = self._seen.get(inner.once) if inner.once is not None else None
                    if part is None:
                        below = self._usual if inner.once is not None else net or spot.home
                        if inner.asks is None:
                            part = self._walk(inner, choices, below)
                        else:
                            key = tuple(map(get, inner.asks))
                            part = inner.ways.get(key) or self._known(inner, key, choices, below)
                    fixed = fixed and inner.always is not None
                parts.append(part)
                costs.append(part[1] if part[0].prices is (net or spot.home) else None)
                outcome = part[0].outcome  # of which a region has one object
                spot = spot.next.get(id(outcome)) or self._after(spot, outcome, id(outcome))
            else:
                break
        if not spot.settled:
            self._settle(spot, self._passed(begin, choices, parts), prices)
        own, reads, holes = spot.own, spot.reads, spot.holes
        if own is None:
            own, reads, holes = self._alternative(spot, parts, prices)
        total: int | None
        try:
            total = own + (sum(costs) if spot.plain else sum([costs[number] for number in holes]))
        except TypeError:  # a part whose cost is no sum, or the way's own
            total = None
        way: Way = (spot, total, reads, parts, {} if fixed else None)
        if fixed:
            begin.always = way
        elif begin.once is not None:
            self._seen[begin.once] = way
        return way

    @staticmethod
    def _passed(begin: Spot, choices: Mapping[str, Choice], parts: Sequence[Way]) -> list[Spot]:
        """Where the regions are invoked on the way with *parts*, walked before."""
        spot, passed = begin, list[Spot]()
        while spot.kind < 2:
            if spot.kind == 0:
                spot = spot.next[None if spot.continuous else choices[spot.path]]
            else:
                passed.append(spot)
                spot = spot.next[id(parts[len(passed) - 1][0].outcome)]
        return passed

    def _known(
        self, begin: Spot, key: tuple[Choice | None, ...], choices: Mapping[str, Choice], prices: Prices
    ) -> Way:  # fmt: skip
        """The way that *choices* lead along from *begin*, where few are to be chosen, which are *key*: worked out once."""
        leaf, total, reads, parts, _ = self._walk(begin, choices, prices)
        found = leaf, total, reads, parts, dict[Prices, tuple[int, frozenset[Item]]]()
        if len(begin.ways) < _MOST_WAYS:
            self._made += 1
            begin.ways[key] = found
        return found

    def _after(self, spot: Spot, taken: Any, key: Any) -> Spot:
        """The spot after *spot*, when *taken* is chosen or given there."""
        node = spot.node
        following = next(iter(node.next.values()), None) if taken is None else node.next.get(taken)
        if following is None:
            raise NotMetered
        found = spot.next[key] = self._spot(following, spot.prefix)
        return found

    def _settle(self, leaf: Spot, passed: list[Spot], prices: Prices) -> None:
        """Note at *leaf* what the way to it costs, where that, and what its parts cost, is all."""
        if leaf.kind != Kind.LEAF:
            raise NotMetered
        leaf.settled, leaf.prices = True, prices
        leaf.regions = tuple(each.node.region for each in passed)
        variants = self._priced(leaf, prices)
        if len(variants) == 1 and (
            variants[0].adds or (prices.context.net is None and self._joins(variants[0], passed))
        ):
            leaf.own, leaf.reads = variants[0].own, variants[0].reads
            leaf.holes = tuple(number for number, _ in variants[0].holes)
            leaf.plain = sorted(leaf.holes) == list(range(len(passed)))

    def _joins(self, price: Price, passed: Sequence[Spot]) -> bool:
        """Whether a way through the whole program costs what its nets do together."""
        nets = [(passed[number].inner, passed[number].home, inner) for number, inner in price.holes]
        plain = all(net is inner and begin is not None and begin.once is None for begin, net, inner in nets)
        return plain and not price.items and not price.worst

    def _alternative(self, leaf: Spot, parts: list[Way], prices: Prices) -> tuple[Any, Mask, tuple[int, ...]]:
        """What the way to *leaf* costs by itself with these *parts*, `None` if that does not add up; what it reads; and
        the parts charged for.
        """
        price = self._chosen(self._priced(leaf, prices), parts)
        return price.own if price.adds else None, price.reads, tuple(number for number, _ in price.holes)

    # ------------------------------------------------------------------------------ what is no plain sum

    def _cost(self, way: Way, prices: Prices) -> tuple[int, frozenset[Item]]:
        """What *way* costs at *prices*, and the shared weights that it uses."""
        leaf, total, _, parts, kept = way
        if total is not None and prices is leaf.prices:
            return total, frozenset()
        if kept is not None and prices in kept:
            return kept[prices]
        price = self._chosen(self._priced(leaf, prices), parts)
        total, items = price.own, price.items
        for number, inner in price.holes:
            cost, more = self._cost(parts[number], inner)
            total += cost
            items = items | more if more else items
        for value, worst in price.worst:
            total += value * self._compared(parts, price, worst).macs
        if kept is not None:
            kept[prices] = total, items
        return total, items

    def _compared(self, parts: list[Way], price: Price, worst: Worst) -> Worst:
        """*worst* with what the parts in its sides need."""
        if self._raw is None:
            form = Form(((1, Quantity("macs", _RAW)),))
            self._raw = self if self.forms == (form,) else Meter(self.root, (form,), self.sizes)
        wanted = {number: each.context.wanted for number, each in price.holes}
        for number in sorted(worst.open):
            inner = Context(_RAW, uses=0, turns=0, wanted=wanted.get(number, EVERYTHING))
            macs, _ = self._raw.raw(parts[number], inner)
            worst = worst.filled(number, macs)
        return worst

    def raw(self, way: Way, context: Context) -> tuple[int, frozenset[Item]]:
        """What *way*, which another meter has walked, costs in *context*."""
        return self._cost(way, self._prices(context))

    def _chosen(self, variants: tuple[Price, ...], parts: list[Way]) -> Price:
        """The variant in which the parts read what they do."""
        if len(variants) == 1:
            return variants[0]
        for each in variants:
            if all(self._reads(parts[number], wanted) in masks for number, wanted, masks in each.accepted):
                return each
        raise NotMetered

    def _reads(self, way: Way, wanted: Mask) -> Mask:
        """What *way* reads of its inputs where its results in *wanted* are read."""
        if wanted == EVERYTHING:
            return way[2]
        prices = self._prices(evolve(self._usual.context, wanted=wanted))
        return self._chosen(self._priced(way[0], prices), way[3]).reads

    # --------------------------------------------------------------------------------------------- prices

    def _prices(self, context: Context) -> Prices:
        found = self._contexts.get(context)
        if found is None:
            found = self._contexts[context] = Prices(context)
        return found

    def _priced(self, leaf: Spot, prices: Prices) -> tuple[Price, ...]:
        found = prices.leaves.get(leaf.node)
        if found is None:
            variants = self._variants.of(leaf.node, leaf.regions, prices.context.wanted)
            found = prices.leaves[leaf.node] = tuple(self._price(each, prices.context) for each in variants)
        return found

    def _price(self, variant: Variant, context: Context) -> Price:
        charges: Charges = self.charging.of(variant.life, context)
        wanted = dict(holes_of(variant.life))
        accepted = tuple((number, wanted[number], masks) for number, masks in sorted(variant.accepted))
        holes = tuple((number, self._prices(each)) for number, contexts in charges.holes.items() for each in contexts)
        worst = tuple((_packed(value), each) for value, each in charges.worst)
        adds = not charges.items and not worst and all(inner.context is context for _, inner in holes)
        return Price(accepted, variant.life.reads, _packed(charges.own), holes, charges.items, worst, adds)


def _asked(node: Node | None, prefix: str, found: dict[str, int]) -> dict[str, int] | None:
    """All decisions that ways on from *node* may ask, and how many choices they have, added to *found*; `None` if they
    have more than a few combinations.
    """
    if node is None or node.kind in (Kind.LEAF, Kind.DEAD, Kind.FAULT):
        return found
    path = resolve(prefix, node.path)
    if node.kind == Kind.ASK:
        if not node.continuous:
            found[path] = node.domain.size
        if prod(found.values()) > _MOST_WAYS:
            return None
    elif _asked(node.region.root, path, found) is None:
        return None
    return found if all(_asked(each, prefix, found) is not None for each in node.next.values()) else None


def _packed(costs: Vector) -> int:
    return sum(cost << (place * _BITS) for place, cost in enumerate(costs))
