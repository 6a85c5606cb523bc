"""Counting, unranking and ranking: the trie of a region completed, and numbers kept on it.

Every way through a region is either a leaf, a dead end (`require`) or a fault. The number of architectures with a
given outcome is a sum over ways of products over the regions invoked, so that 10^20 architectures cost no more than
the regions they are made of. Decisions of a cell are made once for the whole program: where one is invoked the count
records that (and the structure of its decisions), and the root multiplies by it once.
"""

import math
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from attrs import field, frozen

from symnas.domains import Choice, Continuous
from symnas.elaborate.fragments import Fragment
from symnas.elaborate.regions import (
    Kind,
    Node,
    Oracle,
    Outcome,
    Region,
    Run,
    Script,
    build,
    evaluate,
    resolve,
)  # fmt: skip
from symnas.elaborate.tries import following
from symnas.elaborate.values import Unportable
from symnas.errors import NasError, SourceError
from symnas.limits import LIMITS, Limits

__all__ = ["Counter", "End", "Found", "Summary", "TooLarge"]

_TABLE = 4096
"""Regions with at most this many members keep the fragments they were asked for."""

_HANDFUL = 64
"""Regions with at most this many members keep the decisions that lead to those which have been built as well."""

Touched = frozenset[tuple[str, int]]
"""Cells used on the way, each with the number of its decision structure."""
End = tuple[Outcome, Touched]

_UNTOUCHED: Touched = frozenset()

MOST_BITS = 400_000
"""Bits of a count: 100,000 decisions among a dozen; what is larger takes minutes to multiply, and nobody reads it."""


class TooLarge(NasError):
    """An exact count is not available; the message says why."""


