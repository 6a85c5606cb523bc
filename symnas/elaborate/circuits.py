"""Circuits: every architecture of a space and what it costs, as sums and products.

A circuit is a space with its costs put in: a `Leaf` is one architecture of a part and what that costs, a `Choice` is a
union of parts that have no architecture in common, a `Pair` is two parts that are decided apart and whose costs add
up. Whatever is asked of costs (least, greatest, how many cost so much, one of those) is one walk over it. How tries
become circuits is `costing.py`'s business.
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random

from attrs import frozen

from symnas.domains import Choice as Chosen
from symnas.domains import Continuous
from symnas.elaborate.charging import Vector, plus
from symnas.elaborate.tries import resolve

__all__ = [
    "Bounds", "Choice", "Label", "Leaf", "Node", "Pair", "Room", "below_first", "chosen", "drawn", "explicit", "parts_of", "rooms",
    "union",
]  # fmt: skip


@frozen
class Label:
    """A decision made: *path* as in the region, and the choice; a *domain* is continuous, and the choice its middle."""

    path: str
    choice: Chosen
    domain: Continuous | None = None


class Leaf:
    """One architecture of a part, with nothing left to decide."""

    __slots__ = ("cost", "count")

    def __init__(self, cost: Vector) -> None:
        self.cost = cost
        self.count: int = 1


class Choice:
    """Parts that have no architecture in common, each behind a decision or not."""

    __slots__ = ("branches", "count")

    def __init__(self, branches: "Sequence[tuple[Label | None, Node]]") -> None:
        self.branches = tuple(branches)
        self.count: int = sum(node.count for _, node in branches)


class Pair:
    """*inner*, its decisions below *path*, together with *rest*."""

    __slots__ = ("count", "inner", "path", "rest")

    def __init__(self, path: str, inner: "Node", rest: "Node") -> None:
        self.path = path
        self.inner = inner
        self.rest = rest
        self.count: int = inner.count * rest.count


Node = Leaf | Choice | Pair


def union(nodes: "Sequence[tuple[Label | None, Node]]") -> Node:
    """The union of *nodes*; a single one without a decision is itself."""
    if len(nodes) == 1 and nodes[0][0] is None:
        return nodes[0][1]
    return Choice(nodes)


def parts_of(node: Node) -> tuple[Node, ...]:
    """What *node* is made of."""
    match node:
        case Leaf():
            return ()
        case Choice():
            return tuple(below for _, below in node.branches)
        case Pair():
            return node.inner, node.rest


def below_first(whole: Node) -> Iterator[Node]:
    """Every node once, behind those that it is made of."""
    seen: set[int] = set()
    waiting: list[tuple[Node, bool]] = [(whole, False)]
    while waiting:
        node, done = waiting.pop()
        if done:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.append((node, True))
            waiting.extend((below, False) for below in parts_of(node))


class Bounds:
    """Least and greatest costs of the parts of a circuit, one form at a time, kept as they are worked out."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Vector, Vector]] = {}
        self._alive: list[Node] = []

    def of(self, node: Node) -> tuple[Vector, Vector]:
        """The least and the greatest of each form over the architectures of *node*, which has some."""
        found = self._kept.get(id(node))
        if found is None:
            found = self._kept[id(node)] = self._found(node)
            self._alive.append(node)  # so that no other node gets its id
        return found

    def _found(self, node: Node) -> tuple[Vector, Vector]:
        match node:
            case Leaf():
                return node.cost, node.cost
            case Choice():
                bounds = [self.of(each) for _, each in node.branches]
                lows, highs = zip(*bounds, strict=True)
                return tuple(map(min, zip(*lows, strict=True))), tuple(map(max, zip(*highs, strict=True)))
            case Pair():
                inner, rest = self.of(node.inner), self.of(node.rest)
                return plus(inner[0], rest[0]), plus(inner[1], rest[1])

    def attained(self, node: Node, form: int, greatest: bool) -> dict[str, Chosen]:
        """The choices of an architecture that costs the least, or the greatest, of *form*."""

        def branch(choice: Choice) -> int:
            values = [self.of(each)[greatest][form] for _, each in choice.branches]
            return values.index(max(values) if greatest else min(values))

        return chosen(node, branch)


Room = tuple[int | None, int | None]
"""The most that a part may cost to be of use, and what it may cost whatever the rest does."""


def rooms(order: Sequence[Node], bounds: Bounds, start: Sequence[Room]) -> dict[int, list[Room]]:
    """The room of each part of a circuit in each of the first forms, where the whole, last in *order*, has *start*."""
    found: dict[int, list[Room]] = {id(order[-1]): list(start)}
    for node in reversed(order):
        here = found[id(node)]
        for below, least, greatest in _beside(node, bounds, len(start)):
            room: list[Room] = [
                (None if most is None else most - low, None if plenty is None else plenty - high)
                for (most, plenty), low, high in zip(here, least, greatest, strict=True)
            ]
            before = found.get(id(below))
            found[id(below)] = room if before is None else [_wider(*each) for each in zip(before, room, strict=True)]
    return found


def _beside(node: Node, bounds: Bounds, forms: int) -> Iterator[tuple[Node, Vector, Vector]]:
    """The parts of *node*, with the least and the greatest of what stands beside each."""
    match node:
        case Choice():
            nothing = (0,) * forms
            yield from ((below, nothing, nothing) for _, below in node.branches)
        case Pair():
            for below, other in ((node.inner, node.rest), (node.rest, node.inner)):
                least, greatest = bounds.of(other)
                yield below, least[:forms], greatest[:forms]
        case Leaf():
            pass


def _wider(first: Room, second: Room) -> Room:
    most = None if first[0] is None or second[0] is None else max(first[0], second[0])
    plenty = None if first[1] is None or second[1] is None else min(first[1], second[1])
    return most, plenty


def chosen(node: Node, branch: Callable[[Choice], int], rng: Random | None = None) -> dict[str, Chosen]:
    """The choices of the architecture that *branch* leads to, which picks one at each union; continuous decisions are
    drawn with *rng*, or in the middle.
    """
    found: dict[str, Chosen] = {}
    waiting: list[tuple[Node, str]] = [(node, "")]
    while waiting:
        node, prefix = waiting.pop()
        match node:
            case Pair():
                waiting.append((node.rest, prefix))
                waiting.append((node.inner, resolve(prefix, node.path)))
            case Choice():
                label, below = node.branches[branch(node)]
                if label is not None:
                    found[resolve(prefix, label.path)] = drawn(label, rng)
                waiting.append((below, prefix))
            case Leaf():
                pass
    return found


def drawn(label: Label, rng: Random | None) -> Chosen:
    """The choice of *label*; a continuous one is drawn with *rng*."""
    if label.domain is None or rng is None:
        return label.choice
    value: Chosen = label.domain.sample(rng)
    return value


def explicit(node: Node) -> Iterator[tuple[tuple[Label, ...], Vector]]:
    """Every architecture of *node*: its decisions, by paths as the node's own, and what it costs."""
    match node:
        case Leaf():
            yield (), node.cost
        case Choice():
            for label, below in node.branches:
                for labels, cost in explicit(below):
                    yield ((label, *labels) if label is not None else labels), cost
        case Pair():
            others = list(explicit(node.rest))
            for labels, cost in explicit(node.inner):
                placed = tuple(Label(resolve(node.path, each.path), each.choice, each.domain) for each in labels)
                for more, further in others:
                    yield (*placed, *more), plus(cost, further)
