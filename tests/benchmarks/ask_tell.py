"""What proposing costs: ask and tell, without evaluation, in the mobile space of 21 layers.

    python tests/benchmarks/ask_tell.py

The score of an architecture is a digest of its choices. Microseconds of processor time per trial, after the first
1,000; "growth" compares the last tenth of the trials with the first. Optuna's random sampler and PyGlove's
regularised evolution run in the same process, on the same space, for as many trials as patience allows. Searchers that
learn densities or models, whose cost depends on what they know, are timed from their first trial.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any
from zlib import crc32

import mobile_pyglove
import mobile_symnas
from attrs import frozen
from mobile_bare import BASES
from timing import rival, show, table

from symnas.searchers import Success, create
from symnas.space import Space

WARM = 1000
"""Trials before the timing: the first draws of a space also build what all later ones share."""

WALKING = (
    "mu_lambda",
    "nsga2",
    "local_search",
    "hill_climbing",
    "annealing",
    "mcts",
    "mcts:policy=uct,exploration=0.1",
)
"""Searchers whose step costs the same however many there were."""

LEARNING = (
    "tpe", "bayes", "surrogate:model=ridge", "surrogate:model=forest", "surrogate:model=boosting", "surrogate:model=networks",
    "bananas", "reinforce", "ppo",
)  # fmt: skip
"""Searchers that fit densities or models, or train."""


@frozen
class Loop:
    """Microseconds per trial: of all trials, of the first tenth and of the last."""

    mean: float
    first: float
    last: float


def timed(trial: Callable[[], object], trials: int) -> Loop:
    """Run *trial* that many times. Of a tenth, the median of ten parts counts: now and then Python's collector takes a
    moment, which belongs in the mean and says nothing about growth.
    """
    parts = min(100, trials)
    marks = [time.process_time()]
    for _ in range(parts):
        for _ in range(trials // parts):
            trial()
        marks.append(time.process_time())
    each = [1e6 * (after - before) / (trials // parts) for before, after in itertools.pairwise(marks)]
    tenth = max(1, parts // 10)
    return Loop(statistics.mean(each), statistics.median(each[:tenth]), statistics.median(each[-tenth:]))


def score(choices: bytes) -> float:
    """A number that depends on all choices and means nothing."""
    return crc32(choices) / 2**32


def symnas_trial(space: Space, spec: str) -> Callable[[], None]:
    """One ask and its tell. The score's own time is part of it, for every library."""
    searcher = create(spec, space, Random(0), None)

    def trial() -> None:
        proposal = searcher.ask()
        assert proposal is not None
        searcher.tell(proposal.number, Success((score(bytes(map(int, proposal.architecture.genotype.values()))),)))

    return trial


def optuna_trial(optuna: Any) -> Callable[[], None]:
    """The space as conditional suggestions, in a study kept in memory."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0), direction="maximize")

    def trial() -> None:
        asked = study.ask()
        for number, base in enumerate(BASES):
            asked.suggest_categorical(f"{number}.width", [base, base + 8, base + 16, base + 24])
            if asked.suggest_categorical(f"{number}.squeeze", [False, True]):
                asked.suggest_categorical(f"{number}.ratio", [0.25, 0.5])
            for place in range(3):
                if asked.suggest_categorical(f"{number}.{place}.kind", ["skip", "conv"]) == "conv":
                    asked.suggest_categorical(f"{number}.{place}.kernel", [3, 5, 7])
                    asked.suggest_categorical(f"{number}.{place}.expand", [3, 6])
        study.tell(asked, score(str(asked.params).encode()))

    return trial


def pyglove_trial(pyglove: Any) -> Callable[[], None]:
    """Regularised evolution over materialised trees."""
    algorithm = pyglove.evolution.regularized_evolution(population_size=30, tournament_size=10, seed=0)
    samples: Iterator[Any] = pyglove.sample(mobile_pyglove.space(pyglove), algorithm)

    def trial() -> None:
        network, feedback = next(samples)
        feedback(score(str(network).encode()))

    return trial


def contenders(space: Space, trials: int, slow: int) -> Iterator[tuple[str, Callable[[], None], int, int]]:
    """Name, one trial, how many to time, how many to run before."""
    for spec, count in itertools.product(("random", "evolution"), (trials, 10 * trials)):
        yield f"symnas, {spec}", symnas_trial(space, spec), count, WARM
    for spec in WALKING:
        yield f"symnas, {spec}", symnas_trial(space, spec), trials, WARM
    for spec in LEARNING:
        yield f"symnas, {spec}", symnas_trial(space, spec), slow, 0
    if optuna := rival("optuna"):
        yield "Optuna, random", optuna_trial(optuna), slow, 10
    if pyglove := rival("pyglove"):
        yield "PyGlove, regularised evolution", pyglove_trial(pyglove), slow, 40


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--trials", type=int, default=10_000, help="trials of symnas; a second run has ten times as many"
    )
    parser.add_argument("--slow-trials", type=int, default=1000, help="trials of models and of the other libraries")
    parser.add_argument(
        "--only", help="searchers of symnas, with spaces between them, in place of all and the other libraries"
    )
    options = parser.parse_args()
    rows = []
    space = mobile_symnas.space()
    for name, trial, count, before in (
        contenders(space, options.trials, options.slow_trials)
        if options.only is None
        else ((spec, symnas_trial(space, spec), options.trials, 0) for spec in options.only.split())
    ):
        for _ in range(before):
            trial()
        loop = timed(trial, count)
        growth = f"{loop.last / loop.first:.2f}"
        rows.append([name, f"{count:,}", f"{loop.mean:,.0f}", f"{loop.first:,.0f}", f"{loop.last:,.0f}", growth])
        show(f"{name}: {loop}")
    show(table(["", "trials", "µs a trial", "first tenth", "last tenth", "growth"], rows))


if __name__ == "__main__":
    main()
