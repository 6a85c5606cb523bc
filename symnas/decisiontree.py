"""The decisions of a space as a tree: nets, blocks and loops as the program has them, each part with its size.

How sizes are found is `elaborate`'s business; how the tree is printed is the command line's.
"""

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from symnas import tree
from symnas.domains import Domain
from symnas.elaborate.oracles import Oracle
from symnas.elaborate.outlining import outline
from symnas.elaborate.presence import presence
from symnas.elaborate.projecting import Ways, ways_below
from symnas.elaborate.regions import DomainClash, Infeasible
from symnas.elaborate.roots import deep_recursion
from symnas.errors import SearchError, SourceError

if TYPE_CHECKING:
    from symnas.space import Space

__all__ = ["DecisionTree", "Part", "decision_tree"]

_Weigh = Callable[[str], Ways | None]
"""Tells the ways to decide the part at a path."""

_DRAWS = 100
"""Members that the tree of a space without an exact count is made from."""
_MOST_PARTS = 400
"""Blocks and turns whose ways are counted, outermost first."""


@frozen
class Part:
    """A decision, or a part of the program that holds some.

    *name* is the last piece of its *path*; where *times* equal neighbours stand as one, `turn[0..2]`. A decision has
    *domains*; a part has what is *inside*, and the *ways* to decide it, where they are known. *present* is how many
    architectures, or draws, have a decision: least and most of the neighbours. A part that is *cut* is a block
    within itself, whose *inside* is left out; *decisions* are all in it.
    """

    name: str
    path: str
    domains: tuple[Domain, ...] = ()
    present: tuple[int, int] | None = None
    inside: tuple["Part", ...] = ()
    ways: Ways | None = None
    times: int = 1
    cut: bool = False
    decisions: int = 1

    @property
    def likeness(self) -> object:
        """What makes two parts look alike; how many architectures have them does not take part."""
        ways = None if self.ways is None else self.ways.number
        return _row(self.name), self.domains, ways, self.times, self.cut, tuple(each.likeness for each in self.inside)


@frozen
class DecisionTree:
    """The *parts* of a space of *total* architectures; without an exact count, of as many draws."""

    parts: tuple[Part, ...]
    total: int
    counted: bool


def decision_tree(space: "Space", net: str | None = None) -> DecisionTree:
    """The decisions of *space*, or of *net*'s own, as a tree.

    Without an exact count it is made from 100 members, drawn the same way in every process, and parts have no sizes.

    Raises:
        SearchError: no feasible member was found where there is no exact count; more than 100,000 decisions.
    """
    root = space.elaboration.root(net)
    try:
        total = space.size_of(net)
    except SearchError:
        return _drawn(space, net)
    counter = space.elaboration.counter
    with deep_recursion():
        slots = {slot.path: slot.domains for slot in outline(root)}
        having = presence(root, counter)
        parts = _grown(space, slots, having, lambda path: ways_below(root, counter, path))
    return DecisionTree(parts, total, counted=True)


def _drawn(space: "Space", net: str | None) -> DecisionTree:
    """The tree of what draws uniform over decisions have."""
    found: dict[str, dict[Domain, None]] = {}
    having: dict[str, int] = {}
    members = 0
    for number in range(_DRAWS):
        oracle = Oracle({}, Random(number), picked=space.picked)
        try:
            space.elaboration.build(oracle, net)
        except (Infeasible, SourceError, DomainClash):
            continue
        members += 1
        for path, domain in oracle.domains.items():
            found.setdefault(path, {})[domain] = None
            having[path] = having.get(path, 0) + 1
    if not members:
        raise SearchError(f"none of {_DRAWS} draws makes a network that meets every `require`")
    slots = {path: tuple(domains) for path, domains in found.items()}
    return DecisionTree(_grown(space, slots, having, lambda _: None), members, counted=False)


