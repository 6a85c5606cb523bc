"""A search tree: proposals put in, the way down, and points drawn where it ends.

The upper confidence bound for trees (Kocsis and Szepesvári 2006) as DeepArchitect has it: of the branches of a node that was
visited N times, take one with the greatest x̄ + c √(2 ln N / n), where n is how often the branch was visited and x̄ the mean
reward below it; one that nobody has visited before any other.

With beliefs (see there), a function is drawn from them for each way down. Of the branches of a node that one is taken for which
the value of the function, and how much better than expected its own results were, sum up to most; the function goes on
where the tree ends. A branch that nobody has visited is judged by the function alone: none has to be tried first (first play
urgency, Gelly and Wang 2006).

A tree is a function of the proposals in their order, and of their results, whatever the order of those: so a search that
is restored finds it again by putting them in.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Generic

from symnas.genotype import Genotype
from symnas.measure import Measure
from symnas.searchers.space import A
from symnas.searchers.trees.beliefs import Beliefs, Drawn
from symnas.searchers.trees.branches import Branch
from symnas.searchers.trees.nodes import ABSENT, Node, P
from symnas.searchers.trees.orders import Order

__all__ = ["SearchTree"]

Reward = Sequence[int]
"""What a proposal's result is worth, by objective; with beliefs, how much more than expected."""

TRUST = 8.0
"""So many results below a node weigh as much there as what is believed of its choices everywhere."""

ENOUGH = 8
"""A function goes on by itself below a node with fewer proposals, at first: only if that leads to what is known, or is
illegal, the way goes on to the end of the tree."""


