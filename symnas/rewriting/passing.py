"""One rule carried out once on a network: outermost matches, neither inside of one nor on what was put down."""

from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager

from attrs import evolve, field, frozen

from symnas.elaborate.declarations import BlockCode
from symnas.elaborate.rules import RuleCode
from symnas.errors import Note, SourceError
from symnas.graph import Graph, Operation, Scope, Step, Use, join, map_scopes, reduced, rewired, scopes_within
from symnas.rewriting.finding import around, below, path_of, told, written
from symnas.rewriting.inferring import Inference, Types, results_of
from symnas.rewriting.matching import Match, Matcher, Undecided
from symnas.rewriting.naming import named_apart, owned_names
from symnas.rewriting.reading import Context
from symnas.rewriting.replacing import Put, Replacer
from symnas.rewriting.writing import Writer

__all__ = ["At", "Firing", "Pass", "Passage", "Places", "Tools"]


@frozen
class Firing:
    """*rule* has put *after* in the place of *before* at *path*. The stages that it replaced were at *matched*; *put*
    are the steps that stand there now.
    """

    rule: str
    path: str
    before: str
    after: str
    matched: tuple[str, ...] = field(default=(), repr=False)
    put: tuple[Put, ...] = field(default=(), repr=False)

    def below(self, prefix: str) -> "Firing":
        """The same in a block at *prefix*, as it is told around that; without one, by paths from the net."""
        if not prefix:
            return self
        matched = tuple([below(prefix, each) for each in self.matched])
        put = tuple([each.below(prefix) for each in self.put])
        return Firing(self.rule, below(prefix, self.path), self.before, self.after, matched, put)

    @property
    def absolute(self) -> "Firing":
        """The same, paths of what is shared written as all others."""
        paths = [self.path, *self.matched, *(each.path for each in self.put), *(each.origin or "" for each in self.put)]
        if not any(each.startswith("/") for each in paths):
            return self
        put = tuple(Put(_plain(each.path), each.origin and _plain(each.origin)) for each in self.put)
        matched = tuple(map(_plain, self.matched))
        return Firing(self.rule, _plain(self.path), self.before, self.after, matched, put)

    def __str__(self) -> str:
        return f"{self.path}: {self.rule}: {self.before} → {self.after}"


def _plain(path: str) -> str:
    return path.removeprefix("/")


@frozen
class Passage:
    """What one pass of *rule* made of *before*: *after*, and where it acted. *keep* says how weights carry over."""

    rule: str
    keep: str
    before: Graph = field(repr=False)
    after: Graph = field(repr=False)
    firings: tuple[Firing, ...]


@frozen
class At:
    """A place in a network: what is called *path*, and what is below it. Where something is called just so, what has a
    number more (`Linear.1` beside `Linear`) is another thing, else it is a turn (`repeat.1` of `repeat`).
    """

    path: str
    exact: bool

    def reaches(self, path: str) -> bool:
        """Whether *path* is there."""
        path = path.removeprefix("/")
        if path == self.path:
            return True
        if not path.startswith(f"{self.path}."):
            return False
        return not (self.exact and path[len(self.path) + 1 :].partition(".")[0].isdigit())

    def meets(self, path: str) -> bool:
        """Whether something in the block at *path* may be there."""
        path = path.removeprefix("/")
        return path == self.path or path.startswith(f"{self.path}.") or self.path.startswith(f"{path}.")


@frozen
class Places:
    """Several places in a network."""

    each: tuple[At, ...]

    def reaches(self, path: str) -> bool:
        """Whether *path* is at one of them."""
        return any(place.reaches(path) for place in self.each)

    def meets(self, path: str) -> bool:
        """Whether something in the block at *path* may be at one of them."""
        return any(place.meets(path) for place in self.each)


class Tools:
    """What the passes over one network have in common, *at* the matches at or below a path, or everywhere."""

    def __init__(self, context: Context, at: Places | None) -> None:
        self.context, self.at = context, at
        self.inference = Inference(context.operator)
        self.matcher = Matcher(context)
        self.replacer = Replacer(self.matcher, self.inference)
        self.writer = Writer(context)


Key = tuple[int, frozenset[BlockCode]]
"""A scope, by its identity, and the blocks around it."""

Results = tuple[Scope, tuple[Firing, ...]]
"""A scope after a pass, and what was done."""


