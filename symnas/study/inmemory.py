"""The store of studies that are gone with the process: what `Storage` does in a database, without one."""

import json
import pickle
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve

from symnas.searchers import Partial, Snapshot
from symnas.study.storage import SavedStudy, Storage, StudyRecord
from symnas.study.trial import Trial

__all__ = ["Memory", "Store", "opened"]


class Memory:
    """Studies in this process alone."""

    place = "memory"
    file: Path | None = None

    def __init__(self) -> None:
        self._records: dict[str, StudyRecord] = {}
        self._snapshots: dict[str, bytes] = {}
        self._trials: dict[str, list[Trial]] = {}

    def close(self) -> None:
        """There is nothing to let go of."""

    def names(self) -> tuple[str, ...]:
        """Names of all studies, the oldest first."""
        return tuple(self._records)

    def find(self, name: str) -> SavedStudy | None:
        """The study of that name, as it was last written."""
        if name not in self._records:
            return None
        snapshot = json.loads(json.dumps(pickle.loads(self._snapshots[name])))  # noqa: S301 (written below)
        return SavedStudy(self._records[name], snapshot, tuple(self._trials[name]))

    def create(self, record: StudyRecord, snapshot: Snapshot) -> StudyRecord:
        """A new study; the record comes back with its `id`."""
        made = evolve(record, id=len(self._records) + 1)
        self._records[made.name], self._trials[made.name] = made, []
        self._keep(made, snapshot)
        return made

    def write(
        self,
        record: StudyRecord,
        *,
        new: Sequence[Trial] = (),
        changed: Sequence[Trial] = (),
        snapshot: Snapshot | None = None,
        forgotten: Sequence[int] = (),  # a trial that has changed holds its whole curve
        steps: Sequence[tuple[int, int, Partial]] = (),
    ) -> StudyRecord:
        """As `Storage.write`."""
        after = self._records[record.name] = evolve(record, revision=record.revision + 1)
        trials = self._trials[record.name]
        trials += new
        for each in changed:
            trials[each.number] = each
        for number, place, partial in steps:
            if len(trials[number].curve) == place:
                trials[number] = trials[number].come_to(partial)
        if snapshot is not None:
            self._keep(after, snapshot)
        return after

    def _keep(self, record: StudyRecord, snapshot: Snapshot) -> None:
        self._snapshots[record.name] = pickle.dumps(snapshot)  # a copy, as the searcher goes on


Store = Storage | Memory
"""Where studies are kept."""


def opened(where: str | Path | None) -> Store:
    """The store at *where*, made if there is none; in memory without a place."""
    return Memory() if where is None else Storage.open(where)
