"""The mobile space of 21 layers in ConfigSpace: 77 categories, 49 of them under conditions.

A configuration is a flat record; where an operation is to give a network, the tree of `mobile_bare` is built from it.
ConfigSpace draws uniformly over the values of each category.
"""

import copy
from collections.abc import Mapping
from typing import Any

from mobile_bare import BASES, Network
from timing import Operation


def space(cs: Any) -> Any:
    """Widths, ratios and layers of the seven stages."""
    made = cs.ConfigurationSpace(seed=0)
    for number, base in enumerate(BASES):
        squeeze = cs.Categorical(f"{number}.squeeze", [False, True])
        ratio = cs.Categorical(f"{number}.ratio", [0.25, 0.5])
        made.add(cs.Categorical(f"{number}.width", [base, base + 8, base + 16, base + 24]), squeeze, ratio)
        made.add(cs.EqualsCondition(ratio, squeeze, True))
        for place in range(3):
            kind = cs.Categorical(f"{number}.{place}.kind", ["skip", "conv"])
            kernel = cs.Categorical(f"{number}.{place}.kernel", [3, 5, 7])
            expand = cs.Categorical(f"{number}.{place}.expand", [3, 6])
            made.add(kind, kernel, expand)
            made.add(cs.EqualsCondition(kernel, kind, "conv"), cs.EqualsCondition(expand, kind, "conv"))
    return made


def build(configuration: Mapping[str, Any]) -> Network:
    """The network of a configuration."""
    values = dict(configuration)
    return [
        [
            values[f"{number}.width"],
            [
                (values[f"{number}.{place}.kernel"], values[f"{number}.{place}.expand"])
                if values[f"{number}.{place}.kind"] == "conv"
                else None
                for place in range(3)
            ],
            values.get(f"{number}.ratio"),
        ]
        for number in range(len(BASES))
    ]


def operations(cs: Any) -> dict[str, Operation]:
    """The operations by the name of their row; *cs* is the library."""
    made = space(cs)
    neighbours = cs.util.get_one_exchange_neighbourhood
    configuration = made.sample_configuration()

    def separate(count: int) -> list[Any]:
        drawn = made.sample_configuration(count)
        return [cs.Configuration(made, vector=each.get_array().copy()) for each in drawn]

    def pairs(count: int) -> list[tuple[Any, Any]]:
        return [(each, cs.Configuration(made, vector=each.get_array().copy())) for each in separate(count)]

    def edit(turn: int) -> None:
        configuration["3.width"] = 88 + 8 * (turn % 2)

    return {
        "sample": Operation(lambda _: build(made.sample_configuration()), count=50),
        "mutate": Operation(lambda turn: build(next(neighbours(configuration, turn))), count=50),
        "clone": Operation(lambda _: copy.copy(configuration)),
        "equal": Operation(lambda pair: pair[0] == pair[1], pairs, count=100),
        "hash": Operation(hash, separate, count=100),
        "edit": Operation(edit, count=200),
        "space copy": Operation(lambda _: copy.deepcopy(made), count=3),
        "space equal": Operation(
            lambda pair: pair[0] == pair[1], lambda count: [(space(cs), space(cs)) for _ in range(count)], count=3
        ),
    }


def batched(cs: Any) -> Operation:
    """Sampling a hundred configurations at a time, and building their networks; the time is that of a hundred."""
    made = space(cs)
    return Operation(lambda _: [build(each) for each in made.sample_configuration(100)], count=1)
