"""How much of a space a fault spoils: the part of all architectures that lead to it, exactly, from completed tries.

Decisions that a faulty way never reached are not known, so ways cannot be counted: a way weighs what its choices leave
of the whole, each decision's choices alike.
"""

from collections.abc import Callable
from fractions import Fraction

from attrs import define, field

from symnas.domains import Continuous
from symnas.elaborate.tries import Kind, Node, Outcome, Region
from symnas.errors import SourceError

__all__ = ["Spoiling", "spoiled_part"]


@define
class Spoiling:
    """What becomes of a region: the part that gives each outcome, that meets the fault, and that is lost otherwise."""

    fine: dict[Outcome, Fraction] = field(factory=dict)
    spoilt: Fraction = Fraction(0)
    lost: Fraction = Fraction(0)

    def add(self, other: "Spoiling", weight: Fraction) -> None:
        """Take in what becomes of a branch of this *weight*."""
        for outcome, part in other.fine.items():
            self.fine[outcome] = self.fine.get(outcome, Fraction(0)) + weight * part
        self.spoilt += weight * other.spoilt
        self.lost += weight * other.lost


def spoiled_part(root: Region, is_it: Callable[[SourceError], bool]) -> Spoiling | None:
    """What becomes of the program whose region is *root*; `None` where that is not known: ways are missing, decisions
    are continuous, or a cell decides for several uses at once.
    """
    known: dict[Region, Spoiling] = {}

    def of_region(region: Region) -> Spoiling:
        if region.cell is not None or region.root is None:
            raise LookupError
        if region not in known:
            known[region] = of_node(region.root)
        return known[region]

    def of_node(node: Node) -> Spoiling:
        made = Spoiling()
        if node.kind == Kind.LEAF:
            made.fine[node.outcome] = Fraction(1)
        elif node.kind == Kind.FAULT and is_it(node.error):
            made.spoilt = Fraction(1)
        elif node.kind in (Kind.FAULT, Kind.DEAD):
            made.lost = Fraction(1)
        elif node.kind == Kind.ASK:
            if isinstance(node.domain, Continuous):
                raise LookupError
            for child in node.next.values():
                made.add(of_node(child), Fraction(1, len(node.next)))
        else:
            inner = of_region(node.region)
            made.spoilt, made.lost = inner.spoilt, inner.lost
            for outcome, part in inner.fine.items():
                made.add(of_node(node.next[outcome]), part)
        return made

    try:
        return of_region(root)
    except LookupError:
        return None