@frozen(eq=False)
class Summary:
    """What is known of a region once all ways through it have been tried.

    *ends* counts architectures by outcome and cells touched. *faults* are ways that make no network, with the
    choices that lead there. *shape* numbers the structure of its decisions: equal numbers, equal decisions.
    *continuous* is the greatest number of continuous decisions on a way; *own* says that none is made once for the program,
    as far as there are few enough members to look.
    """

    ends: dict[End, int]
    outcomes: tuple[Outcome, ...]
    faults: tuple[tuple[SourceError, tuple[tuple[str, Choice], ...]], ...]
    dead: int
    shape: int
    continuous: int
    own: bool
    total: int = field(init=False)
    alone: bool = field(init=False)
    """Whether its members depend on its own discrete decisions only, so that they can be kept."""
    few: bool = field(init=False)
    """Whether they can be kept, and there are few of them."""
    handful: bool = field(init=False)
    """Whether they can be kept, and there are so few of them that the ways to them can be kept as well."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "total", sum(self.ends.values()))
        object.__setattr__(self, "alone", self.continuous == 0 and not any(touched for _, touched in self.ends))
        object.__setattr__(self, "few", self.alone and self.total <= _TABLE)
        object.__setattr__(self, "handful", self.few and self.own)


class Counter:
    """Completes tries and keeps what it finds with the regions. *most_work* bounds the interpreter's work: a unit is a
    layer, a turn of a comprehension, a call of a `fn`, and ten for each way; some 15 microseconds.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.most_work = limits.work
        self.work = 0
        self.ways = 0
        self.shapes: dict[Any, int] = {}
        self.cells: dict[tuple[str, int], Region] = {}

    # -------------------------------------------------------------------------------------- completing

    def summary(self, region: Region) -> Summary:
        """The region's summary, computed at the first call.

        Raises:
            TooLarge: completing it would take too long.
        """
        if region.summary is None:
            region.summary = self._complete(region)
        found: Summary = region.summary
        return found

    def outcomes(self, region: Region) -> tuple[Outcome, ...]:
        """The outcomes that the region can have, in the order first met."""
        return self.summary(region).outcomes

    def _complete(self, region: Region) -> Summary:
        faults: list[tuple[SourceError, tuple[tuple[str, Choice], ...]]] = []
        dead = [0]
        try:
            root = self._visit(region, region.root, [], [], faults, dead)
        except RecursionError:
            raise TooLarge(f"too many decisions follow one another in {region.label}") from None
        ends: dict[End, int] = root.counts
        outcomes = tuple(dict.fromkeys(outcome for outcome, _ in ends))
        places = {outcome: place for place, outcome in enumerate(outcomes)} if len(outcomes) > 1 else {}
        shape, continuous = self._shape(root, places), self._continuous(root)
        own = not region.once and sum(ends.values()) <= _HANDFUL and self._is_own(root)
        return Summary(ends, outcomes, tuple(faults), dead[0], shape, continuous, own)

    def _visit(
        self,
        region: Region,
        node: Node | None,
        script: list[Any],
        trail: list[tuple[str, Choice]],
        faults: Any,
        dead: Any,
    ) -> Node:
        if node is None:
            node = self._extend(region, script)
        if node.kind == Kind.LEAF:
            node.counts = {(node.outcome, _UNTOUCHED): 1}
        elif node.kind == Kind.DEAD:
            node.counts, dead[0] = {}, dead[0] + 1
            if node.region is not None:
                _further(faults, self.summary(node.region).faults, node.path, trail)
        elif node.kind == Kind.FAULT:
            node.counts = {}
            _further(faults, [(node.error, ())], "", trail)
        elif node.kind == Kind.ASK:
            self._visit_ask(region, node, script, trail, faults, dead)
        else:
            self._visit_invoke(region, node, script, trail, faults, dead)
        return node

    def _visit_ask(self, region: Region, node: Node, script: list[Any], trail: Any, faults: Any, dead: Any) -> None:
        domain = node.domain
        choices: Any = [domain.at(0.5)] if isinstance(domain, Continuous) else range(domain.size)
        if node.only is not None:
            choices = [node.only]
        node.counts, node.plan = {}, {}
        for choice in choices:
            child = self._visit(
                region, node.next.get(choice), [*script, choice], [*trail, (node.path, choice)], faults, dead
            )
            for end, count in child.counts.items():
                node.counts[end] = node.counts.get(end, 0) + count
                node.plan.setdefault(end, []).append((count, choice, end, child))

    def _visit_invoke(self, region: Region, node: Node, script: list[Any], trail: Any, faults: Any, dead: Any) -> None:
        inner: Region = node.region
        summary = self.summary(inner)
        _further(faults, summary.faults, node.path, trail)
        node.counts, node.plan = {}, {}
        children = {
            outcome: self._visit(region, node.next.get(outcome), [*script, outcome], trail, faults, dead)
            for outcome in summary.outcomes
        }
        self._check_decided_elsewhere(inner, summary, trail)
        if inner.cell is not None:
            self._count_cell(node, inner, summary, children)
            return
        for first, many in summary.ends.items():
            outcome, touched = first
            child = children[outcome]
            for rest, count in child.counts.items():
                last, later = rest
                both = self._join(touched, later)
                end = rest if both is later else (last, both)
                if many.bit_length() + count.bit_length() > MOST_BITS:
                    raise TooLarge(f"there are more than 10^{round(MOST_BITS * math.log10(2)):,}")
                node.counts[end] = node.counts.get(end, 0) + many * count
                node.plan.setdefault(end, []).append((many * count, first, rest, child))

    @staticmethod
    def _check_decided_elsewhere(inner: Region, summary: Summary, trail: list[tuple[str, Choice]]) -> None:
        """A cell that was elaborated in place before, for a `let` that it reads, must not be counted once more."""
        used = {name for _, touched in summary.ends for name, _ in touched} | {inner.cell}
        for path, _ in trail if len(used) > 1 or inner.cell else ():
            if path.partition(".")[0] in used:
                raise TooLarge(f"cell `{path.partition('.')[0]}` decides a `let` that other uses of it read")

    def _count_cell(self, node: Node, inner: Region, summary: Summary, children: dict[Outcome, Node]) -> None:
        """A cell's own decisions are not counted where it is used; that it was used is."""
        assert inner.cell is not None
        if len(summary.ends) > 1:
            raise TooLarge(f"what cell `{inner.cell}` gives depends on its decisions, which all of its uses share")
        self.cells.setdefault((inner.cell, summary.shape), inner)
        for outcome, touched in summary.ends:
            child = children[outcome]
            for (last, later), count in child.counts.items():
                end = (last, self._join(self._join(touched, frozenset({(inner.cell, summary.shape)})), later))
                node.counts[end] = node.counts.get(end, 0) + count
                node.plan.setdefault(end, []).append((count, None, (last, later), child))

    @staticmethod
    def _join(first: Touched, second: Touched) -> Touched:
        if not first:
            return second
        if not second or first == second:
            return first
        both = first | second
        if len({name for name, _ in both}) < len(both):
            name = next(name for name, shape in both if any(name == n and shape != s for n, s in both))
            raise TooLarge(f"cell `{name}` asks for different decisions at different uses")
        return both

    def _extend(self, region: Region, script: list[Any]) -> Node:
        """Run the interpreter along *script* and on, and give the node that stands after *script*."""
        if self.work > self.most_work:
            raise TooLarge(f"{self.ways:,} ways through its parts were tried, and more are left in {region.label}")
        run = Run(Script(script, self.outcomes), self.limits)
        evaluate(region, run)
        self.ways += 1
        self.work += 10 + run.work + len(run.events) // 10
        if region.opaque:
            raise Unportable
        node = region.root
        for answer in script:
            assert node is not None
            node = node.next[answer]
        assert node is not None
        return node

    # ---------------------------------------------------------------------------------------- structure

    def _shape(self, node: Node, places: Mapping[Outcome, int]) -> int:
        """A number for the structure of decisions below *node*, whatever tensors and settings they lead to. *places*
        tells the outcomes of its region apart, if there are several: what follows depends on which it is.
        """
        if node.kind == Kind.ASK:
            below = tuple(self._shape(child, places) for child in following(node))
            key: Any = ("ask", node.path, node.domain, below)
        elif node.kind == Kind.INVOKE:
            inner: Summary = node.region.summary
            below = tuple(self._shape(child, places) for child in following(node))
            key = ("in", node.path, inner.shape, below)
            if inner.shape == self.shapes.get("end") and len(below) == 1:
                return below[0]
        elif node.kind == Kind.LEAF:
            key = ("end", places[node.outcome]) if places else "end"
        else:
            key = "none"
        return self.shapes.setdefault(key, len(self.shapes))

    def _continuous(self, node: Node) -> int:
        """The greatest number of continuous decisions on a way below *node*."""
        below = max((self._continuous(child) for child in node.next.values()), default=0)
        if node.kind == Kind.ASK:
            return below + (isinstance(node.domain, Continuous) and node.only is None)
        if node.kind == Kind.INVOKE:
            return below + (node.region.summary.continuous if node.region.cell is None else 0)
        return below

    def _is_own(self, node: Node) -> bool:
        """Whether no decision below *node* is made once for the program, and every region there has a handful of members."""
        if node.persistent or (node.kind == Kind.INVOKE and not node.region.summary.handful):
            return False
        return all(map(self._is_own, node.next.values()))

    # ----------------------------------------------------------------------------------------- unranking

    def draw(self, region: Region, end: End, rank: int, prefix: str, found: "Found", rng: Random | None) -> Fragment:
        """Write the choices of member *rank* among those with *end* to *found*, and give its fragment.

        Continuous decisions are drawn with *rng*, or set to the middle without one.
        """
        return _draw(_ways(region, end), rank, prefix, found, rng)

    def decide(
        self, cell: tuple[str, int], rank: int, rng: Random | None, found: "Found"
    ) -> tuple[int, Fragment]:  # fmt: skip
        """Decide *cell*, in *found*, by what *rank* says of it; what it says beyond, and the cell as it is then."""
        region = self.cells[cell]
        summary: Summary = region.summary
        rank, inner = divmod(rank, summary.total)
        (only,) = summary.ends
        drawn = Found()
        drawn.once = found.once
        fragment = self.draw(region, only, inner, cell[0], drawn, rng)
        found.once.update(drawn.all())
        found.ranks[cell] = inner
        return rank, fragment

    def in_order(self, end: End) -> list[tuple[str, int]]:
        """The cells touched, each after those that it uses itself."""

        def uses(cell: tuple[str, int]) -> int:
            summary: Summary = self.cells[cell].summary
            return max(len(touched) for _, touched in summary.ends)

        return sorted(end[1], key=lambda cell: (uses(cell), cell))

    def onward(
        self, region: Region, node: Node, end: End, rank: int, prefix: str, found: "Found", rng: Random,
        parts: Sequence[Fragment], decisions: int,
    ) -> Fragment:  # fmt: skip
        """As `draw`, from *node* on: *parts* of the region were built before, and *decisions* made."""
        return _onward(region, _way(node, end), rank, prefix, found, rng, [*parts], decisions)

    # ------------------------------------------------------------------------------------------- ranking

    def rank(self, region: Region, prefix: str, genotype: Mapping[str, Choice]) -> tuple[End, int]:
        """The end that *genotype* leads to in *region*, and its number among the members with that end.

        Raises:
            KeyError: the genotype is not of this space.
        """
        node = region.root
        way: list[tuple[Node, Any, int]] = []
        while True:
            assert node is not None
            if node.kind == Kind.LEAF:
                break
            absolute = resolve(prefix, node.path)
            if node.kind == Kind.ASK:
                taken: Any = next(iter(node.next)) if isinstance(node.domain, Continuous) else genotype[absolute]
                way.append((node, taken, 0))
                node = node.next[taken]
            elif node.region.cell is not None:
                way.append((node, None, 0))
                (node,) = node.next.values()
            else:
                taken, inner = self.rank(node.region, absolute, genotype)
                way.append((node, taken, inner))
                node = node.next[taken[0]]
        end: End = (node.outcome, frozenset())
        total = 0
        for node, taken, inner in reversed(way):
            end, total = self._place(node, taken, inner, end, total)
        return end, total

    @staticmethod
    def _place(node: Node, taken: Any, inner: int, below: End, rank: int) -> tuple[End, int]:
        for end, entries in node.plan.items():
            before = 0
            for size, choice, later, child in entries:
                if choice == taken and later == below:
                    return end, before + (inner * child.counts[below] if node.kind == Kind.INVOKE else 0) + rank
                before += size
        raise KeyError(node.path)