class _Branch:
    """A part while the tree grows."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.domains: tuple[Domain, ...] = ()
        self.present = 0
        self.inside: dict[str, _Branch] = {}

    def below(self, name: str) -> "_Branch":
        """The part called *name* in this one."""
        if name not in self.inside:
            self.inside[name] = _Branch(f"{self.path}.{name}" if self.path else name)
        return self.inside[name]

    def decisions(self) -> int:
        """Decisions in it, itself included if it is one."""
        return bool(self.domains) + sum(each.decisions() for each in self.inside.values())


def _grown(
    space: "Space", slots: Mapping[str, tuple[Domain, ...]], having: Mapping[str, int], weigh: _Weigh
) -> tuple[Part, ...]:
    """The parts that the decisions at the paths of *slots* make."""
    top = _Branch("")
    for path in sorted(slots, key=space.source_order):
        branch = top
        for name in path.split("."):
            branch = branch.below(name)
        branch.domains, branch.present = slots[path], having[path]
    return _Shaper(_blocks(space.module), weigh).inside(top, frozenset())


def _blocks(module: tree.Module) -> frozenset[str]:
    """Names of blocks: what may stand within itself."""
    own = {each.name for each in module.declarations if isinstance(each, tree.Block)}
    taken = (name for each in module.declarations if isinstance(each, tree.Import) for name in each.names)
    return frozenset(own | {each.alias or each.name for each in taken})


class _Shaper:
    """Makes parts of branches: weighed, folded, and blocks within themselves cut."""

    def __init__(self, blocks: frozenset[str], weigh: _Weigh) -> None:
        self.blocks, self.weigh = blocks, weigh
        self.left = _MOST_PARTS

    def inside(self, branch: _Branch, around: frozenset[str]) -> tuple[Part, ...]:
        """What is in *branch*, in the order of the text, loops by turn; *around* are the blocks that hold it."""
        ranks: dict[str, int] = {}
        for name in branch.inside:
            ranks.setdefault(_row(name), len(ranks))
        ordered = sorted(branch.inside, key=lambda name: (ranks[_row(name)], _turn(name)))
        return _folded(self.part(name, branch.inside[name], around) for name in ordered)

    def part(self, name: str, branch: _Branch, around: frozenset[str]) -> Part:
        """*branch*, called *name*."""
        present = (branch.present, branch.present) if branch.domains else None
        if not branch.inside:
            return Part(name, branch.path, branch.domains, present)
        ways = self.weigh(branch.path) if self.left > 0 else None
        self.left -= 1
        stem = _stem(name)
        cut = stem in around
        inside = () if cut else self.inside(branch, around | ({stem} & self.blocks))
        return Part(name, branch.path, branch.domains, present, inside, ways, cut=cut, decisions=branch.decisions())


def _stem(name: str) -> str:
    """What the text has: the block, loop or decision that *name* is a turn or sibling of."""
    return name.partition("[")[0]


def _row(name: str) -> str:
    """What *name* is one of several of: `layer` for `layer[2]`; the second loop over `layer`, `layer[1]`, for
    `layer[1][2]`.
    """
    return name.rpartition("[")[0] or name


def _turn(name: str) -> int:
    """The number of a turn or sibling; the first sibling has none, nor has a decision beside turns of its name."""
    number = name.rpartition("[")[2].rstrip("]")
    return int(number) if number.isdigit() else -1


def _folded(parts: Iterable[Part]) -> tuple[Part, ...]:
    """*parts* with equal neighbours as one."""
    found: list[list[Part]] = []
    for each in parts:
        if found and each.likeness == found[-1][0].likeness:
            found[-1].append(each)
        else:
            found.append([each])
    return tuple(_alike(each) for each in found)


def _alike(parts: list[Part]) -> Part:
    """Parts that look alike as one."""
    first, last = parts[0], parts[-1]
    if first is last:
        return first
    present = [each.present for each in parts if each.present is not None]
    return evolve(
        first,
        name=f"{_row(first.name)}[{max(0, _turn(first.name))}..{_turn(last.name)}]",
        present=(min(least for least, _ in present), max(most for _, most in present)) if present else None,
        inside=tuple(
            evolve(_alike(list(each)), name=each[0].name, times=each[0].times)
            for each in zip(*(part.inside for part in parts), strict=True)
        ),
        times=len(parts),
    )
