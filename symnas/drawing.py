"""Drawing without replacement: members in random order, none twice.

How one member is drawn, and what its number stands for, is the space's business.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Protocol, TypeVar

from symnas.errors import SearchError
from symnas.genotype import Genotype
from symnas.walks import Walk

__all__ = ["WALKED", "in_random_order", "never_twice"]

_IN_VAIN = 100_000
"""Members in a row that break a `require` on costs, or draws in a row that were known, before a walk is given up."""


class _Member(Protocol):
    @property
    def genotype(self) -> Genotype: ...

    @property
    def violated(self) -> object | None: ...


WALKED = 100_000
"""Members of the largest space that is walked by number although a `require` on costs excludes some of them."""

M = TypeVar("M", bound=_Member)


def in_random_order(size: int, member: Callable[[int], M], rng: Random) -> Iterator[M]:
    """The feasible members numbered below *size*, each once, every order equally likely. It takes one number from *rng*.

    Raises:
        SearchError: 100,000 members in a row break a `require` on costs.
    """
    walk = Walk(size, rng.getrandbits(64))
    in_vain = 0
    while (number := walk.step()) is not None:
        found = member(number)
        if found.violated is None:
            in_vain = 0
            yield found
        elif (in_vain := in_vain + 1) >= _IN_VAIN:
            raise SearchError(f"none of {_IN_VAIN:,} members in a row meets every `require`; loosen one of them")


def never_twice(draw: Callable[[], M], total: int | None = None) -> Iterator[M]:
    """What *draw* gives, no discrete choices twice, until there have been *total*: for spaces that are not walked by number.

    Raises:
        SearchError: 100,000 draws in a row gave nothing new.
    """
    seen = set[Genotype]()
    while total is None or len(seen) < total:
        for _ in range(_IN_VAIN):
            found = draw()
            discrete = Genotype({path: choice for path, choice in found.genotype.items() if isinstance(choice, int)})
            if discrete not in seen:
                break
        else:
            raise SearchError(f"{_IN_VAIN:,} draws in a row gave nothing new, after {len(seen):,} different members")
        seen.add(discrete)
        yield found