def _further(faults: list[Any], found: Sequence[Any], path: str, trail: Sequence[tuple[str, Choice]]) -> None:
    """Add the faults *found* in a region at *path* to *faults*, the choices of *trail* before theirs: each fault once."""
    known = {_kind(error) for error, _ in faults}
    for error, way in found:
        if _kind(error) not in known:
            faults.append((error, (*trail, *((resolve(path, below), choice) for below, choice in way))))
            known.add(_kind(error))


def _kind(error: SourceError) -> Any:
    """What makes two faults the same: code and place."""
    return error.diagnostics[0].code, error.diagnostics[0].span


# --------------------------------------------------------------------------------------------- drawing


class Found:
    """Choices written while a member is drawn: those made once for the program apart from the others. *ranks* are the
    numbers by which cells were decided.
    """

    __slots__ = ("local", "once", "ranks")

    def __init__(self) -> None:
        self.once: dict[str, Choice] = {}
        self.local: dict[str, Choice] = {}
        self.ranks: dict[tuple[str, int], int] = {}

    def all(self) -> dict[str, Choice]:
        """Every choice, those made once first."""
        return {**self.once, **self.local} if self.once else self.local


class _Entry:
    """A member of a small region: its choices by relative path, its fragment, and the choices at each prefix."""

    __slots__ = ("at", "fragment", "relative")

    def __init__(self, relative: Found, fragment: Fragment) -> None:
        self.relative = relative
        self.fragment = fragment
        self.at: dict[str, Found] = {}

    def placed(self, prefix: str) -> Found:
        """The choices with *prefix* before their paths."""
        made = self.at.get(prefix)
        if made is None:
            made = self.at[prefix] = Found()
            made.once = {resolve(prefix, path): choice for path, choice in self.relative.once.items()}
            made.local = {resolve(prefix, path): choice for path, choice in self.relative.local.items()}
        return made


