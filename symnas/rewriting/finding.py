"""Matches of rules in a whole network, told by their paths and by what the variables stand for."""

from collections.abc import Hashable, Iterator
from functools import lru_cache

from attrs import frozen

from symnas.elaborate.declarations import BlockCode
from symnas.elaborate.placeholders import value_label
from symnas.elaborate.rulepatterns import Bound, as_value, same
from symnas.elaborate.rules import RuleCode
from symnas.elaborate.values import Tensor, Thunk, Value, force
from symnas.grammar import dump
from symnas.graph import Operation, Scope, Step, Use, join, scopes_within
from symnas.operators.base import REQUIRED, Operator, SettingValue
from symnas.rewriting.matching import Match, Matcher, Undecided
from symnas.spelling import of_operation

__all__ = ["Found", "Walk", "around", "below", "path_of", "told", "written"]


@frozen
class Found:
    """A match of *rule* at *path*, the path of its first stage from the net; *what* matched, as it is written, and what
    the variables stand for, in *captured*. Where the rule asks for a setting that is not kept with the network, it is
    *undecided*: that setting.
    """

    rule: str
    path: str
    what: str
    captured: tuple[tuple[str, str], ...] = ()
    undecided: str | None = None

    def __str__(self) -> str:
        if self.undecided is not None:
            return f"{self.path}: {self.rule}: {self.what}, undecided: `{self.undecided}` is not known"
        values = "".join(f", ${name} = {value}" for name, value in self.captured)
        return f"{self.path}: {self.rule}: {self.what}{values}"


class Walk:
    """Finds the matches of one rule in a network: outermost, every application by its own path."""

    def __init__(self, matcher: Matcher, rule: RuleCode) -> None:
        self.matcher, self.rule = matcher, rule
        self._known: dict[tuple[int, frozenset[BlockCode]], list[Found]] = {}
        self._shown: dict[Hashable, tuple[str, tuple[tuple[str, str], ...]]] = {}

    def scope(self, scope: Scope, prefix: str, inside: frozenset[BlockCode]) -> list[Found]:
        """The matches in *scope*, which stands at *prefix*."""
        if not self.matcher.concerned(scope, self.rule):
            return []
        if self.rule in self.matcher.placed:
            return [*self._scope(scope, prefix, inside)]
        key = id(scope), inside
        if key not in self._known:
            self._known[key] = [*self._scope(scope, "", inside)]
        return [
            Found(each.rule, below(prefix, each.path), each.what, each.captured, each.undecided)
            for each in self._known[key]
        ]

    def _scope(self, scope: Scope, prefix: str, inside: frozenset[BlockCode]) -> Iterator[Found]:
        hits: dict[int, Found] = {}
        taken: set[int] = set()
        for each in self.matcher.matches(
            scope, self.rule, inside, prefix if self.rule in self.matcher.placed else None
        ):
            if isinstance(each, Undecided):
                step = scope.steps[each.place]
                hits[each.place] = Found(self.rule.name, join(prefix, step.name), written(step), undecided=each.setting)
            else:
                taken.update(each.places)
                hits[min(each.places)] = self._found(each, prefix)
        within = [
            place
            for step, places in self.matcher.inner(scope)
            if self.rule in self.matcher.placed or [*self._within(step, "", inside)]
            for place in places
        ]
        for place in sorted({*hits, *within}):
            if place in hits:
                yield hits[place]
            if place not in taken:
                yield from self._within(scope.steps[place], prefix, inside)

    def _found(self, match: Match, prefix: str) -> Found:
        key = match.rule, match.way, match.kinds
        if key not in self._shown:  # matches that are alike are told alike
            self._shown[key] = told(match), tuple(_told(match))
        return Found(match.rule.name, join(prefix, match.first.name), *self._shown[key])

    def _within(self, step: Step, prefix: str, inside: frozenset[BlockCode]) -> Iterator[Found]:
        if isinstance(step, Use):
            yield from self.scope(step.scope, path_of(step, prefix), around(inside, step.scope, self.matcher))
        for inner in scopes_within(step):
            yield from self.scope(inner, prefix, inside)


def path_of(step: Use, prefix: str) -> str:
    """The path of *step* in a block at *prefix*; that of a shared one begins with `/`, wherever it is used."""
    return f"/{step.shared}" if step.shared else join(prefix, step.name)


def below(prefix: str, path: str) -> str:
    """*path*, as it is called in a block at *prefix*, as it is called around that."""
    return path if path.startswith("/") else join(prefix, path)


def around(inside: frozenset[BlockCode], scope: Scope, matcher: Matcher) -> frozenset[BlockCode]:
    """The blocks around what is in *scope*, which stands *inside* others."""
    block = matcher.context.block(scope.block)
    return inside if block is None else inside | {block}


def told(match: Match) -> str:
    """What *match* has matched, as it is written: a chain as such, what several tensors flow into as calls."""
    if not match.way.joins:
        return " -> ".join(map(written, match.every))
    texts: list[str] = []
    for step, links in zip(match.steps, match.way.links, strict=True):
        flowing = [texts[each] if isinstance(each, int) else f"${each}" for each in links]
        what = written(step)
        if what[:1].islower():
            texts.append(f"{what.partition('(')[0]}({', '.join(flowing)})")
        else:
            texts.append(f"{flowing[0] if len(flowing) == 1 else '(' + ', '.join(flowing) + ')'} -> {what}")
    return texts[-1]


def _told(match: Match) -> Iterator[tuple[str, str]]:
    """What the variables stand for: `$x` its value, `$*rest` the settings that differ from their defaults."""
    rests: dict[str, list[str]] = {}
    plain = _defaults(match)
    for name, value in match.bound.items():
        rest, _, setting = name.removeprefix("*").partition(".")
        if name.startswith("*") and setting:
            given = rests.setdefault(rest, [])
            if setting not in plain or not same(force(plain[setting]), force(value)):
                given.append(f"{setting} = {_shown(value)}")
        elif not name.startswith("#") and name.lstrip("*") not in ("_", "matched"):
            yield name, _shown(value)
    for rest, given in rests.items():
        yield f"*{rest}", f"({', '.join(given)})" if given else "nothing"


def _defaults(match: Match) -> Bound:
    """The defaults of the operators that are matched."""
    operators = [each.head for each in match.rule.pattern.calls if isinstance(each.head, Operator)]
    settings = [each for operator in operators for each in operator.settings]
    return {each.name: as_value(each.default) for each in settings if each.default is not REQUIRED}


def _shown(value: Value | Thunk) -> str:
    if isinstance(value, Thunk):
        if value.frame is not None:
            return "…"
        value = value.value
    return str(value.type) if isinstance(value, Tensor) else value_label(value, 0)


def written(step: Step) -> str:
    """*step* as a program would write it: `Conv2d(16, 3)`."""
    if isinstance(step, Operation):
        return _written(step.operator, step.settings)
    if isinstance(step, Use):
        given = ", ".join(text for _, text in step.scope.settings)
        return f"{step.scope.block}({given})" if given else step.scope.block
    return step.name


@lru_cache(maxsize=4096)
def _written(operator: str, settings: tuple[tuple[str, SettingValue], ...]) -> str:
    return dump(of_operation(Operation(operator, settings, (), (), ""), ()))
