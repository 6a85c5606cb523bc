"""Bodies: statements executed in order, and a result.

What a statement is stands in `control.py`. Here is what they have in common, and where a body is cut: what follows a
statement that decides is elaborated apart where one tensor is all that flows on.
"""

from abc import ABC, abstractmethod
from contextlib import suppress
from functools import cached_property

from symnas.elaborate.applying import deep, in_region
from symnas.elaborate.code import Code, Frame, Nothing, Place, fail
from symnas.elaborate.moving import one_flows
from symnas.elaborate.values import Thunk, Unportable, Unwieldy, Value
from symnas.errors import SourceError
from symnas.spans import Span

__all__ = ["Block_", "BodyCode", "Names", "StatementCode"]

Names = frozenset[str]


class StatementCode(ABC):
    """A statement ready to execute. *binds* are the names that outlive it; *checks* says that it must be executed."""

    span: Span
    binds: Names = frozenset()
    checks: bool = False

    def __init__(self, code: Code) -> None:
        self.code = code
        """Stands for the statement wherever free names, decisions and uses are asked."""

    @abstractmethod
    def settle(self, after: Names) -> Names:
        """Decide what to evaluate at once, given that *after* is certainly needed later; gives what is needed here."""

    @abstractmethod
    def execute(self, frame: Frame) -> None:
        """Execute in *frame*, updating its names."""


def _try(statement: StatementCode, frame: Frame) -> None:
    try:
        statement.execute(frame)
    except Unwieldy as error:
        fail("E0502", str(error), statement.code.span)


def _execute(statement: StatementCode, frame: Frame) -> None:
    """Execute *statement*; where faults are forgiven, one that has a fault spoils the names that it binds."""
    if not frame.run.forgiving:
        _try(statement, frame)
        return
    try:
        _try(statement, frame)
    except SourceError as error:
        frame.run.fail(error)
        frame.names.update({name: Thunk(Nothing(), frame) for name in statement.binds})


class Block_:  # noqa: N801  (the statements of an `if` or `for`; `Block` is the declaration)
    """Statements in braces that have no value: they update names that exist, their own names end with them."""

    def __init__(self, statements: list[StatementCode], own: Names) -> None:
        self.statements, self.own = statements, own
        self.binds = frozenset().union(*(each.binds for each in statements)) - own
        self.checks = any(each.checks for each in statements)
        self.code = Nothing()
        bound: Names = frozenset()
        for each in statements:
            self.code.free |= each.code.free - (bound & own)
            bound |= each.binds
            free = self.code.free
            self.code.absorb(each.code)
            self.code.free = free

    def settle(self, after: Names) -> Names:
        """What is needed before, given what is needed after."""
        for each in reversed(self.statements):
            after = each.settle(after)
        return after

    def execute(self, frame: Frame) -> None:
        """Execute every statement in the frame's names."""
        hidden = {name: frame.names[name] for name in self.own if name in frame.names}
        for each in self.statements:
            _execute(each, frame)
        for name in self.own:
            frame.names.pop(name, None)
        frame.names.update(hidden)


class BodyCode(Code):
    """Statements and a result: the body of a block or net, a branch that has a value."""

    def __init__(
        self, statements: list[StatementCode], result: Code, span: Span, place: Place, applied: bool = False
    ) -> None:
        """*applied* says that a layer as the result is certainly applied: the body of a block."""
        self.statements, self.result, self.span, self.module = statements, result, span, place.module
        bound: Names = frozenset()
        for each in statements:
            self.free |= each.code.free - bound
            bound |= each.binds
            free = self.free
            self.absorb(each.code)
            self.free = free
        free = self.free | (result.free - bound)
        self.absorb(result)
        self.free = free
        after = result.needs | (result.applied if applied else frozenset())
        self.after: list[Names] = []
        """What is certainly needed after each statement."""
        for each in reversed(statements):
            self.after.insert(0, after)
            after = each.settle(after)
        self.needs = after
        self.applied = result.applied if not statements else frozenset()
        self.tensor = result.tensor
        self.fresh = result.fresh

    def run(self, frame: Frame) -> Value:
        if not self.statements:
            return self.result.run(frame)
        inner = Frame(dict(frame.names), frame.path, frame.name, frame.builder, frame.run, frame.again, frame.rules)
        return self._run_from(0, inner)

    def _run_from(self, first: int, frame: Frame) -> Value:
        """The statements from the *first* on, and the result."""
        for place in range(first, len(self.statements)):
            _execute(self.statements[place], frame)
            rest = self._cuts.get(place)
            if rest is not None and one_flows(frame, rest.free):
                with suppress(Unportable):
                    return self._rest(place, rest, frame)
        return self.result.run(frame)

    @cached_property
    def _cuts(self) -> dict[int, Code]:
        """What follows the statements that are worth a cut, because they decide something and what follows does: if one
        tensor is all that flows on, what follows depends on its type, not on what was decided.
        """
        found: dict[int, Code] = {}
        rest = Nothing()
        rest.absorb(self.result)
        for place in reversed(range(len(self.statements))):
            statement = self.statements[place]
            if statement.code.decides and rest.decides and not rest.forks:
                found[place] = rest
            before = Nothing()
            before.absorb(statement.code, rest)
            before.free = statement.code.free | (rest.free - statement.binds)
            rest = before
        return found

    def _rest(self, place: int, rest: Code, frame: Frame) -> Value:
        """What follows the statement at *place*, as a region."""
        self.module.decide(self.after[place], frame.run)

        def work(inner: Frame, extra: list[Value]) -> Value:
            return deep(self._run_from(place + 1, inner))

        return in_region(
            self.module, ("rest", self, place), frame, sorted(rest.free), [], self.module.lets_of(rest),
            "the statements after", self.statements[place].span, work,
        )  # fmt: skip