class _Ways:
    """The members of a region with one end, ready to be drawn from; *table* keeps them where they are few."""

    __slots__ = ("region", "root", "table")

    def __init__(self, region: Region, end: End) -> None:
        summary: Summary = region.summary
        self.region = region
        self.root = _way(region.root, end)
        small = summary.alone and summary.ends[end] <= _TABLE
        self.table: list[_Entry | None] | None = [None] * summary.ends[end] if small else None


class _Way:
    """A trie node restricted to one end, its branches with the number of members behind each.

    A branch is (members, what is taken, the way on, members of the way on): taken is a choice at a decision, the ways
    of the region at an invocation, or `None` for a cell, which was decided before. *even* is the number of members
    behind every branch, if it is the same.
    """

    __slots__ = ("branches", "continuous", "even", "is_ask", "node", "once", "path", "persistent")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.branches: list[tuple[int, Any, _Way, int]] = []
        self.even = 0
        self.path = node.path
        self.is_ask = node.kind == Kind.ASK
        self.persistent = node.persistent
        self.continuous = self.is_ask and isinstance(node.domain, Continuous)
        self.once = node.kind == Kind.INVOKE and bool(node.region.once)


def _ways(region: Region, end: End) -> _Ways:
    found = region.table.get(end)
    if found is None:
        found = region.table[end] = _Ways(region, end)
    assert isinstance(found, _Ways)
    return found


