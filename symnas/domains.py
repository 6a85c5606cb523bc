"""Domains: what a decision chooses from.

A discrete domain has `size` members numbered from 0, and a choice is such a number; a continuous domain has
`size` 0, and a choice is the value itself. How a member is written in a `pick` is here too; how a placeholder
comes to have its domain is the business of `elaborate.placeholders`.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from random import Random

from attrs import field, frozen

__all__ = [
    "Alternatives",
    "Choice",
    "Combinations",
    "Continuous",
    "Domain",
    "Grid",
    "Permutations",
    "Subsets",
    "show_number",
]

Choice = int | float
"""The number of a member of a discrete domain, or the value itself in a continuous one."""


@frozen(cache_hash=True)
class Alternatives:
    """The alternatives of a `oneof` or `maybe`, by label, literal or head name.

    *prior* gives each alternative's probability for sampling by prior and does not take part in equality.
    """

    labels: tuple[str, ...]
    prior: tuple[Fraction, ...] | None = field(default=None, eq=False)

    @property
    def size(self) -> int:
        """Number of alternatives."""
        return len(self.labels)

    def probability(self, choice: Choice) -> Fraction:
        """How likely the alternative is by the prior; all are equally likely where there is none."""
        return self.prior[int(choice)] if self.prior is not None else Fraction(1, self.size)

    def draw(self, rng: Random) -> int:
        """An alternative drawn by the prior, exactly."""
        if self.prior is None:
            return rng.randrange(self.size)
        whole = math.lcm(*(each.denominator for each in self.prior))
        place = rng.randrange(whole)
        for choice, each in enumerate(self.prior):
            place -= each.numerator * (whole // each.denominator)
            if place < 0:
                return choice
        raise AssertionError("probabilities add up to 1")

    def show(self, choice: Choice) -> str:
        """The choice as a `pick` writes it."""
        return self.labels[int(choice)]

    def read(self, text: str) -> Choice | None:
        """The choice written as *text*, or `None`."""
        if text in self.labels:
            return self.labels.index(text)
        plain = text.strip('"')
        if plain in self.labels:
            return self.labels.index(plain)
        value = _number(text)
        same = [place for place, label in enumerate(self.labels) if value is not None and _number(label) == value]
        return same[0] if same else None


@frozen(cache_hash=True)
class Grid:
    """`range(lo, hi)` over whole numbers, or over reals with a step: *count* members `lo + i * step`."""

    low: Fraction
    step: Fraction
    count: int
    whole: bool
    log: bool = False

    @property
    def size(self) -> int:
        """Number of members."""
        return self.count

    def value(self, choice: Choice) -> int | Fraction:
        """The member itself."""
        low, step = self.low, self.step
        if low.denominator == 1 == step.denominator:  # what there is most of, and fractions take their time
            return low.numerator + int(choice) * step.numerator
        value = low + int(choice) * step
        return int(value) if value.denominator == 1 else value

    def show(self, choice: Choice) -> str:
        """The choice as a `pick` writes it."""
        return show_number(self.value(choice))

    def read(self, text: str) -> Choice | None:
        """The choice written as *text*, or `None`."""
        value = _number(text)
        if value is None:
            return None
        steps = (value - self.low) / self.step
        return int(steps) if steps.denominator == 1 and 0 <= steps < self.count else None


@frozen(cache_hash=True)
class Continuous:
    """`range(lo, hi)` over reals, uniform, or uniform in the logarithm with *log*."""

    low: float
    high: float
    log: bool = False

    @property
    def size(self) -> int:
        """A continuous domain has no countable members: 0."""
        return 0

    def sample(self, rng: Random) -> float:
        """A value drawn uniformly, or log-uniformly; never outside the bounds, whatever rounding does."""
        return self.at(rng.random())

    def at(self, position: float) -> float:
        """The value at *position* of the way from low to high (0 to 1), in the logarithm with *log*."""
        if self.log:
            value = math.exp(math.log(self.low) + position * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + position * (self.high - self.low)
        return min(self.high, max(self.low, value))

    def position(self, value: float) -> float:
        """How far *value* is on the way from low to high, 0 to 1, in the logarithm with *log*: the inverse of `at`."""
        if self.log:
            share = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        else:
            share = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, share))

    def near(self, value: float, spread: float, rng: Random) -> float:
        """A value near *value*: a normal step in `position`, reflected at the ends. *spread* is its standard deviation,
        as a share of the range.
        """
        position = (self.position(value) + rng.gauss(0.0, spread)) % 2.0
        return self.at(min(position, 2.0 - position))

    def show(self, choice: Choice) -> str:
        """The choice as a `pick` writes it: the shortest text that reads back as the same number."""
        return repr(float(choice))

    def read(self, text: str) -> Choice | None:
        """The choice written as *text*, or `None`."""
        try:
            value = float(text)
        except ValueError:
            return None
        return value if self.low <= value <= self.high else None


@frozen(cache_hash=True)
class Combinations:
    """`manyof(k, options)`: *k* distinct options in their own order, numbered lexicographically."""

    labels: tuple[str, ...]
    taken: int

    @cached_property
    def size(self) -> int:
        """Number of ways to take them."""
        return math.comb(len(self.labels), self.taken)

    def members(self, choice: Choice) -> tuple[int, ...]:
        """Positions of the options taken."""
        rank = int(choice)
        found: list[int] = []
        for position, with_this in self._ways(found):
            if rank < with_this:
                found.append(position)
            else:
                rank -= with_this
        return tuple(found)

    def _ways(self, found: list[int]) -> Iterator[tuple[int, int]]:
        """Each position until all are *found*, with the number of ways to take it and what is left from those after it.

        Each number comes from the one before: computed anew, thousands of options would take minutes.
        """
        taken, ways = 0, self.size
        for position in range(len(self.labels)):
            left, after = self.taken - taken, len(self.labels) - position
            if not left:
                return
            with_this = ways * left // after
            yield position, with_this
            ways = with_this if len(found) > taken else ways - with_this
            taken = len(found)

    def show(self, choice: Choice) -> str:
        """The choice as a `pick` writes it: a list of labels."""
        return _show_list(self.labels, self.members(choice))

    def read(self, text: str) -> Choice | None:
        """The choice written as *text*, or `None`."""
        positions = _read_list(self.labels, text)
        if positions is None or len(positions) != self.taken or sorted(set(positions)) != list(positions):
            return None
        return self.number(positions)

    def number(self, positions: Sequence[int]) -> int:
        """The choice of the options at *positions*, which rise."""
        rank, found, wanted = 0, list[int](), frozenset(positions)
        for position, with_this in self._ways(found):
            if position in wanted:
                found.append(position)
            else:
                rank += with_this
        return rank


@frozen(cache_hash=True)
class Subsets:
    """`subset(options, min, max)`: between *least* and *most* options in their own order, fewest first."""

    labels: tuple[str, ...]
    least: int
    most: int

    @cached_property
    def size(self) -> int:
        """Number of subsets."""
        return sum(size for _, size in self._groups())

    def _groups(self) -> Iterator[tuple[int, int]]:
        """Each number of options that may be taken, and how many ways there are; each count comes from the one before."""
        ways = math.comb(len(self.labels), self.least)
        for taken in range(self.least, self.most + 1):
            yield taken, ways
            ways = ways * (len(self.labels) - taken) // (taken + 1)

    def members(self, choice: Choice) -> tuple[int, ...]:
        """Positions of the options taken."""
        rank = int(choice)
        for taken, size in self._groups():
            if rank < size:
                return Combinations(self.labels, taken).members(rank)
            rank -= size
        raise IndexError(choice)

    def show(self, choice: Choice) -> str:
        """The choice as a `pick` writes it: a list of labels."""
        return _show_list(self.labels, self.members(choice))

    def read(self, text: str) -> Choice | None:
        """The choice written as *text*, or `None`."""
        positions = _read_list(self.labels, text)
        if positions is None or not self.least <= len(positions) <= self.most:
            return None
        rank = Combinations(self.labels, len(positions)).read(text)
        if rank is None:
            return None
        return rank + sum(size for taken, size in self._groups() if taken < len(positions))


@frozen(cache_hash=True)
class Permutations:
    """`permutation(options)`: all options in some order, numbered lexicographically."""

    labels: tuple[str, ...]

    @cached_property
    def size(self) -> int:
        """Number of orders."""
        return math.factorial(len(self.labels))

    def members(self, choice: Choice) -> tuple[int, ...]:
        """Positions of the options in their new order."""
        rank, left, found, orders = int(choice), list(range(len(self.labels))), [], self.size
        while left:
            orders //= len(left)
            place, rank = divmod(rank, orders)
            found.append(left.pop(place))
        return tuple(found)

    def show(self, choice: Choice) -> str:
        """The choice as a `pick` writes it: a list of labels."""
        return _show_list(self.labels, self.members(choice))

    def read(self, text: str) -> Choice | None:
        """The choice written as *text*, or `None`."""
        positions = _read_list(self.labels, text)
        if positions is None or sorted(positions) != list(range(len(self.labels))):
            return None
        return self.number(positions)

    def number(self, positions: Sequence[int]) -> int:
        """The choice that puts the options in the order of *positions*, which are all of theirs."""
        rank, left, orders = 0, list(range(len(self.labels))), self.size
        for position in positions:
            orders //= len(left)
            rank += left.index(position) * orders
            left.remove(position)
        return rank


Domain = Alternatives | Grid | Continuous | Combinations | Subsets | Permutations


def show_number(value: int | Fraction | float) -> str:
    """A number as the language writes it: exact decimals where there are any, else a quotient."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int) or value.denominator == 1:
        return str(int(value))
    denominator = value.denominator
    while denominator % 2 == 0:
        denominator //= 2
    while denominator % 5 == 0:
        denominator //= 5
    if denominator != 1:
        return f"{value.numerator} / {value.denominator}"
    digits = 1
    while (value * 10**digits).denominator != 1:
        digits += 1
    scaled = abs(int(value * 10**digits))
    return f"{'-' if value < 0 else ''}{scaled // 10**digits}.{scaled % 10**digits:0{digits}d}"


