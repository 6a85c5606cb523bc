"""Regions: the pieces of a program whose elaboration is kept and used again.

A region is a block application, a turn of a loop, or a whole program, for given arguments and input types. What it
asks (decisions, and other regions) and what it gives is remembered in a trie: each path from the root is one way
through the region, each leaf a `Template`. Building an architecture walks tries and runs the interpreter only where
no one has been; counting (`counting.py`) completes the same tries. Paths inside a region are relative, so that one
region serves every place it is used at.
"""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from symnas.domains import Choice, Continuous, Domain
from symnas.elaborate.builder import ScopeBuilder
from symnas.elaborate.fragments import Fragment
from symnas.elaborate.oracles import Changing, DomainClash, NotWalkable, Oracle, Picks, UnknownDecision
from symnas.elaborate.templates import HoleStep, Template
from symnas.elaborate.tries import Kind, Node, Outcome, Region, Way, resolve
from symnas.elaborate.values import Tensor, Unportable, Value, land, port
from symnas.errors import NasError, SourceError, afresh
from symnas.limits import LIMITS, Limits
from symnas.spans import NOWHERE, Span

__all__ = [
    "Alone",
    "Changing", "DomainClash", "Infeasible", "Kind", "Node", "NotWalkable", "Oracle", "Outcome", "Picks", "Region",
    "Run", "Script", "UnknownDecision", "build", "evaluate", "rebuild", "resolve",
]  # fmt: skip

MOST_NODES = 20_000
"""Nodes kept per region; a region with more ways through it is elaborated anew beyond that."""


class Infeasible(NasError):
    """A `require` does not hold for the choices made."""

    def __init__(self, span: Span) -> None:
        super().__init__(span)
        self.span = span


class Script:
    """Answers from a list of forced choices, the first alternative after them: how tries are completed."""

    __slots__ = ("answers", "explore", "place")

    def __init__(self, answers: list[Any], explore: "Callable[[Region], Sequence[Outcome]]") -> None:
        self.answers = answers
        self.explore = explore
        self.place = 0

    def ask(self, path: str, domain: Domain, persistent: bool, only: Choice | None) -> Choice:
        """The forced choice, or the first; the only one where it is picked."""
        self.place += 1
        if self.place <= len(self.answers):
            choice: Choice = self.answers[self.place - 1]
            return choice
        if only is not None:
            return only
        return domain.at(0.5) if isinstance(domain, Continuous) else 0

    def invoke(self, region: Region, path: str) -> Outcome:
        """The forced outcome, or the first that the region can have."""
        outcomes = self.explore(region)
        forced_here = self.place < len(self.answers) and isinstance(self.answers[self.place], Outcome)
        if not outcomes and not forced_here:  # what only tried it goes on: no answer is taken
            raise DeadEnd(region, path)
        self.place += 1
        if self.place <= len(self.answers):
            forced: Outcome = self.answers[self.place - 1]
            return forced
        return outcomes[0]

    def undo(self) -> None:
        """Forget the last region invoked."""
        self.place -= 1


class Alone(Script):
    """Answers of a run that is no part of an architecture's: it has no regions, all is elaborated in place."""

    def __init__(self) -> None:
        super().__init__([], lambda _region: ())

    def invoke(self, region: Region, path: str) -> NoReturn:
        """No region."""
        raise Unportable


class DeadEnd(NasError):
    """A region, invoked at *path*, that no choices can get through."""

    def __init__(self, region: Region, path: str) -> None:
        super().__init__(region, path)
        self.region, self.path = region, path


class _Builder:
    """Answers from an oracle; regions invoked are built."""

    __slots__ = ("failed", "oracle", "parts", "prefix")

    def __init__(self, prefix: str, oracle: Oracle) -> None:
        self.prefix = prefix
        self.oracle = oracle
        self.parts: list[Fragment] = []
        self.failed = False

    def ask(self, path: str, domain: Domain, persistent: bool, only: Choice | None) -> Choice:
        """The oracle's choice."""
        return self.oracle.ask(resolve(self.prefix, path), domain, persistent)

    def invoke(self, region: Region, path: str) -> Outcome:
        """Build the region and give its outcome."""
        try:
            fragment = build(region, resolve(self.prefix, path), self.oracle)
        except NasError:
            self.failed = True
            raise
        self.parts.append(fragment)
        outcome: Outcome = fragment.outcome
        return outcome

    def undo(self) -> None:
        """Forget the last region invoked."""
        self.parts.pop()


