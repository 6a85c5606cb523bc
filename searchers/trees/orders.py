"""Orders: in which order a tree asks the decisions of a space, and how a point below one of its nodes is drawn.

In the order in which their existence is known (`InTurn`), a node is a draft: every point below it is equally likely to be
drawn. By importance (`ByImportance`), the decisions that matter most come first, wherever they stand in the program; a
point is then an architecture drawn from the whole space, with the choices of the node put into it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Generic

from attrs import evolve, frozen

from symnas.domains import Choice, Continuous, Domain
from symnas.genotype import Genotype
from symnas.measure import Measure
from symnas.searchers.space import A, Draft, SearchSpace
from symnas.searchers.trees.beliefs import Drawn
from symnas.searchers.trees.branches import Bisect, Branch, Branches, Interval, branches_of, is_whole
from symnas.searchers.trees.nodes import ABSENT, Node, P

__all__ = ["ByImportance", "Drafted", "InTurn", "Order", "Wished"]

Parts = Mapping[str, tuple[Continuous, Interval]]
"""Of continuous decisions: the part of the range that is left."""


class Order(ABC, Generic[A, P]):
    """What the nodes of a tree stand for."""

    def __init__(self, space: SearchSpace[A], bisect: Bisect, resolution: float, measure: Measure) -> None:
        self.space = space
        self.bisect = bisect
        self.resolution = resolution
        self.measure = measure

    @abstractmethod
    def root(self) -> P | None:
        """The place of the root: the whole space; `None` if it is empty."""

    @abstractmethod
    def branches(self, node: Node[P]) -> Branches | None:
        """How *node* is branched; `None` where nothing is left to decide."""

    @abstractmethod
    def path(self, node: Node[P]) -> str:
        """The decision that *node* branches on."""

    @abstractmethod
    def child(self, node: Node[P], branch: Branch) -> P:
        """The place of a child, below one of the branches of *node*."""

    @abstractmethod
    def is_point(self, node: Node[P], genotype: Genotype) -> bool:
        """Whether the point with *genotype* is all that stands below *node*, which has no branches."""

    def points(self, place: P) -> int | None:
        """How many points there are at *place*, all of them legal; `None` where that is not known."""
        return None

    @abstractmethod
    def draw(self, node: Node[P], rng: Random) -> A | None:
        """A point below *node*; `None` if what was drawn is not legal."""

    @abstractmethod
    def follow(self, node: Node[P], rng: Random, drawn: Drawn) -> A | None:
        """The point below *node* that is best by *drawn*; `None` if that is not legal."""

    def find(self, node: Node[P], genotype: Genotype) -> Branch | None:
        """The branch of *node* below which the point with *genotype* stands; `None` if there is none."""
        assert node.branches is not None
        choice = genotype.choices.get(node.path)
        return ABSENT if choice is None else node.branches.find(choice)


# ------------------------------------------------------------------------------------- as decisions come to exist


@frozen
class Drafted(Generic[A]):
    """A draft; a branch of its next decision, if that is not decided to the end; parts of continuous decisions before."""

    draft: Draft[A]
    within: tuple[Branches, Branch] | None
    parts: Parts


class InTurn(Order[A, Drafted[A]]):
    """Decisions in the order in which their existence is known, that of the text as far as it goes."""

    def root(self) -> Drafted[A] | None:
        """See `Order.root`."""
        draft = self.space.draft()
        return None if draft is None else Drafted(draft, None, {})

    def points(self, place: Drafted[A]) -> int | None:
        """See `Order.points`."""
        if place.within is None or place.draft.left is None or place.draft.weights is None:
            return place.draft.left
        branches, branch = place.within
        if isinstance(branch, Interval):
            return None
        share = sum(place.draft.weights[branches.choices[at]] for at in range(*branch))
        return place.draft.left * share // sum(place.draft.weights.values())

    def path(self, node: Node[Drafted[A]]) -> str:
        """See `Order.path`."""
        path = node.place.draft.path
        assert path is not None
        return path

    def branches(self, node: Node[Drafted[A]]) -> Branches | None:
        """See `Order.branches`. Choices that are found to leave no legal point are left out."""
        draft, within = node.place.draft, node.place.within
        if draft.path is None or (within is not None and is_whole(within[1], self.resolution)):
            return None
        assert draft.domain is not None
        found = branches_of(draft.domain, draft.weights, self.bisect, node.place.within)
        if draft.is_sure or isinstance(draft.domain, Continuous):
            return found
        kept = [place for place, branch in enumerate(found.options) if self._is_possible(draft, found, branch)]
        return evolve(
            found,
            options=tuple(found.options[place] for place in kept),
            weights=tuple(found.weights[place] for place in kept),
        )

    def _is_possible(self, draft: Draft[A], branches: Branches, branch: Branch) -> bool:
        """Whether *branch* may lead to a legal point: where it decides all that is left, the point is looked at."""
        if isinstance(branch, Interval) or not is_whole(branch, self.resolution):
            return True
        further = draft.take(branches.choices[branch[0]])
        return further is not None and (further.path is not None or further.finish(Random(0)) is not None)

    def child(self, node: Node[Drafted[A]], branch: Branch) -> Drafted[A]:
        """See `Order.child`."""
        place, branches = node.place, node.branches
        assert branches is not None
        if not is_whole(branch, self.resolution):
            return evolve(place, within=(branches, branch))
        if isinstance(branch, Interval):
            assert isinstance(branches.domain, Continuous)
            draft = place.draft.take(branches.domain.at((branch.low + branch.high) / 2))
            parts: Parts = {**place.parts, self.path(node): (branches.domain, branch)}
        else:
            draft, parts = place.draft.take(branches.choices[branch[0]]), place.parts
        if draft is None:  # not with this value of a continuous decision; what others lead to is left to chance
            return evolve(place, within=(branches, branch))
        return Drafted(draft, None, parts)

    def is_point(self, node: Node[Drafted[A]], genotype: Genotype) -> bool:
        """See `Order.is_point`: a part of a range always holds another one."""
        return node.place.draft.path is None and not node.place.parts

    def draw(self, node: Node[Drafted[A]], rng: Random) -> A | None:
        """See `Order.draw`: uniform over the points below *node*, as far as they are counted."""
        draft: Draft[A] | None = node.place.draft
        assert draft is not None
        if node.place.within is not None:
            draft = draft.take(_drawn_within(*node.place.within, draft.weights, rng, self.measure))
        made = None if draft is None else draft.finish(rng, self.measure)
        if made is None or not node.place.parts:
            return made
        values = {path: _drawn_between(domain, part, rng) for path, (domain, part) in node.place.parts.items()}
        return self.space.complete(rng, values, made.genotype)

    def follow(self, node: Node[Drafted[A]], rng: Random, drawn: Drawn) -> A | None:
        """See `Order.follow`."""
        place = node.place
        own = dict(place.draft.choices)
        for path, (domain, part) in place.parts.items():
            wish = drawn.get(path)
            own[path] = wish if wish is not None and _holds(domain, part, wish) else _drawn_between(domain, part, rng)
        if place.within is not None:
            branches, branch = place.within
            path = self.path(node)
            wish = drawn.get(path)
            if wish is None or not _is_within(branches, branch, wish):
                own[path] = _drawn_within(branches, branch, place.draft.weights, rng, self.measure)
        drawn.fix(own)
        return self.space.complete(rng, drawn)


def _is_within(branches: Branches, branch: Branch, choice: Choice) -> bool:
    """Whether *choice* lies in *branch* of a decision."""
    if isinstance(branch, Interval):
        assert isinstance(branches.domain, Continuous)
        return _holds(branches.domain, branch, choice)
    place = int(choice) if branches.places is None else branches.places.get(int(choice), -1)
    return branch[0] <= place < branch[1]


def _holds(domain: Continuous, part: Interval, value: Choice) -> bool:
    return part.low <= domain.position(value) <= part.high


def _drawn_within(
    branches: Branches, branch: Branch, weights: Mapping[int, int] | None, rng: Random, measure: Measure
) -> Choice:
    if isinstance(branch, Interval):
        assert isinstance(branches.domain, Continuous)
        return _drawn_between(branches.domain, branch, rng)
    first, last = branch
    if weights is None or measure is not Measure.ARCHITECTURES:
        return branches.choices[rng.randrange(first, last)]
    place = rng.randrange(sum(weights[branches.choices[at]] for at in range(first, last)))
    for at in range(first, last):
        place -= weights[branches.choices[at]]
        if place < 0:
            return branches.choices[at]
    raise AssertionError("the weights add up")


def _drawn_between(domain: Continuous, part: Interval, rng: Random) -> float:
    return domain.at(rng.uniform(part.low, part.high))


# ------------------------------------------------------------------------------------------------- by importance


@frozen
class Wished:
    """The choices wished for, the place in the list of decisions of the next one, and the branch of it that is left."""

    wishes: Mapping[str, Choice | tuple[Continuous, Interval] | tuple[Branches, Branch]]
    next: int
    within: tuple[Branches, Branch] | None


class ByImportance(Order[A, Wished]):
    """The decisions at *paths* in their order; points without a decision stand below a branch of their own."""

    def __init__(
        self, space: SearchSpace[A], bisect: Bisect, resolution: float, measure: Measure, paths: Sequence[str],
        domain: Callable[[str], Domain],
    ) -> None:  # fmt: skip
        super().__init__(space, bisect, resolution, measure)
        self.paths = paths
        self.domain = domain

    def root(self) -> Wished:
        """See `Order.root`."""
        return Wished({}, 0, None)

    def path(self, node: Node[Wished]) -> str:
        """See `Order.path`."""
        return self.paths[node.place.next]

    def branches(self, node: Node[Wished]) -> Branches | None:
        """See `Order.branches`."""
        if node.place.next >= len(self.paths):
            return None
        return branches_of(self.domain(self.path(node)), None, self.bisect, node.place.within)

    def child(self, node: Node[Wished], branch: Branch) -> Wished:
        """See `Order.child`."""
        place, branches, path = node.place, node.branches, self.path(node)
        assert branches is not None
        if branch == ABSENT:
            return Wished({each: wish for each, wish in place.wishes.items() if each != path}, place.next + 1, None)
        if not is_whole(branch, self.resolution):
            return Wished({**place.wishes, path: (branches, branch)}, place.next, (branches, branch))
        if isinstance(branch, Interval):
            assert isinstance(branches.domain, Continuous)
            return Wished({**place.wishes, path: (branches.domain, branch)}, place.next + 1, None)
        return Wished({**place.wishes, path: branches.choices[branch[0]]}, place.next + 1, None)

    def is_point(self, node: Node[Wished], genotype: Genotype) -> bool:
        """See `Order.is_point`: every decision that it has is wished for."""
        wishes = node.place.wishes
        return len(wishes) == len(genotype) and all(genotype.choices.get(path) == wishes[path] for path in wishes)

    def draw(self, node: Node[Wished], rng: Random) -> A | None:
        """See `Order.draw`: an architecture drawn from the whole space, with the wishes put into it."""
        drawn = self.space.sample(rng, self.measure)
        wishes: dict[str, Choice] = {}
        for path, wish in node.place.wishes.items():
            if isinstance(wish, tuple):
                domain, part = wish
                branches = domain if isinstance(domain, Branches) else Branches(domain, (), (), None, ())
                wishes[path] = _drawn_within(branches, part, None, rng, self.measure)
            else:
                wishes[path] = wish
        return self.space.complete(rng, wishes, drawn.genotype) if wishes else drawn

    def follow(self, node: Node[Wished], rng: Random, drawn: Drawn) -> A | None:
        """See `Order.follow`."""
        own: dict[str, Choice] = {}
        for path, wish in node.place.wishes.items():
            if not isinstance(wish, tuple):
                own[path] = wish
                continue
            domain, part = wish
            branches = domain if isinstance(domain, Branches) else Branches(domain, (), (), None, ())
            choice = drawn.get(path)
            if choice is None or not _is_within(branches, part, choice):
                own[path] = _drawn_within(branches, part, None, rng, self.measure)
        drawn.fix(own)
        return self.space.complete(rng, drawn)
