"""Bounds of costs where cells are used in too many ways for one circuit: cells decided anew at every use, or once for all.

If every use of a cell decides for itself, what is least is a bound of what is least where all decide alike. A cell that
is decided in one given way costs what architectures cost. Where both are the same number it is the answer, with an
architecture that attains it; no circuit of how often which use occurs is needed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from symnas.domains import Choice as Chosen
from symnas.elaborate.charging import Form
from symnas.elaborate.circuits import Bounds, Node
from symnas.elaborate.costing import Cell, Costing, Filling
from symnas.elaborate.counting import Counter, TooLarge
from symnas.elaborate.narrowing import narrowed
from symnas.elaborate.tries import Kind, Region, resolve
from symnas.sizes import Size

__all__ = ["Apart"]

Decided = Mapping[Cell, Mapping[str, Chosen]]
"""Cells with their choices, by paths below the cell."""


class Apart:
    """The least and the greatest *form* of the program whose region is *root*."""

    def __init__(self, counter: Counter, form: Form, sizes: Mapping[str, Size], root: Region) -> None:
        self.counter, self.form, self.sizes, self.root = counter, form, sizes, root
        self.relaxed = _Relaxed(counter, form, sizes, {})
        self.whole = self.relaxed.whole(root)

    def attained(self, greatest: bool) -> tuple[dict[str, Chosen], int]:
        """The choices of an architecture with the least, or the greatest, and what it costs.

        Raises:
            TooLarge: no one way to decide the cells is known to be best at all of their uses.
        """
        bound = _bound(self.whole, greatest)
        for decided in self.relaxed.candidates(greatest):
            node = _Relaxed(self.counter, self.form, self.sizes, decided).whole(self.root)
            if node is not None and _bound(node, greatest) == bound:
                choices = Bounds().attained(node, 0, greatest)
                for cell, made in decided.items():
                    choices |= {resolve(cell[0], path): choice for path, choice in made.items()}
                return choices, bound
        raise TooLarge("its cells are charged for in too many different ways")


def _bound(node: Node | None, greatest: bool) -> int:
    if node is None:
        raise TooLarge("its cells differ at some of their uses")
    return Bounds().of(node)[greatest][0]


class _Relaxed(Costing):
    """Circuits in which cells are parts like others: decided as *decided* says, else anew at every use."""

    def __init__(self, counter: Counter, form: Form, sizes: Mapping[str, Size], decided: Decided) -> None:
        super().__init__(counter, (form,), sizes)
        self.decided = decided
        self.uses: dict[Cell, list[Node]] = {}

    def _decides_nothing(self, node: Any, together: int) -> bool:
        return node.kind == Kind.INVOKE and node.region.cell is None and super()._decides_nothing(node, together)

    def _filled(self, inner: tuple[Region, ...], *rest: Any) -> Filling:
        found = super()._filled(inner, *rest)
        if inner[0].cell is None:
            return found
        cell = (inner[0].cell, inner[0].summary.shape)
        self.uses.setdefault(cell, []).extend(node for *_, node in found)
        if cell not in self.decided:
            return found
        allowed = {path: (choice,) for path, choice in self.decided[cell].items()}
        left: Filling = []
        for ends, after, state, node in found:
            made = narrowed(node, allowed)
            if made is not None:
                left.append((ends, after, state, made))
        return left

    def candidates(self, greatest: bool) -> Iterator[Decided]:
        """Ways to decide all cells, each best at one use, those first that are best at most uses."""
        best = {cell: self._ranked(nodes, greatest) for cell, nodes in self.uses.items()}
        for place in range(max(map(len, best.values()), default=0)):
            yield {cell: ranked[min(place, len(ranked) - 1)] for cell, ranked in best.items()}

    @staticmethod
    def _ranked(nodes: list[Node], greatest: bool) -> list[Mapping[str, Chosen]]:
        bounds = Bounds()
        ways = [bounds.attained(node, 0, greatest) for node in nodes]
        different = list({tuple(way.items()): way for way in ways}.values())

        def matched(way: Mapping[str, Chosen]) -> int:
            allowed = {path: (choice,) for path, choice in way.items()}
            there = [(node, narrowed(node, allowed)) for node in nodes]
            return sum(
                made is not None and Bounds().of(made)[greatest] == bounds.of(node)[greatest] for node, made in there
            )

        return sorted(different, key=matched, reverse=True)
