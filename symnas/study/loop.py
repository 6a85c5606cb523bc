"""The search loop: trials go to an executor, answers come back and are written down, until a budget is used up.

In which order the searcher hears of them is `ledger`'s business.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Generic

from attrs import frozen

from symnas.errors import SearchError
from symnas.searchers import Failure
from symnas.study.evaluation import Breach
from symnas.study.executor import Answer, Executor, Lost, Step
from symnas.study.interrupts import Interrupts
from symnas.study.ledger import Ledger
from symnas.study.progress import Progress, Standing
from symnas.study.runs import Task
from symnas.study.spaces import A
from symnas.study.trial import Trial
from symnas.study.weights import Weights, origin

__all__ = ["Budget", "Loop"]

CHANCES = 2
"""How often a trial may lose its worker before it is marked failed."""


@frozen
class Budget:
    """When to stop: *trials* of the study in all, earlier ones included, or *seconds* from now, or neither."""

    trials: int | None = None
    seconds: float | None = None


class Loop(Generic[A]):
    """One run of a study. Budgets stop new trials from being begun; those that are running are finished."""

    def __init__(
        self, ledger: Ledger[A], executor: Executor, budget: Budget, weights: Weights, progress: Progress | None
    ) -> None:
        self._ledger = ledger
        self._executor = executor
        self._budget = budget
        self._weights = weights
        self._progress = progress
        self._running: set[int] = set()
        self._losses: Counter[int] = Counter()
        self._began = time.monotonic()
        self._finished_before = ledger.finished

    def run(self) -> None:
        """Search until the budget is used up or the space is finished; Ctrl-C ends it at once and loses nothing done.

        Raises:
            SearchError: another process runs the study; or the evaluator is of no use, and no trial was spent on it.
        """
        with Interrupts() as interrupts:
            self._ledger.claim()
            try:
                self._search(interrupts)
            except BaseException:
                with suppress(SearchError):  # whatever ended the search says more
                    self._end()
                raise
            self._end()

    def _end(self) -> None:
        self._executor.close()
        self._ledger.release()

    def by_hand(self) -> Iterator[None]:
        """The same search, in which the caller does what the executor was given whenever this yields.

        Raises:
            SearchError: another process runs the study; or what was told is of no use.
        """
        self._ledger.claim()
        try:
            for _ in self._turns():
                yield
                self._settle(self._executor.wait(None))
        except BaseException:
            with suppress(SearchError):  # the caller may have left the loop as the store was gone
                self._end()
            raise
        self._end()

    def _search(self, interrupts: Interrupts) -> None:
        for _ in self._turns():
            with interrupts.allowed():
                heard = self._executor.wait(None)
            self._settle(heard)

    def _turns(self) -> Iterator[None]:
        """Begin trials, and yield whenever there is nothing to do but wait for what comes of them."""
        while True:
            self._ledger.advance()
            repeated = self._begin_trials()
            self._ledger.commit()
            self._weights.sweep(self._is_needed)
            self._tell(repeated)
            if repeated:
                continue  # the searcher may be told of them
            if not self._running:
                return
            yield

    def _begin_trials(self) -> list[Trial]:
        """Begin as many trials as there is room for. Those of a network that has been evaluated are given its result,
        and those come back; one whose network is being evaluated waits.
        """
        if self._budget.seconds is not None and self._elapsed >= self._budget.seconds:
            return []
        begun, repeated = [], []
        for trial in self._ledger.waiting():
            if self._budget.trials is not None and trial.number >= self._budget.trials:
                break
            earlier = self._ledger.same_network(trial)
            if earlier is not None:
                if earlier.is_finished:
                    repeated.append(trial.repeat(earlier, time.time()))
                continue
            if not self._executor.free:
                break
            folder, inherited = self._weights.begin(trial, self._ledger.trials)
            worker = self._executor.submit(
                Task(trial.number, trial.genotype, trial.seed, trial.fidelity, trial.stopping, folder, inherited)
            )
            self._running.add(trial.number)
            begun.append(trial.begin(time.time(), worker))
        self._ledger.change([*begun, *repeated])
        return repeated

    def _is_needed(self) -> Callable[[int], bool]:
        """Whether what a trial keeps may still be gone on from."""
        trials, searcher = self._ledger.trials, self._ledger.searcher
        unanswered = [trials[number] for number in searcher.open]
        used = {each.number for each in unanswered}
        used |= {origin(trials[each.inherits], trials).number for each in unanswered if each.inherits is not None}
        copied: dict[int, list[int]] = {}
        for each in trials:
            if each.repeats is not None:
                copied.setdefault(each.repeats, []).append(each.number)

        def is_needed(number: int) -> bool:
            return number in used or any(map(searcher.is_inheritable, (number, *copied.get(number, ()))))

        return is_needed

    def _settle(self, heard: Sequence[Answer | Step]) -> None:
        """Write down what came of trials; the evaluator's own faults end the search, once the rest is safe."""
        for each in heard:
            if isinstance(each, Step):
                self._ledger.note(each.number, each.partial)
        answers = [each for each in heard if isinstance(each, Answer)]
        settled = [trial for answer in answers if (trial := self._settled(answer))]
        self._ledger.change(settled)
        self._ledger.commit()  # before the searcher takes its time
        self._tell(settled)
        for answer in answers:
            if isinstance(answer.outcome, Breach):
                raise SearchError(answer.outcome.message)

    def _tell(self, trials: Sequence[Trial]) -> None:
        for trial in trials:
            if trial.is_finished and self._progress is not None:
                self._progress(trial, self._standing())

    def _settled(self, answer: Answer) -> Trial | None:
        trial = self._ledger.trials[answer.number]
        self._running.remove(answer.number)
        match answer.outcome:
            case Breach():
                return None
            case Lost(reason=reason):
                self._losses[answer.number] += 1
                if self._losses[answer.number] < CHANCES:
                    return trial.give_back()
                return trial.finish(time.time(), Failure(f"{reason}; so it was when tried again"))
            case result:
                return trial.finish(time.time(), result)

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _standing(self) -> Standing:
        finished, elapsed = self._ledger.finished, self._elapsed
        estimates = []
        if self._budget.trials is not None:
            pace = elapsed / (finished - self._finished_before)
            estimates.append(pace * max(0, self._budget.trials - finished))
        if self._budget.seconds is not None:
            estimates.append(max(0.0, self._budget.seconds - elapsed))
        return Standing(finished, self._budget.trials, self._ledger.best, elapsed, min(estimates, default=None))
