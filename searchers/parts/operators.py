"""Operators: the parts that evolutionary algorithms are put together from.

An operator takes members and gives members: those that it selects, or children of theirs. Operators are values without
state, and compose:

| written | gives |
| --- | --- |
| `a >> b` | what *b* makes of what *a* gives |
| `a + b` | what *a* gives, then what *b* gives |
| `a * 3` | what three uses of *a* give, one after the other |
| `a ** 3` | `a >> a >> a` |
| `a | b`, `a & b`, `a - b` | members that either, both, or only the first gives, each once, in the order in which they came |
| `a.sometimes(0.5, b)` | either *a* or *b* (by default, nothing is done), with that chance of *a* |
| `a.each()` | *a* on each member by itself |

What the elementary ones do is the business of `selection`, `mutation` and `recombination`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from attrs import frozen

from symnas.searchers.parts.members import Member, Moment
from symnas.searchers.parts.schedules import Amount, value
from symnas.searchers.space import A

__all__ = ["Operator", "Unchanged"]


class Operator(ABC):
    """Makes members of members. The module's docstring tells how operators compose."""

    @abstractmethod
    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """What becomes of *members*; they are not changed."""

    def __rshift__(self, other: "Operator") -> "Operator":
        return _Then(self, other)

    def __add__(self, other: "Operator") -> "Operator":
        return _Beside((self, other))

    def __mul__(self, times: int) -> "Operator":
        return _Beside((self,) * times)

    def __pow__(self, times: int) -> "Operator":
        made: Operator = self if times else Unchanged()
        for _ in range(times - 1):
            made = _Then(made, self)
        return made

    def __or__(self, other: "Operator") -> "Operator":
        return _Compared(self, other, _either)

    def __and__(self, other: "Operator") -> "Operator":
        return _Compared(self, other, _both)

    def __sub__(self, other: "Operator") -> "Operator":
        return _Compared(self, other, _only_first)

    def sometimes(self, chance: Amount, otherwise: "Operator | None" = None) -> "Operator":
        """This with probability *chance*, else *otherwise*: by default, members as they are."""
        return _Sometimes(self, chance, otherwise or Unchanged())

    def each(self) -> "Operator":
        """This on each member by itself."""
        return _Each(self)


@frozen
class Unchanged(Operator):
    """Gives what it is given."""

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        """The members themselves."""
        return list(members)


@frozen
class _Then(Operator):
    first: Operator
    second: Operator

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        return self.second(self.first(members, moment), moment)


@frozen
class _Beside(Operator):
    parts: tuple[Operator, ...]

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        return [found for part in self.parts for found in part(members, moment)]


@frozen
class _Sometimes(Operator):
    operator: Operator
    chance: Amount
    otherwise: Operator

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        lucky = moment.rng.random() < value(self.chance, moment.step)
        return (self.operator if lucky else self.otherwise)(members, moment)


@frozen
class _Each(Operator):
    operator: Operator

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        return [found for member in members for found in self.operator([member], moment)]


@frozen
class _Compared(Operator):
    """Members that two operators give, compared as members: a child is no one else's equal.

    They stand in the order in which they came, so that a population stays one of the old before the young.
    """

    first: Operator
    second: Operator
    keeps: Callable[[bool, bool], bool]
    """Whether to keep a member, by whether the first gives it and whether the second does."""

    def __call__(self, members: Sequence[Member[A]], moment: Moment[A]) -> list[Member[A]]:
        first, second = self.first(members, moment), self.second(members, moment)
        firsts, seconds, came = set(first), set(second), set(members)
        in_order = dict.fromkeys([each for each in members if each in firsts or each in seconds])
        new = dict.fromkeys([each for each in (*first, *second) if each not in came])
        return [each for each in (*in_order, *new) if self.keeps(each in firsts, each in seconds)]


def _either(first: bool, second: bool) -> bool:
    return first or second


def _both(first: bool, second: bool) -> bool:
    return first and second


def _only_first(first: bool, second: bool) -> bool:
    return first and not second
