"""Networks within accelerators: an outer search over chips, and for each chip an inner one over networks that suit it.

A chip has a dataflow, processing elements and bandwidth; a network has stages of some width and depth, and kernels. What a
network is worth stands in for its accuracy: more multiply-adds, with less and less gain. It has to be quick on the chip,
and the chip small. Figures are for illustration. All studies lie in one store, and an interrupted run goes on in it.

    python samples/search_by_parts.py [CHIPS] [NETWORKS] [STORE]
"""

import math
import sys
from pathlib import Path
from typing import Any

from attrs import frozen

import symnas as sn

LIMIT = 0.1
"""Milliseconds that a picture may take."""


@sn.symbolic
@frozen
class Dataflow:
    """How a chip moves data: it keeps `busy` of its elements busy, and reads weights `again` and again."""

    busy: float
    again: float


@sn.symbolic
@frozen
class Chip:
    """Elements at 1 GHz, and bytes read in a nanosecond."""

    dataflow: Dataflow
    elements: int
    bandwidth: int

    @property
    def area(self) -> float:
        """Square millimetres."""
        return self.elements * 0.0005 + self.bandwidth * 0.01


@sn.symbolic
@frozen
class Stage:
    """Convolutions of one width on pictures of one size."""

    width: int
    depth: int
    kernel: int

    def macs(self, side: int) -> float:
        """Multiply-adds."""
        return self.depth * (self.width * self.kernel * side) ** 2

    @property
    def weights(self) -> float:
        """Bytes."""
        return self.depth * (self.width * self.kernel) ** 2


def design() -> dict[str, Any]:
    """A chip and a network, with all that is undecided; the names begin with `chip_` and `net_`."""
    flows = {"shidiannao": (0.6, 1.0), "nvdla": (0.8, 2.0), "rowstationary": (0.7, 1.5)}
    chip: Any = Chip(
        dataflow=sn.oneof({name: Dataflow(*figures) for name, figures in flows.items()}, name="chip_dataflow"),
        elements=sn.oneof(512, 1024, 2048, name="chip_elements"),
        bandwidth=sn.oneof(16, 32, 64, name="chip_bandwidth"),
    )
    stages = [
        Stage(
            width=sn.oneof(16, 32, 64, 128, name=f"net_width{place}"),
            depth=sn.range(1, 4, name=f"net_depth{place}"),
            kernel=sn.oneof(3, 5, name=f"net_kernel{place}"),
        )
        for place in range(3)
    ]
    return {"chip": chip, "stages": stages}


def figures(made: Any) -> dict[str, float]:
    """What a design is worth, its latency in milliseconds and the chip's area."""
    chip, stages = made["chip"], made["stages"]
    macs = sum(stage.macs(32 // 2**place) for place, stage in enumerate(stages))
    computing = macs / (chip.elements * chip.dataflow.busy)
    reading = chip.dataflow.again * sum(stage.weights for stage in stages) / chip.bandwidth
    worth = 100 * (1 - math.exp(-math.log1p(macs / 1e6) / 2)) - 10 * chip.area
    return {"worth": worth, "latency": max(computing, reading) / 1e6}


def tell(trial: Any) -> None:
    """Measure one design; one that is too slow is infeasible, by so much."""
    found = figures(trial.build())
    if found["latency"] > LIMIT:
        trial.infeasible(latency=found["latency"] - LIMIT)
    else:
        trial.tell(worth=found["worth"])


def main(chips: int, networks: int, store: str) -> None:
    """Search chips, and networks for each."""
    space: Any = sn.space_of(design())
    print(f"{space.size:,} designs")
    outer = sn.search(
        space, where="chip_*", searcher="evolution:population=4,tournament=2", trials=chips, maximize="worth",
        store=store, name="chips", resume=Path(store).exists(),
    )  # fmt: skip
    for trial in outer:
        inner = trial.search(searcher="bayes", trials=networks, maximize="worth")
        for each in inner:
            tell(each)
        if inner.best is None or inner.best_value is None:
            trial.fail("no network that was tried is quick enough")
        else:
            trial.tell(worth=inner.best_value)
            print(f"chip {trial.number}: {inner.best_value:.2f} with {inner.best.choices}")
    print(f"the best chip: {outer.best_value:.2f}")


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 8, int(given[1]) if given[1:] else 15, given[2] if given[2:] else "designs.db")
