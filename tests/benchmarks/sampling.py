"""Drawing, numbering, neighbours and encodings, in the mobile space of 21 layers.

    python tests/benchmarks/sampling.py

Microseconds of processor time for one architecture, in a space that has met its parts before; medians. ConfigSpace has
the same space as 77 categories; it draws uniformly over decisions, and what it gives is a record of settings, not yet a
network.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from random import Random
from typing import Any

import mobile_configspace
import mobile_symnas
from timing import Operation, medians, rival, show, table

from symnas.architecture import Architecture
from symnas.encoding import encode, encodings
from symnas.measure import Measure
from symnas.space import Space

Operations = dict[str, Operation]


def drawing(space: Space) -> Operations:
    """Ways to come by an architecture."""
    rng = Random(0)
    drawn = space.sample_without_replacement(rng)

    def numbers(count: int) -> list[int]:
        return [rng.randrange(space.size) for _ in range(count)]

    def members(count: int) -> list[Architecture]:
        return [space.sample(rng) for _ in range(count)]

    def parents(count: int) -> list[tuple[Architecture, Architecture]]:
        return list(zip(members(count), members(count), strict=True))

    return {
        "sample, uniform over architectures": Operation(lambda _: space.sample(rng)),
        "sample, uniform over decisions": Operation(lambda _: space.sample(rng, Measure.DECISIONS)),
        "sample, by prior": Operation(lambda _: space.sample(rng, Measure.PRIOR)),
        "sample without replacement": Operation(lambda _: next(drawn)),
        "`space[i]`": Operation(lambda number: space[number], numbers),
        "`space.index(a)`": Operation(space.index, members),
        "next member in order": Operation(list, lambda count: _turns(space, count), count=1),
        "mutate": Operation(lambda one: space.mutate(one, rng), members),
        "crossover": Operation(lambda pair: space.crossover(pair[0], pair[1], rng), parents),
    }


TURN = 1000
"""Members that one call of the row of members in order makes."""


def _turns(space: Space, count: int) -> list[Iterator[Architecture]]:
    return [space.members(number * 10**20, number * 10**20 + TURN) for number in range(count)]


def neighbours(space: Space) -> float:
    """Microseconds for each of all neighbours of some architectures."""
    return _each(lambda seed: list(space.neighbours(space.sample(Random(seed)), Random(seed))))


def neighbouring_configurations(cs: Any) -> float:
    """The same of ConfigSpace."""
    space = mobile_configspace.space(cs)
    exchanged = import_module("ConfigSpace.util").get_one_exchange_neighbourhood
    return _each(lambda seed: list(exchanged(space.sample_configuration(), seed)))


def _each(listed: Callable[[int], list[Any]]) -> float:
    listed(0)
    found, seconds = 0, 0.0
    for seed in range(1, 11):
        begin = time.process_time()
        found += len(listed(seed))
        seconds += time.process_time() - begin
    return 1e6 * seconds / found


def encoding(space: Space) -> tuple[Operations, dict[str, int]]:
    """Each encoding of fresh architectures, and its length."""
    rng = Random(1)

    def fresh(count: int) -> list[Architecture]:
        return [space.sample(rng) for _ in range(count)]

    made = {name: encode(space, name, **({"draws": 50} if name == "paths" else {})) for name in encodings()}
    operations = {name: Operation(each.encode, fresh, count=50) for name, each in made.items()}
    return operations, {name: each.length for name, each in made.items()}


def configurations(cs: Any) -> Operations:
    """What ConfigSpace has of these."""
    space = mobile_configspace.space(cs)
    return {
        "sample, uniform over decisions": Operation(lambda _: space.sample_configuration(), count=50),
        "ordinal": Operation(lambda each: each.get_array(), space.sample_configuration),
    }


def main() -> None:
    """Measure, and print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=7)
    rounds = options.parse_args().rounds
    space = mobile_symnas.space()
    for seed in range(2000):
        space.sample(Random(seed))
    encoders, lengths = encoding(space)
    cs = rival("ConfigSpace")
    theirs = medians(configurations(cs), rounds) if cs is not None else {}
    ours = medians(drawing(space), rounds)
    ours["next member in order"] /= TURN
    ours["one of all neighbours"] = neighbours(space)
    if cs is not None:
        theirs["one of all neighbours"] = neighbouring_configurations(cs)
    rows = [[name, f"{each:,.0f}", _shown(theirs.get(name))] for name, each in ours.items()]
    show(table(["µs an architecture", "symnas", "ConfigSpace"], rows))
    times = medians(encoders, rounds)
    rows = [[f"`{name}`", f"{lengths[name]:,}", f"{times[name]:,.0f}", _shown(theirs.get(name))] for name in times]
    show("")
    show(table(["encoding", "columns", "µs", "ConfigSpace, µs"], rows))


def _shown(microseconds: float | None) -> str:
    return "–" if microseconds is None else f"{microseconds:,.0f}" if microseconds >= 1 else f"{microseconds:.1f}"


if __name__ == "__main__":
    main()
