"""The one-hot encoding: a column for each choice. Different discrete choices give different vectors.

Sets of options (`manyof`, `subset`) have a column for each option, orders (`permutation`) one for each option at each
place; a continuous decision has one column, scaled to 0..1, in its logarithm with `log`.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import assert_never

from symnas.domains import (
    Alternatives,
    Choice,
    Combinations,
    Continuous,
    Domain,
    Grid,
    Permutations,
    Subsets,
    show_number,
)
from symnas.encoding.decisions import DecisionEncoding, Group, hull

__all__ = ["OneHot"]


class OneHot(DecisionEncoding):
    """A column for each choice of each decision, 1 where it is made."""

    name = "onehot"

    def group(self, name: str, domains: Sequence[Domain], *, certain: bool) -> Group:
        """Columns for all choices of *domains*."""
        ranges = [each for each in domains if isinstance(each, Continuous)]
        return _Scaled(name, hull(ranges)) if ranges else _Marked(name, domains)


class _Scaled(Group):
    def __init__(self, name: str, range_: Continuous) -> None:
        super().__init__((name,))
        self.range = range_

    def cells(self, domain: Domain, choice: Choice) -> Iterator[tuple[int, float]]:
        """How far the value is on its way from low to high."""
        yield 0, self.range.position(choice)


class _Marked(Group):
    """A column for each mark; a choice sets those of its marks to 1."""

    def __init__(self, name: str, domains: Sequence[Domain]) -> None:
        marks = dict.fromkeys(mark for each in domains for mark in _every_mark(each))
        self.places = {mark: place for place, mark in enumerate(marks)}
        super().__init__([_mark_name(name, mark) for mark in marks])

    def cells(self, domain: Domain, choice: Choice) -> Iterator[tuple[int, float]]:
        """1 at each mark of the choice."""
        for mark in _marks(domain, choice):
            yield self.places[mark], 1.0


def _every_mark(domain: Domain) -> Sequence[Hashable]:
    match domain:
        case Alternatives(labels=labels) | Combinations(labels=labels) | Subsets(labels=labels):
            return labels
        case Grid():
            return [domain.value(choice) for choice in range(domain.size)]
        case Permutations(labels=labels):
            return [(place, label) for place in range(len(labels)) for label in labels]
        case Continuous():
            return ()
        case _:
            assert_never(domain)


def _marks(domain: Domain, choice: Choice) -> Sequence[Hashable]:
    match domain:
        case Alternatives(labels=labels):
            return (labels[int(choice)],)
        case Grid():
            return (domain.value(choice),)
        case Combinations(labels=labels) | Subsets(labels=labels):
            return [labels[place] for place in domain.members(choice)]
        case Permutations(labels=labels):
            return [(place, labels[option]) for place, option in enumerate(domain.members(choice))]
        case Continuous():
            return ()
        case _:
            assert_never(domain)


def _mark_name(name: str, mark: Hashable) -> str:
    if isinstance(mark, tuple):
        return f"{name}[{mark[0]}]={mark[1]}"
    return f"{name}={mark if isinstance(mark, str) else show_number(mark)}"  # type: ignore[arg-type]  # a grid's
