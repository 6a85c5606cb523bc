"""Costing: the completed tries of a space made into a circuit, in which each architecture has its cost.

Regions are walked as in counting, each once for every way in which it is charged for. What a region leaves open to
those who use it is kept apart: how it ends, which shared weights it uses, and which cells it uses and how they are
charged for. A cell is decided once, so the regions that are its uses are walked together, choice for choice, when all
uses are known: what a choice in it costs is the sum over them.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any

from attrs import evolve, frozen

from symnas.domains import Continuous
from symnas.elaborate.charging import (
    Charging,
    Context,
    Form,
    Item,
    Quantity,
    Vector,
    Worst,
    amount_kept,
    joined,
    plus,
    times,
)
from symnas.elaborate.circuits import Label, Leaf, Node, Pair, explicit, union
from symnas.elaborate.counting import Counter, End, Summary, TooLarge, Touched
from symnas.elaborate.lives import EVERYTHING, Life, Mask
from symnas.elaborate.tries import Kind, Outcome, Region
from symnas.elaborate.tries import Node as Trie
from symnas.elaborate.variants import Accepted, Variant, Variants, Way
from symnas.graph import Kept
from symnas.sizes import Size

__all__ = ["Costing", "shared_cost"]

MOST_PARTS = 150_000
"""Parts that a circuit is made of at most; some fifty microseconds each."""

MOST_APART = 20_000
"""Members of the parts in a `when` that are told apart by their multiply-adds."""

Cell = tuple[str, int]
CellUse = tuple[Cell, Region, tuple[Context, ...]]
Charged = tuple[Region, tuple[Context, ...]]
"""A region, and all ways in which it is charged for; none if it is only decided."""


@frozen(cache_hash=True)
class State:
    """What a part leaves open: the shared weights it uses, the cells with how their uses are charged for, and what of
    its inputs each of its regions *reads*.
    """

    items: frozenset[Item] = frozenset()
    cells: frozenset[CellUse] = frozenset()
    reads: tuple[Mask, ...] = ()

    def joined(self, other: "State") -> "State":
        """That of a way with *other* on it."""
        if not self.cells or not other.cells:
            return State(self.items | other.items, self.cells | other.cells, self.reads)
        return State(self.items | other.items, _joined_uses((*self.cells, *other.cells)), self.reads)

    def using(self, use: CellUse) -> "State":
        """With one more use of a cell."""
        return evolve(self, cells=_joined_uses((*self.cells, use)))


@frozen(cache_hash=True)
class Open:
    """What a way waits for: how holes before it are charged for, what they are to read, and the `when`s that need to
    know their costs.
    """

    holes: frozenset[tuple[int, tuple[Context, ...]]]
    worst: tuple[tuple[Vector, Worst], ...]
    accepted: Accepted = frozenset()

    def taken(self, number: int) -> "tuple[Use, Open]":
        """How hole *number* is charged for, what it is to read, and the rest."""
        ways = next((pair for pair in self.holes if pair[0] == number), None)
        reads = next((pair for pair in self.accepted if pair[0] == number), None)
        if ways is None and reads is None:
            return ((), None), self
        rest = evolve(self, holes=self.holes - {ways}, accepted=self.accepted - {reads})
        return (ways[1] if ways else (), reads[1] if reads else None), rest

    def waits(self, number: int) -> bool:
        """Whether a `when` needs to know what fills hole *number*."""
        return any(number in worst.open for _, worst in self.worst)


Use = tuple[tuple[Context, ...], frozenset[Mask] | None]
"""How what fills a hole is charged for, and what it is to read; anything if `None`."""

Key = tuple[tuple[End, ...], tuple[Open, ...], State]
Below = dict[Key, list[tuple[Label | None, Node]]]
"""What is below a place on the way: parts by how they end, what they wait for, and what they leave open."""
Filling = list[tuple[tuple[End, ...], tuple[Open, ...], State, Node]]
Found = dict[tuple[tuple[End, ...], State], Node]


class Costing:
    """Circuits for *forms* over the regions that *counter* has completed."""

    def __init__(
        self, counter: Counter, forms: tuple[Form, ...], sizes: Mapping[str, Size], depth: int = 0
    ) -> None:  # fmt: skip
        self.counter = counter
        self.forms = forms
        self.sizes = sizes
        self.depth = depth
        self.charging = Charging(forms, sizes)
        self.variants = Variants()
        self.zero: Vector = (0,) * len(forms)
        self._kept: dict[tuple[Charged, ...], Found] = {}
        self._apart: Costing | None = None
        self._parts = 0
        self._numbers: dict[Region, int] = {}

    def whole(self, root: Region) -> Node | None:
        """The circuit of the program whose region is *root*; `None` if no architecture is left.

        Raises:
            TooLarge: costs do not add up, for a reason that the message gives.
            SearchError: a cost depends on a size that has no value.
        """
        found = self.circuit(((root, (Context(),)),))
        made = [node for (ends, state), each in found.items() for node in self._decided(each, ends[0][1], state)]
        return union([(None, node) for node in made]) if made else None

    def circuit(self, charged: tuple[Charged, ...]) -> Found:
        """The circuits of regions that are decided alike, by their ends and by what they leave open."""
        found = self._kept.get(charged)
        if found is None:
            roots = tuple(region.root for region, _ in charged)
            contexts = tuple(each for _, each in charged)
            branches = self._visit(roots, contexts, ((),) * len(charged))
            found = self._kept[charged] = {(ends, state): union(nodes) for (ends, _, state), nodes in branches.items()}
        return found

    def _spend(self, parts: int) -> None:
        self._parts += parts
        if self._parts > MOST_PARTS:
            raise TooLarge("its cells are charged for in too many different ways")

    # ----------------------------------------------------------------------------------------- the way down

    def _visit(self, nodes: Any, contexts: Any, passed: tuple[Way, ...]) -> Below:
        """What is below *nodes*, one of each region; *passed* are the regions invoked before."""
        if any(node is None or node.kind in (Kind.DEAD, Kind.FAULT) for node in nodes):
            return {}
        alone = next((place for place, node in enumerate(nodes) if self._decides_nothing(node, len(nodes))), None)
        if alone is not None:
            return self._visit_alone(nodes, contexts, passed, alone)
        kinds = {node.kind for node in nodes}
        if kinds == {Kind.LEAF}:
            return self._leaf(nodes, contexts, passed)
        if kinds == {Kind.ASK}:
            return self._visit_ask(nodes, contexts, passed)
        if kinds == {Kind.INVOKE}:
            return self._visit_invoke(nodes, contexts, passed)
        raise TooLarge("a cell decides in another order at another use")

    def _leaf(self, nodes: tuple[Trie, ...], contexts: Any, passed: tuple[Way, ...]) -> Below:
        """What leaves cost, for each way in which what fills their holes may read what comes before it."""
        ends = tuple((node.outcome, frozenset[Cell]()) for node in nodes)
        found: Below = {}
        for chosen in product(*map(self._variants, nodes, contexts, passed)):
            cost, items = self.zero, frozenset[Item]()
            left: list[Open] = []
            for variant, ways in zip(chosen, contexts, strict=True):
                holes: dict[int, tuple[Context, ...]] = {}
                worst: list[tuple[Vector, Worst]] = []
                for context in ways:
                    charges = self.charging.of(variant.life, context)
                    cost, items = plus(cost, charges.own), items | charges.items
                    worst += charges.worst
                    for number, uses in charges.holes.items():
                        holes[number] = joined((*holes.get(number, ()), *uses))
                left.append(Open(frozenset(holes.items()), tuple(worst), variant.accepted))
            state = State(items, reads=tuple(variant.life.reads for variant in chosen))
            found.setdefault((ends, tuple(left), state), []).append((None, Leaf(cost)))
        self._spend(len(found))
        return found

    def _variants(self, leaf: Trie, ways: tuple[Context, ...], passed: Way) -> tuple[Variant, ...]:
        """What may live of *leaf*; nothing if it is not charged for."""
        wanted = {context.wanted for context in ways}
        if not wanted:
            return (Variant(Life(leaf.template, (), 0)),)
        if len(wanted) > 1:
            raise TooLarge("the uses of a cell read different results of the same part")
        return self.variants.of(leaf, passed, wanted.pop())

    def _visit_ask(self, nodes: tuple[Trie, ...], contexts: Any, passed: Any) -> Below:
        first = nodes[0]
        domain = first.domain if isinstance(first.domain, Continuous) and first.only is None else None
        found: Below = {}
        for choice in self._choices(first):
            label = Label(first.path, choice, domain)
            below = self._visit(tuple(node.next.get(choice) for node in nodes), contexts, passed)
            self._spend(len(below))
            for key, branches in below.items():
                found.setdefault(key, []).append((label, union(branches)))
        return found

    @staticmethod
    def _choices(node: Trie) -> list[Any]:
        if node.only is not None:
            return [node.only]
        domain = node.domain
        return [domain.at(0.5)] if isinstance(domain, Continuous) else list(range(domain.size))

    def _visit_invoke(self, nodes: tuple[Trie, ...], contexts: Any, passed: tuple[Way, ...]) -> Below:
        """Regions that decide: each with all that follows it."""
        inner: tuple[Region, ...] = tuple(node.region for node in nodes)
        numbers = tuple(map(len, passed))
        following = tuple((*before, region) for before, region in zip(passed, inner, strict=True))
        found: Below = {}
        for outcomes in self._outcomes(inner):
            children = tuple(node.next.get(each) for node, each in zip(nodes, outcomes, strict=True))
            for (ends, left, state), branches in self._visit(children, contexts, following).items():
                taken = [each.taken(number) for each, number in zip(left, numbers, strict=True)]
                uses = tuple(use for use, _ in taken)
                rest = tuple(each for _, each in taken)
                below = union(branches)
                self._spend(len(branches))
                for made, last, more, node in self._filled(inner, uses, rest, numbers, outcomes):
                    key = _joined_ends(made, ends), last, state.joined(more)
                    found.setdefault(key, []).append((None, Pair(nodes[0].path, node, below)))
        return found

    def _outcomes(self, inner: tuple[Region, ...]) -> list[tuple[Outcome, ...]]:
        """What the regions, decided alike, can give."""
        if len(inner) == 1:
            return [(each,) for each in self.counter.outcomes(inner[0])]
        plain = self.circuit(tuple((region, ()) for region in inner))
        return list(dict.fromkeys(tuple(outcome for outcome, _ in ends) for ends, _ in plain))

    def _filled(
        self, inner: tuple[Region, ...], uses: tuple[Use, ...], left: tuple[Open, ...], numbers: tuple[int, ...],
        outcomes: Any,
    ) -> Filling:  # fmt: skip
        """The regions that fill holes *numbers*, give *outcomes* and read what they are to read, with what is still
        open once they are known.
        """
        charged = tuple((region, ways) for region, (ways, _) in zip(inner, uses, strict=True))
        wanted = tuple(reads for _, reads in uses)
        if any(each.waits(number) for each, number in zip(left, numbers, strict=True)):
            if len(charged) > 1:
                raise TooLarge("a cell has parts in a `when`")
            return self._told_apart(charged[0], left[0], numbers[0], outcomes[0], wanted)
        return [
            (ends, left, state, node)
            for (ends, state), node in self.circuit(charged).items()
            if all(outcome == given for (outcome, _), given in zip(ends, outcomes, strict=True))
            and _reads_as(state, wanted)
        ]

    def _visit_alone(self, nodes: tuple[Trie, ...], contexts: Any, passed: tuple[Way, ...], place: int) -> Below:
        """The region at *place* decides nothing here: it is a cell's, decided elsewhere, or has nothing to decide."""
        node = nodes[place]
        inner: Region = node.region
        (outcome,) = self.counter.outcomes(inner)
        moved = (*nodes[:place], node.next.get(outcome), *nodes[place + 1 :])
        number = len(passed[place])
        following = _replaced(passed, place, (*passed[place], inner))
        found: Below = {}
        for (ends, left, state), branches in self._visit(moved, contexts, following).items():
            use, rest = left[place].taken(number)
            ways, _ = use
            below = union(branches)
            self._spend(len(branches))
            if inner.cell is not None:
                if rest.waits(number):
                    raise TooLarge(f"cell `{inner.cell}` stands in a `when`")
                cell = (inner.cell, inner.summary.shape)
                ((_, touched),) = inner.summary.ends
                here = ((outcome, touched | {cell}),)
                self._order(inner)
                more = state.using((cell, inner, ways)) if ways else state
                entries: Filling = [(here, (rest,), more, below)]
            else:
                filled = self._filled((inner,), (use,), (rest,), (number,), (outcome,))
                entries = [
                    (each, last, state.joined(more), Pair(node.path, made, below)) for each, last, more, made in filled
                ]
            for made_ends, (last,), state_then, result in entries:
                own = _joined_ends(made_ends, (ends[place],))[0]
                key = _replaced(ends, place, own), _replaced(left, place, last), state_then
                found.setdefault(key, []).append((None, result))
        return found

    def _decides_nothing(self, node: Trie, together: int) -> bool:
        if node.kind != Kind.INVOKE:
            return False
        if node.region.cell is not None:
            return True
        summary: Summary = node.region.summary
        return together > 1 and len(summary.outcomes) == 1 and summary.shape == self.counter.shapes.get("end")

    # ------------------------------------------------------------------------------------------------ when

    def _told_apart(
        self, charged: Charged, left: Open, number: int, outcome: Outcome, wanted: "tuple[frozenset[Mask] | None, ...]"
    ) -> Filling:  # fmt: skip
        """A region in a side of a `when`: its members by the multiply-adds that the `when` compares."""
        net = f"#{self.depth}"
        if self._apart is None:
            form = Form(((1, Quantity("macs", net)),))
            self._apart = Costing(self.counter, (*self.forms, form), self.sizes, self.depth + 1)
        region, ways = charged
        raw = Context(net, uses=0, turns=0, wanted=ways[0].wanted if ways else EVERYTHING)
        found: Filling = []
        for (ends, state), node in self._apart.circuit(((region, (*ways, raw)),)).items():
            if ends[0][0] != outcome or not _reads_as(state, wanted):
                continue
            if node.count > MOST_APART:
                raise TooLarge(f"a side of a `when` has {node.count:,} members, and its multiply-adds do not add up")
            groups: dict[int, list[tuple[Label | None, Node]]] = {}
            for labels, cost in explicit(node):
                made: Node = Leaf(cost[:-1])
                for label in reversed(labels):
                    made = union([(label, made)])
                groups.setdefault(cost[-1], []).append((None, made))
            for macs, branches in groups.items():
                cost, rest = self._known(left, number, macs)
                made = union(branches)
                found.append((ends, (rest,), state, Pair("", Leaf(cost), made) if any(cost) else made))
        return found

    def _known(self, left: Open, number: int, macs: int) -> tuple[Vector, Open]:
        """What `when`s cost that know all once hole *number* has *macs* multiply-adds, and what is open then."""
        cost, waiting = self.zero, []
        for value, worst in left.worst:
            filled = worst.filled(number, macs)
            if filled.open:
                waiting.append((value, filled))
            else:
                cost = plus(cost, times(filled.macs, value))
        return cost, evolve(left, worst=tuple(waiting))

    # ----------------------------------------------------------------------------------------- decided once

    def _decided(self, node: Node, touched: Touched, state: State) -> list[Node]:
        """*node* with the cells that it touches decided and the weights that it shares paid for."""
        current = {state: node}
        for cell in self._outermost_first(touched):
            following: dict[State, list[tuple[Label | None, Node]]] = {}
            self._spend(len(current))
            for before, rest in current.items():
                uses = frozenset(use for use in before.cells if use[0] == cell)
                left = evolve(before, cells=before.cells - uses)
                charged = tuple((region, ways) for _, region, ways in sorted(uses, key=lambda use: self._order(use[1])))
                for (_, more), inner in self.circuit(charged or ((self.counter.cells[cell], ()),)).items():
                    following.setdefault(left.joined(more), []).append((None, Pair(cell[0], inner, rest)))
            current = {each: union(nodes) for each, nodes in following.items()}
        return [
            Pair("", Leaf(shared_cost(each.items, self.forms)), made) if each.items else made
            for each, made in current.items()
        ]

    def _outermost_first(self, touched: Touched) -> list[Cell]:
        cells = self.counter.cells

        def within(cell: Cell) -> int:
            summary: Summary = cells[cell].summary
            return max(len(used) for _, used in summary.ends)

        return sorted(touched, key=lambda cell: (-within(cell), cell))

    def _order(self, region: Region) -> int:
        """A number for a region, the same in every process: regions are met in the same order."""
        return self._numbers.setdefault(region, len(self._numbers))


