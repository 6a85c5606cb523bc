"""Nodes of a tree over the decisions of a space, and what is known of them.

What a node stands for is the business of `orders`; which child is taken, of the searcher.
"""

import math
from typing import Generic, TypeVar

from symnas.genotype import Genotype
from symnas.searchers.trees.branches import Branch, Branches
from symnas.searchers.trees.rewards import ONE

__all__ = ["ABSENT", "Node", "P"]

P = TypeVar("P")

ABSENT: Branch = (-1, 0)
"""The branch of the points that do not have the decision."""


class Node(Generic[P]):
    """All points below one branch of *parent*: those that are left at *place*."""

    __slots__ = (
        "answered", "branches", "children", "closed", "ended", "is_point", "opened", "parent", "path", "place", "points", "totals",
        "visits", "waiting",
    )  # fmt: skip

    def __init__(self, place: P, parent: "Node[P] | None", points: int | None, objectives: int) -> None:
        self.place = place
        self.parent = parent
        self.points = points
        """How many points there are below it, where that is known."""
        self.branches: Branches | None = None
        """How it is branched; `None` until that is asked for, and where nothing is left to decide."""
        self.path = ""
        """The decision that it is branched on, once that is known."""
        self.children: dict[Branch, Node[P]] = {}
        self.visits = 0
        """Proposals made below it."""
        self.answered = 0
        """How many of those have a result."""
        self.totals = [0] * objectives
        """The sums of their rewards, by objective."""
        self.ended = 0
        """How many of its children are closed."""
        self.closed = False
        """Whether every point below it has been proposed."""
        self.is_point = False
        """Whether it is one point, with nothing left to decide."""
        self.opened = False
        """Whether the proposals below it stand below its children."""
        self.waiting: list[tuple[int, Genotype]] = []
        """Those proposals, by number, until it is opened."""

    def value(self, weights: list[float], worst: list[int]) -> float:
        """The mean reward of the proposals below it, objectives weighed; an open proposal counts as the worst.

        That is the virtual loss of Chaslot, Winands and van den Herik 2008: of a batch not all take the same way.
        """
        waiting = self.visits - self.answered
        if len(weights) == 1:
            return (self.totals[0] + waiting * worst[0]) / self.visits / ONE
        sums = zip(weights, self.totals, worst, strict=True)
        return sum(weight * (total + waiting * least) for weight, total, least in sums) / self.visits / ONE

    def surprise(self, weights: list[float], trust: float) -> float:
        """How much better the proposals below it did than was expected, where rewards are that; drawn towards 0 as if *trust*
        more of them had done as expected. An open proposal counts as one that did worse by 1.
        """
        waiting = self.visits - self.answered
        if len(weights) == 1:
            whole = self.totals[0] / ONE
        else:
            whole = math.fsum(weight * total / ONE for weight, total in zip(weights, self.totals, strict=True))
        return (whole - waiting) / (self.visits + trust)

    def close(self) -> None:
        """Every point below it has been proposed: so it may be with its parent."""
        node: Node[P] | None = self
        while node is not None and not node.closed:
            node.closed = True
            above = node.parent
            if above is None:
                return
            above.ended += 1
            assert above.branches is not None
            node = above if above.ended == len(above.branches.options) else None
