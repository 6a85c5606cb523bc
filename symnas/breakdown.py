"""The size of a space broken down: tables of exact counts by the choices of decisions, or by what a net gives.

How ways are counted is `elaborate.breaking_down`'s business; how tables are printed is the command line's.
"""

import re
from collections.abc import Hashable, Iterable, Iterator
from fractions import Fraction
from functools import cached_property, partial
from typing import TYPE_CHECKING

from attrs import field, frozen

from symnas.domains import Choice, Continuous, Domain, Grid, show_number
from symnas.elaborate.breaking_down import Facet, Told, break_down
from symnas.elaborate.oracles import plain
from symnas.elaborate.outlining import Slot, outline
from symnas.elaborate.roots import Root, deep_recursion
from symnas.elaborate.tries import Node
from symnas.errors import SearchError, suggest

if TYPE_CHECKING:
    from symnas.space import Space

__all__ = ["Breakdown", "count_by"]

_MOST_LABELS = 1_000
"""Choices of a decision that are listed even where no architecture takes them."""
_FEW = 12
"""Decisions that are all named beside one that does not exist."""
_SUM = re.compile(r"sum\((.*?)(?:==(.*))?\)")


@frozen
class Breakdown:
    """How many architectures have each combination of values: *counts*, by one value for each name of *by*.

    A value is a choice as a `pick` writes it, a sum as the language writes numbers, the types that a net gives; `None`
    where the decision does not exist. Choices of a single decision that no architecture takes are listed with 0.
    """

    by: tuple[str, ...]
    values: tuple[tuple[str | None, ...], ...]
    """The values of each name, in the order of the text or by size."""
    counts: dict[tuple[str | None, ...], int] = field(eq=dict)
    before_requires: bool = False
    """Whether a `require` on costs is not applied: it is no limit, too much to tell, or what is counted is not known of
    costs (what a net gives; one net's own space; a decision whose alternatives differ).
    """

    @property
    def total(self) -> int:
        """All architectures."""
        return sum(self.counts.values())

    def counts_of(self, place: int) -> dict[str | None, int]:
        """How many have each value of the name at *place* alone."""
        found = dict.fromkeys(self.values[place], 0)
        for key, count in self.counts.items():
            found[key[place]] += count
        return found


def count_by(space: "Space", by: Iterable[str], net: str | None = None) -> tuple[Breakdown, ...]:
    """The architectures of *space*, or of *net*'s own, by every combination of what *by* names.

    A name is a decision's path; or `sum(…)` of a path with `*` for any number, which adds up all decisions that it
    fits (those that do not exist count nothing), and `sum(… == choice)`, which says how many of them take a choice; or a
    net, for the types that it gives. A path with `*` by itself, alone, gives a table for each decision that it fits.

    Raises:
        SearchError: the space has no exact count; there is no such decision; more than 20,000 combinations.
    """
    space.size_of(net)
    names = _Names(space, net)
    texts = tuple(by)
    found = [names.matching(text) for text in texts]
    if len(texts) == 1:
        return tuple(_table(space, net, (each,)) for each in found[0])
    for text, each in zip(texts, found, strict=True):
        if len(each) > 1:
            raise SearchError(
                f"`{text}` fits {len(each):,} decisions; in a cross table write `sum({text})`, or name one"
            )
    return (_table(space, net, tuple(each for (each,) in found)),)


@frozen(eq=False)
class _Named:
    """What one name stands for, read off *slots*; *listed* are values that tables have in any case, in this order."""

    name: str
    facet: Facet
    slots: tuple[Slot, ...] = ()
    listed: tuple[str, ...] = ()


def _table(space: "Space", net: str | None, named: tuple[_Named, ...]) -> Breakdown:
    elaboration = space.elaboration
    with deep_recursion():
        limited = _within_limits(space, named) if elaboration.costly and net is None else None
        found = limited or break_down(elaboration.root(net), elaboration.counter, tuple(each.facet for each in named))
    counts = {tuple(map(_shown, key)): count for key, count in found.items()}
    values = tuple(_values(each, [key[place] for key in counts]) for place, each in enumerate(named))
    if len(named) == 1:
        counts = {**{(value,): 0 for value in values[0]}, **counts}
    places = [{value: place for place, value in enumerate(each)} for each in values]
    ordered = sorted(counts, key=lambda key: [places[number][value] for number, value in enumerate(key)])
    before = bool(elaboration.costly) and limited is None
    return Breakdown(tuple(each.name for each in named), values, {key: counts[key] for key in ordered}, before)


def _within_limits(space: "Space", named: tuple[_Named, ...]) -> dict[tuple[Hashable, ...], int] | None:
    """The counts of what meets the `require`s on costs; `None` where they are not known."""
    told = []
    for each in named:
        if not each.slots or any(len(slot.domains) > 1 for slot in each.slots):
            return None
        read = {slot.path: partial(each.facet.read, slot.domains[0]) for slot in each.slots}
        told.append(Told(read, each.facet.empty, each.facet.join))
    return space.pricing.restricted.counts(told)


def _values(named: _Named, met: list[str | None]) -> tuple[str | None, ...]:
    """The values of a name: those listed, then those *met* beside them by size or by the alphabet; `None` last."""
    beside = sorted({value for value in met if value is not None}.difference(named.listed), key=_natural)
    return (*named.listed, *beside, *([None] if None in met else []))


def _shown(value: Hashable) -> str | None:
    return show_number(value) if isinstance(value, Fraction) else None if value is None else str(value)


