"""Placeholders inside ordinary functions, found by running them: `oneof(3, 5)` in a training script gives a value there.

A function is run with every placeholder at its first candidate, then once for each other candidate of each decision, then
with candidates drawn until nothing new shows. What is met only under some candidates of some decisions exists only under
those (`conditions`), so conditions need no marks. Each run sees the placeholders of its own thread and task alone. A range
is explored at its ends.
"""

import ast
import inspect
import linecache
import math
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise, product
from random import Random
from typing import Any, Generic, TypeVar

from attrs import define, evolve, field, frozen

from symnas.annotated.comparing import equal
from symnas.annotated.conditions import Condition, Ways, holds, under
from symnas.annotated.placeholders import CHOOSING, Manyof, Oneof, Placeholder, Range
from symnas.annotated.writing import MET, VALUE, Case, Way, Writer, Written, labels_of, plain_labels, quoted, record
from symnas.errors import SearchError

__all__ = ["CHECKS", "RUNS", "Collected", "Decision", "collect"]

T = TypeVar("T")

RUNS = 10_000
"""How often a function is run at most to find what it decides."""

CHECKS, MOST_CHECKS = 8, 256
"""How often two ways of two decisions are tried together, about, once all seems known; and how many runs that is at most."""


@frozen
class Decision:
    """A placeholder that was met, by its *name*. It exists under one of the conditions *under*; always, if there is none."""

    name: str
    placeholder: Placeholder
    under: tuple[Condition, ...] = ()

    @property
    def ways(self) -> int:
        """How many of its candidates are tried when the function is explored."""
        match self.placeholder:
            case Oneof(candidates=candidates):
                return len(candidates)
            case Range(low=low, high=high):
                return 1 if low == high else 2
            case _:
                return 1


@frozen
class Collected(Generic[T]):
    """A *function* of no arguments, and all *decisions* that it asks for."""

    function: Callable[[], T]
    decisions: tuple[Decision, ...]

    def written(self) -> Written:
        """The program: what exists under one candidate of a decision alone is written inside that candidate, so that
        its ways are counted apart; what depends on more reads the numbers of those candidates, which are `let`s then.
        """
        known = {each.name: each for each in self.decisions}
        read = {name for each in self.decisions if _around(each, known) is None for one in each.under for name in one}
        inside: dict[tuple[str, int], list[Decision]] = {}
        outside: list[Decision] = []
        for each in self.decisions:
            around = _around(each, known)
            nested = around is not None and around[0] not in read
            (inside.setdefault(around, []) if nested and around is not None else outside).append(each)
        writer = Writer()
        lets = {name: writer.decide(name, _steering(known[name], Way)) for name in known if name in read}
        items = []
        for each in outside:
            value = f"{lets[each.name]}.{VALUE}" if each.name in read else writer.whole(each.name, _whole(each, inside))
            pair = f"[{quoted(each.name)}, {value}]"
            needs = " or ".join(
                f"({' and '.join(f'{lets[name]}.way in {sorted(ways)}' for name, ways in one.items())})"
                for one in each.under
            )
            items.append(f"*(if {needs} {{ [{pair}] }} else {{ [] }})" if needs else pair)
        return writer.written(record(MET, f"[{', '.join(items)}]"))

    def run(self, values: Mapping[str, Any]) -> T:
        """What the function gives where its decisions have these *values*.

        Raises:
            SearchError: it asks for something that it did not ask for when it was explored.
        """
        found, _ = _run(self.function, lambda name, _: _known(name, values))
        return found


def _around(decision: Decision, known: Mapping[str, Decision]) -> tuple[str, int] | None:
    """The decision, and its one way, under which alone *decision* exists."""
    if len(decision.under) != 1:
        return None
    *before, (name, ways) = decision.under[0].items()
    return (name, min(ways)) if len(ways) == 1 and (dict(before) or {}) == _only(known[name]) else None


