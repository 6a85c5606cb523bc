"""Running a searcher on a task: it asks, the table answers, until a budget is used up.

An evaluation is counted, and paid, when its row of the table is looked up for the first time in a run; whoever asks for
a row again gets the same answer for nothing. So searchers that repeat themselves, and spaces that name one network in
several ways, are compared by the architectures that would have been trained.
"""

import time
from random import Random
from typing import Generic, Protocol, TypeVar

from attrs import frozen

from symnas.architecture import Architecture
from symnas.benchmarks.task import Task
from symnas.errors import SearchError
from symnas.searchers import AnySearcher, Failure, Final, create

__all__ = ["Asked", "Budget", "Contestant", "Ours", "Run", "run"]

T = TypeVar("T")

PATIENCE = 1000
"""How often in a row a contestant may ask for what it has been told already, before its run is ended; as a rule."""

SETTLED = 20
"""The same once it has seen the best there is to see: nothing that it may find later changes what it is judged by."""


@frozen
class Budget:
    """When a run ends: after so many *evaluations*, or before the one that would cost more *seconds* than there are. It
    ends earlier when *until_goal* and the task's goal is seen.
    """

    evaluations: int | None = None
    seconds: float | None = None
    until_goal: bool = False

    def __attrs_post_init__(self) -> None:
        if self.evaluations is None and self.seconds is None:
            raise SearchError("a run needs a budget: a number of evaluations, or of seconds")


@frozen
class Asked(Generic[T]):
    """What a contestant asks for: *row* is `None` where its choices make no architecture of the table."""

    token: T
    row: int | None


class Contestant(Protocol[T]):
    """A searcher of any library, in a run."""

    def ask(self) -> Asked[T] | None:
        """What to look up next; `None` if it is at its end."""
        ...

    def tell(self, token: T, result: Final) -> None:
        """What came of what was asked for."""
        ...


class Ours:
    """A searcher of symnas, by its spec (`evolution:population=50`)."""

    def __init__(self, spec: str, task: Task, seed: int) -> None:
        self._searcher: AnySearcher[Architecture] = create(spec, task.space, Random(seed), task.objectives)
        self._row_of = task.row_of
        self.name = self._searcher.spec
        """Its name with all settings."""

    def ask(self) -> Asked[int] | None:
        """The searcher's next proposal."""
        proposal = self._searcher.ask()
        return None if proposal is None else Asked(proposal.number, self._row_of(proposal.architecture.genotype))

    def tell(self, token: int, result: Final) -> None:
        """Tell the searcher."""
        self._searcher.tell(token, result)


@frozen
class Run:
    """What came of a run: the *rows* evaluated in order, none twice, and what asking and telling took, in seconds."""

    rows: tuple[int, ...]
    asked: int
    cpu_seconds: float
    wall_seconds: float


def run(task: Task, contestant: Contestant[T], budget: Budget, patience: int = PATIENCE) -> Run:
    """Let *contestant* search on *task*, until it asks *patience* times in a row for what it has been told already."""
    rows: dict[int, None] = {}
    asked = repeated = 0
    top = task.top
    spent = cpu = wall = 0.0
    while budget.evaluations is None or len(rows) < budget.evaluations:
        cpu_began, wall_began = time.process_time(), time.perf_counter()
        asking = contestant.ask()
        cpu, wall = cpu + time.process_time() - cpu_began, wall + time.perf_counter() - wall_began
        if asking is None or repeated >= patience:
            break
        asked += 1
        repeated += 1
        result: Final = Failure("no architecture of the space")
        if asking.row is not None:
            if asking.row not in rows:
                spent += task.cost[asking.row] if task.cost else 0.0
                if budget.seconds is not None and spent > budget.seconds:
                    break
                rows[asking.row] = None
                repeated = 0
                if top is not None and task.score(asking.row) == top:
                    patience = min(patience, SETTLED)
            result = task.result(asking.row)
        cpu_began, wall_began = time.process_time(), time.perf_counter()
        contestant.tell(asking.token, result)
        cpu, wall = cpu + time.process_time() - cpu_began, wall + time.perf_counter() - wall_began
        if (
            budget.until_goal
            and asking.row is not None
            and task.goal is not None
            and task.score(asking.row) >= task.goal
        ):
            break
    return Run(tuple(rows), asked, cpu, wall)