class Run:
    """One run of the interpreter over a region: what it has asked so far, and what it has decided once."""

    __slots__ = (
        "builder", "chooser", "events", "fuel", "heard", "holes", "known", "lets", "limits", "picked", "steps",
        "work", "world",
    )  # fmt: skip

    forgiving = False
    """Whether a fault spoils only what depends on it, so that others are found in the same run."""

    def __init__(self, chooser: "_Builder | Script", limits: Limits = LIMITS) -> None:
        self.chooser = chooser
        self.limits = limits
        self.builder = ScopeBuilder(None)
        self.events: list[tuple[Any, ...]] = []
        self.world: dict[str, Choice] = {}
        self.lets: dict[str, Any] = {}
        self.holes = 0
        self.fuel = limits.layers
        self.steps = limits.steps
        self.work = 0
        """Layers applied, turns of comprehensions taken and `fn`s called so far."""
        self.known: Callable[[str], None] | None = None
        """Told of each `let` that has just got its value in a whole program: what is required of it is looked at there."""
        self.heard: list[tuple[str, Domain, Choice, bool]] | None = None
        """Every decision asked, the answer known before or not, while somebody wants to know."""
        self.picked: Picks | None = None
        """The file's picks, while a whole program is elaborated: only there paths are absolute."""

    def ask(self, path: str, domain: Domain, persistent: bool) -> Choice:
        """The choice for *path*: the same answer however often it is asked."""
        choice = self.world.get(path)
        if choice is None:
            only = None
            if self.picked is not None and self.picked.has(path):
                only = self.picked.choice(path, domain)
            choice = self.chooser.ask(path, domain, persistent, only)
            self.world[path] = choice
            self.events.append((path, domain, choice, persistent, only))
        elif persistent:
            for event in self.events:
                if event[0] == path and len(event) == 5 and event[1] != domain:
                    raise DomainClash(path, event[1], domain)
        if self.heard is not None:
            self.heard.append((path, domain, choice, persistent))
        return choice

    def decide(self, path: str, span: Span) -> None:
        """The decision at *path* is made by the placeholder at *span*: of use where faults are explained."""

    def fail(self, error: SourceError) -> None:
        """A statement has met *error*: the whole run ends with it."""
        raise error

    def tried(self) -> None:
        """What has just failed was only tried: the run goes on, and whatever fails next is its own failure."""
        if isinstance(self.chooser, _Builder):
            self.chooser.failed = False

    def spend(self, span: Span, steps: int = 1) -> None:
        """A turn, a call of a `fn`, an item of a list or a guard: a program cannot compute for ever before it builds."""
        self.steps -= steps
        self.work += steps
        if self.steps < 0:
            message = f"more than {self.limits.steps:,} steps of computing"
            hint = f"shorten the lists, or end the recursion; {self.limits.hint('steps')}"
            raise SourceError.at("E0515", message, span, hint)

    def invoke(
        self, region: Region, path: str, builder: ScopeBuilder, name: str, operands: list[Tensor], span: Span
    ) -> Value:
        """The value of *region* applied to *operands*, its decisions below *path*, its weights below *name*."""
        if region.opaque or (self.picked is not None and not region.recipe and self.picked.reach(path)):
            raise Unportable
        if self.holes >= self.limits.layers:  # blocks that do nothing take no layers
            message = f"more than {self.limits.layers:,} blocks, turns and stages in one place"
            raise SourceError.at("E0501", message, span, f"repeat less; {self.limits.hint('layers')}")
        outcome = self.chooser.invoke(region, path)
        if _found_opaque(region):
            self.chooser.undo()
            raise Unportable
        self.events.append((path, region, outcome))
        number, types = self.holes, outcome.types
        self.holes += 1
        tensors = builder.add(lambda numbered: HoleStep(number, numbered, types, name, span), operands, types)
        return land(outcome.value, tensors)