def _way(node: Node | None, end: End) -> _Way:
    assert node is not None
    if node.ways is None:
        node.ways = {}
    way: _Way | None = node.ways.get(end)
    if way is None:
        way = node.ways[end] = _Way(node)
        if node.kind != Kind.LEAF:
            for count, taken, later, child in node.plan[end]:
                inner = _ways(node.region, taken) if node.kind == Kind.INVOKE and taken is not None else taken
                way.branches.append((count, inner, _way(child, later), child.counts[later]))
            counts = {branch[0] for branch in way.branches}
            way.even = counts.pop() if len(counts) == 1 else 0
    return way


def _draw(ways: _Ways, rank: int, prefix: str, found: Found, rng: Random | None) -> Fragment:
    table = ways.table
    if table is None:
        return _walk(ways, rank, prefix, found, rng)
    entry = table[rank] or _tabled(ways, rank, rng)
    made = entry.at.get(prefix) or entry.placed(prefix)
    if made.once:
        found.once.update(made.once)
    found.local.update(made.local)
    return entry.fragment


def _tabled(ways: _Ways, rank: int, rng: Random | None) -> _Entry:
    relative = Found()
    fragment = _walk(ways, rank, "", relative, rng)
    assert ways.table is not None
    entry = ways.table[rank] = _Entry(relative, fragment)
    return entry


def _walk(ways: _Ways, rank: int, prefix: str, found: Found, rng: Random | None) -> Fragment:
    return _onward(ways.region, ways.root, rank, prefix, found, rng, [], 0)


def _onward(
    region: Region, way: _Way, rank: int, prefix: str, found: Found, rng: Random | None, parts: list[Fragment],
    decisions: int,
) -> Fragment:  # fmt: skip
    """*region* from *way* on, where *parts* were built and *decisions* made before."""
    known = True
    own = found.once if region.once else found.local
    while True:
        branches = way.branches
        if not branches:
            if not known:
                return build(region, prefix, Oracle(found.all()))
            node = way.node
            return Fragment(region, node.template, tuple(parts), node.outcome, decisions, node.payload)
        here = way
        if here.even:
            place, rank = divmod(rank, here.even)
            _, taken, way, below = branches[place]
        else:
            for count, taken, way, below in branches:  # noqa: B007 (the branch that holds the rank is used below)
                if rank < count:
                    break
                rank -= count
        path = here.path
        absolute = prefix + path if path[:1] == "." else path or prefix
        if here.is_ask:
            if here.continuous:
                known = False
                taken = here.node.domain.sample(rng) if rng is not None else taken
            if here.persistent:
                found.once[absolute] = taken
            else:
                own[absolute] = taken
                decisions += 1
        elif taken is None:
            parts.append(_use(here.node.region, absolute, found))
        else:
            inner, rank = divmod(rank, below) if below != 1 else (rank, 0)
            if here.once and not region.once:
                part = _draw_once(taken, inner, absolute, found, rng)
            else:
                part = _draw(taken, inner, absolute, found, rng)
                decisions += part.decisions
            parts.append(part)


def _use(cell: Region, prefix: str, found: Found) -> Fragment:
    """A cell that was decided before, where it is used. Uses with decisions of the same structure number their members
    alike, so that the number it was decided by gives the use as well, part by part from what is ready-made.
    """
    summary: Summary = cell.summary
    rank = found.ranks.get((cell.cell or "", summary.shape))
    if rank is not None and summary.alone:
        drawn = Found()
        (only,) = summary.ends
        fragment = _draw(_ways(cell, only), rank, prefix, drawn, None)
        if drawn.all().items() <= found.once.items():
            return fragment
    return build(cell, prefix, Oracle(found.all()))


def _draw_once(ways: _Ways, rank: int, prefix: str, found: Found, rng: Random | None) -> Fragment:
    """A region whose decisions are made once for the program: all of them, those of regions in it included."""
    inner = Found()
    fragment = _draw(ways, rank, prefix, inner, rng)
    found.once.update(inner.all())
    return fragment
