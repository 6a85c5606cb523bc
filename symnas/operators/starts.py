"""How a weight may start: `zeros`, `normal(0.02)`, … as a value that a setting takes.

Which weights of which operators start so, and the PyTorch text of it, is `initialising`'s business.
"""

from fractions import Fraction
from typing import Final

from attrs import frozen

__all__ = ["STARTS", "Start"]

STARTS: Final[dict[str, str | None]] = {
    "zeros": None,
    "ones": None,
    "identity": None,
    "fill": "value",
    "normal": "std",
    "uniform": "a",
}
"""The ways a weight may start by name, each with the name of its number, if it takes one: every element *value*; drawn
from a normal distribution around 0 of standard deviation *std*; drawn evenly from -*a* to *a*."""


@frozen(cache_hash=True)
class Start:
    """A way for a weight to start: one of `STARTS`, with its number where it takes one."""

    way: str
    number: int | Fraction | float | None = None