def show_count(count: int) -> str:
    """A whole number for people: exact, unless nobody could read it (`about 1.27 × 10^301`)."""
    if count.bit_length() <= _READABLE:
        return f"{count:,}"
    tens = int((abs(count).bit_length() - 1) * math.log10(2))
    leading = Fraction(abs(count), 10**tens)
    if leading >= 10:
        tens, leading = tens + 1, leading / 10
    return f"about {'-' if count < 0 else ''}{float(leading):.3g} × 10^{tens:,}"


_READABLE = 3_300
"""Bits of the longest number that is written out where people read it."""


def _number(text: str) -> Fraction | None:
    try:
        return Fraction(text.replace(" ", "").replace("_", ""))
    except (ValueError, ZeroDivisionError):
        return None


def _show_list(labels: tuple[str, ...], positions: tuple[int, ...]) -> str:
    return f"[{', '.join(labels[position] for position in positions)}]"


def _read_list(labels: tuple[str, ...], text: str) -> tuple[int, ...] | None:
    """Positions of the labels in `[a, b]`; labels may themselves hold commas inside brackets."""
    inner = text.strip()
    if not (inner.startswith("[") and inner.endswith("]")):
        return None
    parts, depth, start = [], 0, 1
    for place, character in enumerate(inner[1:-1], 1):
        depth += character in "([{"
        depth -= character in ")]}"
        if character == "," and depth == 0:
            parts.append(inner[start:place].strip())
            start = place + 1
    last = inner[start:-1].strip()
    parts += [last] if last else []
    places = {label: place for place, label in reversed([*enumerate(labels)])}
    return tuple(places[part] for part in parts) if all(part in places for part in parts) else None
