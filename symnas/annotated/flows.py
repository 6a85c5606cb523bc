"""Searches of parts of a value: some of its decisions by one search, the others by another, before, after or inside it.

Which decisions a part has, and what the others are meanwhile, is `symnas.fixing`'s business; the loops are `searching`'s.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Generic, TypeVar

from attrs import frozen

from symnas.annotated.spaces import Member, ValueSpace
from symnas.errors import SearchError
from symnas.fixing import Where, matching, part

__all__ = ["Others", "Part", "part_of"]

T = TypeVar("T")

Others = Member[T] | Mapping[str, str]
"""What decisions are that are not searched: as in a member, or by name."""


@frozen
class Part(Generic[T]):
    """What one search decides of *whole*: *space*, in which all but the decisions that *takes* says yes to are made."""

    whole: ValueSpace[T]
    space: ValueSpace[T]
    takes: Callable[[str], bool]

    def rest(self, member: Member[T]) -> ValueSpace[T]:
        """What the whole can become where what the search decides is as in *member*."""
        return self.whole.fixed({name: choice for name, choice in member.choices.items() if self.takes(name)})

    def joined(self, member: Member[T], other: "Part[T]", theirs: Member[T], seed: int) -> Member[T]:
        """The member of the whole with the decisions of *other*'s search as *theirs* has them, else as *member* has; what
        neither has is drawn with *seed*.

        Raises:
            SearchError: they belong to different values, or do not go together.
        """
        if self.whole.written.text != other.whole.written.text:
            raise SearchError("these trials are of different values; search parts of one `space_of(value)`")
        names = self.whole.name_of
        wishes = {path: choice for path, choice in theirs.architecture.genotype.items() if other.takes(names(path))}
        found = self.whole.space.complete(Random(seed), wishes, member.architecture.genotype)
        if found is None:
            raise SearchError(f"{member!r} and {theirs!r} do not go together: a `require` is broken")
        return Member(self.whole, found)


def part_of(whole: ValueSpace[T], where: Where | None, others: Others[T] | None) -> Part[T]:
    """The part of *whole* that has the decisions like *where*, all without it; the others are as in *others*, else their
    first choices.

    Raises:
        SearchError: no decision is like *where*, or the others cannot be kept so.
    """
    if where is None:
        if others is not None:
            raise SearchError("`others` are the decisions that are not searched: say with `where` which ones are")
        return Part(whole, whole, lambda _: True)
    choices = others.choices if isinstance(others, Member) else others or {}
    stand = {whole.path_of(name): choice for name, choice in choices.items()}
    return Part(whole, whole.within(part(whole.space, where, stand, whole.name_of)), matching(where))