def _found_opaque(region: Region) -> bool:
    """Whether invoking the region has just shown that it cannot be one."""
    return region.opaque


def build(region: Region, prefix: str, oracle: Oracle) -> Fragment:
    """*region* elaborated for the oracle's choices, its decisions below *prefix*.

    Raises:
        Infeasible: a `require` fails. SourceError: these choices make no network.
    """
    if region.fixed is not None:
        return region.fixed
    if region.once:
        oracle.once += 1
        try:
            return _build(region, prefix, oracle)
        finally:
            oracle.once -= 1
    return _build(region, prefix, oracle)


def _build(region: Region, prefix: str, oracle: Oracle) -> Fragment:
    asked_before, parts_before = len(oracle.local), oracle.parts
    if region.ways is not None and (member := _known(region.ways, prefix, oracle)) is not None:
        return member
    node = region.root
    parts: list[Fragment] = []
    decisions = 0
    asked = False
    while node is not None:
        kind = node.kind
        if kind == 0:
            asked = True
            path = node.path
            if node.continuous:
                break
            choice = oracle.ask(prefix + path if path[:1] == "." else path or prefix, node.domain, node.persistent)
            decisions += not node.persistent
            node = node.next.get(choice)
        elif kind == 1:
            inner = node.region
            part = inner.fixed
            if part is None:
                path = node.path
                absolute = prefix + path if path[:1] == "." else path or prefix
                part = build(inner, absolute, oracle) if inner.once else _build(inner, absolute, oracle)
                decisions += part.local
                asked = asked or inner.fixed is None
            parts.append(part)
            node = node.next.get(part.outcome)
        elif kind == 2:
            if asked:
                _count_part(oracle, node.template)
                found = tuple(parts)
                member = (node.kept and node.kept.get(found)) or _made(region, node, found, decisions)
                if region.summary is not None and region.summary.handful:
                    _remember(member, prefix, oracle, asked_before, oracle.parts - parts_before)
                return member
            made = region.fixed = Fragment(region, node.template, tuple(parts), node.outcome, decisions, node.payload)
            return made
        elif isinstance(node.error, DeadEnd):
            build(node.region, resolve(prefix, node.path), oracle)  # which tells what is wrong there
            break
        else:
            raise afresh(node.error)
    return _elaborate(region, prefix, oracle)


def _known(ways: Way, prefix: str, oracle: Oracle) -> Fragment | None:
    """The member that the oracle's choices lead to where such *ways* are known; asked again, it gives the same."""
    end = oracle.follow(ways, prefix)
    if end is None or oracle.parts + end.parts > oracle.limits.layers:
        return None  # where that is too much is found on the way
    oracle.parts += end.parts
    return end.member


def _remember(member: Fragment, prefix: str, oracle: Oracle, before: int, parts: int) -> None:
    """The decisions that led to *member* of *parts* deciding regions are known from now on: all but those asked *before*."""
    asked, own = list(oracle.local.items())[before:], len(prefix)
    if len(asked) != member.decisions or not asked or not all(path.startswith(prefix) for path, _ in asked):
        return  # it shares one with what was built before
    beyond: dict[Any, Way] = {} if member.region.ways is None else {None: member.region.ways}
    taken = None
    for path, choice in asked:
        way = beyond.get(taken)
        if way is None:
            way = beyond[taken] = Way(path[own:], oracle.domains[path])
        if taken is None:
            member.region.ways = way
        beyond, taken = way.next, choice
    end = beyond[taken] = Way("", None)
    end.member, end.parts = member, parts