class SearchTree(Generic[A, P]):
    """A tree over *order*; *exploration* is c, or how far functions stray that are drawn from *beliefs*. With *repeat*, a
    point may come again, so that nothing is ever closed. *eager*: a point may be put in twice, so that counting those below a
    node does not tell whether all have been; nodes are opened by the second one.
    """

    def __init__(
        self,
        order: Order[A, P],
        objectives: int,
        exploration: float,
        beliefs: Beliefs | None,
        *,
        repeat: bool,
        eager: bool,
    ) -> None:
        self.order = order
        self.objectives = objectives
        self.exploration = exploration
        self.beliefs = beliefs
        self.repeat = repeat
        place = order.root()
        self.eager = eager
        self.room = 2 if beliefs is None else ENOUGH
        """With so many proposals below a node it is opened."""
        self.root = None if place is None else self._node(place, None)
        self.ways: list[list[Node[P]]] = []
        """For each proposal, the nodes that it stands below, from the root on; and those that its aliases stand below."""
        self.rewards: dict[int, Reward] = {}
        """What each answered proposal was worth."""
        self.worst: list[int] = [0] * objectives

    # ------------------------------------------------------------------------------------------ what is known

    def insert(self, genotype: Genotype) -> None:
        """Put in the next proposal, below each node on its way that has been opened."""
        number = len(self.ways)
        self.ways.append([])
        if self.root is not None:
            self._lead(self.root, number, genotype)

    def alias(self, number: int, genotype: Genotype) -> None:
        """Another name of proposal *number*: its result counts on the way to *genotype* as well."""
        if self.root is not None:
            self._lead(self.root, number, genotype)

    def _lead(self, node: Node[P], number: int, genotype: Genotype) -> None:
        """Proposal *number* stands below *node*, and on as far as nodes are open."""
        way, reward = self.ways[number], self.rewards.get(number)
        below: Node[P] | None = node
        while below is not None:
            node = below
            way.append(node)
            node.visits += 1
            if reward is not None:
                _add(node, reward)
            if node.visits == node.points:
                node.close()
            below = self._onward(node, number, genotype)
        if node.points is None:
            node.is_point = node.branches is None and self.order.is_point(node, genotype)
            if node.is_point and not self.repeat:
                node.close()

    def _onward(self, node: Node[P], number: int, genotype: Genotype) -> Node[P] | None:
        """The child of *node* that a proposal stands below; `None` if it stays, or there is none."""
        if not node.opened:
            if self._is_roomy(node, genotype):
                node.waiting.append((number, genotype))
                return None
            self.open(node)
        branch = None if node.branches is None else self.order.find(node, genotype)
        return None if branch is None else self.child(node, branch)

    def _is_roomy(self, node: Node[P], genotype: Genotype) -> bool:
        """Whether the last proposal that came to *node*, not opened yet, may stay there. Where nobody knows how many points
        there are below, only the first may, and goes on as long as there is but one way: whether all of them have been
        proposed shows at its end.
        """
        if node.points is not None:
            return node.visits < self.room
        self.expand(node)
        if node.branches is None or node.visits > 1 or len(node.branches.options) == 1:
            return False
        return self.order.find(node, genotype) not in (None, ABSENT)

    def expand(self, node: Node[P]) -> None:
        """Find the branches of *node*, once. When that is done changes nothing of what is found."""
        if node.branches is None and not node.is_point:
            node.branches = self.order.branches(node)
            if node.branches is not None:
                node.path = self.order.path(node)

    def open(self, node: Node[P]) -> None:
        """The proposals below *node* go on to its children. When that is done changes nothing of what is found."""
        self.expand(node)
        node.opened, waiting, node.waiting = True, node.waiting, []
        for number, genotype in waiting:
            branch = None if node.branches is None else self.order.find(node, genotype)
            if branch is not None:
                self._lead(self.child(node, branch), number, genotype)

    def child(self, node: Node[P], branch: Branch) -> Node[P]:
        """The child of *node* below *branch*, made when it is first asked for."""
        found = node.children.get(branch)
        if found is None:
            above = None if branch == ABSENT else node  # nobody chooses that, so it has no part in what is closed
            found = node.children[branch] = self._node(self.order.child(node, branch), above)
        return found

    def _node(self, place: P, parent: Node[P] | None) -> Node[P]:
        return Node(place, parent, None if self.eager else self.order.points(place), self.objectives)

    def answer(self, number: int, reward: Reward) -> None:
        """Proposal *number* has a result, worth *reward*."""
        self.rewards[number] = reward
        for node in self.ways[number]:
            _add(node, reward)

    def reward_anew(self, rewards: Mapping[int, Reward], worst: list[int]) -> None:
        """All that was answered is worth something else now."""
        for way in self.ways:
            for node in way:
                if node.answered:
                    node.answered, node.totals = 0, [0] * self.objectives
        self.rewards, self.worst = {}, worst
        for number, reward in rewards.items():
            self.answer(number, reward)

    # ------------------------------------------------------------------------------------------ the way down

    def draw(self, rng: Random, weights: list[float], is_fine: Callable[[A], bool], tries: int) -> A | None:
        """A point below the node that the way leads to, the objectives weighed by *weights*.

        One that is not legal, or not fine, is passed over; for as long as this call lasts it counts as a proposal with
        the worst reward, so that the next way leads elsewhere. `None` after *tries* of those.
        """
        visited: list[Node[P]] = []
        try:
            for turn in range(tries):
                drawn = self._imagined(rng, weights)
                node = self.select(rng, weights, drawn, 1 if turn or drawn is None else ENOUGH)
                if node is None:
                    return None
                made = self.order.draw(node, rng) if drawn is None else self.order.follow(node, rng, drawn)
                if made is not None and is_fine(made):
                    return made
                above: Node[P] | None = node
                while above is not None:
                    above.visits += 1
                    visited.append(above)
                    above = above.parent
            return None
        finally:
            for node in visited:
                node.visits -= 1

    def _imagined(self, rng: Random, weights: list[float]) -> Drawn | None:
        """A function drawn from the beliefs; without any results nobody believes anything."""
        if self.beliefs is None or not self.rewards:
            return None
        return self.beliefs.draw(rng, weights, self.exploration)

    def select(self, rng: Random, weights: list[float], drawn: Drawn | None, enough: int) -> Node[P] | None:
        """The node that the way leads to: one that has not been visited *enough*, or is not branched; `None` if all is
        closed.
        """
        node = self.root
        while node is not None and not node.closed and node.visits >= enough:
            if not node.opened:
                self.open(node)
            branch = None
            if node.branches is not None:
                branch = self._best(node, rng, weights) if drawn is None else self._promising(node, drawn, weights)
            if branch is None:
                return node
            node = self.child(node, branch)
        return None if node is None or node.closed else node

    def _best(self, node: Node[P], rng: Random, weights: list[float]) -> Branch | None:
        """The branch of *node* to take; among those that nobody has visited, by the number of points below."""
        assert node.branches is not None
        children, options = node.children, node.branches.options
        absent = children.get(ABSENT)
        log = self.exploration * self.exploration * 2.0 * math.log(node.visits)
        fresh: list[int] = []
        best, found = -math.inf, list[Branch]()
        for place, branch in enumerate(options):
            child = children.get(branch)
            if child is not None and child.closed:
                continue
            if child is None or not child.visits:
                if absent is None or not absent.visits:
                    fresh.append(place)
                    continue
                child = absent  # wished for, perhaps, and not had: what came instead tells what to expect
            bound = child.value(weights, self.worst) + math.sqrt(log / child.visits)
            if bound > best:
                best, found = bound, [branch]
            elif bound == best:
                found.append(branch)
        if fresh:
            return options[fresh[self._drawn(node, fresh, rng)]]
        if len(found) > 1:
            return found[rng.randrange(len(found))]
        return found[0] if found else None

    def _promising(self, node: Node[P], drawn: Drawn, weights: list[float]) -> Branch | None:
        """The branch of *node* that promises most by *drawn* and by what is known below it."""
        branches, children = node.branches, node.children
        assert branches is not None
        absent = children.get(ABSENT)
        best, found = -math.inf, None
        for branch, value in zip(branches.options, drawn.worth(node.path, branches), strict=True):
            child = children.get(branch)
            if child is not None and child.closed:
                continue
            if child is None or not child.visits:
                child = absent  # wished for, perhaps, and not had: what came instead tells what to expect
            if child is not None and child.visits:
                value += child.surprise(weights, TRUST)
            if value > best:
                best, found = value, branch
        return found

    def _drawn(self, node: Node[P], fresh: list[int], rng: Random) -> int:
        assert node.branches is not None
        if len(fresh) == 1:
            return 0
        if self.order.measure is not Measure.ARCHITECTURES:
            return rng.randrange(len(fresh))
        weights = [node.branches.weights[place] for place in fresh]
        drawn = rng.randrange(sum(weights))
        for place, weight in enumerate(weights):
            drawn -= weight
            if drawn < 0:
                return place
        raise AssertionError("the weights add up")


def _add(node: Node[P], reward: Reward) -> None:
    node.answered += 1
    totals = node.totals
    for place, each in enumerate(reward):
        totals[place] += each
