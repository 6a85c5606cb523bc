"""Drafts: architectures half decided, one decision after the other, in an order in which their existence is known.

A draft says which decision comes next, how many architectures each of its choices leaves, and makes an architecture of
what is decided: the rest is drawn, every architecture that is left being equally likely. Where the space has an exact
count that follows from the tries: a draft stands at a node of one, within regions that wait for it to end. Where it has
none, a draft is a record of choices, and the program is elaborated up to the first that is missing.

Which choice to make is the business of searchers.
"""

from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING

from symnas.architecture import Architecture
from symnas.domains import Choice, Continuous, Domain
from symnas.elaborate.counting import Counter, End, Found, Touched
from symnas.elaborate.fragments import Fragment
from symnas.elaborate.oracles import ByPrior, DomainClash, Oracle, UnknownDecision, belongs
from symnas.elaborate.regions import Infeasible, build
from symnas.elaborate.tries import Kind, Node, Region, resolve
from symnas.errors import SourceError
from symnas.genotype import Genotype
from symnas.measure import Measure

if TYPE_CHECKING:
    from symnas.space import Space

__all__ = ["CountedDraft", "Draft", "begin"]

_NOTHING: Touched = frozenset()


class Draft:
    """Some decisions of an architecture of *space*, and the next one. Nobody changes a draft: `take` gives another."""

    __slots__ = ("domain", "path", "space")

    def __init__(self, space: "Space") -> None:
        self.space = space
        self.path: str | None = None
        """The next decision; `None` where all is decided."""
        self.domain: Domain | None = None
        """What it chooses from."""

    @property
    def choices(self) -> Mapping[str, Choice]:
        """What has been decided."""
        raise AssertionError("every draft has choices")

    @property
    def weights(self) -> Mapping[int, int] | None:
        """How many architectures each choice of the next decision leaves, relative to the other choices; choices that
        leave none are missing. `None` where there is no count, or the decision is continuous.
        """
        return None

    @property
    def is_sure(self) -> bool:
        """Whether every choice that has a weight leads to architectures, and all that it leads to meet every `require`."""
        return False

    @property
    def left(self) -> int | None:
        """How many architectures have these choices; `None` where that is not known, or there is a continuous decision."""
        return None

    def take(self, choice: Choice) -> "Draft | None":
        """The draft with the next decision made; decisions with a single choice after it are made as well. `None` if
        that makes no architecture.
        """
        raise AssertionError("every draft can be decided")

    def finish(self, rng: Random, measure: Measure = Measure.ARCHITECTURES) -> Architecture | None:
        """An architecture with these choices, the others drawn by *measure*; `None` if it breaks a `require`.

        Uniform over architectures where the space has an exact count, else over decisions. `require`s on costs are looked
        at when all is drawn.
        """
        oracle = (ByPrior if measure is Measure.PRIOR else Oracle)(self.choices, rng, False, self.space.picked)
        return self.space.decided_by(oracle)


def begin(space: "Space") -> Draft | None:
    """The draft in which nothing is decided that has more than one choice; `None` where there is no architecture."""
    if not space.countable:
        return _AskedDraft(space, {}).settled()
    if not space.size:
        return None
    counter = space.elaboration.counter
    weigh = {end: _cells(counter, end) for end in space.summary.ends}
    return CountedDraft(space, _Frame(space.elaboration.root(), "", weigh, None), Found(), _NOTHING).settled()


def _cells(counter: Counter, end: End) -> int:
    total = 1
    for cell in end[1]:
        total *= counter.cells[cell].summary.total
    return total


# -------------------------------------------------------------------------------------- spaces without a count


class _AskedDraft(Draft):
    """A draft of a space without an exact count: what is legal shows when it is tried."""

    __slots__ = ("_choices",)

    def __init__(self, space: "Space", choices: dict[str, Choice]) -> None:
        super().__init__(space)
        self._choices = choices

    @property
    def choices(self) -> Mapping[str, Choice]:
        """What has been decided."""
        return self._choices

    def settled(self) -> "_AskedDraft | None":
        """This draft, its next decision found; `None` if the choices make no network."""
        while True:
            try:
                self.space.elaboration.build(Oracle(self._choices, picked=self.space.picked))
            except UnknownDecision as missing:
                if missing.choice is not None:
                    return None
                if missing.domain.size == 1:
                    self._choices[missing.path] = 0
                    continue
                self.path, self.domain = missing.path, missing.domain
            except (Infeasible, SourceError, DomainClash):
                return None
            return self

    def take(self, choice: Choice) -> "_AskedDraft | None":
        """See `Draft.take`."""
        assert self.path is not None
        return _AskedDraft(self.space, {**self._choices, self.path: choice}).settled()


# ----------------------------------------------------------------------------------------------- counted spaces


