"""What alternatives cost: how much larger or smaller the member drawn would be with another choice of one decision."""

from collections.abc import Mapping

from attrs import frozen

from symnas.architecture import Architecture
from symnas.domains import Choice
from symnas.errors import NasError
from symnas.picture.members import Fullest

__all__ = ["Price", "prices"]

_MOST_BUILT = 400
"""Members that are built to tell what alternatives cost; further decisions go without."""
_MOST_CHOICES = 12
"""Alternatives of a decision that are priced at all."""
_MOST_LAYERS = 5_000
"""Layers of a member up to which it is built anew for each alternative."""


@frozen
class Price:
    """Parameters and multiply-adds that the whole member would have more, or less, with another choice."""

    params: int
    macs: int


def prices(shown: Architecture) -> dict[str, Mapping[int, Price]]:
    """For decisions of *shown* by path: the price of each choice but the one it takes, where that makes a network.

    Decisions that come to exist are decided as in the member that stands for a space. The program's own picks hold.
    """
    picked = shown.space.picked
    found: dict[str, Mapping[int, Price]] = {}
    built = 0
    if shown.fragment.layers > _MOST_LAYERS:
        return found
    for path, domain in shown.domains.items():
        if not 2 <= domain.size <= _MOST_CHOICES or (picked is not None and picked.has(path)):
            continue
        built += domain.size - 1
        if built > _MOST_BUILT:
            break
        others = (choice for choice in range(domain.size) if choice != shown.genotype[path])
        priced = ((choice, _price(shown, path, choice)) for choice in others)
        found[path] = {choice: price for choice, price in priced if price is not None}
    return found


def _price(shown: Architecture, path: str, choice: Choice) -> Price | None:
    oracle = Fullest({**dict(shown.genotype), path: choice}, large=True)
    try:
        fragment = shown.space.elaboration.build(oracle)
    except NasError:
        return None
    params, macs = fragment.params - shown.fragment.params, fragment.macs - shown.fragment.macs
    return Price(params, macs) if isinstance(macs, int) else Price(params, 0)
