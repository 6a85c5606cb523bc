"""Studies: a space, a searcher, an evaluator and a store, joined.

`ledger` keeps what is known, `loop` runs trials, `executor` and `workers` evaluate them, `storage` writes them down.
"""

import difflib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Generic, Self, overload

from attrs import evolve

from symnas.errors import SearchError
from symnas.pareto import hypervolume, knee
from symnas.searchers import AnySearcher, Chosen, Objective, create
from symnas.study.evaluation import Evaluate
from symnas.study.executor import Executor, Here
from symnas.study.hands import Hands, Opened, OpenTrial
from symnas.study.inmemory import opened
from symnas.study.ledger import Ledger
from symnas.study.loop import Budget, Loop
from symnas.study.networks import unique_of
from symnas.study.progress import Progress
from symnas.study.ranking import Cell, best_trials, front_trials, to_rows
from symnas.study.runs import Task
from symnas.study.spaces import A, StudySpace, open_program
from symnas.study.storage import Storage, StudyRecord
from symnas.study.trial import Trial, derived_seed
from symnas.study.weights import Weights, lineage, place_of
from symnas.study.worker import Job
from symnas.study.workers import Workers
from symnas.tree import Direction

__all__ = ["AHEAD", "NAME", "SEARCHER", "Study"]

AHEAD = 4
"""How many proposals may be unanswered, unless a study says otherwise. It does not depend on the number of workers."""

SEARCHER = "evolution"
"""The searcher of studies that name none."""

NAME = "search"
"""The name of studies that are given none."""

SHOWN = 12
"""How many lines of difference between two spaces an error shows."""