class _Names:
    """What names stand for in a space."""

    def __init__(self, space: "Space", net: str | None) -> None:
        self.space, self.net = space, net

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Every decision."""
        with deep_recursion():
            return outline(self.space.elaboration.root(self.net))

    def matching(self, text: str) -> tuple[_Named, ...]:
        """What *text* stands for: one thing, unless it is a path with `*`.

        Raises:
            SearchError: nothing.
        """
        text = text.strip()
        summed = _SUM.fullmatch(text)
        if summed is not None:
            slots = self._fitting(summed[1].strip())
            facet = _sum(slots) if summed[2] is None else _taking(slots, summed[2].strip())
            return (_Named(text, facet, slots),)
        nets = self.space.nets if self.net is None else (self.net,)
        if text in nets and all(slot.path != text for slot in self.slots):
            return (_Named(text, _gives(text)),)
        return tuple(_one(slot) for slot in self._fitting(text))

    def _fitting(self, text: str) -> tuple[Slot, ...]:
        """The decisions at *text*, spelled as they are or with `X[0]` as `X`; `[*]` fits any number, or none."""
        found = [slot for slot in self.slots if _pattern(text).fullmatch(slot.path)]
        if not found:
            found = [slot for slot in self.slots if _pattern(plain(text)).fullmatch(plain(slot.path))]
        if not found:
            known = [slot.path for slot in self.slots]
            remedy = suggest(text, known, "there are", many=len(known) > _FEW)
            raise SearchError("; ".join(filter(None, [f"no architecture has a decision `{text}`", remedy])))
        return tuple(sorted(found, key=lambda slot: (self.space.source_order(slot.path), _natural(slot.path))))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(r"(\[\d+\])?".join(map(re.escape, text.split("[*]"))))


def _natural(text: str) -> tuple[tuple[bool, int, str], ...]:
    """A key that sorts numbers in a text as numbers."""
    parts = re.split(r"(\d+)", text)
    return tuple((part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)


def _one(slot: Slot) -> _Named:
    facet = Facet(frozenset({slot.path}), _label)
    return _Named(slot.path, facet, (slot,), tuple(dict.fromkeys(_labels(slot.domains))))


def _labels(domains: tuple[Domain, ...]) -> Iterator[str]:
    """The choices of a decision: those of its largest domain first; numbers by size."""
    grids = [each for each in domains if isinstance(each, Grid) and each.size <= _MOST_LABELS]
    if len(grids) == len(domains):
        values = {each.value(choice) for each in grids for choice in range(each.size)}
        yield from map(show_number, sorted(values))
        return
    for each in sorted(domains, key=lambda domain: -domain.size):
        if isinstance(each, Continuous):
            yield _label(each, each.low)
        elif each.size <= _MOST_LABELS:
            yield from map(each.show, range(each.size))


def _label(domain: Domain, choice: Choice) -> str:
    """The choice as a `pick` writes it; of a continuous decision its range, whatever the choice."""
    return f"{domain.low:g} to {domain.high:g}" if isinstance(domain, Continuous) else domain.show(choice)


def _sum(slots: tuple[Slot, ...]) -> Facet:
    for slot in slots:
        for domain in slot.domains:
            _check_numbers(slot.path, domain)
    return Facet(frozenset(slot.path for slot in slots), _number, Fraction(0), _added)


def _taking(slots: tuple[Slot, ...], wanted: str) -> Facet:
    """How many of the decisions take the choice *wanted*."""
    if all(domain.read(wanted) is None for slot in slots for domain in slot.domains):
        known = [label for slot in slots for label in _labels(slot.domains)]
        raise SearchError(f"`{slots[0].path}` has no choice `{wanted}`; {suggest(wanted, known)}")

    def read(domain: Domain, choice: Choice) -> Hashable:
        return Fraction(not isinstance(domain, Continuous) and domain.read(wanted) == choice)

    return Facet(frozenset(slot.path for slot in slots), read, Fraction(0), _added)


def _check_numbers(path: str, domain: Domain) -> None:
    if isinstance(domain, Continuous):
        raise SearchError(f"`sum` adds numbers, and `{path}` is continuous: its sums are not counted")
    shown = domain.show(0)
    try:
        for choice in range(min(domain.size, _MOST_LABELS)):
            _number(domain, choice)
    except ValueError:
        counted = f"`sum({path} == {shown})` counts those"
        raise SearchError(f"`sum` adds numbers, and `{path}` chooses from the like of `{shown}`; {counted}") from None


def _number(domain: Domain, choice: Choice) -> Fraction:
    """The choice as a number; `true` and `false` are 1 and 0.

    Raises:
        ValueError: it is none.
    """
    if isinstance(domain, Grid):
        return Fraction(domain.value(choice))
    shown = domain.show(choice)
    return Fraction({"true": "1", "false": "0"}.get(shown, shown.replace(" ", "").replace("_", "")))


def _added(one: Hashable, other: Hashable) -> Hashable:
    assert isinstance(one, Fraction)
    assert isinstance(other, Fraction)
    return one + other


def _gives(net: str) -> Facet:
    """What the net gives: its outputs' types, in the order of the program."""

    def given(leaf: Node) -> Hashable:
        root: Root = leaf.payload
        first = root.nets[net][0]
        after = [begin for begin, _ in root.nets.values() if begin > first]
        return ", ".join(str(each) for each in leaf.outcome.types[first : min(after, default=None)])

    return Facet(frozenset(), _label, given=given)
