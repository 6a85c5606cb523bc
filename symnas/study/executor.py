"""Who evaluates tasks: the interface that a running search uses, and the simplest form of it, this very process.

Worker processes are in `workers`; what becomes of the answers is `loop`'s business.
"""

import os
from collections.abc import Sequence
from typing import Generic, Protocol

from attrs import frozen

from symnas.searchers import Objective, Partial
from symnas.study.evaluation import Evaluate, Outcome, perform
from symnas.study.runs import Task
from symnas.study.spaces import A, StudySpace

__all__ = ["Answer", "Executor", "Here", "Lost", "Step"]


@frozen
class Lost:
    """An evaluation that came to no end, because its process died or took too long."""

    reason: str


@frozen
class Answer:
    """What came of the task of trial *number*."""

    number: int
    outcome: Outcome | Lost


@frozen
class Step:
    """How the task of trial *number* stands; its answer is still to come."""

    number: int
    partial: Partial


class Executor(Protocol):
    """Evaluates tasks, one or several at a time."""

    @property
    def free(self) -> int:
        """How many more tasks can be taken now."""
        ...

    def submit(self, task: Task) -> str:
        """Take *task*, which must be possible; the name of who does it."""
        ...

    def wait(self, seconds: float | None) -> Sequence[Answer | Step]:
        """Answers and steps, as soon as there are any; none if *seconds* pass before. A task's answer comes last."""
        ...

    def close(self) -> None:
        """Stop at once; unfinished tasks are forgotten."""
        ...


class Here(Generic[A]):
    """Evaluates in this process, one trial at a time. A crash takes the search along; the store survives it."""

    def __init__(self, space: StudySpace[A], evaluate: Evaluate, objectives: Sequence[Objective]) -> None:
        self._space = space
        self._evaluate = evaluate
        self._objectives = objectives
        self._task: Task | None = None

    @property
    def free(self) -> int:
        """One, if there is nothing to do."""
        return int(self._task is None)

    def submit(self, task: Task) -> str:
        """Remember *task*; `wait` does it."""
        self._task = task
        return str(os.getpid())

    def wait(self, seconds: float | None) -> Sequence[Answer | Step]:
        """Evaluate, however long it takes; its steps come with the answer."""
        assert self._task is not None, "nothing was submitted"
        task, self._task = self._task, None
        architecture = self._space.architecture(task.genotype)
        curve: list[Partial] = []
        outcome = perform(self._evaluate, architecture, task, self._objectives, curve.append)
        return [*(Step(task.number, each) for each in curve), Answer(task.number, outcome)]

    def close(self) -> None:
        """Nothing is left running."""
