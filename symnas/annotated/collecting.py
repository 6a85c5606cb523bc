"""Placeholders inside ordinary functions, found by running them: `oneof(3, 5)` in a training script gives a value there.

A function is run with every placeholder at its first candidate, then once for each other candidate of each decision. What
is met only under some candidates of a decision exists only under those, so conditions need no marks. Each run sees the
placeholders of its own thread and task alone. A range is explored at its ends.
"""

import ast
import inspect
import linecache
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from symnas.annotated.comparing import equal
from symnas.annotated.placeholders import CHOOSING, Manyof, Oneof, Placeholder, Range
from symnas.annotated.writing import MET, VALUE, Case, Way, Writer, Written, labels_of, plain_labels, quoted, record
from symnas.errors import SearchError

__all__ = ["RUNS", "Collected", "Decision", "collect"]

T = TypeVar("T")

RUNS = 10_000
"""How often a function is run at most to find what it decides."""


@frozen
class Decision:
    """A placeholder that was met, by its *name*. It exists where each decision of *under* takes one of these ways."""

    name: str
    placeholder: Placeholder
    under: Mapping[str, frozenset[int]] = field(factory=dict)

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
        read = {name for each in self.decisions if _around(each, known) is None for name in each.under}
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
            needs = " and ".join(f"{lets[name]}.way in {sorted(ways)}" for name, ways in each.under.items())
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
    if not decision.under:
        return None
    *before, (name, ways) = decision.under.items()
    return (name, min(ways)) if len(ways) == 1 and dict(before) == known[name].under else None


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
        f"the function asks for `{name}`, which it did not when it was explored: what it asks for may depend on one of "
        "its decisions, and on one more inside that, but not on two that are independent; give it a `symbolic` part"
    )


_Ways = Mapping[str, int]
"""One run of the exploration: the ways that were taken, of the decisions that were met."""


def collect(function: Callable[[], T]) -> Collected[T]:
    """Run *function* until what it decides is known.

    Raises:
        SearchError: that takes more than 10,000 runs; one name is met with different placeholders; or what is met depends
            on a number of a range.
    """
    known: dict[str, Decision] = {}
    runs: list[_Ways] = []
    waiting: list[dict[str, int]] = [{}]
    tried: set[tuple[str, int]] = set()
    while waiting:
        choices = waiting.pop(0)
        if len(runs) == RUNS:
            raise SearchError(
                f"what the function decides is not known after {RUNS:,} runs; mark parts of it `symbolic`"
            )
        _, met = _run(function, partial(_chosen, choices))
        for name, placeholder in met.items():
            _refuse_other(name, known.setdefault(name, Decision(name, placeholder)).placeholder, placeholder)
        runs.append({name: choices.get(name, 0) for name in met})
        for name in met:
            for way in range(1, known[name].ways):
                if (name, way) not in tried:  # once is enough, whatever the others are
                    tried.add((name, way))
                    waiting.append({key: value for key, value in choices.items() if key in met} | {name: way})
    found: dict[str, Decision] = {}
    for each in known.values():
        found[each.name] = _conditioned(each, found, runs)
    return Collected(function, tuple(found.values()))


def _refuse_other(name: str, one: Placeholder, other: Placeholder) -> None:
    if not equal(one, other):
        raise SearchError(f"`{name}` is asked for with different candidates; give them names of their own, `name=`")


def _chosen(choices: Mapping[str, int], name: str, placeholder: Placeholder) -> Any:
    return _way(placeholder, choices.get(name, 0))


def _conditioned(decision: Decision, before: Mapping[str, Decision], runs: Sequence[_Ways]) -> Decision:
    """*decision* under the fewest ways of earlier ones that tell the runs that met it from the others."""
    missed = [each for each in runs if decision.name not in each]
    there = [each for each in runs if decision.name in each]
    under: dict[str, frozenset[int]] = {}
    while missed:
        left = {name: [each for each in missed if each.get(name) in ways] for name, ways in _ways(before, there)}
        name = min(left, key=lambda name: len(left[name]), default=None)
        if name is None or len(left[name]) == len(missed):
            raise SearchError(
                f"whether `{decision.name}` is asked for depends on a number from a range, or on nothing that is decided; "
                "let it depend on a `oneof`"
            )
        under |= {**before[name].under, name: dict(_ways(before, there))[name]}
        missed = left[name]
    return Decision(decision.name, decision.placeholder, under)


def _ways(before: Mapping[str, Decision], runs: Sequence[_Ways]) -> Iterator[tuple[str, frozenset[int]]]:
    """The ways that each earlier choice among candidates takes in *runs*, where all of them met it."""
    for name, decision in before.items():
        if isinstance(decision.placeholder, Oneof) and all(name in each for each in runs):
            yield name, frozenset(each[name] for each in runs)


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
            case _:
                pass
