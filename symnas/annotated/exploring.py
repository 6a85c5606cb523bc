"""Functions run again and again, until what they decide is known: which placeholders they ask for, and under what.

A function is run with every placeholder at its first candidate, then once for each other candidate of each decision, then
with candidates drawn until nothing new shows. A range is explored at its ends. Each run sees the placeholders of its own
thread and task alone.
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
from typing import Any, TypeVar

from attrs import define, evolve, field, frozen

from symnas.annotated.comparing import equal
from symnas.annotated.conditions import Condition, Ways, holds, under
from symnas.annotated.placeholders import CHOOSING, Manyof, Oneof, Placeholder, Range
from symnas.errors import SearchError

__all__ = ["CHECKS", "RUNS", "Decision", "explored", "run"]

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
        _, met = run(self.function, partial(_chosen, choices))
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


def explored(function: Callable[[], Any]) -> tuple[Decision, ...]:
    """What *function* decides, in an order in which each decision comes after those that its conditions name.

    Raises:
        SearchError: that takes more than 10,000 runs; one name is met with different placeholders; or what is met depends
            on a number of a range.
    """
    exploration = _Exploration(function)
    exploration.follow({})
    while exploration.surprised(found := exploration.understood()):
        pass
    return tuple(found.values())


def run(function: Callable[[], T], choose: Callable[[str, Placeholder], Any]) -> tuple[T, dict[str, Placeholder]]:
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


def _chosen(choices: Mapping[str, int], name: str, placeholder: Placeholder) -> Any:
    return _way(placeholder, choices.get(name, 0))


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
