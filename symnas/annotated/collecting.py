"""Placeholders inside ordinary functions, found by running them: `oneof(3, 5)` in a training script gives a value there.

What is met only under some candidates of some decisions exists only under those, so conditions need no marks. How that is
found out is the business of `exploring` and `conditions`; here it becomes a program.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from attrs import frozen

from symnas.annotated.conditions import Condition
from symnas.annotated.exploring import Decision, explored, run
from symnas.annotated.placeholders import Oneof, Placeholder
from symnas.annotated.writing import MET, VALUE, Case, Way, Writer, Written, labels_of, plain_labels, quoted, record
from symnas.errors import SearchError

__all__ = ["Collected", "collect"]

T = TypeVar("T")


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
        lets = {name: _Let.of(known[name], writer) for name in known if name in read}
        items = []
        for each in outside:
            value = lets[each.name].value if each.name in read else writer.whole(each.name, _whole(each, inside))
            pair = f"[{quoted(each.name)}, {value}]"
            needs = " or ".join(
                f"({' and '.join(lets[name].takes(ways) for name, ways in one.items())})" for one in each.under
            )
            items.append(f"*(if {needs} {{ [{pair}] }} else {{ [] }})" if needs else pair)
        return writer.written(record(MET, f"[{', '.join(items)}]"))

    def run(self, values: Mapping[str, Any]) -> T:
        """What the function gives where its decisions have these *values*.

        Raises:
            SearchError: it asks for something that it did not ask for when it was explored.
        """
        found, _ = run(self.function, lambda name, _: _known(name, values))
        return found


@frozen
class _Let:
    """A decision that conditions read: the `let` called *name*, whose ways are told by the *candidates* as they are
    written, else by their numbers.
    """

    name: str
    candidates: tuple[str, ...] | None

    @classmethod
    def of(cls, decision: Decision, writer: Writer) -> "_Let":
        """Written down by *writer*."""
        assert isinstance(decision.placeholder, Oneof)
        candidates = decision.placeholder.candidates
        if {type(each) for each in candidates} in ({int}, {str}):
            name = writer.decide(decision.name, decision.placeholder)
            return cls(name, tuple(writer.text(each, "") for each in candidates))
        return cls(writer.decide(decision.name, _steering(decision, Way)), None)

    @property
    def value(self) -> str:
        """What is chosen."""
        return f"{self.name}.{VALUE}" if self.candidates is None else self.name

    def takes(self, ways: frozenset[int]) -> str:
        """The condition that it takes one of *ways*."""
        if self.candidates is None:
            return f"{self.name}.way in {sorted(ways)}"
        return f"{self.name} in [{', '.join(self.candidates[way] for way in sorted(ways))}]"


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


def collect(function: Callable[[], T]) -> Collected[T]:
    """Run *function* until what it decides is known.

    Raises:
        SearchError: that takes more than 10,000 runs; one name is met with different placeholders; or what is met depends
            on a number of a range.
    """
    return Collected(function, explored(function))
