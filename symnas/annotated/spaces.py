"""The space of a symbolic value: what it can become, on the same machinery as that of a `.nas` file."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from random import Random
from typing import Any, Generic, TypeVar, overload

from attrs import evolve

from symnas import tree
from symnas.annotated.building import built
from symnas.annotated.collecting import collect
from symnas.annotated.models import replacing
from symnas.annotated.requiring import required
from symnas.annotated.values import Thunk, signature_of
from symnas.annotated.writing import ROOT, Written, written
from symnas.architecture import Architecture
from symnas.errors import SearchError, SourceError
from symnas.fixing import fixed, near
from symnas.measure import Measure
from symnas.program import parse
from symnas.space import Space

__all__ = ["Member", "ValueSpace", "space_of"]

T = TypeVar("T")


class Member(Generic[T]):
    """One way to decide everything: a member of a `ValueSpace`."""

    def __init__(self, space: "ValueSpace[T]", architecture: Architecture) -> None:
        self.space = space
        self.architecture = architecture

    @property
    def choices(self) -> dict[str, str]:
        """What was chosen, by decision."""
        return {self.space.name_of(path): choice for path, choice in self.architecture.picks.items()}

    def build(self) -> T:
        """The object: every call is made now, anew each time."""
        return self.space.build(self.architecture)

    def __repr__(self) -> str:
        return f"<Member {', '.join(f'{path}: {choice}' for path, choice in self.choices.items())}>"


class ValueSpace(Generic[T]):
    """What *value* can become. *space* is that of the program it is written as, for counts, searchers and studies."""

    def __init__(self, value: T, made: Written, finish: Callable[[Any], T] | None = None) -> None:
        self.value = value
        self.written = made
        self._finish = finish

    def __reduce__(self) -> tuple[Any, ...]:  # worker processes need what builds, and read the program again
        return ValueSpace, (self.value, self.written, self._finish)

    @cached_property
    def space(self) -> Space:
        """The space of the program that the value is written as."""
        return parse(self.written.text, "<value>").space()

    @property
    def size(self) -> int:
        """How many members there are, continuous decisions apart."""
        return self.space.size

    def sample(self, rng: Random, measure: Measure = Measure.ARCHITECTURES) -> Member[T]:
        """A member drawn with *rng*."""
        return Member(self, self.space.sample(rng, measure))

    def __getitem__(self, number: int) -> Member[T]:
        return Member(self, self.space[number])

    def __iter__(self) -> Iterator[Member[T]]:
        return (Member(self, each) for each in self.space)

    @property
    def decisions(self) -> tuple[str, ...]:
        """Names of all decisions that members can have.

        Raises:
            SearchError: there is no exact count, or there are more than 100,000.
        """
        return tuple(self.name_of(slot.path) for slot in self.space.decisions)

    def fixed(self, choices: Mapping[str, object]) -> "ValueSpace[T]":
        """The part in which *choices* are made, by the names of decisions: what `Member.choices` says of some of them.

        Raises:
            SearchError: there is no such decision, or it has no such choice.
        """
        stand = {self.path_of(name): choice for name, choice in choices.items()}
        return self.within(fixed(self.space, stand, self.name_of))

    def requiring(self, *conditions: str) -> "ValueSpace[T]":
        """The part in which *conditions* hold, such as `"width * depth <= 64"`: expressions of the language that read
        decisions by their names. They are met by construction, and one on a decision that a member lacks says nothing.

        Raises:
            SearchError: a condition cannot be read, names no decision, asks what its decisions cannot answer,
                or leaves no member.
        """
        try:
            part = self.space.program.changed(required(self.space.module, conditions)).space()
            if not (part.countable and part.size):
                part.sample(Random(0))  # if there is no member, this says why
        except SourceError as error:
            raise SearchError(f"these conditions do not fit: {error.diagnostics[0].message}") from None
        return self.within(part)

    def within(self, part: Space) -> "ValueSpace[T]":
        """The same of *part*, which is a part of `space`."""
        found = ValueSpace(self.value, evolve(self.written, text=part.program.text), self._finish)
        found.__dict__["space"] = part  # what the text would be read as again
        return found

    def member(self, choices: Mapping[str, object]) -> Member[T]:
        """The member with these *choices*, which are all that it has: the way back from `Member.choices`.

        Raises:
            SearchError: there is no such decision or choice, or one is missing.
        """
        part = self.fixed(choices).space
        left = [slot.path for slot in part.decisions if part.picked is None or not part.picked.has(slot.path)]
        if left:
            raise SearchError(f"`{self.name_of(left[0])}` is not decided; a member needs a choice for every decision")
        return Member(self, self.space.architecture(part.architecture({}).genotype))

    def near(self, wish: "Member[T] | Mapping[str, object]") -> Architecture:
        """What is as *wish* has it, a member or some choices by name; the rest is drawn, always alike.

        Raises:
            SearchError: there is no such decision or choice.
        """
        if isinstance(wish, Member):
            return near(self.space, wish.architecture)
        return near(self.space, {self.path_of(name): choice for name, choice in wish.items()}, self.name_of)

    def name_of(self, path: str) -> str:
        """The name of the decision at *path* of the program."""
        return path.removeprefix(_PREFIX)

    def path_of(self, name: str) -> str:
        """Where the decision called *name* stands in the program: below the value, or in a `let` of its own."""
        return name if name.partition(".")[0].partition("[")[0] in self._lets else _PREFIX + name

    @cached_property
    def _lets(self) -> frozenset[str]:
        return frozenset(each.name for each in self.space.module.declarations if isinstance(each, tree.Let))

    def build(self, architecture: Architecture) -> T:
        """The object of *architecture*, a member of `space`."""
        return self.made(architecture.recipe)

    def made(self, recipe: Mapping[str, Any]) -> T:
        """The object that stands in the recipe of a member."""
        found: T = built(recipe[ROOT], self.written.things)
        return found if self._finish is None else self._finish(found)


_PREFIX = f"train.{ROOT}."


@overload
def space_of(value: ValueSpace[T]) -> ValueSpace[T]: ...
@overload
def space_of(value: Thunk[T]) -> ValueSpace[T]: ...
@overload
def space_of(value: T, changes: Mapping[Any, Any] | None = None) -> ValueSpace[T]: ...
def space_of(value: Any, changes: Mapping[Any, Any] | None = None) -> ValueSpace[Any]:
    """What *value* can become: a symbolic value, or a list, tuple or dictionary with placeholders in it.

    A function that needs no arguments stands for what it gives: it is run to find the placeholders that it asks for
    (`symnas.annotated.collecting`), and once more for each object that is built. Of a PyTorch model, *changes* say which
    of its modules may become what, as `replacing` takes them.

    Raises:
        SearchError: *value* contains itself; what the function asks for cannot be found out; or *changes* do not fit the
            model.
    """
    if changes is not None:
        value = _guarded(replacing, value, changes)
    if isinstance(value, ValueSpace):
        return value
    if _is_run(value):
        collected = collect(value)
        return ValueSpace(value, collected.written(), collected.run)
    return ValueSpace(value, _guarded(written, value))


def _guarded(make: Callable[..., T], *given: Any) -> T:
    try:
        return make(*given)
    except RecursionError:
        raise SearchError("the value is nested too deep to be searched") from None


def _is_run(value: object) -> bool:
    """Whether *value* is a function that needs no arguments."""
    if not inspect.isroutine(value) or (signature := signature_of(value)) is None:
        return False
    try:
        signature.bind()
    except TypeError:
        return False
    return True