class Study(Generic[A]):
    """One search: begun with `create`, gone on with by `resume`, carried out by `run`, as often as one likes."""

    def __init__(self, space: StudySpace[A], ledger: Ledger[A]) -> None:
        self.space = space
        self._ledger = ledger

    @classmethod
    def create(
        cls,
        space: StudySpace[A],
        *,
        searcher: Chosen = SEARCHER,
        seed: int = 0,
        ahead: int = AHEAD,
        eager: bool = False,
        unique: str = "genotype",
        objectives: Sequence[Objective] | None = None,
        store: str | Path | None = None,
        name: str = NAME,
        first: Sequence[A] = (),
    ) -> Self:
        """A new study of *space*, in the store at *store* (a file or a database URL), or in memory.

        At most *ahead* proposals are unanswered at a time, and their results are told in the order of proposals: the
        same seed gives the same search, whatever the number of workers and after any interruption. *eager* tells
        results as they arrive and gives that up. With *unique* = `graph` no network is evaluated twice under two names:
        a proposal that is the same network as an earlier one, with the same costs and recipe, is given its result, and
        its trial says which it `repeats`; with `genotype` only equal choices are the same. *objectives* are the space's own
        unless given. *searcher* is named, or one's own: a class, a function that makes one, or one that was made. The
        architectures *first* are proposed before any of its own.

        Raises:
            SearchError: the store has a study of that name, or *searcher* is not understood.
        """
        if ahead < 1:
            raise SearchError(f"`ahead` must be at least 1; it is {ahead}")
        wanted = unique_of(unique)
        made = create(searcher, space, Random(derived_seed(seed, "searcher")), objectives)
        if first:
            made.begin_with(first)
        storage = opened(store)
        if found := storage.find(name):
            raise SearchError(
                f"the store `{storage.place}` has a study `{name}` already, of {len(found.trials)} trials: "
                "go on with it (`--resume`; in Python `resume=True`), or take another store (`--store`)"
            )
        record = StudyRecord(
            name=name,
            fingerprint=space.fingerprint,
            program=space.text,
            searcher=made.spec,
            objectives=made.objectives,
            seed=seed,
            ahead=ahead,
            eager=eager,
            created=time.time(),
            unique=wanted.value,
        )
        return cls(space, Ledger(storage, storage.create(record, made.snapshot()), made))

    @classmethod
    def resume(
        cls, space: StudySpace[A], store: str | Path, *, name: str = NAME, searcher: Chosen | None = None
    ) -> Self:
        """The study of that name in the store at *store*, exactly where it was left. A *searcher* of one's own is given
        again, unless it is registered.

        Raises:
            SearchError: there is none, or it searches another space.
        """
        storage = Storage.existing(store)
        saved = storage.find(name)
        if saved is None:
            there = ", ".join(f"`{each}`" for each in storage.names()) or "none at all"
            raise SearchError(
                f"the store `{storage.place}` has no study `{name}` to go on with (there is {there}); "
                "leave out `--resume` to begin it"
            )
        record = saved.record
        if record.fingerprint != space.fingerprint:
            raise SearchError(_other_space(record, space.text))
        made = _again(record.searcher if searcher is None else searcher, space, record)
        if searcher is None:
            record = evolve(record, searcher=made.spec)  # with settings that there were not yet
        ledger = Ledger(storage, record, made, saved.trials)
        made.restore_snapshot(saved.snapshot, ledger.past())
        return cls(space, ledger)

    def run(
        self,
        evaluate: Evaluate,
        *,
        trials: int | None = None,
        seconds: float | None = None,
        workers: int = 0,
        trial_seconds: float | None = None,
        progress: Progress | None = None,
        open_space: Callable[[str], StudySpace[A]] = open_program,
        weights: str | Path | None = None,
    ) -> None:
        """Search until the study has *trials* in all, or for *seconds*, or until the space is finished.

        *evaluate* is called with an architecture and its recipe, and with the trial's `seed` if it has a parameter of
        that name, with the trial itself (`Run`) if it has a parameter `run`; it returns a number or metrics by name. What
        trials keep for others to go on from lies in the folder *weights*: beside a store that is a file, unless said
        otherwise, and else only as long as this process. The evaluator runs in this process, or in *workers* processes, which
        build the space by *open_space* from its text; there an evaluation may take *trial_seconds* at most. An
        evaluation that raises is a failed trial. One whose process dies or takes too long is tried once more.

        Raises:
            SearchError: another process runs this study, or evaluator, budget or workers make no sense.
            KeyboardInterrupt: on Ctrl-C, with all that was finished on disk.
        """
        self._check(trials, seconds, workers, trial_seconds)
        objectives = self.objectives
        executor: Executor
        if workers:
            executor = Workers(Job(open_space, self.space.packed, evaluate, objectives), workers, trial_seconds)
        else:
            executor = Here(self.space, evaluate, objectives)
        kept = Weights(self._place_of_weights(weights))
        Loop(self._ledger, executor, Budget(trials, seconds), kept, progress).run()

    @overload
    def by_hand(
        self, *, trials: int | None = None, seconds: float | None = None, weights: str | Path | None = None
    ) -> Iterator[OpenTrial[A]]: ...
    @overload
    def by_hand(
        self,
        make: Callable[[StudySpace[A], Task, Sequence[Objective]], Opened],
        *,
        trials: int | None = None,
        seconds: float | None = None,
        weights: str | Path | None = None,
    ) -> Iterator[Opened]: ...
    def by_hand(
        self,
        make: Callable[..., Any] = OpenTrial,
        *,
        trials: int | None = None,
        seconds: float | None = None,
        weights: str | Path | None = None,
    ) -> Iterator[Any]:
        """The trials one after the other, for the caller to carry out, until the study has *trials* in all, or for
        *seconds*, or until the space is finished; `run` explains *weights*. Every trial is written down when the next
        one is taken; one that was not told has failed, and a warning says so. *make* gives them a form of their own.

        Raises:
            SearchError: another process runs this study, or the budget makes no sense.
        """
        self._check(trials, seconds, 0, None)
        hands = Hands[Any](lambda task: make(self.space, task, self.objectives))
        loop = Loop(self._ledger, hands, Budget(trials, seconds), Weights(self._place_of_weights(weights)), None)
        return hands.trials(loop.by_hand())

    @property
    def record(self) -> StudyRecord:
        """What is fixed about the study: searcher, seed, objectives and the like."""
        return self._ledger.record

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What is optimised, in the order of `Trial.values`."""
        return self.record.objectives

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All trials in the order of their proposals; the last few may still wait for their evaluation."""
        return tuple(self._ledger.trials)

    @property
    def finished(self) -> int:
        """Number of trials that have a result, good or bad."""
        return self._ledger.finished

    def best(self, count: int = 1) -> tuple[Trial, ...]:
        """The best *count* complete trials, the best first; with several objectives, the undominated ones first."""
        return best_trials(self._ledger.trials, self.objectives, count)

    def front(self) -> tuple[Trial, ...]:
        """The Pareto front: of the complete trials that were trained furthest, those that no other one dominates, ordered
        by the first objective, the best first. With one objective, the best and its equals.
        """
        return front_trials(self._ledger.trials, self.objectives)

    def knee(self) -> Trial | None:
        """The trial of the front where giving up a little of one objective gains least of the others; `None` before any
        is complete.
        """
        trials = self.front()
        return trials[knee([each.values for each in trials], self._directions)] if trials else None

    def hypervolume(self, reference: Sequence[float]) -> float:
        """The volume between the front and *reference*, a value for each objective that is worse than what counts.

        Raises:
            SearchError: the reference has not one finite value for each objective.
        """
        return hypervolume([each.values for each in self.front()], reference, self._directions)

    def lineage(self, trial: Trial) -> tuple[Trial, ...]:
        """The trials that were evaluated one after another for the result of *trial*, each going on from the weights of
        the one before; most often that trial alone.
        """
        return lineage(trial, self._ledger.trials)

    def architecture(self, trial: Trial) -> A:
        """The architecture of a trial."""
        return self.space.architecture(trial.genotype)

    def to_rows(self) -> list[dict[str, Cell]]:
        """One flat, JSON-able row per trial: objectives and metrics by name, choices by path."""
        return to_rows(self._ledger.trials, self.objectives)

    def close(self) -> None:
        """Let go of the store. Everything is in it already."""
        self._ledger.storage.close()

    @property
    def _directions(self) -> list[Direction]:
        return [direction for _, direction in self.objectives]

    def _place_of_weights(self, chosen: str | Path | None) -> Path | None:
        if chosen is not None:
            return Path(chosen)
        file = self._ledger.storage.file
        return None if file is None else place_of(file, self.record.name)

    def _check(self, trials: int | None, seconds: float | None, workers: int, trial_seconds: float | None) -> None:
        budgets = {"trials": trials, "seconds": seconds, "trial_seconds": trial_seconds}
        for name, value in budgets.items():
            if value is not None and not value > 0:
                raise SearchError(f"`{name}` must be above 0; it is {value}")
        if workers < 0:
            raise SearchError(f"`workers` must be at least 0 (0: in this process); it is {workers}")
        if trial_seconds is not None and not workers:
            raise SearchError("`trial_seconds` needs worker processes, which can be ended: give `workers`, at least 1")
        if workers > self.record.ahead:
            raise SearchError(
                f"{workers} workers, but at most {self.record.ahead} proposals are open at a time in this study: "
                f"take at most {self.record.ahead} workers, or begin a study with `ahead` = {workers} or more"
            )


def _again(searcher: Chosen, space: StudySpace[A], record: StudyRecord) -> AnySearcher[A]:
    """The searcher of a study that is gone on with."""
    try:
        return create(searcher, space, Random(0), record.objectives)
    except SearchError as error:
        if searcher is not record.searcher:
            raise
        raise SearchError(f"{error}; if it is one of your own, give it again (`searcher`), or register it") from None


def _other_space(record: StudyRecord, text: str) -> str:
    """What changed between the space of a study and the one that it is to go on with."""
    lines = difflib.unified_diff(record.program.splitlines(), text.splitlines(), "the study's", "now", n=0, lineterm="")
    changed = list(lines) or ["(the texts are the same: the difference is in a pick or an imported file)"]
    shown = changed[:SHOWN] + ([f"… and {len(changed) - SHOWN} lines more"] if len(changed) > SHOWN else [])
    return "\n".join(
        [
            f"the study `{record.name}` searches another space than this one; its results say nothing about it:",
            *shown,
            "undo the change, or begin another study (`--store`)",
        ]
    )
