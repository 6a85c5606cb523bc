"""Calls of symbolic classes and functions that are met while something runs, and made otherwise where a change says so.

A call is known by what it calls, within which other call, and its number among those: `Net#1/Unit#2`. Each run sees the
calls of its own thread and task alone. Where what is made ends up is `tracing`'s business.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from attrs import define, field, frozen

from symnas.annotated.values import bound, call, name_of, spread
from symnas.errors import SearchError

__all__ = ["TRACE", "Call", "Change", "Made", "Replaced", "Trace"]

T = TypeVar("T")


@define(eq=False)
class Call:
    """One call that was met: of *target*, with *arguments* by the names of its parameters; *made* came of it."""

    key: str
    target: Callable[..., Any]
    arguments: Mapping[str, Any]
    made: Any = None


@frozen
class Made:
    """What another call gives, by its *key*; it is found at *path*."""

    key: str
    path: str

    def __repr__(self) -> str:
        return f"<{self.path}>"


@frozen
class Change:
    """A call of *target* that is made with other *arguments*, without those that are *removed*."""

    target: Callable[..., Any]
    arguments: Mapping[str, Any]
    removed: frozenset[str] = frozenset()


@frozen(eq=False)
class Replaced:
    """A call of *target* that is not made: *value* stands in place of what it gives."""

    target: Callable[..., Any]
    value: Any


@define(eq=False)
class Trace:
    """One run of *root*, with *changes* of calls in it, by key. *calls* are those that were met, in order, and *changed*
    are the keys of those that were made otherwise.
    """

    root: Callable[..., Any]
    changes: Mapping[str, Change | Replaced] = field(factory=dict)
    calls: list[Call] = field(factory=list)
    changed: dict[str, Any] = field(factory=dict)
    """What stands where a change was made, by key."""
    _within: list[str] = field(factory=list)
    _numbers: Counter[str] = field(factory=Counter)
    _begun: dict[int, tuple[str, object]] = field(factory=dict)  # keys of what is not initialised yet, kept alive
    _given: dict[int, object] = field(factory=dict)

    def run(self, arguments: Mapping[str, Any]) -> Any:
        """What the root gives with *arguments*."""
        token = TRACE.set(self)
        try:
            return call(self.root, arguments)
        finally:
            TRACE.reset(token)

    def called(
        self, target: Callable[..., Any], function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        """What a call of *target*, for which *function* is run, gives."""
        key = self._key(target)
        change = self._change(key, target)
        if isinstance(change, Replaced):
            return self._replaced(key, change)
        met, args, kwargs = self._met(key, target, change, args, kwargs)
        with self._inside(key):
            made = function(*args, **kwargs)
        self._came(met, change, made)
        return made

    def begun(self, kind: type[T], make: Callable[[], T]) -> T:
        """An object of *kind* that *make* makes, not initialised yet; or what stands in its place."""
        key = self._key(kind)
        change = self._change(key, kind)
        if not isinstance(change, Replaced):
            made = make()
            self._begun[id(made)] = key, made
            return made
        value = self._replaced(key, change)
        if isinstance(value, kind) and type(value).__init__ is not kind.__init__:
            raise SearchError(
                f"`{name_of(kind)}` cannot be replaced by `{name_of(type(value))}`, a subclass with an `__init__` of its "
                "own, which Python would run again; replace it by something else"
            )
        self._given[id(value)] = value
        found: T = value
        return found

    def initialise(
        self, made: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], begin: Callable[..., None]
    ) -> None:
        """Initialise *made*, which `begun` gave, by *begin*, unless it stands in the place of another."""
        if id(made) in self._given:
            return
        key, _ = self._begun.pop(id(made), (_ROOT, None))
        change = self._change(key, type(made))
        met, args, kwargs = self._met(key, type(made), change, args, kwargs)
        with self._inside(key):
            begin(made, *args, **kwargs)
        self._came(met, change, made)

    def _replaced(self, key: str, change: Replaced) -> Any:
        self.calls.append(Call(key, change.target, {}, change.value))
        self.changed[key] = change.value
        return change.value

    def _key(self, target: Callable[..., Any]) -> str:
        if not self._within and target is self.root:
            return _ROOT
        word = f"{''.join(f'{each}/' for each in self._within[-1:] if each)}{name_of(target)}"
        self._numbers[word] += 1
        return f"{word}#{self._numbers[word]}"

    def _change(self, key: str, target: Callable[..., Any]) -> Change | Replaced | None:
        change = self.changes.get(key)
        return change if change is not None and change.target is target else None

    def _met(
        self, key: str, target: Callable[..., Any], change: Change | Replaced | None, args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> tuple[Call | None, tuple[Any, ...], Mapping[str, Any]]:  # fmt: skip
        """The call, and what it is made with."""
        if key == _ROOT:
            return None, args, kwargs
        try:
            given = bound(target, args, kwargs)
        except SearchError:  # it is the target's to refuse
            return None, args, kwargs
        if isinstance(change, Change):
            given = {name: each for name, each in {**given, **change.arguments}.items() if name not in change.removed}
            args, kwargs = spread(target, {name: self._resolved(each) for name, each in given.items()})
        met = Call(key, target, given)
        self.calls.append(met)
        return met, args, kwargs

    def _resolved(self, value: Any) -> Any:
        """*value* with what other calls of this run made in place of their names."""
        match value:
            case Made():
                return next(each.made for each in self.calls if each.key == value.key)
            case list() | tuple():
                return type(value)(map(self._resolved, value))
            case dict():
                return {key: self._resolved(each) for key, each in value.items()}
            case _:
                return value

    def _came(self, met: Call | None, change: Change | Replaced | None, made: Any) -> None:
        if met is not None:
            met.made = made
            if change is not None:
                self.changed[met.key] = made

    @contextmanager
    def _inside(self, key: str) -> Iterator[None]:
        self._within.append(key)
        try:
            yield
        finally:
            self._within.pop()


_ROOT = ""

TRACE: ContextVar[Trace | None] = ContextVar("symnas_trace", default=None)
"""The run that is going on."""
