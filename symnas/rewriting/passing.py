"""One rule carried out once on a network: outermost matches, neither inside of one nor on what was put down."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from attrs import evolve, field, frozen

from symnas.elaborate.declarations import BlockCode
from symnas.elaborate.rules import RuleCode
from symnas.errors import Note, SourceError
from symnas.graph import Graph, Operation, Scope, Step, Use, join, map_scopes, reduced, rewired
from symnas.rewriting.finding import around, below, path_of, written
from symnas.rewriting.inferring import Inference, results_of
from symnas.rewriting.matching import Match, Matcher, Undecided
from symnas.rewriting.reading import Context
from symnas.rewriting.replacing import Put, Replacer
from symnas.rewriting.writing import Writer

__all__ = ["At", "Firing", "Pass", "Passage", "Tools"]


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
        matched = tuple(below(prefix, each) for each in self.matched)
        return evolve(
            self, path=below(prefix, self.path), matched=matched, put=tuple(each.below(prefix) for each in self.put)
        )

    @property
    def absolute(self) -> "Firing":
        """The same, paths of what is shared written as all others."""
        plain = [evolve(each, path=_plain(each.path), origin=each.origin and _plain(each.origin)) for each in self.put]
        return evolve(self, path=_plain(self.path), matched=tuple(map(_plain, self.matched)), put=tuple(plain))

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


class Tools:
    """What the passes over one network have in common, *at* the matches at or below a path, or everywhere."""

    def __init__(self, context: Context, at: At | None) -> None:
        self.context, self.at = context, at
        self.inference = Inference(context.operator)
        self.matcher = Matcher(context)
        self.replacer = Replacer(self.matcher, self.inference)
        self.writer = Writer(context)


Key = tuple[int, frozenset[BlockCode]]
"""A scope, by its identity, and the blocks around it."""


class Pass:
    """One rule, carried out once."""

    def __init__(self, tools: Tools, rule: RuleCode) -> None:
        self.tools, self.rule = tools, rule
        self.matcher, self.inference = tools.matcher, tools.inference
        self.undecided = False
        """Whether it cannot be told somewhere if the rule matches."""
        self._known: dict[Key, tuple[Scope, tuple[Firing, ...]]] = {}

    def scope(self, scope: Scope, prefix: str, inside: frozenset[BlockCode]) -> tuple[Scope, list[Firing]]:
        """*scope*, which stands at *prefix*, after the pass, and what was done."""
        if not self.matcher.concerned(scope, self.rule):
            return scope, []
        if self.tools.at is not None:  # places matter
            return self._scope(scope, prefix, inside)
        key = id(scope), inside
        if key not in self._known:
            made, firings = self._scope(scope, "", inside)
            self._known[key] = made, tuple(firings)
        made, known = self._known[key]
        return made, [each.below(prefix) for each in known]

    def _scope(self, scope: Scope, prefix: str, inside: frozenset[BlockCode]) -> tuple[Scope, list[Firing]]:
        hits: dict[int, Match] = {}
        for each in self.matcher.matches(scope, self.rule, inside):
            if isinstance(each, Undecided):
                self.undecided = True
            elif self._wanted(join(prefix, each.steps[0].name)):
                hits.update(dict.fromkeys(each.places, each))
        if self.tools.at is None and not hits:
            inner = [step for step, _ in self.matcher.inner(scope)]
            if not any(self._within(step, prefix, inside)[1] for step in inner):
                return scope, []
        work = _Work(scope)
        firings: list[Firing] = []
        for place, step in enumerate(scope.steps):
            match = hits.get(place)
            if match is None:
                step, more = self._within(step, prefix, inside)
                firings += more
                with explained(self.rule, firings):
                    work.keep(step, self.inference)
            elif place == match.places[-1]:
                firings.append(self._replace(match, work, prefix, inside))
            else:
                work.leave(step)
        return (work.finished(), firings) if firings else (scope, [])

    def _wanted(self, path: str) -> bool:
        return self.tools.at is None or self.tools.at.reaches(path)

    def _within(self, step: Step, prefix: str, inside: frozenset[BlockCode]) -> tuple[Step, list[Firing]]:
        """*step* with what is in it gone through."""
        if isinstance(step, Operation):
            return step, []
        if isinstance(step, Use):
            scope, firings = self.scope(step.scope, path_of(step, prefix), around(inside, step.scope, self.matcher))
            return (evolve(step, scope=scope, outputs=results_of(scope)) if firings else step), firings
        firings = []

        def change(scope: Scope) -> Scope:
            made, more = self.scope(scope, prefix, inside)
            firings.extend(more)
            return made

        made = map_scopes(step, change)
        return made, firings

    def _replace(self, match: Match, work: "_Work", prefix: str, inside: frozenset[BlockCode]) -> Firing:
        operands = tuple(work.numbers[each] for each in match.steps[0].operands)
        types = tuple(work.types[each] for each in operands)
        before = " -> ".join(map(written, match.steps))
        path = join(prefix, match.steps[0].name)
        shown = path.removeprefix("/")
        try:
            if self.rule.decides:
                made, put = self.tools.writer.scope(match, types), tuple[Put, ...]()
            else:
                made, put = self.tools.replacer.scope(match, types, inside)
        except SourceError as error:
            notes = (Note(f"rule `{self.rule.name}` puts this in place of `{before}` at `{shown}`", self.rule.span),)
            raise error.noting(*notes) from None
        work.splice(made, operands, match.steps[-1])
        after = " -> ".join(map(written, made.steps)) or "nothing"
        matched = tuple(join(prefix, each.name) for each in match.steps)
        return Firing(self.rule.name, path, before, after, matched, tuple(each.below(prefix) for each in put))


@contextmanager
def explained(rule: RuleCode, firings: list[Firing]) -> Iterator[None]:
    """Faults met within come of what was replaced before: the last of *firings* of *rule* is told."""
    try:
        yield
    except SourceError as error:
        if not firings:
            raise
        last = firings[-1]
        path = last.path.removeprefix("/")
        message = f"rule `{last.rule}` has put `{last.after}` in place of `{last.before}` at `{path}`"
        raise error.noting(Note(message, rule.span)) from None


class _Work:
    """A scope while it is written anew."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.before = scope.value_types()
        self.types = [*scope.inputs]
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

    def keep(self, step: Step, inference: Inference) -> None:
        """Take *step* over, on what its operands are now."""
        moved = rewired(step, self.numbers)
        types = tuple([self.types[each] for each in moved.operands])
        same = types == tuple([self.before[each] for each in step.operands])
        self._number(self._add(moved if same else inference.step(moved, types)))

    def splice(self, made: Scope, operands: tuple[int, ...], last: Step) -> None:
        """Put the steps of *made* here, wired to *operands*, in the place of *last*."""
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
        whole = evolve(self.scope, steps=tuple(self.steps), results=results)
        return reduced(whole, range(len(results)))