class Pass:
    """One rule, carried out once."""

    def __init__(self, tools: Tools, rule: RuleCode) -> None:
        self.tools, self.rule = tools, rule
        self.matcher, self.inference = tools.matcher, tools.inference
        self.undecided = False
        """Whether it cannot be told somewhere if the rule matches."""
        self._known: dict[tuple[Key, Types], Results] = {}
        self._acting: dict[Key, bool] = {}

    def scope(
        self, scope: Scope, prefix: str, inside: frozenset[BlockCode], types: Types | None = None
    ) -> tuple[Scope, list[Firing]]:
        """*scope*, which stands at *prefix* and into which *types* flow now, after the pass, and what was done."""
        types = scope.inputs if types is None else types
        if not self.matcher.concerned(scope, self.rule):
            return self.inference.scope(scope, types), []
        if self._placed:
            return self._scope(scope, prefix, inside, types)
        key = (id(scope), inside), types
        if key not in self._known:
            made, firings = self._scope(scope, "", inside, types)
            self._known[key] = made, tuple(firings)
        made, known = self._known[key]
        return made, [each.below(prefix) for each in known]

    def _scope(
        self, scope: Scope, prefix: str, inside: frozenset[BlockCode], types: Types
    ) -> tuple[Scope, list[Firing]]:
        hits: dict[int, Match] = {}
        for each in self.matcher.matches(scope, self.rule, inside, prefix if self._placed else None):
            if isinstance(each, Undecided):
                self.undecided = True
            elif self._wanted(join(prefix, each.first.name)):
                hits.update(dict.fromkeys(each.places, each))
        if not self._placed and not hits and not self._acts(scope, inside):
            return self.inference.scope(scope, types), []
        work = _Work(scope, types, hits)
        firings: list[Firing] = []
        for place, step in enumerate(scope.steps):
            match = hits.get(place)
            if match is None:
                with explained(self.rule, firings):
                    made, more = self._within(step, *work.moved(step, self.inference), prefix, inside)
                    firings += more
                    work.keep(made)
            elif place == match.places[-1]:
                firings.append(self._replace(match, work, prefix, inside))
            else:
                work.leave(step)
        return (work.finished(), firings) if firings else (self.inference.scope(scope, types), [])

    def _acts(self, scope: Scope, inside: frozenset[BlockCode]) -> bool:
        """Whether the rule matches anywhere in *scope*, wherever that stands."""
        if not self.matcher.concerned(scope, self.rule):
            return False
        key = id(scope), inside
        if key not in self._acting:
            found = [*self.matcher.matches(scope, self.rule, inside)]
            self.undecided |= any(isinstance(each, Undecided) for each in found)
            inner = [(each, step) for step, _ in self.matcher.inner(scope) for each in _inner(step)]
            acting = [self._acts(each, self._inside(step, inside)) for each, step in inner]  # all: some are undecided
            self._acting[key] = any(isinstance(each, Match) for each in found) or any(acting)
        return self._acting[key]

    def _inside(self, step: Step, inside: frozenset[BlockCode]) -> frozenset[BlockCode]:
        return around(inside, step.scope, self.matcher) if isinstance(step, Use) else inside

    @property
    def _placed(self) -> bool:
        """Whether it matters where a scope stands."""
        return self.tools.at is not None or self.rule in self.matcher.placed

    def _wanted(self, path: str) -> bool:
        return self.tools.at is None or self.tools.at.reaches(path)

    def _passes(self, scope: Scope, path: str) -> bool:
        """Whether nothing in *scope*, which stands at *path*, is at a place that is wanted; what is shared has a path of
        its own.
        """
        return self.tools.at is not None and not self.tools.at.meets(path) and not self.matcher.shares(scope)

    def _within(
        self, step: Step, moved: Step, types: Types, prefix: str, inside: frozenset[BlockCode]
    ) -> tuple[Step, list[Firing]]:
        """*moved*, which was *step* and into which *types* flow now, with what is in it gone through."""
        if isinstance(moved, Operation):
            return moved, []
        if isinstance(moved, Use):
            assert isinstance(step, Use)
            path = path_of(step, prefix)
            if self._passes(step.scope, path):
                scope, firings = self.inference.scope(step.scope, types), list[Firing]()
            else:
                scope, firings = self.scope(step.scope, path, self._inside(step, inside), types)
            if scope is moved.scope:
                return moved, firings
            return Use(scope, moved.operands, results_of(scope), moved.name, moved.shared, moved.span), firings
        firings = []
        flowing = iter(self.inference.flowing(moved, types))

        def change(scope: Scope) -> Scope:
            made, more = self.scope(scope, prefix, inside, next(flowing))
            firings.extend(more)
            return made

        made = map_scopes(moved, change)
        return self.inference.step(made, types), firings

    def _replace(self, match: Match, work: "_Work", prefix: str, inside: frozenset[BlockCode]) -> Firing:
        operands = tuple(work.numbers[each] for each in match.operands)
        types = tuple(work.types[each] for each in operands)
        before = told(match)
        path = join(prefix, match.first.name)
        shown = path.removeprefix("/")
        try:
            if match.rule.decides:
                made, put = self.tools.writer.scope(match, types), tuple[Put, ...]()
            else:
                made, put = self.tools.replacer.scope(match, types, inside)
        except SourceError as error:
            notes = (Note(f"rule `{self.rule.name}` puts this in place of `{before}` at `{shown}`", self.rule.span),)
            raise error.noting(*notes) from None
        made, put = named_apart(made, put, work.names)
        work.splice(made, operands)
        after = " -> ".join(map(written, made.steps)) or "nothing"
        matched = tuple(join(prefix, each.name) for each in match.every)
        return Firing(self.rule.name, path, before, after, matched, tuple([each.below(prefix) for each in put]))


