"""A search with budgets as a process of its own, for tests that kill it: `python budgets.py STORE SEARCHER TRIALS [--resume]`."""

import sys
from pathlib import Path

import evaluators
from searching import SPACE
from toy import open_toy

from symnas.study import search

SEARCHERS = (
    "asha:max=9,searcher=evolution:population=6,tournament=3",
    "hyperband:max=9",
    "pbt:population=5,interval=2,max=8",
    "median:startup=3,searcher=asha:max=9",
    "curves:startup=4",
)


def main(store: str, searcher: str, trials: str, *resume: str) -> None:
    """Search in two worker processes, or go on with a search."""
    search(
        SPACE,
        evaluators.stepwise,
        searcher=None if resume else searcher,
        seed=None if resume else 3,
        store=Path(store),
        workers=2,
        trials=int(trials),
        resume=bool(resume),
        progress=lambda trial, _: print(trial.number, flush=True),  # noqa: T201 (the test waits for it)
        open_space=open_toy,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
