"""Continuous decisions: what evolution finds when it moves them by steps, or draws them anew.

    python tests/benchmarks/steps.py

Three settings of a recipe, a dropout rate and a width. The score is known: minus the squared distance from a target, in
the (logarithmically) scaled ranges, less 0.02 for another width. Median of the best score over 30 seeds.
"""

from random import Random
from statistics import median

from timing import show, table

import symnas
from symnas.architecture import Architecture
from symnas.domains import Continuous
from symnas.searchers import Success, create

SPACE = """
net A(x: f32[N, 8]) = x -> Linear(oneof(4, 8, 16) as width) -> Dropout(range(0.0, 0.9))
train { lr: range(1e-5, 1.0, log = true), decay: range(1e-6, 1e-1, log = true), momentum: range(0.0, 0.99) }
"""
TARGET = {"A.p": 0.13, "train.lr": 3e-3, "train.decay": 4e-5, "train.momentum": 0.9}
SEARCHERS = ("random", *(f"evolution:spread={spread}" for spread in (0, 0.05, 0.1, 0.2)))
TRIALS = (100, 300)
SEEDS = 30


def score(architecture: Architecture) -> float:
    """How near *architecture* is to the target; 0 is the best."""
    distance = 0.0
    for path, target in TARGET.items():
        domain = architecture.domains[path]
        assert isinstance(domain, Continuous)
        distance += (domain.position(architecture.genotype[path]) - domain.position(target)) ** 2
    return -distance - 0.02 * (architecture.genotype["A.width"] != 1)


def bests(spec: str, seed: int) -> list[float]:
    """The best score of a search after each number of `TRIALS`."""
    searcher = create(spec, symnas.parse(SPACE).space(), Random(seed))
    best, found = -1e9, []
    for trial in range(1, max(TRIALS) + 1):
        proposal = searcher.ask()
        assert proposal is not None
        value = score(proposal.architecture)
        best = max(best, value)
        searcher.tell(proposal.number, Success((value,)))
        if trial in TRIALS:
            found.append(best)
    return found


def main() -> None:
    """Search, and print the table."""
    rows = []
    for spec in SEARCHERS:
        runs = [bests(spec, seed) for seed in range(SEEDS)]
        rows.append([f"`{spec}`", *(f"{median(column):.5f}" for column in zip(*runs, strict=True))])
    show(table(["best score, median", *(f"{trials} trials" for trials in TRIALS)], rows))


if __name__ == "__main__":
    main()
