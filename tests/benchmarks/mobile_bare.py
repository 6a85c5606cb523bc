"""The mobile space of 21 layers in bare Python, without any library: the floor of what an operation can cost.

A network is a list of stages `[width, layers, ratio]`; a layer is `None` (skipped) or `(kernel, expand)`. Nothing here
knows shapes, paths, constraints or how to print itself.
"""

from random import Random
from typing import Any

from timing import Operation

Layer = tuple[int, int] | None
Network = list[Any]

BASES = (16, 24, 40, 80, 112, 160, 320)
LAYERS: tuple[Layer, ...] = (None, *((kernel, expand) for kernel in (3, 5, 7) for expand in (3, 6)))
RATIOS = (None, 0.25, 0.5)


def sample(rng: Random) -> Network:
    """A network, each as likely as any other."""
    draw = rng.random
    return [
        [base + 8 * int(4 * draw()), [LAYERS[int(7 * draw())] for _ in range(3)], RATIOS[int(3 * draw())]]
        for base in BASES
    ]


def clone(network: Network) -> Network:
    """A copy that shares nothing that can change."""
    return [[width, layers[:], ratio] for width, layers, ratio in network]


def mutate(network: Network, rng: Random) -> Network:
    """A copy with one decision changed."""
    changed = clone(network)
    number = rng.randrange(len(BASES))
    stage, place = changed[number], rng.randrange(5)
    if place == 0:
        stage[0] = rng.choice([BASES[number] + step for step in (0, 8, 16, 24) if BASES[number] + step != stage[0]])
    elif place == 1:
        stage[2] = rng.choice([ratio for ratio in RATIOS if ratio != stage[2]])
    else:
        layers = stage[1]
        layers[place - 2] = rng.choice([layer for layer in LAYERS if layer != layers[place - 2]])
    return changed


def edit(network: Network) -> None:
    """One leaf changed in place."""
    network[3][0] = 88 if network[3][0] != 88 else 96


def operations() -> dict[str, Operation]:
    """The operations by the name of their row."""
    rng = Random(0)
    network = sample(rng)

    def pairs(count: int) -> list[tuple[Network, Network]]:
        drawn = [sample(rng) for _ in range(count)]
        return [(each, clone(each)) for each in drawn]

    def key(network: Network) -> int:
        return hash(tuple((width, *layers, ratio) for width, layers, ratio in network))

    return {
        "sample": Operation(lambda _: sample(rng)),
        "mutate": Operation(lambda _: mutate(network, rng)),
        "clone": Operation(lambda _: clone(network)),
        "equal": Operation(lambda pair: pair[0] == pair[1], pairs),
        "hash": Operation(key, lambda count: [sample(rng) for _ in range(count)]),
        "edit": Operation(lambda _: edit(network)),
    }
