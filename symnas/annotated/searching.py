"""Searching what a symbolic value can become: a loop of one's own, or a function that measures what was built."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from attrs import frozen

from symnas.annotated.spaces import Member, ValueSpace, space_of
from symnas.architecture import Architecture
from symnas.errors import SearchError
from symnas.searchers import Objective
from symnas.study import NAME, OpenTrial, Study, StudySpace, begin
from symnas.study.runs import Task
from symnas.tree import Direction

__all__ = ["Loop", "ValueTrial", "loop", "search_value"]

T = TypeVar("T")


class ValueTrial(OpenTrial[Architecture], Generic[T]):
    """One trial of a loop: `build` the object, `tell` what came of it."""

    def __init__(
        self, values: ValueSpace[T], space: StudySpace[Architecture], task: Task, objectives: Sequence[Objective]
    ) -> None:
        super().__init__(space, task, objectives)
        self.member = Member(values, self.architecture)

    def build(self) -> T:
        """The object; every call is made now, anew each time."""
        return self.member.build()

    @property
    def choices(self) -> dict[str, str]:
        """What was chosen, by decision."""
        return self.member.choices


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


@frozen
class Built:
    """An evaluator of architectures: *evaluate* is given the object that each stands for."""

    evaluate: Callable[..., Any]
    space: ValueSpace[Any]

    def __call__(self, architecture: Architecture, recipe: Mapping[str, Any]) -> Any:
        """What *evaluate* says of the object."""
        return self.evaluate(self.space.made(recipe))


def loop(
    value: T,
    *,
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
    """Trials of what *value* can become, for a loop of one's own.

        for trial in symnas.search(model, searcher="evolution", trials=100):
            trial.tell(accuracy=train(trial.build()))

    *maximize* and *minimize* name the objectives; where none is named, the one number that is told is maximised. The
    other settings are those of `symnas.study.search`, `ahead` being 1, so that every trial knows of those before it.

    Raises:
        SearchError: something that was asked for is impossible; the message says what and why.
    """
    space = space_of(value)
    if not resume:
        settings.setdefault("ahead", 1)
    study = begin(space.space, store, name, resume=resume, objectives=_objectives(maximize, minimize), **settings)
    made = partial(ValueTrial, space)
    return Loop(space, study, study.by_hand(made, trials=trials, seconds=seconds, weights=weights))


def search_value(
    value: T, evaluate: Callable[[T], Any], *, maximize: str | Sequence[str] = (), minimize: str | Sequence[str] = (),
    **settings: Any,
) -> Loop[T]:  # fmt: skip
    """As `loop`, but *evaluate* is called with each object, and says what it is worth: a number, or metrics by name."""
    from symnas.study import search

    space = space_of(value)
    study = search(space.space, Built(evaluate, space), objectives=_objectives(maximize, minimize), **settings)
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
