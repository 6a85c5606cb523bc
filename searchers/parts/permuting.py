"""Children of two orders of the same things: plain functions on tuples.

Which decisions are orders, and how a child becomes an architecture, is the business of `recombination`.
"""

from collections.abc import Callable
from random import Random

__all__ = ["Permuting", "alternating", "cycle", "order", "partially_mapped"]

Order = tuple[int, ...]
Permuting = Callable[[Order, Order, Random], Order]
"""Makes a child of two orders of the same things."""


def order(first: Order, second: Order, rng: Random) -> Order:
    """A section of *first* in its place; the rest in the order in which *second* has it, from behind the section on and
    round again. Davis, "Applying adaptive algorithms to epistatic domains", IJCAI 1985 (OX).
    """
    start, stop = _section(len(first), rng)
    kept = set(first[start:stop])
    rest = [each for each in (*second[stop:], *second[:stop]) if each not in kept]
    behind = len(first) - stop
    return (*rest[behind:], *first[start:stop], *rest[:behind])


def partially_mapped(first: Order, second: Order, rng: Random) -> Order:
    """A section of *first* in its place; elsewhere *second*, and where that is in the section already, what stands there
    in its stead. Goldberg and Lingle, "Alleles, loci, and the traveling salesman problem", ICGA 1985 (PMX).
    """
    start, stop = _section(len(first), rng)
    instead = dict(zip(first[start:stop], second[start:stop], strict=True))

    def outside(each: int) -> int:
        while each in instead:
            each = instead[each]
        return each

    return (*map(outside, second[:start]), *first[start:stop], *map(outside, second[stop:]))


def cycle(first: Order, second: Order, rng: Random) -> Order:
    """Everything where one of the parents has it: cycles of places between the two come from either by turns, the first
    from a random one. Oliver, Smith and Holland, "A study of permutation crossover operators", ICGA 1987 (CX).
    """
    parents = (first, second) if rng.random() < 0.5 else (second, first)
    where = {each: place for place, each in enumerate(parents[0])}
    made: list[int | None] = [None] * len(first)
    turn = 0
    for start in range(len(first)):
        place = start
        if made[place] is not None:
            continue
        while made[place] is None:
            made[place] = parents[turn][place]
            place = where[parents[1][place]]
        turn = 1 - turn
    return tuple(each for each in made if each is not None)


def alternating(first: Order, second: Order, rng: Random) -> Order:  # noqa: ARG001 (all have one signature)
    """The next of *first*, the next of *second*, and so on, what is there already passed over. It draws nothing.

    Larrañaga, Kuijpers, Poza and Murga, "Decomposing Bayesian networks: triangulation of the moral graph with genetic
    algorithms", Statistics and Computing 7, 1997 (AP).
    """
    return tuple(dict.fromkeys(each for pair in zip(first, second, strict=True) for each in pair))


def _section(length: int, rng: Random) -> tuple[int, int]:
    """Where a section starts and stops: neither empty nor, where that is possible, the whole."""
    if length < 2:
        return 0, length
    start, stop = sorted(rng.sample(range(length + 1), 2))
    return (start, stop) if stop - start < length else (start, stop - 1)
