"""Trials: what a study knows of one proposal, from its first day to its last.

Where trials are kept is `storage`'s business, who evaluates them `loop`'s.
"""

import hashlib
from collections.abc import Mapping
from enum import Enum
from typing import assert_never

from attrs import evolve, field, frozen

from symnas.genotype import Genotype
from symnas.searchers import Failure, Final, Infeasible, Partial, Stopping, Success

__all__ = ["Trial", "TrialState", "derived_seed"]


class TrialState(Enum):
    """Where a trial stands."""

    PROPOSED = "proposed"
    RUNNING = "running"
    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"
    INFEASIBLE = "infeasible"


@frozen
class Trial:
    """One proposal of a study. Times are seconds since 1970 (UTC); `None` where it has not come to that yet.

    *values* are the objectives in the study's order, empty unless complete or stopped; *metrics* all that was measured;
    *violations* by how much each constraint is broken; *attempts* how often an evaluation was begun. *network* tells, in
    a study that evaluates no network twice, which one it is; *repeats* is the number of the earlier trial of the same
    network whose result this one was given, without evaluation.

    *fidelity* is the step that it is trained to, *inherits* the trial whose weights it goes on from, *stopping* the rule
    that may end it early, as its `Proposal` says; *curve* are the partial results of its last evaluation.
    """

    number: int
    genotype: Genotype
    seed: int
    state: TrialState = TrialState.PROPOSED
    values: tuple[float, ...] = ()
    metrics: Mapping[str, float] = field(factory=dict)
    violations: Mapping[str, float] = field(factory=dict)
    reason: str = ""
    attempts: int = 0
    proposed: float | None = None
    started: float | None = None
    finished: float | None = None
    worker: str = ""
    network: str = ""
    repeats: int | None = None
    fidelity: int | None = None
    inherits: int | None = None
    stopping: Stopping | None = None
    curve: tuple[Partial, ...] = ()

    @property
    def is_running(self) -> bool:
        """Whether it is being evaluated, or was when its search was killed."""
        return self.state is TrialState.RUNNING

    @property
    def is_finished(self) -> bool:
        """Whether it has a result, good or bad."""
        return self.state not in (TrialState.PROPOSED, TrialState.RUNNING)

    @property
    def seconds(self) -> float | None:
        """How long the last evaluation took."""
        return None if self.started is None or self.finished is None else self.finished - self.started

    @property
    def result(self) -> Final | None:
        """The result as a searcher is told it, or `None` before there is one."""
        match self.state:
            case TrialState.PROPOSED | TrialState.RUNNING:
                return None
            case TrialState.COMPLETE | TrialState.STOPPED:
                return Success(self.values, self.metrics, stopped=self.state is TrialState.STOPPED)
            case TrialState.FAILED:
                return Failure(self.reason)
            case TrialState.INFEASIBLE:
                return Infeasible(self.violations)
            case _:
                assert_never(self.state)

    def begin(self, now: float, worker: str) -> "Trial":
        """The trial as its evaluation begins."""
        return evolve(self, state=TrialState.RUNNING, attempts=self.attempts + 1, started=now, worker=worker, curve=())

    def come_to(self, partial: Partial) -> "Trial":
        """The trial with one more partial result."""
        return evolve(self, curve=(*self.curve, partial))

    def give_back(self) -> "Trial":
        """The trial as one that is still to be evaluated, because its evaluation came to no end."""
        return evolve(self, state=TrialState.PROPOSED, started=None, worker="", curve=())

    def repeat(self, earlier: "Trial", now: float) -> "Trial":
        """The trial with the result of an *earlier* one, which is finished."""
        return evolve(
            self, state=earlier.state, values=earlier.values, metrics=earlier.metrics, violations=earlier.violations,
            reason=earlier.reason, finished=now, repeats=earlier.number, curve=earlier.curve,
        )  # fmt: skip

    def finish(self, now: float, result: Final) -> "Trial":
        """The trial with its result."""
        match result:
            case Success(values=values, metrics=metrics, stopped=stopped):
                state = TrialState.STOPPED if stopped else TrialState.COMPLETE
                return evolve(self, state=state, finished=now, values=values, metrics=metrics)
            case Failure(reason=reason):
                return evolve(self, state=TrialState.FAILED, finished=now, reason=reason)
            case Infeasible(violations=violations):
                return evolve(self, state=TrialState.INFEASIBLE, finished=now, violations=violations)
            case _:
                assert_never(result)


def derived_seed(study_seed: int, purpose: str) -> int:
    """A seed below 2**32 for one purpose of a study, the same on every machine."""
    digest = hashlib.sha256(f"{study_seed}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