def _only(decision: Decision) -> Condition | None:
    """The one condition that *decision* has, or none at all; `None` where it has several."""
    return (decision.under or ({},))[0] if len(decision.under) < 2 else None


def _whole(decision: Decision, inside: Mapping[tuple[str, int], Sequence[Decision]]) -> Placeholder:
    """The placeholder of *decision*, with what is decided *inside* its candidates."""
    below = {way: nested for (name, way), nested in inside.items() if name == decision.name}
    return _steering(decision, lambda number, candidate: (
        Case(candidate, {each.name: _whole(each, inside) for each in below[number]}) if number in below else candidate
    )) if below else decision.placeholder  # fmt: skip


def _steering(decision: Decision, made: Callable[[int, Any], Any]) -> Oneof:
    """The placeholder of a decision that others depend on: what is *made* of the numbers of its candidates and them."""
    assert isinstance(decision.placeholder, Oneof)
    placeholder = decision.placeholder
    candidates = tuple(made(number, each) for number, each in enumerate(placeholder.candidates))
    labels = placeholder.labels or labels_of(placeholder.candidates) or plain_labels(placeholder.candidates)
    return Oneof(candidates, labels, placeholder.prior)


def _known(name: str, values: Mapping[str, Any]) -> Any:
    if name in values:
        return values[name]
    raise SearchError(
        f"the function asks for `{name}`, which it did not when it was explored: what it asks for may depend on choices "
        "that are rarely made together, or on numbers from a range; give it a `symbolic` part"
    )


@define
class _Exploration:
    """What is known of a function so far."""

    function: Callable[[], Any]
    known: dict[str, Decision] = field(factory=dict)
    runs: list[Ways] = field(factory=list)
    tried: set[tuple[str, int]] = field(factory=set)
    rng: Random = field(factory=lambda: Random(0))

    def follow(self, choices: Mapping[str, int]) -> None:
        """Run it with *choices*, then with each other way of every decision met that was not tried yet."""
        waiting = [choices]
        while waiting:
            way = self.run(waiting.pop(0))
            for name in way:
                self.tried.add((name, way[name]))
                for other in range(self.known[name].ways):
                    if (name, other) not in self.tried:  # once is enough, whatever the others are
                        self.tried.add((name, other))
                        waiting.append({**way, name: other})

    def run(self, choices: Mapping[str, int]) -> Ways:
        """Run it once; the ways that it took."""
        if len(self.runs) == RUNS:
            raise SearchError(
                f"what the function decides is not known after {RUNS:,} runs; mark parts of it `symbolic`"
            )
        _, met = _run(self.function, partial(_chosen, choices))
        for name, placeholder in met.items():
            _refuse_other(name, self.known.setdefault(name, Decision(name, placeholder)).placeholder, placeholder)
        self.runs.append({name: choices.get(name, 0) for name in met})
        return self.runs[-1]

    def _order(self) -> list[str]:
        """The decisions, each behind those that were met before it in any run; as met first, where runs differ in that."""
        before: dict[str, dict[str, None]] = {name: {} for name in self.known}
        for run in self.runs:
            for one, other in pairwise(run):
                before[other][one] = None
        try:
            return list(TopologicalSorter(before).static_order())
        except CycleError:
            return list(self.known)

    def understood(self) -> dict[str, Decision]:
        """The decisions, each with the conditions under which the runs met it."""
        found: dict[str, Decision] = {}
        for name in self._order():
            before = {each.name: each.under for each in found.values() if isinstance(each.placeholder, Oneof)}
            found[name] = evolve(self.known[name], under=under(name, before, self.runs))
        return found

    def checks(self) -> Iterator[dict[str, int]]:
        """Choices to try what is known with: all there are if they are few, else so many that two decisions are likely to
        take any two of their ways together.
        """
        ways = {name: each.ways for name, each in self.known.items()}
        most = sorted((1, 1, *ways.values()))[-2:]
        count = CHECKS * most[0] * most[1]
        if math.prod(ways.values()) <= max(count, MOST_CHECKS):
            for chosen in product(*map(range, ways.values())):
                yield dict(zip(ways, chosen, strict=True))
            return
        for _ in range(min(count, MOST_CHECKS)):
            yield {name: self.rng.randrange(number) for name, number in ways.items()}

    def surprised(self, found: Mapping[str, Decision]) -> bool:
        """Whether a check met other decisions than *found* says; what it met is followed then."""
        for choices in self.checks() if len(self.known) > 1 else ():
            way = self.run(choices)
            expected = {name for name, decision in found.items() if holds(decision.under, choices)}
            if way.keys() != expected:
                self.follow(way)
                return True
        return False


