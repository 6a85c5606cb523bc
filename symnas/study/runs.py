"""A trial as its evaluator sees it: how far to train, what to go on from, and where to tell how it stands.

What becomes of that is the business of `evaluation`; who asked for it, a searcher's.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from symnas.genotype import Genotype
from symnas.searchers import Stopping

__all__ = ["Run", "Stopped", "Task"]


@frozen
class Task:
    """One trial to evaluate. *folder* is its own for what it keeps, *inherited* that of the trial it goes on from."""

    number: int
    genotype: Genotype
    seed: int
    until: int | None = None
    stopping: Stopping | None = None
    folder: Path | None = None
    inherited: Path | None = None


class Stopped(BaseException):
    """The rest of this evaluation is not wanted. No `Exception`, so that what catches those lets it pass."""


@frozen
class Run:
    """The trial that an evaluator is to carry out: given to one that has a parameter `run`.

    *until* is the step (epoch, usually) to train to, counted from the very beginning; `None`: to the end, whatever that
    is. *inherited* is a folder with what an earlier trial kept, to go on from; `None`: begin anew.
    """

    number: int
    seed: int
    until: int | None = None
    inherited: Path | None = None
    _folder: Path | None = None
    _take: Callable[[int, object], bool] | None = None

    @property
    def folder(self) -> Path:
        """A folder for what a later trial may go on from, made when first asked for, in whatever format.

        It is there, as `inherited`, for trials that go on from this one, as long as there may be any.
        """
        assert self._folder is not None, "a study gives every trial a folder"
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    def report(self, step: int, value: float | Mapping[str, Any]) -> None:
        """Tell how the evaluation stands after *step*: a number or metrics by name, as at its end.

        Raises:
            Stopped: the rest is not wanted. Let it pass; the values of this step become the trial's.
        """
        if self._take is not None and self._take(step, value):
            raise Stopped

    def reporting(self, change: Callable[[object], object]) -> "Run":
        """The same run, in which what is reported is changed first."""
        take = self._take
        return self if take is None else evolve(self, take=lambda step, value: take(step, change(value)))
