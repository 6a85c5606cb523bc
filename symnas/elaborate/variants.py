"""Variants: what of a way's template lives, for all that may fill its holes.

What single parts read is `lives.py`'s business. Here nothing is filled: the ways through a region are taken apart by
what the regions invoked on them read of what they are given, as far as that makes a difference to what lives.
"""

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from symnas.elaborate.counting import TooLarge
from symnas.elaborate.lives import EVERYTHING, Life, Mask, life
from symnas.elaborate.templates import HoleStep, Template
from symnas.elaborate.tries import Kind, Node, Region

__all__ = ["Variant", "Variants", "Way", "holes_of"]

MOST_VARIANTS = 512
"""Variants of one way that are told apart."""

Way = tuple[Region, ...]
"""The regions invoked on the way to a leaf, in order: those that fill the holes of its template."""

Accepted = frozenset[tuple[int, frozenset[Mask]]]
"""Holes by number, each with what its part may read of its inputs; a hole that is not named may read anything."""


@frozen(eq=False)
class Variant:
    """What lives of a leaf's template where what fills the holes reads what is *accepted*."""

    life: Life
    accepted: Accepted = frozenset()


class Variants:
    """The variants of leaves of completed tries, each worked out once."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Node, Mask], tuple[Variant, ...]] = {}
        self._read: dict[tuple[Region, Mask], frozenset[Mask]] = {}
        self._tight: dict[Region, bool] = {}
        self._blocks: dict[Region, bool] = {}

    def of(self, leaf: Node, way: Way, wanted: Mask) -> tuple[Variant, ...]:
        """The variants of *leaf*, at the end of *way*, where its results in *wanted* are read. They exclude each other.

        Raises:
            TooLarge: there are too many.
        """
        found = self._kept.get((leaf, wanted))
        if found is None:
            made: list[Variant] = []
            for each in self._branched(leaf.template, way, wanted, {}, frozenset()):
                made.append(each)
                if len(made) > MOST_VARIANTS:
                    raise TooLarge("its choices decide in too many ways what is read of what comes before them")
            found = self._kept[leaf, wanted] = tuple(made)
        return found

    def _branched(
        self, template: Template, way: Way, wanted: Mask, assumed: dict[int, Mask], accepted: Accepted
    ) -> Iterator[Variant]:
        """Variants given what some holes are *assumed* to read, from the last hole to the first: what fills a hole can
        make only those live that come before it.
        """
        found = self._life(template, way, wanted, assumed)
        open_holes = {number: mask for number, mask in holes_of(found) if number not in assumed}
        lax = [number for number in open_holes if len(self._reads(way[number], open_holes[number])) > 1]
        if not lax:
            yield Variant(found, accepted)
            return
        number = max(lax)
        groups: dict[Any, list[Mask]] = {}
        for reads in sorted(self._reads(way[number], open_holes[number])):
            tried = self._life(template, way, wanted, {**assumed, number: reads})
            groups.setdefault(tried.signature, []).append(reads)
        for group in groups.values():
            told = accepted | {(number, frozenset(group))} if len(groups) > 1 else accepted
            yield from self._branched(template, way, wanted, {**assumed, number: group[0]}, told)

    def _life(self, template: Template, way: Way, wanted: Mask, assumed: dict[int, Mask]) -> Life:
        """What lives where holes read what they are *assumed* to read, and the others what they certainly read."""

        def fill(step: HoleStep, mask: Mask) -> tuple[None, Mask, Mask]:
            region = way[step.number]
            if step.number in assumed:
                return None, assumed[step.number], mask
            if self._is_block(region):
                return None, EVERYTHING, EVERYTHING
            certain = EVERYTHING
            for reads in self._reads(region, mask):
                certain &= reads
            return None, certain, mask

        return life(template, wanted, fill, counted=True)

    def _reads(self, region: Region, wanted: Mask) -> frozenset[Mask]:
        """What ways through *region* may read of its inputs where its results in *wanted* are read."""
        if self._is_block(region) or (wanted == EVERYTHING and self._is_tight(region)):
            return frozenset({EVERYTHING})
        found = self._read.get((region, wanted))
        if found is None:
            masks: set[Mask] = set()
            for leaf, way in _leaves(region.root, ()):
                masks.update(each.life.reads for each in self.of(leaf, way, wanted))
            found = self._read[region, wanted] = frozenset(masks or {EVERYTHING})
        return found

    def _is_tight(self, region: Region) -> bool:
        """Whether every way through *region* reads all that it is given, and all that is made on it."""
        found = self._tight.get(region)
        if found is None:
            found = self._tight[region] = all(
                leaf.template.is_tight
                and (leaf.template.block is not None or leaf.template.reads_all)
                and all(self._is_tight(way[number]) for number in leaf.template.used)
                for leaf, way in _leaves(region.root, ())
            )
        return found

    def _is_block(self, region: Region) -> bool:
        """Whether *region* is the application of a block, which is given all its arguments."""
        found = self._blocks.get(region)
        if found is None:
            leaf = next(_leaves(region.root, ()), None)
            found = self._blocks[region] = leaf is not None and leaf[0].template.block is not None
        return found


def holes_of(found: Life) -> Iterator[tuple[int, Mask]]:
    """The holes that live in *found*, by number, and which of their results are read."""
    for _, step, inner, mask in found.steps:
        if isinstance(step, HoleStep):
            yield step.number, mask
        for below in inner:
            if below is not None:
                yield from holes_of(below)


def _leaves(node: Node | None, way: Way) -> Iterator[tuple[Node, Way]]:
    if node is None or node.kind in (Kind.DEAD, Kind.FAULT):
        return
    if node.kind == Kind.LEAF:
        yield node, way
        return
    further = (*way, node.region) if node.kind == Kind.INVOKE else way
    for child in node.next.values():
        yield from _leaves(child, further)
