"""How much of a space a fault spoils, and under which choices: exactly, from completed tries.

A faulty way ends early: what would have been decided after it is not known, so it has no number of architectures. What
it has is a probability: that of drawing its choices one after the other, each decision's choices alike. That is what
is weighed here, and `Weighed.counted` says where it comes to the same as counting. A cell's choices are drawn at its
first use; its other uses ask for the same decisions, or the space has no exact count.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import lcm

from attrs import define, field, frozen

from symnas.domains import Choice, Continuous
from symnas.elaborate.regions import DeadEnd
from symnas.elaborate.tries import Kind, Node, Outcome, Region, resolve
from symnas.errors import SourceError

__all__ = ["Spoiling", "Weighed"]

Cells = frozenset[tuple[str, int]]
"""Cells that were used, each with the number of its decision structure."""
End = tuple[Outcome | None, Cells]
Way = Mapping[str, Choice]


@frozen
class _Mass:
    """The probability of all that comes to one end, and the least and the greatest of a single way among them."""

    all: Fraction
    least: Fraction
    most: Fraction

    def __add__(self, other: "_Mass") -> "_Mass":
        return _Mass(self.all + other.all, min(self.least, other.least), max(self.most, other.most))

    def __mul__(self, other: "_Mass") -> "_Mass":
        return _Mass(self.all * other.all, self.least * other.least, self.most * other.most)


_CERTAIN = _Mass(Fraction(1), Fraction(1), Fraction(1))


@define
class Weighed:
    """What becomes of a region's draws: those that are *fine*, by end, *spoilt* by the fault in question, that meet
    *another* fault, and that a `require` excludes.
    """

    fine: dict[End, _Mass] = field(factory=dict)
    spoilt: Fraction = Fraction(0)
    another: Fraction = Fraction(0)
    excluded: Fraction = Fraction(0)

    def add(self, other: "Weighed", weight: _Mass, cells: Cells = frozenset()) -> None:
        """Take in what becomes of a branch of this *weight*, behind the use of *cells*."""
        for (outcome, later), mass in other.fine.items():
            end = (outcome, cells | later)
            made = weight * mass
            self.fine[end] = self.fine[end] + made if end in self.fine else made
        self._lose(other, weight.all)

    def _lose(self, other: "Weighed", weight: Fraction) -> None:
        self.spoilt += weight * other.spoilt
        self.another += weight * other.another
        self.excluded += weight * other.excluded

    @property
    def share(self) -> Fraction:
        """The part of the draws that no `require` excludes that the fault spoils."""
        left = 1 - self.excluded
        return self.spoilt / left if left else Fraction(0)

    def counted(self, size: int) -> tuple[int, int] | None:
        """How many architectures the fault spoils, and of how many, where *size* are fine; `None` where ways are not
        equally likely, so that the numbers of decisions behind the fault are not those of the others.
        """
        masses = [*self.fine.values()]
        if not masses or len({each for mass in masses for each in (mass.least, mass.most)}) > 1:
            return None
        each = masses[0].least
        part, whole = self.spoilt / each, (1 - self.excluded) / each
        if lcm(part.denominator, whole.denominator) > 1 or sum(mass.all for mass in masses) != size * each:
            return None
        return int(part), int(whole)


class Spoiling:
    """What a fault, known by *is_it*, does to the program whose region is *root*; its tries must be complete."""

    def __init__(self, root: Region, is_it: Callable[[SourceError], bool]) -> None:
        self._root = root
        self._is_it = is_it
        self._regions: dict[object, Weighed] = {}
        self._nodes: dict[object, Weighed] = {}
        self._fixed: dict[Region, frozenset[str]] = {}
        self._order: Callable[[list[tuple[Choice, Node]]], Iterator[tuple[Choice, Node]]] = iter

    def weighed(self, given: Way) -> Weighed:
        """What becomes of the draws that make the choices *given* wherever they are asked."""
        return self._region(self._root, "", given, frozenset())

    def witness(self, *, last: bool = False) -> dict[str, Choice]:
        """The choices that lead one architecture to the fault: the first, or the *last* in the order of the tries. There
        must be one.
        """
        found: dict[str, Choice] = {}
        self._order = reversed if last else iter
        self._reach(self._root.root, "", frozenset(), None, found)
        return found

    # --------------------------------------------------------------------------------------- weighing

    def _region(self, region: Region, prefix: str, given: Way, used: Cells) -> Weighed:
        given = self._given(region, prefix, given)
        relative = frozenset((_relative(path, prefix), choice) for path, choice in given.items())
        key = (region, relative, used)
        known = self._regions.get(key)
        if known is None:
            assert region.root is not None
            known = self._regions[key] = self._node(region.root, prefix, given, used)
        return known

    def _given(self, region: Region, prefix: str, given: Way) -> Way:
        """Those of the choices *given* that can be asked in *region* at *prefix*."""
        if not prefix or not given:
            return given
        below = (prefix, *(each for each in self._absolute(region)))
        return {path: choice for path, choice in given.items() if any(_lies_below(path, each) for each in below)}

    def _absolute(self, region: Region) -> frozenset[str]:
        """Where decisions of *region* lie that are made once for the program, whatever the place of the region."""
        if region not in self._fixed:
            self._fixed[region] = frozenset()
            found: set[str] = set()
            for node in _nodes(region.root):
                if node.path and node.path[0] != ".":
                    found.add(node.path)
                if node.region is not None:
                    found |= self._absolute(node.region)
            self._fixed[region] = frozenset(found)
        return self._fixed[region]

    def _node(self, node: Node, prefix: str, given: Way, used: Cells) -> Weighed:
        if given:
            return self._weigh(node, prefix, given, used)
        known = self._nodes.get((node, used))
        if known is None:
            known = self._nodes[(node, used)] = self._weigh(node, prefix, given, used)
        return known

    def _weigh(self, node: Node, prefix: str, given: Way, used: Cells) -> Weighed:
        made = Weighed()
        if node.kind == Kind.LEAF:
            made.fine[node.outcome, frozenset()] = _CERTAIN
        elif node.kind == Kind.FAULT:
            found = self._is_it(node.error)
            made.spoilt, made.another = Fraction(found), Fraction(not found)
        elif node.kind == Kind.DEAD and not isinstance(node.error, DeadEnd):
            made.excluded = Fraction(1)
        elif node.kind == Kind.ASK:
            branches = _branches(node, resolve(prefix, node.path), given)
            weight = _Mass(*[Fraction(1, len(branches))] * 3)
            for child in branches:
                made.add(self._node(child, prefix, given, used), weight)
        else:
            inner = self._invoked(node, prefix, given, used)
            made._lose(inner, Fraction(1))  # noqa: SLF001 (its own class's)
            for (outcome, cells), mass in inner.fine.items():
                made.add(self._node(node.next[outcome], prefix, given, used | cells), mass, cells)
        return made

    def _invoked(self, node: Node, prefix: str, given: Way, used: Cells) -> Weighed:
        """What becomes of the region invoked at *node*. A cell used before has been decided: what it gives is certain."""
        region: Region = node.region
        inner = self._region(region, resolve(prefix, node.path), given, used)
        if region.cell is None:
            return inner
        own = (region.cell, region.summary.shape)
        made = Weighed()
        if own in used:
            ((outcome, cells),) = inner.fine
            made.fine[outcome, cells] = _CERTAIN
        else:
            made.add(inner, _CERTAIN, frozenset({own}))
        return made

    # ------------------------------------------------------------------------------------- one way there

    def _reach(self, node: Node | None, prefix: str, used: Cells, goal: End | None, found: dict[str, Choice]) -> None:
        """Write to *found* the choices of a way from *node* to the end *goal*, or to the fault where that is `None`."""
        assert node is not None
        passed: Cells = frozenset()
        while node.kind == Kind.ASK or node.region is not None:
            path = resolve(prefix, node.path)
            if node.kind == Kind.ASK:
                branches = self._order([*node.next.items()])
                choice, node = next(way for way in branches if self._leads(way[1], used, passed, goal))
                found[path] = choice
                continue
            inner = self._invoked(node, prefix, {}, used)
            if goal is None and inner.spoilt:
                node, prefix = node.region.root, path
                continue
            end = next(
                end for end in inner.fine if self._leads(node.next[end[0]], used | end[1], passed | end[1], goal)
            )
            self._inside(node.region, path, used, end, found)
            node, used, passed = node.next[end[0]], used | end[1], passed | end[1]

    def _inside(self, region: Region, path: str, used: Cells, end: End, found: dict[str, Choice]) -> None:
        """The choices with which *region* comes to *end*; a cell decided before has made its own."""
        if region.cell is not None:
            own = (region.cell, region.summary.shape)
            if own in used:
                return
            inner = self._region(region, path, {}, used)
            end = next(each for each in inner.fine if each[0] == end[0] and each[1] | {own} == end[1])
        self._reach(region.root, path, used, end, found)

    def _leads(self, node: Node, used: Cells, passed: Cells, goal: End | None) -> bool:
        """Whether a way from *node* comes to *goal*, where cells *passed* were used on the way to it."""
        weighed = self._node(node, "", {}, used)
        if goal is None:
            return weighed.spoilt > 0
        return any(outcome == goal[0] and passed | later == goal[1] for outcome, later in weighed.fine)


def _branches(node: Node, path: str, given: Way) -> list[Node]:
    """The ways on from a decision: the one that is given, or all. Of a real number one was tried, the middle."""
    if not isinstance(node.domain, Continuous) and given.get(path) in node.next:
        return [node.next[given[path]]]
    return [*node.next.values()]


def _lies_below(path: str, place: str) -> bool:
    return path == place or path.startswith(place + ".")


def _relative(path: str, prefix: str) -> str:
    """*path* as it is below *prefix*, so that a region is weighed once for all places of its use."""
    return path[len(prefix) :] if prefix and _lies_below(path, prefix) else path


def _nodes(root: Node | None) -> Iterator[Node]:
    """Every node below *root*."""
    waiting = [] if root is None else [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.next.values())
