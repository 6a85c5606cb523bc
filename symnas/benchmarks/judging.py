"""What a run is judged by: regrets, accuracies, evaluations to the goal, hypervolumes.

The searcher does not see any of it.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from statistics import fmean

from attrs import frozen

from symnas.benchmarks.intervals import Interval, difference, mean
from symnas.benchmarks.running import Budget, Run
from symnas.benchmarks.task import Task
from symnas.pareto import front, hypervolume
from symnas.tree import Direction

__all__ = ["Judge", "milliseconds"]

MARGIN = 0.1
"""How far beyond the worst point of the true front the reference of a hypervolume lies, in shares of the front's range."""


@frozen
class Judge:
    """The figures of runs on *task* under *budget*, after each number of evaluations in *moments*."""

    task: Task
    budget: Budget
    moments: tuple[int, ...] = ()

    @property
    def larger_is_better(self) -> bool:
        """Where the figures are what was reached, in place of what is missing."""
        return self.budget.seconds is not None

    def figures(self, run: Run) -> Mapping[str, float]:
        """The figures of one run by name: the regret of what is reported, for the architecture that was thought best.

        Under a budget in seconds, the reported values themselves; where runs end at the goal, the evaluations until it;
        with several objectives, how much of the true front's hypervolume is missing, in percent.
        """
        if self.budget.until_goal:
            return {"evaluations to the optimum": float(len(run.rows))}
        if len(self.task.objectives) > 1:
            return self._shortfalls(run)
        best = self.task.incumbents(run.rows)
        if self.budget.seconds is not None:
            return {name: column[best[-1]] if best else math.nan for name, column in self.task.reported.items()}
        return {
            f"{name} regret at {moment}": self.task.best(name) - column[best[min(moment, len(best)) - 1]]
            for name, column in self.task.reported.items()
            for moment in self.moments
        }

    def advantage(self, ours: Sequence[float], theirs: Sequence[float]) -> Interval:
        """By how much *ours* are better on average."""
        return difference(ours, theirs) if self.larger_is_better else difference(theirs, ours)

    def means(self, runs: Sequence[Run]) -> dict[str, Interval]:
        """The mean of each figure over runs."""
        return {name: mean(values) for name, values in self.columns(runs).items()}

    def columns(self, runs: Sequence[Run]) -> dict[str, list[float]]:
        """Each figure of all runs."""
        figures = [self.figures(each) for each in runs]
        return {name: [each[name] for each in figures] for name in figures[0]}

    def _shortfalls(self, run: Run) -> Mapping[str, float]:
        shortfalls = {}
        for moment in self.moments:
            seen = run.rows[:moment]
            told = [tuple(column[row] for column in self.task.seen) for row in seen]
            ways = [way for _, way in self.task.objectives]
            chosen = [self._points[seen[place]] for place in front(told, ways)]
            reached = hypervolume(chosen, self._reference, self._ways)
            shortfalls[f"hypervolume missing at {moment}, %"] = 100 * (1 - reached / self._whole)
        return shortfalls

    @cached_property
    def _points(self) -> list[tuple[float, ...]]:
        """What is reported of each row."""
        return list(zip(*self.task.reported.values(), strict=True))

    @property
    def _ways(self) -> list[Direction]:
        return [Direction.MAXIMIZE for _ in self.task.reported]

    @cached_property
    def _best(self) -> list[tuple[float, ...]]:
        """The true front."""
        return [self._points[place] for place in front(self._points, self._ways)]

    @cached_property
    def _reference(self) -> tuple[float, ...]:
        return tuple(min(each) - MARGIN * (max(each) - min(each)) for each in zip(*self._best, strict=True))

    @cached_property
    def _whole(self) -> float:
        return hypervolume(self._best, self._reference, self._ways)


def milliseconds(runs: Sequence[Run]) -> float:
    """Processor time of one ask and its tell, on average."""
    return fmean(1000 * each.cpu_seconds / max(1, each.asked) for each in runs)
