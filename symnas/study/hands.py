"""Trials carried out by the caller, in a loop of their own: what is asked is handed out, what is told comes back."""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from symnas.errors import SearchError
from symnas.genotype import Genotype
from symnas.searchers import DEFAULT_OBJECTIVES, Failure, Infeasible, Objective, Partial, Success
from symnas.study.evaluation import Breach, Broken, Outcome, partial_of, understood
from symnas.study.executor import Answer, Step
from symnas.study.runs import Task
from symnas.study.spaces import A, StudySpace

__all__ = ["Hands", "OpenTrial", "Opened"]

FORGOTTEN = "nothing was told of it: a trial ends with `tell`, `fail` or `infeasible`"


class OpenTrial(Generic[A]):
    """One trial of a loop: carry it out, and `tell` what came of it before the next one is taken."""

    def __init__(self, space: StudySpace[A], task: Task, objectives: Sequence[Objective]) -> None:
        self.architecture: A = space.architecture(task.genotype)
        self._task = task
        self._objectives = objectives
        self._curve: list[Partial] = []
        self._outcome: Outcome | None = None

    @property
    def number(self) -> int:
        """Its number in the study, from 0."""
        return self._task.number

    @property
    def seed(self) -> int:
        """A seed of its own, the same whenever the same search is run."""
        return self._task.seed

    @property
    def genotype(self) -> Genotype:
        """The choices made."""
        return self._task.genotype

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The settings of `train { … }`, chosen."""
        return self.architecture.recipe

    @property
    def until(self) -> int | None:
        """The step (epoch, usually) to train to, counted from the very beginning; `None`: to the end."""
        return self._task.until

    @property
    def inherited(self) -> Path | None:
        """A folder with what an earlier trial kept, to go on from; `None`: begin anew."""
        return self._task.inherited

    @property
    def folder(self) -> Path:
        """A folder for what a later trial may go on from, made when first asked for."""
        assert self._task.folder is not None, "a study gives every trial a folder"
        self._task.folder.mkdir(parents=True, exist_ok=True)
        return self._task.folder

    @property
    def is_told(self) -> bool:
        """Whether it has come to its end."""
        return self._outcome is not None

    def tell(self, value: float | None = None, /, **metrics: float) -> None:
        """What was measured: the only objective, or metrics by name. What is not finite makes the trial a failure.

        Raises:
            SearchError: the objectives are not among it, or the trial was told before.
        """
        found = understood(self._report(value, metrics), self.architecture, self._objectives)
        if isinstance(found, Breach):
            raise SearchError(found.message.replace("the evaluator returned", "`tell` was given"))
        self._end(found)

    def report(self, step: int, value: float | None = None, /, **metrics: float) -> bool:
        """How the trial stands after *step*; whether to go on. Where it is not, the trial has ended with these values.

        Raises:
            SearchError: the objectives are not among it, or the trial was told before.
        """
        self._refuse_told()
        try:
            partial, told = partial_of(step, self._report(value, metrics), self.architecture, self._objectives)
        except Broken as broken:
            raise SearchError(broken.breach.message.replace("the evaluator reports", "`report` was given")) from None
        self._curve.append(partial)
        if self._task.stopping is None or not self._task.stopping.ends(self._curve):
            return True
        self._end(Success(partial.values, told, stopped=True))
        return False

    def fail(self, reason: str) -> None:
        """It could not be carried out: *reason* says why."""
        self._end(Failure(reason))

    def infeasible(self, **violations: float) -> None:
        """It breaks constraints that only carrying it out could show, each by so much."""
        self._end(Infeasible(violations))

    def answers(self) -> Sequence[Answer | Step]:
        """What came of it; a trial that was forgotten has failed, and is warned of."""
        if self._outcome is None:
            warnings.warn(f"trial {self.number}: {FORGOTTEN}", stacklevel=2)
            self._outcome = Failure(FORGOTTEN)
        assert not isinstance(self._outcome, Breach)
        return [*(Step(self.number, each) for each in self._curve), Answer(self.number, self._outcome)]

    def _report(self, value: float | None, metrics: Mapping[str, float]) -> object:
        """One metric of any name is the objective where there is one that nobody named."""
        if value is None and len(metrics) == 1 and tuple(self._objectives) == DEFAULT_OBJECTIVES:
            (value,) = metrics.values()
        if value is None:
            return metrics
        return {**metrics, self._objectives[0][0]: value} if metrics else value

    def _end(self, outcome: Outcome) -> None:
        self._refuse_told()
        self._outcome = outcome

    def _refuse_told(self) -> None:
        if self._outcome is not None:
            raise SearchError(f"trial {self.number} has come to its end already")


Opened = TypeVar("Opened", bound=OpenTrial[Any])


class Hands(Generic[Opened]):
    """An executor that does nothing itself: `open` is the trial that the caller is to carry out, made of its task."""

    def __init__(self, make: Callable[[Task], Opened]) -> None:
        self._make = make
        self.open: Opened | None = None

    @property
    def free(self) -> int:
        """One, if nothing is open."""
        return int(self.open is None)

    def submit(self, task: Task) -> str:
        """Open *task*."""
        self.open = self._make(task)
        return str(os.getpid())

    def wait(self, seconds: float | None) -> Sequence[Answer | Step]:
        """What the caller has told."""
        assert self.open is not None, "nothing was submitted"
        trial, self.open = self.open, None
        return trial.answers()

    def close(self) -> None:
        """Nothing is running here."""

    def trials(self, turns: Iterator[None]) -> Iterator[Opened]:
        """The open trial of each of *turns*."""
        for _ in turns:
            assert self.open is not None, "a turn waits for something"
            yield self.open
