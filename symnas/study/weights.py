"""What trials keep for those that go on from them: a folder for each, as long as it may be needed.

What is in a folder is the evaluator's business. Losing folders loses no result: what should have gone on from one
begins anew.
"""

import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

from symnas.study.trial import Trial

__all__ = ["Weights", "lineage", "origin", "place_of"]


class Weights:
    """The folders of a study's trials below *place*; without one, in a folder that is gone with the process."""

    def __init__(self, place: Path | None) -> None:
        self._place = None if place is None else place.resolve()

    def of(self, number: int) -> Path:
        """The folder of trial *number*, which there may or may not be."""
        if self._place is None:
            self._place = Path(tempfile.mkdtemp(prefix="symnas-weights-"))
            weakref.finalize(self, shutil.rmtree, self._place, ignore_errors=True)
        return self._place / str(number)

    def begin(self, trial: Trial, trials: Sequence[Trial]) -> tuple[Path, Path | None]:
        """The folder of *trial*, whose evaluation begins with nothing in it, and the one that it goes on from."""
        own = self.of(trial.number)
        shutil.rmtree(own, ignore_errors=True)
        if trial.inherits is None:
            return own, None
        inherited = self.of(origin(trials[trial.inherits], trials).number)
        return own, inherited if inherited.is_dir() else None

    def sweep(self, look: Callable[[], Callable[[int], bool]]) -> None:
        """Remove the folders of trials that are not needed any more; *look* finds out which are, if there are any."""
        if self._place is None or not self._place.is_dir():
            return
        is_needed = look()
        for folder in self._place.iterdir():
            if folder.name.isdigit() and not is_needed(int(folder.name)):
                shutil.rmtree(folder, ignore_errors=True)


def place_of(store: Path, study: str) -> Path:
    """Where the weights of a study in the file *store* are: beside it."""
    return store.parent / f"{store.stem}.weights" / re.sub(r"[^\w-]", "_", study)


def origin(trial: Trial, trials: Sequence[Trial]) -> Trial:
    """The trial that was evaluated for the result of *trial*: itself, or the one whose network it repeats."""
    return trial if trial.repeats is None else trials[trial.repeats]


def lineage(trial: Trial, trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """The trials that were evaluated one after another for the result of *trial*, each going on from the one before."""
    found = [origin(trial, trials)]
    while (below := found[-1].inherits) is not None:
        found.append(origin(trials[below], trials))
    return tuple(reversed(found))
