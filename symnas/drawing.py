"""Drawing without replacement: members in random order, none twice.

How one member is drawn, and what its number stands for, is the space's business.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Protocol, TypeVar

from symnas.errors import SearchError
from symnas.genotype import Genotype
from symnas.walk import Walk

__all__ = ["in_random_order", "never_twice"]

_IN_VAIN = 100_000
"""Members in a row that break a `require` on costs, or draws in a row that were known, before a walk is given up."""


class _Member(Protocol):
    @property
    def genotype(self) -> Genotype: ...

    @property
    def violated(self) -> object | None: ...


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


def never_twice(draw: Callable[[], M]) -> Iterator[M]:
    """What *draw* gives, without repeats: for spaces that cannot be numbered, whose end is not known either.

    Raises:
        SearchError: 100,000 draws in a row gave nothing new.
    """
    seen = set[Genotype]()
    while True:
        for _ in range(_IN_VAIN):
            found = draw()
            if found.genotype not in seen:
                break
        else:
            raise SearchError(f"{_IN_VAIN:,} draws in a row gave nothing new, after {len(seen):,} different members")
        seen.add(found.genotype)
        yield found