def shared_cost(items: frozenset[Item], forms: tuple[Form, ...]) -> Vector:
    """What shared weights cost, each once."""
    kept: dict[tuple[str, str], Kept] = {}
    for net, path, each in items:
        if each is not None:
            before = kept.get((net, path))
            kept[net, path] = each if before is None else each.joined(before)
    for net, path, each in items:
        if each is None and (net, path) in kept:
            kept[net, path] = kept[net, path].whole
    return tuple(
        sum(
            factor * amount_kept(each, quantity.name)
            for (net, _), each in kept.items()
            for factor, quantity in form.terms
            if quantity.net == net
        )
        for form in forms
    )


def _reads_as(state: State, wanted: "tuple[frozenset[Mask] | None, ...]") -> bool:
    """Whether each region of a part reads what it is to read."""
    return all(each is None or reads in each for reads, each in zip(state.reads, wanted, strict=True))


def _joined_uses(uses: tuple[CellUse, ...]) -> frozenset[CellUse]:
    made: dict[tuple[Cell, Region], tuple[Context, ...]] = {}
    for cell, region, ways in uses:
        made[cell, region] = joined((*made.get((cell, region), ()), *ways))
    return frozenset((*key, ways) for key, ways in made.items())


def _joined_ends(first: tuple[End, ...], second: tuple[End, ...]) -> tuple[End, ...]:
    """The ends of ways that go on: the last outcome, and all cells touched."""
    return tuple((last, touched | later) for (_, touched), (last, later) in zip(first, second, strict=True))


def _replaced(items: tuple[Any, ...], place: int, item: Any) -> Any:
    return (*items[:place], item, *items[place + 1 :])
