"""Values of which each proposal takes the next one: settings that are not the same for all proposals of a search.

What is taken depends on the number of a proposal alone, so that a resumed search goes on where it stopped, and proposals
that are asked for together do not all get the same.
"""

import math
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from attrs import field, frozen

__all__ = ["SEPARATOR", "Numbers", "Turns"]

T = TypeVar("T")

SEPARATOR = "/"
"""Between values in text."""


@frozen
class Turns(Generic[T]):
    """One value or more, taken in turn, over and over. A kind of them says what it takes: text, one value or several."""

    values: tuple[T, ...]

    expected: ClassVar[str]
    """What it takes, for messages."""

    listed: ClassVar[str]
    """The same for `--help`."""

    def at(self, number: int) -> T:
        """Whose turn it is at proposal *number*, counted from 0."""
        return self.values[number % len(self.values)]

    def __str__(self) -> str:
        return SEPARATOR.join(map(str, self.values))


def _numbers(given: str | float | Sequence[float]) -> tuple[float, ...]:
    """Those of a text such as `1.5/0.5`, or of a number, or of several."""
    if isinstance(given, str):
        return tuple(map(float, given.split(SEPARATOR)))
    return tuple(map(float, given)) if isinstance(given, Sequence) else (float(given),)


@frozen
class Numbers(Turns[float]):
    """Numbers of 0 or more, such as `1.5/0.5`."""

    values: tuple[float, ...] = field(converter=_numbers)

    expected: ClassVar[str] = "a number of 0 or more, or several with `/` between them"
    listed: ClassVar[str] = "float/…"

    @values.validator
    def _check(self, _attribute: object, numbers: tuple[float, ...]) -> None:
        if not numbers or not all(0 <= each < math.inf for each in numbers):
            raise ValueError("numbers that are taken in turn are 0 or more, and there is one at least")