def _made(region: Region, leaf: Node, parts: tuple[Fragment, ...], decisions: int) -> Fragment:
    """The fragment at the end of a way; it is kept where the region is known to have few members."""
    made = Fragment(region, leaf.template, parts, leaf.outcome, decisions, leaf.payload)
    if leaf.kept is not None:
        leaf.kept[parts] = made
    elif region.summary is not None and region.summary.few:
        leaf.kept = {parts: made}
    return made


def _count_part(oracle: Oracle, template: Template) -> None:
    """One region more: regions within regions could go on for ever, each of them small.

    Raises:
        SourceError: it is one more than the limit of layers.
    """
    oracle.parts += 1
    if oracle.parts > oracle.limits.layers:
        message = f"more than {oracle.limits.layers:,} blocks, turns and stages that decide, in one architecture"
        raise SourceError.at("E0501", message, _begin(template), oracle.limits.hint("layers"))


def _count_work(oracle: Oracle, template: Template) -> None:
    """What elaborating a region took counts for the architecture: regions within regions could go on for ever.

    Raises:
        SourceError: it is more than the limit of steps.
    """
    if oracle.work > oracle.limits.steps:
        message = f"more than {oracle.limits.steps:,} steps of computing in one architecture"
        raise SourceError.at("E0515", message, _begin(template), oracle.limits.hint("steps"))


def _begin(template: Template) -> Span:
    return template.steps[0].span if template.steps else NOWHERE


def rebuild(old: Fragment, prefix: str, oracle: Changing, offset: int) -> Fragment:
    """*old* with one local decision answered anew: the one numbered `oracle.place`, counted from *offset* here.

    As long as the way through the region stays the same, parts that do not hold the decision are taken over as they
    are. From where it differs the region is built, and parts of it that are the same region at the same path are
    still taken over.

    Raises:
        NotWalkable: the old way is not remembered.
    """
    region, node = old.region, old.region.root
    parts: list[Fragment] = []
    decisions = 0
    while node is not None:
        kind = node.kind
        path = node.path
        absolute = prefix + path if path[:1] == "." else path or prefix
        if kind == 0:
            if node.continuous:
                raise NotWalkable
            before = oracle.given[absolute]
            if not node.persistent:
                if offset + decisions == oracle.place:
                    oracle.changed = absolute
                    hints = oracle.leave(node.next.get(before), old.parts[len(parts) :], prefix)
                    return _follow(region, prefix, oracle, node, parts, decisions, hints)
                decisions += 1
            node = node.next.get(before)
        elif kind == 1:
            part = old.parts[len(parts)]
            start = offset + decisions
            if start <= oracle.place < start + part.local:
                changed = rebuild(part, absolute, oracle, start)
                if changed.outcome != part.outcome:
                    hints = oracle.leave(node.next.get(part.outcome), old.parts[len(parts) + 1 :], prefix)
                    parts.append(changed)
                    following = node.next.get(changed.outcome)
                    return _follow(region, prefix, oracle, following, parts, decisions + changed.local, hints)
                part = changed
            decisions += part.local
            parts.append(part)
            node = node.next.get(part.outcome)
        else:
            return Fragment(region, node.template, tuple(parts), node.outcome, decisions, node.payload)
    raise NotWalkable


def _follow(
    region: Region, prefix: str, oracle: Changing, node: Node | None, parts: list[Fragment], decisions: int,
    hints: dict[str, list[Fragment]],
) -> Fragment:  # fmt: skip
    """Build on from *node*; *hints* are parts of the old way by path, taken over where they are the same region."""
    while node is not None:
        kind = node.kind
        path = node.path
        absolute = prefix + path if path[:1] == "." else path or prefix
        if kind == 0:
            if node.continuous:
                break
            choice = oracle.ask(absolute, node.domain, node.persistent)
            decisions += not node.persistent
            node = node.next.get(choice)
        elif kind == 1:
            part = _hinted(hints.get(path), node.region)
            if part is None or node.region.once:
                part = build(node.region, absolute, oracle)
            elif part.region is not node.region:
                inner = oracle.leave(part.region.root, part.parts, absolute)
                part = _follow(node.region, absolute, oracle, node.region.root, [], 0, inner)
            decisions += part.local
            parts.append(part)
            node = node.next.get(part.outcome)
        elif kind == 2:
            return Fragment(region, node.template, tuple(parts), node.outcome, decisions, node.payload)
        elif isinstance(node.error, DeadEnd):
            build(node.region, resolve(prefix, node.path), oracle)  # which tells what is wrong there
            break
        else:
            raise afresh(node.error)
    return _elaborate(region, prefix, oracle)


