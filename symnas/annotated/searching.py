"""Searching what a symbolic value can become: a loop of one's own, or a function that measures what was built."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from attrs import frozen

from symnas.annotated.flows import Others, Part, part_of
from symnas.annotated.spaces import Member, ValueSpace
from symnas.architecture import Architecture
from symnas.errors import SearchError
from symnas.fixing import Where
from symnas.searchers import Objective
from symnas.study import NAME, OpenTrial, Study, StudySpace, begin
from symnas.study.runs import Task
from symnas.study.storage import Storage
from symnas.tree import Direction

__all__ = ["Loop", "ValueTrial", "loop", "search_value"]

T = TypeVar("T")


@frozen
class Flow(Generic[T]):
    """The *part* of a value that a search decides, and where its study is kept."""

    part: Part[T]
    store: str | Path | None
    name: str


class ValueTrial(OpenTrial[Architecture], Generic[T]):
    """One trial of a loop: `build` the object, `tell` what came of it."""

    def __init__(
        self, flow: Flow[T], space: StudySpace[Architecture], task: Task, objectives: Sequence[Objective]
    ) -> None:
        super().__init__(space, task, objectives)
        self.flow = flow
        self.member = Member(flow.part.space, self.architecture)

    def build(self) -> T:
        """The object; every call is made now, anew each time."""
        return self.member.build()

    @property
    def choices(self) -> dict[str, str]:
        """What was chosen, by decision."""
        return self.member.choices

    @property
    def rest(self) -> ValueSpace[T]:
        """What the value can become where all that this search decides is as in this trial."""
        return self.flow.part.rest(self.member)

    def search(self, evaluate: Callable[[T], Any] | None = None, **settings: Any) -> "Loop[T]":
        """A search of what this trial leaves open, inside it: a loop, or with *evaluate* all of it.

        Its study is called `name/number` of this one, in the same store, and is gone on with if it is there already, so
        that an interrupted search of searches can be resumed. The settings are those of `symnas.search`.
        """
        settings = {"store": self.flow.store, "name": f"{self.flow.name}/{self.number}", **settings}
        if _is_there(settings["store"], settings["name"]):
            settings["resume"] = True
        else:
            settings.setdefault("seed", self.seed)
        return loop(self.rest, **settings) if evaluate is None else search_value(self.rest, evaluate, **settings)

    def joined(self, other: "ValueTrial[T]") -> Member[T]:
        """What this trial's search decides as here, what *other*'s search decides as there: a member of the whole value.

        Raises:
            SearchError: they are trials of different values, or do not go together.
        """
        return self.flow.part.joined(self.member, other.flow.part, other.member, self.seed)


def _is_there(store: str | Path | None, name: str) -> bool:
    """Whether *store* has a study called *name*."""
    if store is None:
        return False
    storage = Storage.open(store)
    try:
        return name in storage.names()
    finally:
        storage.close()


class Loop(Generic[T]):
    """Trials to be carried out by a `for` loop, and the study that they belong to."""

    def __init__(self, space: ValueSpace[T], study: Study[Architecture], trials: Iterator[ValueTrial[T]]) -> None:
        self.space = space
        self.study = study
        self._trials = trials

    def __iter__(self) -> Iterator[ValueTrial[T]]:
        return self._trials

    @property
    def best(self) -> Member[T] | None:
        """The best of what was told so far."""
        found = self.study.best()
        return Member(self.space, self.study.architecture(found[0])) if found else None

    @property
    def best_value(self) -> float | None:
        """What was told of it: of several objectives, the first."""
        found = self.study.best()
        return found[0].values[0] if found else None


@frozen
class Built:
    """An evaluator of architectures: *evaluate* is given the object that each stands for."""

    evaluate: Callable[..., Any]
    space: ValueSpace[Any]

    def __call__(self, architecture: Architecture, recipe: Mapping[str, Any]) -> Any:
        """What *evaluate* says of the object."""
        return self.evaluate(self.space.made(recipe))


def loop(
    whole: ValueSpace[T],
    *,
    where: Where | None = None,
    others: Others[T] | None = None,
    first: Sequence[Others[T]] = (),
    trials: int | None = None,
    seconds: float | None = None,
    maximize: str | Sequence[str] = (),
    minimize: str | Sequence[str] = (),
    store: str | Path | None = None,
    name: str = NAME,
    resume: bool = False,
    weights: str | Path | None = None,
    **settings: Any,
) -> Loop[T]:
    """Trials of the members of *whole*, for a loop of one's own.

        for trial in symnas.search(model, searcher="evolution", trials=100):
            trial.tell(accuracy=train(trial.build()))

    *where* says which decisions are searched (names like a pattern, or some patterns, or a condition); the *others* are
    as in a member or by name, else their first choices. Trials begin with those like *first*: members, or choices by name,
    of which some may be left out. *maximize* and *minimize* name the objectives; where none is
    named, the one number that is told is maximised. The other settings are those of `symnas.study.search`, `ahead` being 1, so that every trial knows of those before it.

    Raises:
        SearchError: something that was asked for is impossible; the message says what and why.
    """
    part = part_of(whole, where, others)
    space = part.space
    if not resume:
        settings.setdefault("ahead", 1)
    settings |= {"objectives": _objectives(maximize, minimize), "first": [space.near(each) for each in first]}
    study = begin(space.space, store, name, resume=resume, **settings)
    made = partial(ValueTrial, Flow(part, store, name))
    return Loop(space, study, study.by_hand(made, trials=trials, seconds=seconds, weights=weights))


def search_value(
    whole: ValueSpace[T], evaluate: Callable[[T], Any], *, where: Where | None = None, others: Others[T] | None = None,
    first: Sequence[Others[T]] = (), maximize: str | Sequence[str] = (), minimize: str | Sequence[str] = (), **settings: Any,
) -> Loop[T]:  # fmt: skip
    """As `loop`, but *evaluate* is called with each object, and says what it is worth: a number, or metrics by name."""
    from symnas.study import search

    space = part_of(whole, where, others).space
    settings |= {"objectives": _objectives(maximize, minimize), "first": [space.near(each) for each in first]}
    study = search(space.space, Built(evaluate, space), **settings)
    return Loop(space, study, iter(()))


def _objectives(maximize: str | Sequence[str], minimize: str | Sequence[str]) -> tuple[Objective, ...] | None:
    named = [
        *((each, Direction.MAXIMIZE) for each in _words(maximize)),
        *((each, Direction.MINIMIZE) for each in _words(minimize)),
    ]
    if len({metric for metric, _ in named}) < len(named):
        raise SearchError("an objective is named twice")
    return tuple(named) or None


def _words(names: str | Sequence[str]) -> Sequence[str]:
    return (names,) if isinstance(names, str) else names
