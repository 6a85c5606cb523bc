"""Where a move is made, as numbers: what a policy sees of each match."""

from collections.abc import Sequence
from functools import lru_cache

from attrs import frozen

from symnas.growing.moves import Move
from symnas.growing.space import Grown

__all__ = ["FEATURES", "Place", "places"]

FEATURES = ("always", "depth", "depth²", "parameters", "multiply-adds", "moved")
"""What a place is described by: 1; how deep in the network it is, 0 to 1, and the square of that; its share of the network's
parameters and multiply-adds; and the share of the moves that are made already. The last is the caller's."""


@frozen
class Place:
    """A *move* that may be made, and the *features* of where, all of `FEATURES` but the last."""

    move: Move
    features: tuple[float, ...]


@lru_cache(maxsize=1024)
def places(of: Grown) -> tuple[Place, ...]:
    """Every move that a rule's match offers in *of*, legal or not, in the order of rules and steps."""
    paths, params, macs = list[str](), list[int](), list[int]()
    for name in of.space.nets:
        for placed in of.graph(name).operations():
            operation = placed.operation
            paths.append(operation.shared or placed.path)
            params.append(operation.params)
            macs.append(operation.macs if isinstance(operation.macs, int) else 0)
    found = []
    for each in of.found:
        here = [number for number, path in enumerate(paths) if path == each.path or path.startswith(f"{each.path}.")]
        depth = here[0] / max(1, len(paths) - 1) if here else 0.0
        features = (1.0, depth, depth * depth, _share(params, here), _share(macs, here))
        found.append(Place(Move(each.rule, each.path), features))
    return tuple(found)


def _share(of: Sequence[int], here: Sequence[int]) -> float:
    """Which share of all *of* is *here*."""
    return sum(of[number] for number in here) / (sum(of) or 1)