def _hinted(candidates: list[Fragment] | None, region: Region) -> Fragment | None:
    """Take from *candidates* the part that is of *region*, or else the first."""
    if not candidates:
        return None
    place = next((place for place, part in enumerate(candidates) if part.region is region), 0)
    return candidates.pop(place)


def _elaborate(region: Region, prefix: str, oracle: Oracle) -> Fragment:
    """Run the interpreter over *region* and remember the way it took."""
    chooser = _Builder(prefix, oracle)
    run = Run(chooser, oracle.limits)
    try:
        leaf = evaluate(region, run)
    finally:
        oracle.work += run.work + 1
    if leaf.kind != Kind.LEAF:
        raise afresh(leaf.error)
    _count_work(oracle, leaf.template)
    decisions = sum(len(event) == 5 and not event[3] for event in run.events)
    decisions += sum(part.local for part in chooser.parts)
    if decisions:
        _count_part(oracle, leaf.template)
    return Fragment(region, leaf.template, tuple(chooser.parts), leaf.outcome, decisions, leaf.payload)


def evaluate(region: Region, run: Run) -> Node:
    """The end of the way that *run* takes through *region*; the way is added to the region's trie."""
    region.active = True
    try:
        value, payload = region.evaluate(run)
        tensors: list[Tensor] = []
        ported = port(value, tensors)
        leaf = Node(Kind.LEAF)
        outcome = Outcome(ported, tuple(tensor.type for tensor in tensors))
        leaf.outcome = region.outcomes.setdefault(outcome, outcome)
        leaf.template, leaf.payload = run.builder.finish(tensors), payload
    except Unportable:
        region.opaque = True
        leaf = Node(Kind.LEAF)
        leaf.outcome, leaf.template = Outcome(None, ()), Template(None, (), (), (), ())
        return leaf
    except (Infeasible, DeadEnd) as error:
        if isinstance(run.chooser, _Builder) and run.chooser.failed:
            raise  # the fault lies in a region below, and is remembered there
        leaf = Node(Kind.DEAD)
        leaf.error = afresh(error)
        if isinstance(error, DeadEnd):
            leaf.region, leaf.path = error.region, error.path
    except SourceError as error:
        if isinstance(run.chooser, _Builder) and run.chooser.failed:
            raise
        leaf = Node(Kind.FAULT)
        leaf.error = afresh(error)
    finally:
        region.active = False
    _insert(region, run.events, leaf, keep_continuous=isinstance(run.chooser, Script))
    return leaf


def _insert(region: Region, events: list[tuple[Any, ...]], leaf: Node, keep_continuous: bool) -> None:
    if region.nodes > MOST_NODES and not keep_continuous:
        return
    if not keep_continuous and any(len(event) == 5 and event[1].size == 0 for event in events):
        return
    parent, key = None, None
    for event in events:
        node = region.root if parent is None else parent.next.get(key)
        if node is None:
            node = _node(event)
            region.nodes += 1
            _attach(region, parent, key, node)
        parent, key = node, event[2]
    _attach(region, parent, key, leaf)


def _attach(region: Region, parent: Node | None, key: Any, node: Node) -> None:
    if parent is None:
        region.root = node
    else:
        parent.next[key] = node


def _node(event: tuple[Any, ...]) -> Node:
    if len(event) == 5:
        node = Node(Kind.ASK)
        node.path, node.domain, _, node.persistent, node.only = event
        node.continuous = node.domain.size == 0
    else:
        node = Node(Kind.INVOKE)
        node.path, node.region, _ = event
    return node
