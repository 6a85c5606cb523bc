"""The mobile space of 21 layers in PyGlove 0.4.5, as `pg.oneof` in a symbolic tree of `pg.Dict`.

Of the ways to write it this is the fastest: trees of `pg.Object` classes took 1.1 to 1.3 times as long to sample. A
draw is materialised, so that it is the tree of one network. PyGlove draws uniformly over decisions, not architectures.
"""

from random import Random
from typing import Any

from mobile_bare import BASES
from timing import Operation


def space(pg: Any) -> Any:
    """The symbolic tree with its alternatives."""

    def layer() -> Any:
        kernel, expand = pg.oneof([3, 5, 7]), pg.oneof([3, 6])
        return pg.oneof([pg.Dict(kind="skip"), pg.Dict(kind="conv", kernel=kernel, expand=expand)])

    def stage(base: int) -> Any:
        return pg.Dict(
            width=pg.oneof([base, base + 8, base + 16, base + 24]),
            layers=[layer() for _ in range(3)],
            squeeze_excite=pg.oneof([None, pg.Dict(ratio=pg.oneof([0.25, 0.5]))]),
        )

    return pg.Dict(stages=[stage(base) for base in BASES])


def operations(pg: Any) -> dict[str, Operation]:
    """The operations by the name of their row; *pg* is the library."""
    made = space(pg)
    template, choices = pg.template(made), pg.dna_spec(made)
    drawn = pg.random_sample(made, seed=0)
    mutator = pg.evolution.mutators.Uniform(seed=0)
    dna = pg.random_dna(choices, Random(0))
    network = template.decode(dna)
    written = space(pg)

    def networks(count: int) -> list[Any]:
        return [network.clone(deep=True) for _ in range(count)]

    def edit(turn: int) -> None:
        network.rebind({"stages[3].width": 88 + 8 * (turn % 2)})

    def edit_space(turn: int) -> None:
        written.rebind({"stages[2].width.candidates[0]": 48 if turn % 2 else 40})

    return {
        "sample": Operation(lambda _: next(drawn), count=3),
        "mutate": Operation(lambda _: template.decode(mutator.mutate(dna)), count=3),
        "clone": Operation(lambda _: network.clone(deep=True), count=50),
        "equal": Operation(
            lambda pair: pg.eq(*pair), lambda count: list(zip(networks(count), networks(count), strict=True)), count=50
        ),
        "hash": Operation(pg.hash, networks, count=50),
        "edit": Operation(edit, count=200),
        "space copy": Operation(lambda _: made.clone(deep=True), count=3),
        "space equal": Operation(
            lambda pair: pg.eq(*pair), lambda count: [(space(pg), space(pg)) for _ in range(count)], count=3
        ),
        "space hash": Operation(pg.hash, lambda count: [space(pg) for _ in range(count)], count=3),
        "space edit": Operation(edit_space, count=50),
    }
