"""Where steps stand when a `when` decides between values: a step that one side alone needs stands in that side.

The sides of a `when` are elaborated like everything around them, so a value that was bound before and is read in one
side only is found there as well. Which steps a side needs is seen when a scope is finished. What a side then holds is
not computed for samples that take the other one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from attrs import define, field, frozen

from symnas.errors import SourceError
from symnas.sizes import Size, symbols_of
from symnas.spans import Span
from symnas.types import TensorType

__all__ = ["Home", "RawStep", "Turnoff", "captured", "check_rows", "has_rows", "homes"]


@frozen(eq=False)
class Turnoff:
    """A `when` while its scope is built: what each side gives, as values of the scope."""

    then: tuple[int, ...]
    otherwise: tuple[int, ...]
    rows: Size
    name: str
    span: Span


RawStep = tuple[int, Callable[[tuple[int, ...]], Any] | Turnoff, list[int], tuple[TensorType, ...]]
"""A step of a scope being built: its first value, what makes it once values are numbered, the values that it reads, the
types of those that it makes. A `when` reads its condition, then what both sides give.
"""


@define(eq=False)
class Home:
    """Where steps stand: the scope itself (*depth* 0), or a side of a `when` in it. *sides* are by the first value of
    the `when`.
    """

    parent: "Home | None" = None
    depth: int = 0
    steps: list[RawStep] = field(factory=list)
    sides: "dict[int, tuple[Home, Home]]" = field(factory=dict)


def homes(steps: Sequence[RawStep], results: Iterable[int]) -> Home:
    """The steps that *results* depend on, each as far inside as everything that reads it allows."""
    root = Home()
    wanted = dict.fromkeys(results, root)
    for step in reversed(steps):
        first, make, operands, outputs = step
        readers = [wanted[value] for value in range(first, first + len(outputs)) if value in wanted]
        if not readers:
            continue
        home = readers[0]
        for each in readers[1:]:
            home = _around(home, each)
        home.steps.append(step)
        if isinstance(make, Turnoff):
            sides = home.sides[first] = (Home(home, home.depth + 1), Home(home, home.depth + 1))
            _want(wanted, operands[:1], home)
            _want(wanted, make.then, sides[0])
            _want(wanted, make.otherwise, sides[1])
        else:
            _want(wanted, operands, home)
    _turn(root)
    return root


def _want(wanted: dict[int, Home], values: Iterable[int], home: Home) -> None:
    for value in values:
        wanted[value] = _around(wanted.get(value, home), home)


def _around(one: Home, other: Home) -> Home:
    """The innermost home around both."""
    while one is not other:
        if one.depth >= other.depth:
            assert one.parent is not None
            one = one.parent
        else:
            assert other.parent is not None
            other = other.parent
    return one


def _turn(home: Home) -> None:
    """Put steps, which were found from the last to the first, in order."""
    home.steps.reverse()
    for sides in home.sides.values():
        for side in sides:
            _turn(side)


def captured(side: Home, results: Iterable[int]) -> list[int]:
    """The values that *side* reads and does not make, in the order it first reads them."""
    made: set[int] = set()
    read: dict[int, None] = {}
    for value in _events(side, made):
        if value not in made:
            read[value] = None
    read.update((value, None) for value in results if value not in made)
    return list(read)


def _events(home: Home, made: set[int]) -> Iterator[int]:
    """Every value read in *home* and the sides in it; what it makes is added to *made* on the way."""
    for first, make, operands, outputs in home.steps:
        if isinstance(make, Turnoff):
            yield operands[0]
            for side, results in zip(home.sides[first], (make.then, make.otherwise), strict=True):
                yield from _events(side, made)
                yield from results
        else:
            yield from operands
        made.update(range(first, first + len(outputs)))


def has_rows(type: TensorType, rows: Size) -> bool:
    """Whether a tensor of *type* has a row for each sample."""
    return type.shape[:1] == (rows,)


def check_rows(types: Iterable[TensorType], when: Turnoff) -> None:
    """What a side reads is taken row by row, or does not depend on how many samples there are."""
    for type in types:
        elsewhere = type.shape[1:] if has_rows(type, when.rows) else type.shape
        if any(symbols_of(size) & symbols_of(when.rows) for size in elsewhere):
            message = f"`when` takes rows of what its sides read; {type} has {when.rows} elsewhere than first"
            raise SourceError.at("E0440", message, when.span, "work it out inside the side, or bring the batch first")
