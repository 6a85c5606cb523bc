"""The ordinal encoding: a column for each decision, scaled to 0..1, and one that says whether it exists.

Numbers (`range`) are scaled by value, in their logarithm with `log`; all else by its number among the choices, which
says nothing of distance. A decision that every architecture has needs no second column.
"""

import math
from collections.abc import Iterator, Sequence

from symnas.domains import Alternatives, Choice, Continuous, Domain, Grid
from symnas.encoding.decisions import DecisionEncoding, Group, hull

__all__ = ["Ordinal"]


class Ordinal(DecisionEncoding):
    """Each decision as one number from 0 to 1; `path?` is 1 where the decision exists."""

    name = "ordinal"

    def group(self, name: str, domains: Sequence[Domain], *, certain: bool) -> Group:
        """One column, or two."""
        names = (name,) if certain else (name, f"{name}?")
        if isinstance(domains[0], Grid | Continuous):
            return _Value(names, domains)
        return _Number(names, domains)


class _Value(Group):
    """A number, by its place in the range of all *domains*."""

    def __init__(self, names: Sequence[str], domains: Sequence[Domain]) -> None:
        super().__init__(names)
        ranges = [_range(each) for each in domains if isinstance(each, Grid | Continuous)]
        self.range = hull(ranges)

    def cells(self, domain: Domain, choice: Choice) -> Iterator[tuple[int, float]]:
        """The place of the value, and that it exists."""
        value = float(domain.value(choice)) if isinstance(domain, Grid) else choice
        yield 0, self.range.position(value)
        if len(self.names) > 1:
            yield 1, 1.0


class _Number(Group):
    """The number of a choice among all; labels count in the order first met, over all *domains*."""

    def __init__(self, names: Sequence[str], domains: Sequence[Domain]) -> None:
        super().__init__(names)
        labels = dict.fromkeys(label for each in domains if isinstance(each, Alternatives) for label in each.labels)
        self.places = {label: place for place, label in enumerate(labels)}

    def cells(self, domain: Domain, choice: Choice) -> Iterator[tuple[int, float]]:
        """Its number as a share of the last one's, and that it exists."""
        if isinstance(domain, Alternatives):
            yield 0, self.places[domain.labels[int(choice)]] / max(1, len(self.places) - 1)
        else:
            yield 0, int(choice) / max(1, domain.size - 1)
        if len(self.names) > 1:
            yield 1, 1.0


def _range(domain: Grid | Continuous) -> Continuous:
    if isinstance(domain, Continuous):
        return domain
    low, high = float(domain.value(0)), float(domain.value(domain.size - 1))
    return Continuous(low, high if high > low else math.nextafter(low, math.inf), domain.log)
