"""Rules of the language carried out on Python values: `Conv2d($i, $o, 3, $*rest) => Conv2d($i, $o, 5, $*rest)`.

Every call in a value is looked at, outer ones first, neither inside of what was matched nor in what was put down; stages
of a chain (`Linear($*a) -> ReLU`) are neighbours in a list. The value itself stays as it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from attrs import frozen

from symnas import tree
from symnas.annotated.editing import refuse_cycles, walk
from symnas.annotated.placeholders import Manyof, Oneof, Placeholder, with_candidate
from symnas.annotated.rulematching import Match, matched
from symnas.annotated.ruleterms import Names, Undecided, evaluate, stages_of
from symnas.annotated.values import Symbolic, call_of, joined, name_of, reachable
from symnas.annotated.wording import shown
from symnas.errors import SearchError
from symnas.rewriting.reading import Rule, rule

__all__ = ["RewrittenValue", "ValueFiring", "rewrite_value"]

T = TypeVar("T")

FUEL = 10_000
"""How often rules act at most on the way to a fixed point."""


@frozen
class ValueFiring:
    """*rule* acted at *path*, and put *after* in the place of *before*."""

    rule: str
    path: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.path or 'the whole'}: {self.rule}: {self.before} → {self.after}"


@frozen
class RewrittenValue(Generic[T]):
    """What came of rewriting *original*: a *value*, which rule acted where, and where one is *undecided*: it asks for
    what is left open there, and was not carried out.
    """

    original: T
    value: T
    firings: tuple[ValueFiring, ...]
    undecided: tuple[str, ...] = ()

    @property
    def report(self) -> str:
        """A line for each firing."""
        return "".join(f"{each}\n" for each in self.firings)

    def undo(self) -> T:
        """The value as it was before."""
        return self.original


def rewrite_value(
    value: T,
    *rules: str | Rule,
    at: str | Sequence[str] | None = None,
    fixpoint: bool = False,
    fuel: int = FUEL,
    using: Iterable[Callable[..., Any]] = (),
) -> RewrittenValue[T]:
    """*value* with *rules* carried out one after the other, as a new value: what is not touched is shared with the old
    one. *at* takes the matches at a path, or below, alone. To a *fixpoint* they are gone through again until nothing
    changes. What a replacement calls is found among what the value calls, beside it in its modules, and in *using*.

    Raises:
        SourceError: a rule cannot be read. SearchError: it names what is not there, or has a function; nothing is at
            *at*; there is no fixed point within *fuel*; the value contains itself.
    """
    if not rules:
        raise SearchError("say which rules: `symnas.rewrite(value, 'ReLU => SiLU')`")
    read = [_declared(each) for each in rules]
    refuse_cycles(value)
    places = None if at is None else (at,) if isinstance(at, str) else tuple(at)
    names = Names({**_called(value), **{name_of(each): each for each in using}})
    now: Any = value
    done: list[ValueFiring] = []
    undecided: dict[str, None] = {}
    while True:
        acted = len(done)
        for each in read:
            turn = _Pass(each, names, places)
            now = turn.of(now, "", ())
            done += turn.firings
            undecided |= dict.fromkeys(turn.undecided)
            if len(done) > fuel:
                raise SearchError(f"no fixed point within {fuel:,} replacements; the last was {done[-1]}")
        if not fixpoint or len(done) == acted:
            break
    if places is not None and not done:
        raise SearchError(f"no rule matches at `{places[0]}`")
    return RewrittenValue(value, now, tuple(done), tuple(undecided))


def _declared(each: str | Rule) -> tree.Rule:
    given = rule(each) if isinstance(each, str) else each
    if given.function is not None:
        raise SearchError(f"the rule `{given.name}` is a function on layers; on values, `symnas.edit(value, function)`")
    return next(
        found for found in given.module.declarations if isinstance(found, tree.Rule) and found.name == given.name
    )


def _called(value: object) -> Mapping[str, Callable[..., Any]]:
    """The classes and functions in *value*, by name."""
    found: dict[str, Callable[..., Any]] = {}
    for _, each in walk(value):
        called = call_of(each)
        target = called[0] if called is not None else each
        if callable(target) and hasattr(target, "__name__"):
            found.setdefault(name_of(target), target)
    return found


class _Pass:
    """One rule, at every place where it matches in the value as it is."""

    def __init__(self, rule: tree.Rule, names: Names, places: Sequence[str] | None) -> None:
        self.rule = rule
        self.names = names
        self.places = places
        self.stages = stages_of(rule.pattern)
        self.firings: list[ValueFiring] = []
        self.undecided: list[str] = []
        self._made: dict[int, list[Any]] = {}

    def of(self, value: Any, path: str, within: tuple[str, ...]) -> Any:
        """*value*, which stands at *path* in calls named *within*, rewritten; itself where nothing changes. What stands
        at two places is rewritten as the first says.
        """
        put = self._alone(value, path, within)
        if len(put) != 1:
            raise SearchError(f"`{self.rule.name}` puts {len(put)} stages down at `{path}`, where one thing stands")
        return put[0]

    def _alone(self, value: Any, path: str, within: tuple[str, ...]) -> list[Any]:
        """What comes of *value* by itself: several things where the replacement is a chain."""
        if id(value) not in self._made:
            put = self._replaced([value], [path], within) if len(self.stages) == 1 else None
            self._made[id(value)] = put if put is not None else [self._inside(value, path, within)]
        return self._made[id(value)]

    def _inside(self, value: Any, path: str, within: tuple[str, ...]) -> Any:
        if isinstance(value, list | tuple) and type(value) in (list, tuple):
            items = self._items(value, path, within)
            same = len(items) == len(value) and all(one is other for one, other in zip(items, value, strict=True))
            return value if same else type(value)(items)
        called = call_of(value)
        below = within if called is None else (*within, name_of(called[0]))
        parts = [(end, each, self.of(each, joined(path, end), below)) for end, each in reachable(value)]
        changed = [(place, after) for place, (_, before, after) in enumerate(parts) if after is not before]
        return self._with(value, [each for _, _, each in parts], changed) if changed else value

    @staticmethod
    def _with(value: Any, parts: Sequence[Any], changed: Sequence[tuple[int, Any]]) -> Any:
        """*value* with other *parts*; a call is one that waits."""
        called = call_of(value)
        if called is not None:
            return Symbolic(called[0], dict(zip(called[1], parts, strict=True)))
        if isinstance(value, dict):
            return dict(zip(value, parts, strict=True))
        assert isinstance(value, Placeholder), "nothing else has parts"
        candidates = len(getattr(value, "candidates", ()))
        for place, each in changed:
            assert isinstance(value, Oneof | Manyof), "others have no candidates"
            if place < candidates:
                value = with_candidate(value, place, each)
        return value

    def _items(self, value: Sequence[Any], path: str, within: tuple[str, ...]) -> list[Any]:
        """The items of a list, chains of neighbours first."""
        found: list[Any] = []
        place, count = 0, len(self.stages)
        while place < len(value):
            some = list(value[place : place + count])
            paths = [joined(path, f"[{place + number}]") for number in range(len(some))]
            put = self._replaced(some, paths, within) if count > 1 and len(some) == count else None
            found += self._alone(some[0], paths[0], within) if put is None else put
            place += 1 if put is None else count
        return found

    def _replaced(self, values: list[Any], paths: list[str], within: tuple[str, ...]) -> list[Any] | None:
        """What is put down in the place of *values*, neighbours; `None` where the rule does not match."""
        if self.places is not None and not any(_is_below(paths[0], each) for each in self.places):
            return None
        try:
            put = self._put(values, paths, within)
        except Undecided:
            self.undecided.append(f"{paths[0]}: {self.rule.name}")
            return None
        if put is not None:
            before, after = (" -> ".join(map(shown, some)) for some in (values, put))
            self.firings.append(ValueFiring(self.rule.name, paths[0], before, after))
        return put

    def _put(self, values: list[Any], paths: list[str], within: tuple[str, ...]) -> list[Any] | None:
        match: Match | None = None
        for stage, value, path in zip(self.stages, values, paths, strict=True):
            match = matched(stage, value, path, within, match)
            if match is None:
                return None
        assert match is not None, "a rule has a stage"
        condition = self.rule.condition
        if condition is not None and not evaluate(condition, match.bound, self.names):
            return None
        return [evaluate(each, match.bound, self.names, whole=True) for each in stages_of(self.rule.replacement)]


def _is_below(path: str, place: str) -> bool:
    return path == place or (path.startswith(place) and path[len(place)] in ".[")
