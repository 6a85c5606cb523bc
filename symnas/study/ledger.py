"""The ledger of a study: its trials and its searcher, in memory and in the store, always the same in both.

Here is fixed in which order a searcher is asked and told. It is asked until `ahead` proposals are unanswered; the
result of the lowest of them is told once it is there; then it is asked again. So the searcher sees the same sequence
however many workers there are, however long trials take, however often the search is interrupted, and whether it is
to stop after 10 trials or after 1,000: the last proposals of a search simply wait for the next one. An eager study
tells results as they arrive instead; then no worker waits for a slow trial, and the proposals depend on timing.

When trials are evaluated is `loop`'s business.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic

from attrs import evolve

from symnas.searchers import AnySearcher, Partial, Past, Proposal
from symnas.study.inmemory import Store
from symnas.study.networks import Unique, network_of, trained
from symnas.study.ranking import is_better
from symnas.study.runner import refuse_if_running, this_runner
from symnas.study.spaces import A
from symnas.study.storage import StudyRecord
from symnas.study.trial import Trial, TrialState, derived_seed

__all__ = ["Ledger"]


class Ledger(Generic[A]):
    """Trials and searcher of one study. Changes are in memory until `commit` writes them, all or none."""

    def __init__(
        self, storage: Store, record: StudyRecord, searcher: AnySearcher[A], trials: Iterable[Trial] = ()
    ) -> None:
        self.storage = storage
        self.record = record
        self.searcher = searcher
        self.trials = list(trials)
        self.finished = sum(each.is_finished for each in self.trials)
        self.best: Trial | None = None
        for each in self.trials:
            self._compare(each)
        self._networks: dict[str, list[int]] = {}
        for each in self.trials:
            self._note_network(each)
        # What is not written yet: trials from this number on, changes of earlier ones, and the searcher's state.
        self._written = len(self.trials)
        self._changed: set[int] = set()
        self._steps: list[tuple[int, int, Partial]] = []  # of trial, place in its curve
        self._forgotten: set[int] = set()
        self._has_advanced = False

    def claim(self) -> None:
        """Make this process the one that runs the study; what a process now gone left running is given back.

        Raises:
            SearchError: another process runs it.
        """
        refuse_if_running(self.record)
        self._hand_over(this_runner())

    def release(self) -> None:
        """Let another process run the study; what is still running is given back."""
        self._hand_over("")

    def change(self, changed: Sequence[Trial]) -> None:
        """Put these trials in place of those with their numbers."""
        for each in changed:
            self.finished += each.is_finished - self.trials[each.number].is_finished
            self._note_curve(self.trials[each.number], each)
            self.trials[each.number] = each
            self._changed.add(each.number)
            self._compare(each)

    def note(self, number: int, partial: Partial) -> None:
        """Put down how a running trial stands. The searcher is told with the trial's result."""
        before = self.trials[number]
        self.trials[number] = before.come_to(partial)
        self._steps.append((number, len(before.curve), partial))

    def advance(self) -> None:
        """Tell the searcher all that it may be told, ask it for all that may be asked.

        Where the searcher raises an error it is set back to what is written, and nothing has happened.
        """
        known, told = len(self.trials), False
        try:
            self._ask()
            while (trial := self._next_to_tell()) is not None:
                assert trial.result is not None, "only finished trials are told"
                for partial in trial.curve:
                    self.searcher.tell(trial.number, partial)
                self.searcher.tell(trial.number, trial.result)
                told = True
                self._ask()
        except BaseException:
            for each in self.trials[known:]:
                if each.network:
                    self._networks[each.network].remove(each.number)
            del self.trials[known:]
            self._set_searcher_back()
            raise
        self._has_advanced |= told or len(self.trials) > known

    def commit(self) -> None:
        """Write what has changed since the last time; it is on disk when this returns."""
        if self._changed or self._steps or self._has_advanced:
            self._write()

    def past(self) -> Iterator[Past]:
        """All trials, as a searcher remembers them."""
        return (Past(each.genotype, each.result, each.fidelity, each.inherits, each.curve) for each in self.trials)

    def waiting(self) -> list[Trial]:
        """Trials that nobody has begun to evaluate, or that were given back, in order."""
        unanswered = (self.trials[number] for number in self.searcher.open)
        return [each for each in unanswered if each.state is TrialState.PROPOSED]

    def same_network(self, trial: Trial) -> Trial | None:
        """The first trial before *trial* of the same network, finished or not, in a study that evaluates none twice.

        A failure says nothing of a network: those trials do not count, so it is evaluated again.
        """
        before = (self.trials[number] for number in self._networks.get(trial.network, ()) if number < trial.number)
        return next((each for each in before if each.state is not TrialState.FAILED), None)

    def _note_network(self, trial: Trial) -> None:
        if trial.network:
            self._networks.setdefault(trial.network, []).append(trial.number)

    def _ask(self) -> None:
        while len(self.searcher.open) < self.record.ahead and (proposal := self.searcher.ask()):
            number = proposal.number
            genotype = proposal.architecture.genotype
            seed = derived_seed(self.record.seed, f"trial {number}")
            self.trials.append(
                Trial(
                    number,
                    genotype,
                    seed,
                    proposed=time.time(),
                    network=self._network(proposal),
                    fidelity=proposal.fidelity,
                    inherits=proposal.inherits,
                    stopping=proposal.stopping,
                )
            )
            self._note_network(self.trials[-1])

    def _network(self, proposal: Proposal[A]) -> str:
        """What tells that two trials are the same training of the same network, where none is to be evaluated twice."""
        if self.record.unique != Unique.GRAPH.value:
            return ""
        below = "" if proposal.inherits is None else self.trials[proposal.inherits].network
        return trained(network_of(proposal.architecture), proposal.fidelity, below)

    def _next_to_tell(self) -> Trial | None:
        unanswered = [self.trials[number] for number in self.searcher.open]
        if not self.record.eager:
            return unanswered[0] if unanswered and unanswered[0].is_finished else None
        arrived = [each for each in unanswered if each.is_finished]
        return min(arrived, key=lambda each: each.finished or 0.0, default=None)

    def _set_searcher_back(self) -> None:
        saved = self.storage.find(self.record.name)
        if saved is not None:
            self.searcher.restore_snapshot(saved.snapshot, self.past())

    def _hand_over(self, runner: str) -> None:
        unanswered = [self.trials[number] for number in self.searcher.open]
        self.change([each.give_back() for each in unanswered if each.is_running])
        self.record = evolve(self.record, runner=runner)
        self._write()

    def _write(self) -> None:
        new = self.trials[self._written :]
        changed = [self.trials[number] for number in sorted(self._changed) if number < self._written]
        snapshot = self.searcher.snapshot() if self._has_advanced else None
        self.record = self.storage.write(
            self.record,
            new=new,
            changed=changed,
            snapshot=snapshot,
            forgotten=sorted(self._forgotten),
            steps=self._steps,
        )
        self._written, self._has_advanced = len(self.trials), False
        self._changed.clear()
        self._forgotten.clear()
        self._steps.clear()

    def _note_curve(self, before: Trial, after: Trial) -> None:
        """A trial that is begun anew, or repeats another one, has another curve."""
        if after.curve == before.curve:
            return
        self._steps = [each for each in self._steps if each[0] != after.number]
        self._steps += [(after.number, place, partial) for place, partial in enumerate(after.curve)]
        self._forgotten.add(after.number)

    def _compare(self, trial: Trial) -> None:
        if is_better(trial, self.best, self.record.objectives):
            self.best = trial