@contextmanager
def explained(rule: RuleCode, firings: list[Firing]) -> Iterator[None]:
    """Faults met within come of what was replaced before: the last of *firings* of *rule* is told."""
    try:
        yield
    except SourceError as error:
        if not firings or any(note.span == rule.span for each in error.diagnostics for note in each.notes):
            raise
        last = firings[-1]
        path = last.path.removeprefix("/")
        message = f"rule `{last.rule}` has put `{last.after}` in place of `{last.before}` at `{path}`"
        raise error.noting(Note(message, rule.span)) from None


def _inner(step: Step) -> tuple[Scope, ...]:
    """The scopes in *step*."""
    return (step.scope,) if isinstance(step, Use) else scopes_within(step)


class _Work:
    """A scope while it is written anew."""

    def __init__(self, scope: Scope, types: Types, hits: Container[int]) -> None:
        self.scope = scope
        kept = [step for place, step in enumerate(scope.steps) if place not in hits]
        self.names = set[str]().union(*map(owned_names, kept))
        """What steps with weights are called, those of *hits* apart."""
        self.before = scope.value_types()
        self.types = [*types]
        self.numbers = {each: each for each in range(len(scope.inputs))}
        """The new number of each old value."""
        self.steps: list[Step] = []
        self._next = len(scope.inputs)

    def _add(self, step: Step) -> list[int]:
        first = len(self.types)
        self.steps.append(step)
        self.types += step.outputs
        return [*range(first, len(self.types))]

    def _number(self, values: Iterable[int]) -> None:
        for each in values:
            self.numbers[self._next] = each
            self._next += 1

    def leave(self, step: Step) -> None:
        """Leave *step* out: a later stage of its match is replaced with it."""
        self._next += len(step.outputs)

    def moved(self, step: Step, inference: Inference) -> tuple[Step, Types]:
        """*step* wired to what its operands are now, and their types; an operation on these."""
        moved = rewired(step, self.numbers)
        types = tuple([self.types[each] for each in moved.operands])
        if isinstance(step, Operation) and types != tuple([self.before[each] for each in step.operands]):
            moved = inference.step(moved, types)
        return moved, types

    def keep(self, step: Step) -> None:
        """Take *step* over, which is wired as it should be."""
        self._number(self._add(step))

    def splice(self, made: Scope, operands: tuple[int, ...]) -> None:
        """Put the steps of *made* here, wired to *operands*, in the place of the last step of a match."""
        numbers = dict(enumerate(operands))
        value = len(operands)
        for step in made.steps:
            for each in self._add(rewired(step, numbers)):
                numbers[value] = each
                value += 1
        self._number(numbers[each] for each in made.results)

    def finished(self) -> Scope:
        """The scope, without steps that nothing reads any more."""
        results = tuple(self.numbers[each] for each in self.scope.results)
        inputs = tuple(self.types[: len(self.scope.inputs)])
        whole = evolve(self.scope, inputs=inputs, steps=tuple(self.steps), results=results)
        return reduced(whole, range(len(results)))