class _Frame:
    """A region that is being decided: how far it is, and the regions that wait for it.

    *weigh* says for each end of the region in how many ways all that follows can be decided; *touched* are the cells used
    so far in it. A frame changes only while its draft is made.
    """

    __slots__ = ("above", "decisions", "node", "once", "parts", "prefix", "region", "touched", "weigh")

    def __init__(self, region: Region, prefix: str, weigh: dict[End, int], above: "_Frame | None") -> None:
        assert region.root is not None
        self.region = region
        self.prefix = prefix
        self.weigh = weigh
        self.above = above
        self.node: Node = region.root
        self.parts: tuple[Fragment, ...] = ()
        self.decisions = 0
        self.touched = _NOTHING
        self.once: bool = region.once or (above is not None and above.once)

    def copy(self) -> "_Frame":
        """A frame that may be changed without changing this one."""
        made = _Frame.__new__(_Frame)
        made.region, made.prefix, made.weigh, made.above = self.region, self.prefix, self.weigh, self.above
        made.node, made.parts, made.decisions = self.node, self.parts, self.decisions
        made.touched, made.once = self.touched, self.once
        return made

    def following(self, end: End) -> int:
        """In how many ways all can be decided that follows where the rest of this region has *end*."""
        last, later = end
        return self.weigh.get((last, self.touched | later if self.touched else later), 0)

    def ways(self, node: Node) -> int:
        """In how many ways all can be decided from *node* on."""
        return sum(count * self.following(end) for end, count in node.counts.items())

    def entered(self, prefix: str) -> "_Frame":
        """The region that this one invokes, at *prefix*, about to be decided."""
        inner: Region = self.node.region
        own = _NOTHING if inner.cell is None else frozenset({(inner.cell, inner.summary.shape)})
        weigh: dict[End, int] = {}
        for outcome, touched in inner.summary.ends:
            used = touched | own
            weigh[outcome, touched] = sum(
                count * self.following((last, used | later if used else later))
                for (last, later), count in self.node.next[outcome].counts.items()
            )
        return _Frame(inner, prefix, weigh, self)


