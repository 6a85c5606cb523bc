"""Costs by the names that objectives have: `params`, `Net.macs`, `worst(Net.macs)`, `expected(Net.macs)`.

What counts, and what a network is expected to cost at given exit rates, is said by `graph`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from attrs import frozen

from symnas.sizes import Exact, Size

__all__ = ["EXITS", "KNOWN_COSTS", "Cost", "Costs"]

EXITS = "exits."
"""What the names of metrics begin with that are exit rates: `exits.Rest.when`, for one net of several
`exits.Early.Rest.when`."""

_COST = re.compile(r"(?:(?P<function>worst|expected)\()?(?:(?P<net>\w+)\.)?(?P<name>\w+)\)?")


class Costs(Protocol):
    """What a network costs, known without running it; `symnas.graph.Graph` says what counts."""

    @property
    def params(self) -> int:
        """Parameters, frozen ones included."""
        ...

    @property
    def trainable(self) -> int:
        """Parameters that are not frozen."""
        ...

    @property
    def macs(self) -> Size:
        """Multiply-adds for one sample, at worst."""
        ...

    @property
    def memory(self) -> int:
        """Bytes of weights."""
        ...

    def expected_macs(self, rates: Mapping[str, float]) -> Exact:
        """Multiply-adds for one sample, on average at these exit rates."""
        ...


_WORST: Mapping[str, Callable[[Costs], Size]] = {
    "params": lambda graph: graph.params,
    "trainable": lambda graph: graph.trainable,
    "macs": lambda graph: graph.macs,
    "flops": lambda graph: 2 * graph.macs,
    "memory": lambda graph: graph.memory,
}
KNOWN_COSTS = tuple(_WORST)
"""What a net costs, known without building it."""


@frozen
class Cost:
    """A cost as an objective names it, of the only net or of *net*."""

    name: str
    net: str | None = None
    expected: bool = False

    @staticmethod
    def read(objective: str) -> "Cost | None":
        """The cost that *objective* names; `None` if it is something that an evaluation has to tell."""
        found = _COST.fullmatch(objective)
        if found is None or found["name"] not in KNOWN_COSTS:
            return None
        return Cost(found["name"], found["net"], found["function"] == "expected")

    def of(self, graph: Costs, metrics: Mapping[str, float]) -> Exact:
        """The cost of *graph*; an expected one by the exit rates among *metrics*.

        Raises:
            SearchError: a rate that is needed is missing, or is no share.
        """
        if not self.expected or self.name not in ("macs", "flops"):
            return _WORST[self.name](graph)
        rates = {name.removeprefix(EXITS): rate for name, rate in metrics.items() if name.startswith(EXITS)}
        own = f"{self.net}."
        rates |= {name.removeprefix(own): rate for name, rate in rates.items() if name.startswith(own)}
        return graph.expected_macs(rates) * (2 if self.name == "flops" else 1)
