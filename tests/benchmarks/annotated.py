"""Annotated Python: what symbolic values, their spaces and loops over them cost, beside PyGlove.

    python tests/benchmarks/annotated.py [TRIALS]

Microseconds of processor time. Both libraries are given the same classes, values and functions; a member that is built is
the objects themselves in both.

- `make`: an object of a class with ten arguments, one of them undecided, which waits; and one without, which is there.
- `clone`, `edit a leaf`: ten such objects in a list in a dictionary.
- `build`: a member of a list of such objects, one decision in each, drawn uniformly and made.
- `ask and build`: what a random searcher proposes of a list of choices among nine numbers, made.
- `a turn`: of a loop of TRIALS (1,000) turns with random search on such lists, which asks, builds and tells; the study is
  in memory.
- `collect`: what a function with 8 decisions decides, found by running it.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from random import Random
from typing import Any

from timing import Operation, duration, medians, rival, show, table

import symnas
from symnas.searchers import create

ROUNDS = 5
TRIALS = 1000


def plain_class() -> type:
    """A class with ten arguments, new each time: both libraries change what they are given."""

    class Layer:
        """What a network might be made of."""

        def __init__(
            self, a: int, b: int = 2, c: float = 0.5, d: str = "same", e: bool = True, f: int = 6, g: int = 7,
            h: float = 0.1, i: str = "relu", j: int = 10,
        ) -> None:  # fmt: skip
            self.all = (a, b, c, d, e, f, g, h, i, j)

    return Layer


def arguments(first: Any) -> dict[str, Any]:
    """Ten arguments."""
    return {"a": first, "b": 3, "c": 0.25, "d": "valid", "e": False, "f": 1, "g": 2, "h": 0.2, "i": "gelu", "j": 5}


def function_of(choose: Callable[..., Any]) -> Callable[[], Any]:
    """A function with eight decisions."""

    def recipe() -> list[Any]:
        return [choose(*range(3), name=f"d{place}") for place in range(8)]

    return recipe


def ours() -> dict[str, Operation]:
    """symnas."""
    make = symnas.symbolic(plain_class())
    choice: Any = symnas.oneof(1, 2, 3)
    value = {"layers": [make(**arguments(choice)) for _ in range(10)]}
    recipe = function_of(symnas.oneof)
    found = {
        "make, one argument undecided": Operation(lambda _: make(**arguments(choice))),
        "make, all known": Operation(lambda _: make(**arguments(1))),
        "clone": Operation(lambda _: symnas.clone(value), count=200),
        "edit a leaf": Operation(lambda number: symnas.edit(value, {"layers[5].b": number}), count=200),
        "collect a function": Operation(lambda _: symnas.space_of(recipe), count=50),
    }
    for count in (6, 20, 120):
        space: Any = symnas.space_of([make(**arguments(symnas.oneof(1, 2, 3))) for _ in range(count)])
        found[f"build, {count} decisions"] = Operation(partial(sampled, space, Random(0)), count=20)
        flat: Any = symnas.space_of([symnas.oneof(*range(9)) for _ in range(count)])
        searcher = create("random:repeat=true", flat.space, Random(0))
        found[f"ask and build, flat, {count} decisions"] = Operation(partial(asked, flat, searcher), count=200)
    return found


def sampled(space: Any, rng: Random, _: object) -> Any:
    """A member, built."""
    return space.sample(rng).build()


def asked(space: Any, searcher: Any, _: object) -> Any:
    """What a searcher proposes, built."""
    return space.build(searcher.ask().architecture)


def theirs(pg: Any) -> dict[str, Operation]:
    """PyGlove."""
    make = pg.symbolize(plain_class())
    value = pg.Dict(layers=[make(**arguments(pg.oneof([1, 2, 3]))) for _ in range(10)])
    recipe = function_of(lambda *candidates, name: pg.oneof(list(candidates), name=name))
    found = {
        "make, one argument undecided": Operation(lambda _: make(**arguments(pg.oneof([1, 2, 3]))), count=100),
        "make, all known": Operation(lambda _: make(**arguments(1)), count=100),
        "clone": Operation(lambda _: value.clone(deep=True), count=20),
        "edit a leaf": Operation(lambda number: value.rebind({"layers[5].b": number + 1000}), count=100),
        "collect a function": Operation(lambda _: pg.hyper.trace(recipe), count=50),
    }
    for count in (6, 20, 120):
        space = pg.List([make(**arguments(pg.oneof([1, 2, 3]))) for _ in range(count)])
        found[f"build, {count} decisions"] = Operation(partial(following, pg.random_sample(space, seed=0)), count=5)
        template = pg.template(pg.List([pg.oneof(list(range(9))) for _ in range(count)]))
        generator = pg.geno.Random(seed=0)
        generator.setup(template.dna_spec())
        found[f"ask and build, flat, {count} decisions"] = Operation(partial(proposed, template, generator), count=5)
    return found


def following(members: Iterator[Any], _: object) -> Any:
    """The next member, built."""
    return next(members)


def proposed(template: Any, generator: Any, _: object) -> Any:
    """What a generator proposes, built."""
    return template.decode(generator.propose())


def our_loop(value: Any, trials: int) -> float:
    """Seconds for so many turns."""

    def run() -> None:
        for trial in symnas.search(value, searcher="random", trials=trials):
            trial.tell(float(len(trial.build())))

    return duration(run)


def their_loop(pg: Any, value: Any, trials: int, name: str) -> float:
    """Seconds for so many turns."""

    def run() -> None:
        for example, feedback in pg.sample(value, pg.geno.Random(seed=0), num_examples=trials, name=name):
            feedback(float(len(example)))

    return duration(run)


def turns(pg: Any, trials: int) -> tuple[dict[str, float], dict[str, float]]:
    """Microseconds of a turn of a loop, ours and theirs."""
    mine, other = {}, {}
    for count in (6, 20, 120):
        label = f"a turn of a loop, {count} decisions"
        few = trials if count <= 20 else trials // 10
        mine[label] = 1e6 * our_loop([symnas.oneof(*range(9)) for _ in range(count)], trials) / trials
        if pg is not None:
            value = pg.List([pg.oneof(list(range(9))) for _ in range(count)])
            other[label] = 1e6 * their_loop(pg, value, few, f"turns {count}") / few
    return mine, other


def main(trials: int) -> None:
    """Measure both in turn, and print the table."""
    pg = rival("pyglove")
    operations: dict[str, Operation] = {f"symnas {name}": each for name, each in ours().items()}
    if pg is not None:
        operations |= {f"PyGlove {name}": each for name, each in theirs(pg).items()}
    times = medians(operations, ROUNDS)
    mine, other = turns(pg, trials)
    for name, micros in times.items():
        library, _, label = name.partition(" ")
        (mine if library == "symnas" else other)[label] = micros
    show(table(["µs", "symnas", "PyGlove", "ratio"], [row(label, mine, other) for label in sorted(mine, key=order)]))


def order(label: str) -> tuple[str, int]:
    """Rows of one kind together, the smaller space first."""
    name, _, rest = label.rpartition(", ")
    return name, int(rest.split()[0]) if rest[:1].isdigit() else 0


def row(label: str, mine: Mapping[str, float], other: Mapping[str, float]) -> list[str]:
    """One line."""
    theirs = other.get(label)
    if theirs is None:
        return [label, f"{mine[label]:,.2f}", "–", "–"]
    return [label, f"{mine[label]:,.2f}", f"{theirs:,.1f}", f"×{theirs / mine[label]:,.1f}"]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS)