def collect(function: Callable[[], T]) -> Collected[T]:
    """Run *function* until what it decides is known.

    Raises:
        SearchError: that takes more than 10,000 runs; one name is met with different placeholders; or what is met depends
            on a number of a range.
    """
    exploration = _Exploration(function)
    exploration.follow({})
    while exploration.surprised(found := exploration.understood()):
        pass
    return Collected(function, tuple(found.values()))


def _refuse_other(name: str, one: Placeholder, other: Placeholder) -> None:
    if one is not other and not _alike(one, other):
        raise SearchError(f"`{name}` is asked for with different candidates; give them names of their own, `name=`")


def _alike(one: Placeholder, other: Placeholder) -> bool:
    """Whether they are equal; most often the candidates are the very same things, which is seen at once."""
    match one, other:
        case (Oneof(mine, labels, prior), Oneof(theirs, other_labels, other_prior)) if len(mine) == len(theirs) and all(
            map(operator.is_, mine, theirs)
        ):
            return (labels, prior) == (other_labels, other_prior)
        case _:
            return equal(one, other)


def _chosen(choices: Mapping[str, int], name: str, placeholder: Placeholder) -> Any:
    return _way(placeholder, choices.get(name, 0))


def _run(function: Callable[[], T], choose: Callable[[str, Placeholder], Any]) -> tuple[T, dict[str, Placeholder]]:
    """What *function* gives, and the placeholders that it met, by name."""
    met: dict[str, Placeholder] = {}
    times: Counter[str] = Counter()

    def chosen(placeholder: Placeholder) -> Any:
        name = placeholder.name or _called()
        times[name] += 1
        if times[name] > 1 and placeholder.name is None:
            name = f"{name}_{times[name]}"
        _refuse_other(name, met.setdefault(name, placeholder), placeholder)
        return choose(name, placeholder)

    token = CHOOSING.set(chosen)
    try:
        return function(), met
    finally:
        CHOOSING.reset(token)


def _way(placeholder: Placeholder, way: int) -> Any:
    """Candidate number *way*, as plain as it was given."""
    match placeholder:
        case Oneof(candidates=candidates):
            return candidates[way]
        case Range(low=low, high=high):
            return high if way else low
        case Manyof(kind="permutation", candidates=candidates):
            return list(candidates)
        case Manyof(kind="product" | "multiset", candidates=candidates, least=int(least)):
            return [candidates[0]] * least
        case Manyof(candidates=candidates, least=int(least)):
            return list(candidates[:least])
        case _:
            raise SearchError(f"{placeholder!r} cannot be collected: its number is undecided itself")


def _called() -> str:
    """A name for the placeholder that is being asked for: what its line assigns to, else the function and the line."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith("symnas.annotated."):
        frame = frame.f_back
    assert frame is not None, "somebody asks"
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    return next(_assigned(line), f"{frame.f_code.co_name.strip('<>')}_{frame.f_lineno}")


def _assigned(line: str) -> Iterator[str]:
    """The name that a line of Python binds, where it binds one."""
    try:
        statements: Sequence[ast.stmt] = ast.parse(line).body
    except SyntaxError:
        return
    for each in statements:
        match each:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=[ast.Attribute(attr=name)]):  # `self.stem = …`
                yield name
            case _:
                pass
