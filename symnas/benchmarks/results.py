"""Runs as lines of JSON in a file: appended one by one, so that an interrupted comparison goes on where it was."""

import json
from collections.abc import Iterable
from pathlib import Path

from attrs import asdict, frozen

from symnas.benchmarks.running import Budget, Run
from symnas.errors import SearchError

__all__ = ["Entry", "append", "read"]


@frozen
class Entry:
    """A run with what it is a run of. *contestant* is what was asked for, *name* what that stood for: with all settings,
    and for another library's searcher its version.
    """

    task: str
    contestant: str
    name: str
    seed: int
    budget: Budget
    run: Run

    @property
    def key(self) -> tuple[str, str, int, Budget]:
        """What no two runs of a comparison share."""
        return self.task, self.contestant, self.seed, self.budget


def append(path: Path, entry: Entry) -> None:
    """Write *entry* at the end of the file."""
    line = json.dumps(asdict(entry), separators=(",", ":"))
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def read(path: Path) -> Iterable[Entry]:
    """The runs in the file, none if there is no file. A last line that was cut off is passed over.

    Raises:
        SearchError: another line is no run.
    """
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines[:-1], start=1):
        try:
            data = json.loads(line)
            budget, run = Budget(**data.pop("budget")), data.pop("run")
            run["rows"] = tuple(run["rows"])
            yield Entry(**data, budget=budget, run=Run(**run))
        except (ValueError, KeyError, TypeError) as error:
            raise SearchError(f"`{path}`, line {number}, is no run of a comparison: {error}") from None
