"""Decisions as chips: how a domain is written, and which alternatives of layers the program's text tells more about."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs
from attrs import field, frozen

from symnas import tree
from symnas.domains import Alternatives, Choice, Combinations, Continuous, Domain, Grid, Permutations, Subsets
from symnas.picture.nodes import Chip, Part
from symnas.picture.prices import Price

__all__ = ["Decision", "Sources", "chip", "merged"]

_LISTED = 6
"""Members of a stepped range that are written out."""


@frozen
class Decision:
    """A decision under some scope: *place* is its path from there in the spelling of weights (`channels.0.kernel`).

    *choice* is what the member drawn takes, to be marked if *marked*. *prices* are what the others would cost, by
    their number.
    """

    path: str
    place: str
    domain: Domain
    choice: Choice
    marked: bool
    prices: Mapping[int, Price] = field(factory=dict, eq=False)


class Sources:
    """The `oneof`s of a program by declaration, to find what an alternative's label stands for."""

    def __init__(self, module: tree.Module) -> None:
        self._by_name: dict[str, list[tree.OneOf]] = {}
        for each in module.declarations:
            name = getattr(each, "name", "")
            self._by_name.setdefault(name, []).extend(_alternations(each))

    def details(self, path: str, labels: tuple[str, ...]) -> tuple[str, ...]:
        """The text of each alternative of the decision at *path*; empty where the text cannot be told for sure."""
        names = [part.partition("[")[0] for part in path.split(".")]
        home = next((name for name in reversed(names) if name in self._by_name), None)
        found = {_texts(each) for each in self._by_name.get(home or "", ()) if _fits(each, labels)}
        return found.pop() if len(found) == 1 else ()


def _alternations(value: Any) -> Iterator[tree.OneOf]:
    if isinstance(value, tuple):
        for item in value:
            yield from _alternations(item)
    elif attrs.has(type(value)):
        if isinstance(value, tree.OneOf):
            yield value
        for attribute in attrs.fields(type(value)):
            yield from _alternations(getattr(value, attribute.name))


def _fits(each: tree.OneOf, labels: tuple[str, ...]) -> bool:
    written = each.alternatives
    return len(written) == len(labels) and all(
        alternative.label == label if alternative.label else _text(alternative).startswith(label.partition("[")[0])
        for alternative, label in zip(written, labels, strict=True)
    )


def _texts(each: tree.OneOf) -> tuple[str, ...]:
    return tuple(_text(alternative) for alternative in each.alternatives)


def _text(alternative: tree.Alternative) -> str:
    from symnas.grammar import dump

    return " ".join(dump(alternative.value).split())


def chip(decision: Decision, label: str, sources: Sources) -> Chip:
    """*decision* as it is drawn, called *label*."""
    domain, choice = decision.domain, decision.choice if decision.marked else None
    if isinstance(domain, Alternatives):
        framed = not all(map(_is_literal, domain.labels))
        details = sources.details(decision.path, domain.labels) if framed else ()
        parts = tuple(
            Part(name, details[place] if details and details[place] != name else "")
            for place, name in enumerate(domain.labels)
        )
        priced = _priced(parts, decision)
        return Chip(label, priced, None if choice is None else int(choice), framed, domain.size, path=decision.path)
    values = _priced(_members(domain), decision)
    if choice is None:
        return Chip(label, values, size=domain.size, path=decision.path)
    shown = Part(f"{choice:.4g}" if isinstance(domain, Continuous) else domain.show(choice))
    if shown not in values:
        values = (*values, shown)
    return Chip(label, values, values.index(shown), size=domain.size, path=decision.path)


def _priced(parts: tuple[Part, ...], decision: Decision) -> tuple[Part, ...]:
    """*parts* with what they cost, where each is one choice: by parameters, or where those are all alike by MACs."""
    prices = decision.prices
    if len(parts) != decision.domain.size or not any(each.params or each.macs for each in prices.values()):
        return parts
    by_params = any(each.params for each in prices.values())

    def priced(place: int, part: Part) -> Part:
        price = prices.get(place)
        if price is None:
            return part
        cost = _signed(price.params) if by_params else f"{_signed(price.macs)} MACs"
        tip = f"{_signed(price.params, full=True)} parameters, {_signed(price.macs, full=True)} multiply-adds"
        return attrs.evolve(part, cost=cost, tip=tip)

    return tuple(priced(place, part) for place, part in enumerate(parts))


def _signed(number: int, *, full: bool = False) -> str:
    """`+1.2K`, `−340`, or all digits."""
    sign = "−" if number < 0 else "+"
    size = abs(number)
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "K")):
        if size >= unit and not full:
            return f"{sign}{size / unit:.3g}{name}"
    return f"{sign}{size:,}"


def _is_literal(label: str) -> bool:
    return label in {"true", "false", "none"} or not (label[:1].isalpha() or label[:1] == "_")


def _members(domain: Domain) -> tuple[Part, ...]:
    match domain:
        case Alternatives(labels=labels):
            return tuple(map(Part, labels))
        case Grid(count=count, step=step):
            if domain.whole and step == 1:
                return (Part(f"{domain.show(0)}..{domain.show(count - 1)}"),)
            if count <= _LISTED:
                return tuple(Part(domain.show(place)) for place in range(count))
            return (Part(f"{domain.show(0)}..{domain.show(count - 1)}"), Part(f"step {domain_step(domain)}"))
        case Continuous(low=low, high=high, log=log):
            return (Part(f"{low:g}..{high:g}{' log' if log else ''}"),)
        case Combinations(labels=labels, taken=taken):
            return (Part(f"{taken} of {', '.join(labels)}"),)
        case Subsets(labels=labels, least=least, most=most):
            return (Part(f"{least}..{most} of {', '.join(labels)}"),)
        case Permutations(labels=labels):
            return (Part(f"order of {', '.join(labels)}"),)


def domain_step(domain: Grid) -> str:
    """The step of a range as the language writes it."""
    return Grid(domain.step, domain.step, 1, domain.whole).show(0)


def merged(chips: Iterable[Chip]) -> tuple[Chip, ...]:
    """*chips* with equal ones drawn once, in order of first appearance."""
    found: dict[Chip, int] = {}
    for each in chips:
        found[each] = found.get(each, 0) + each.times
    return tuple(attrs.evolve(each, times=times) for each, times in found.items())