class CountedDraft(Draft):
    """A draft of a space with an exact count: a place in a trie, within the regions that wait for it to end."""

    __slots__ = ("_children", "_decided", "_found", "_fragment", "_frame", "_known", "_weights")

    def __init__(
        self, space: "Space", frame: _Frame, found: Found, decided: Touched, known: bool = True
    ) -> None:  # fmt: skip
        super().__init__(space)
        self._frame: _Frame | None = frame
        self._found = found
        self._decided = decided
        self._known = known
        self._fragment: Fragment | None = None
        self._weights: dict[int, int] = {}
        self._children: dict[Choice, Node] = {}

    @property
    def choices(self) -> Mapping[str, Choice]:
        """What has been decided."""
        return self._found.all()

    @property
    def weights(self) -> Mapping[int, int] | None:
        """See `Draft.weights`."""
        return None if self.path is None or isinstance(self.domain, Continuous) else self._weights

    @property
    def is_sure(self) -> bool:
        """See `Draft.is_sure`: `require`s on costs are not counted, nor what continuous decisions may lead to."""
        return not self.space.elaboration.costly and not self.space.continuous

    @property
    def left(self) -> int | None:
        """See `Draft.left`: where there are cells, weights count the ways to decide them more than once."""
        if not self.is_sure or any(touched for _, touched in self.space.summary.ends):
            return None
        return 1 if self.path is None else sum(self._weights.values())

    def take(self, choice: Choice) -> "CountedDraft | None":
        """See `Draft.take`."""
        assert self.path is not None
        assert self._frame is not None
        found = Found()
        found.once, found.local = dict(self._found.once), dict(self._found.local)
        made = CountedDraft(self.space, self._frame.copy(), found, self._decided, self._known)
        if isinstance(self.domain, Continuous):
            if not belongs(choice, self.domain):
                return None
            made._decide(self.path, choice, next(iter(self._children.values())))
            made._known = False
        elif choice in self._children:
            made._decide(self.path, choice, self._children[choice])
        else:
            return None
        return made.settled()

    def settled(self) -> "CountedDraft":
        """This draft, gone on to the next decision with more than one choice."""
        while self._frame is not None:
            node = self._frame.node
            if node.kind == Kind.LEAF:
                self._leave(self._frame)
            elif node.kind == Kind.INVOKE:
                self._enter(self._frame)
            elif self._stops_at(self._frame):
                break
        return self

    def _stops_at(self, frame: _Frame) -> bool:
        """Whether the decision that *frame* stands at has more than one choice; if not, it is made."""
        node, weights, children = frame.node, dict[int, int](), dict[Choice, Node]()
        for entries in node.plan.values():
            for count, choice, end, child in entries:
                ways = count * frame.following(end)
                if ways:
                    weights[choice] = weights.get(choice, 0) + ways
                    children[choice] = child
        path = resolve(frame.prefix, node.path)
        is_open = isinstance(node.domain, Continuous) and node.only is None
        if len(children) > 1 or is_open:
            self.path, self.domain = path, node.domain
            self._weights, self._children = weights, children
            return True
        ((choice, child),) = children.items()
        self._decide(path, choice, child)
        return False

    def _decide(self, path: str, choice: Choice, child: Node) -> None:
        frame = self._frame
        assert frame is not None
        if frame.node.persistent or frame.once:
            self._found.once[path] = choice
        else:
            self._found.local[path] = choice
        frame.decisions += not frame.node.persistent
        frame.node = child

    def _enter(self, frame: _Frame) -> None:
        """Go into the region invoked, unless nothing is left to decide in it."""
        inner: Region = frame.node.region
        path = resolve(frame.prefix, frame.node.path)
        if inner.fixed is not None:
            self._pass(frame, inner.fixed, _NOTHING)
        elif inner.cell is not None and (inner.cell, inner.summary.shape) in self._decided:
            (end,) = inner.summary.ends
            self._pass(frame, build(inner, path, Oracle(self._found.all())), end[1])
        else:
            self._frame = frame.entered(path)

    def _leave(self, frame: _Frame) -> None:
        """The region is decided: go on in the one that waits for it."""
        node = frame.node
        made = Fragment(frame.region, node.template, frame.parts, node.outcome, frame.decisions, node.payload)
        if frame.above is None:
            self._fragment, self._frame = made, None
            return
        self._frame = frame.above.copy()
        self._pass(self._frame, made, frame.touched)

    def _pass(self, frame: _Frame, part: Fragment, touched: Touched) -> None:
        """*part* is what the region invoked by *frame* has become, *touched* the cells used in it."""
        cell = part.region.cell
        if cell is not None:
            touched |= {(cell, part.region.summary.shape)}
        self._decided |= touched
        frame.touched |= touched
        frame.parts = (*frame.parts, part)
        frame.decisions += part.local
        frame.node = frame.node.next[part.outcome]

    # ---------------------------------------------------------------------------------------- finished

    def finish(self, rng: Random, measure: Measure = Measure.ARCHITECTURES) -> Architecture | None:
        """See `Draft.finish`."""
        if measure is not Measure.ARCHITECTURES:
            return super().finish(rng, measure)
        found = Found()
        found.once, found.local = dict(self._found.once), dict(self._found.local)
        fragment = self._fragment if self._frame is None else self._finished(self._frame, found, rng)
        assert fragment is not None
        if not self._known:
            return self.space.decided_by(Oracle(found.all(), rng, False, self.space.picked))
        made = Architecture(self.space, Genotype(found.all()), fragment, len(found.once))
        return None if self.space.elaboration.costly and made.violated is not None else made

    def _finished(self, frame: _Frame | None, found: Found, rng: Random) -> Fragment:
        """The rest drawn: of each region its end, by the ways that follow, then one of the members with that end."""
        counter, decided = self.space.elaboration.counter, self._decided
        while True:
            assert frame is not None
            end = _drawn_end(frame, rng)
            for cell in counter.in_order(end):
                if cell not in decided:
                    counter.decide(cell, rng.randrange(counter.cells[cell].summary.total), rng, found)
            decided |= end[1]
            made = _drawn_rest(counter, frame, end, found, rng)
            if frame.above is None:
                return made
            touched, frame = frame.touched | end[1], frame.above.copy()
            if made.region.cell is not None:
                touched |= {(made.region.cell, made.region.summary.shape)}
                decided |= touched
            frame.touched |= touched
            frame.parts = (*frame.parts, made)
            frame.decisions += made.local
            frame.node = frame.node.next[made.outcome]


def _drawn_end(frame: _Frame, rng: Random) -> End:
    """An end that the rest of *frame*'s region can have, by the number of ways that lead through it."""
    counts: dict[End, int] = frame.node.counts
    if len(counts) == 1:
        return next(iter(counts))
    place = rng.randrange(frame.ways(frame.node))
    for end, count in counts.items():
        place -= count * frame.following(end)
        if place < 0:
            return end
    raise AssertionError("the ways add up")


def _drawn_rest(counter: Counter, frame: _Frame, end: End, found: Found, rng: Random) -> Fragment:
    """*frame*'s region with the rest drawn among the members with *end*."""
    drawn = found
    if frame.once:  # all its decisions are made once for the program, those of regions in it included
        drawn = Found()
        drawn.once = found.once
    rank = rng.randrange(frame.node.counts[end])
    made = counter.onward(
        frame.region, frame.node, end, rank, frame.prefix, drawn, rng, frame.parts, frame.decisions
    )  # fmt: skip
    if frame.once:
        found.once.update(drawn.local)
    return made
