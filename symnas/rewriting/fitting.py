"""Steps of a scope that could be the layers of a pattern: which call the right things, and are linked as it says.

What their settings and conditions come to is `matching`'s business.
"""

from collections.abc import Iterator
from itertools import permutations

from attrs import evolve, frozen

from symnas.elaborate.rulechains import COMMUTATIVE
from symnas.elaborate.rulepatterns import RulePattern, Way
from symnas.graph import Operation, Step
from symnas.rewriting.indexing import Index, called_by

__all__ = ["Fit", "anchor", "fits", "heads_of"]


@frozen
class Fit:
    """Steps that call the right things: *places* by stage, and the values that flow in, by variable."""

    places: tuple[tuple[int, int], ...] = ()
    flowing: tuple[tuple[str, int], ...] = ()


def fits(index: Index, way: Way, place: int) -> Iterator[Fit]:
    """The steps that would be the stages of *way*, if they call the right things."""
    if way.joins:
        yield from _joined(index, way, len(way.stages) - 1, place, Fit())
    else:
        chain = _chain(index, way, place)
        if chain is not None:
            yield Fit(tuple(enumerate(chain)))


def _chain(index: Index, way: Way, first: int) -> list[int] | None:
    chain = [first]
    steps = index.scope.steps
    for stage in way.stages[1:]:
        following = index.only_reader(chain[-1])
        if following is None or len(steps[following].operands) != 1 or not calls(stage, steps[following]):
            return None
        chain.append(following)
    tail = _tail(index, way, chain[-1])
    return None if tail is None else [*chain, *tail]


def _joined(index: Index, way: Way, stage: int, place: int, fit: Fit) -> Iterator[Fit]:
    """*fit* with *stage* at *place*, and what flows into it."""
    step, links = index.scope.steps[place], way.links[stage]
    if len(step.operands) != len(links) or not calls(way.stages[stage], step):
        return
    here = evolve(fit, places=(*fit.places, (stage, place)))
    for operands in _orders(step):
        yield from _flowing(index, way, [*zip(links, operands, strict=True)], here)


def _flowing(index: Index, way: Way, left: list[tuple[int | str, int]], fit: Fit) -> Iterator[Fit]:
    """*fit* with what is *left*: links, and the values that they would be."""
    if not left:
        yield fit
        return
    (link, value), *others = left
    if isinstance(link, str):
        known = dict(fit.flowing).get(link, value)
        if known == value or link == "_":
            more = fit if link == "_" else evolve(fit, flowing=(*fit.flowing, (link, value)))
            yield from _flowing(index, way, others, more)
        return
    place = index.makers.get(value)
    if place is None or index.only_reader(place) is None or any(place == each for _, each in fit.places):
        return
    for found in _joined(index, way, link, place, fit):
        yield from _flowing(index, way, others, found)


def _tail(index: Index, way: Way, last: int) -> list[int] | None:
    """What follows step *last* to the end, if *way* asks for it and it is a chain."""
    if way.tail is None:
        return []
    steps, found = index.scope.steps, list[int]()
    while (following := index.only_reader(last)) is not None:
        if len(steps[following].operands) != 1 or called_by(steps[following]) is None:
            return None
        found.append(following)
        last = following
    return found if found and index.is_result(last) else None


def _orders(step: Step) -> Iterator[tuple[int, ...]]:
    """The operands of *step* in each order in which they mean the same."""
    if isinstance(step, Operation) and step.operator in COMMUTATIVE and len(step.operands) <= _MOST_EXCHANGED:
        yield from dict.fromkeys(permutations(step.operands))
    else:
        yield step.operands


_MOST_EXCHANGED = 5
"""Operands of a commutative operator that are tried in every order."""


def anchor(way: Way) -> RulePattern:
    """The stage that the search for matches begins with."""
    return way.stages[-1 if way.joins else 0]


def calls(stage: RulePattern, step: Step) -> bool:
    """Whether *step* calls what *stage* calls."""
    name, heads = called_by(step), heads_of(stage)
    return name is not None and (heads is None or name in heads)


def heads_of(pattern: RulePattern) -> frozenset[str] | None:
    """The names that *pattern* calls; `None` where it is any layer."""
    if not pattern.calls:
        return None
    return frozenset(each.head.name for each in pattern.calls)
