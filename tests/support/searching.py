"""A search as a process of its own, for tests that kill it: `python searching.py STORE WORKERS TRIALS [--resume]`."""

import sys
from pathlib import Path

import evaluators
from toy import ToySpace, decision, open_toy

from symnas.study import search

SPACE = ToySpace(
    (
        decision("a", 5, _1=[decision("b", 4)]),
        *(decision(f"d{index}", 4) for index in range(6)),
    )
)
SEARCHER = "evolution:population=8,tournament=3"
SEED = 11


def main(store: str, workers: str, trials: str, *resume: str) -> None:
    """Search, or go on with a search."""
    search(
        SPACE,
        evaluators.slow,
        searcher=None if resume else SEARCHER,
        seed=None if resume else SEED,
        store=Path(store),
        workers=int(workers),
        trials=int(trials),
        resume=bool(resume),
        progress=lambda trial, _: print(trial.number, flush=True),  # noqa: T201 (the test waits for it)
        open_space=open_toy,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
