"""Numbers of which each proposal takes the next one: a setting that is not the same for all proposals of a search.

What is taken depends on the number of a proposal alone, so that a resumed search goes on where it stopped, and proposals
that are asked for together do not all get the same.
"""

import math
from collections.abc import Sequence

from attrs import field, frozen

__all__ = ["Turns"]


def _numbers(given: str | float | Sequence[float]) -> tuple[float, ...]:
    """Those of a text such as `1.5/0.5`, or of a number, or of several."""
    if isinstance(given, str):
        return tuple(map(float, given.split("/")))
    return tuple(map(float, given)) if isinstance(given, Sequence) else (float(given),)


@frozen
class Turns:
    """Numbers of 0 or more that are taken in turn, over and over; in text with `/` between them, one of them as a number."""

    numbers: tuple[float, ...] = field(converter=_numbers)

    @numbers.validator
    def _check(self, _attribute: object, numbers: tuple[float, ...]) -> None:
        if not numbers or not all(0 <= each < math.inf for each in numbers):
            raise ValueError("numbers that are taken in turn are 0 or more, and there is one at least")

    def at(self, number: int) -> float:
        """Whose turn it is at proposal *number*, counted from 0."""
        return self.numbers[number % len(self.numbers)]

    def __str__(self) -> str:
        return "/".join(map(str, self.numbers))
