"""Evolution beside random search on `samples/digits.nas`: test accuracy over many seeds of a small budget.

    python tests/benchmarks/digits_search.py --out FOLDER

Every search is a study in FOLDER, and its outcome a line of FOLDER/results.csv; the same command goes on where it was
stopped, and with a larger number of `--trials` every study goes on to that. For each seed both searchers begin with the same random architectures, so their difference is taken by seed.
The winner is the architecture with the best validation accuracy, trained as its trial was; only then the test part is
read.
"""

import argparse
import csv
import math
import os
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from attrs import asdict, fields, frozen

import symnas
from symnas.architecture import Architecture
from symnas.genotype import Genotype
from symnas.space import Space
from symnas.study import Study, Trial, search
from symnas.study.ranking import best_trials
from symnas.training.evaluate import Evaluator, final

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "digits.nas"
SEARCHERS = {"random": "random", "evolution": "evolution:population=6,tournament=3"}


@frozen
class Outcome:
    """What one search came to. *mean_of_trials* is the mean validation accuracy of all its trials."""

    searcher: str
    seed: int
    trials: int
    validation: float
    test: float
    mean_of_trials: float
    seconds: float


def digits(epochs: int) -> Space:
    """The space of the sample, its networks trained for *epochs*."""
    program = symnas.load(SAMPLE)
    with program.edit() as edit:
        edit.replace("train.epochs", str(epochs))
    return program.space()


class Remembering:
    """The evaluator, and what it gave before: the searches of a seed share their first architectures, and a training
    repeated gives the same.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._known: dict[tuple[Genotype, int], Mapping[str, float]] = {}

    def __call__(self, architecture: Architecture, recipe: Mapping[str, object], seed: int) -> Mapping[str, float]:
        """Validation metrics."""
        key = architecture.genotype, seed
        if key not in self._known:
            self._known[key] = self._evaluator(architecture, recipe, seed)
        return self._known[key]

    def remember(self, trials: Iterable[Trial]) -> None:
        """Know the metrics of trials of an earlier run."""
        self._known.update({(trial.genotype, trial.seed): trial.metrics for trial in trials if trial.metrics})


def run(out: Path, trials: int, epochs: int, seed: int) -> list[Outcome]:
    """The searches of one seed, begun or gone on with, and the test accuracy of each one's winner."""
    space, evaluator = digits(epochs), Evaluator(SAMPLE.parent, net_reads=["dropout"])
    remembering = Remembering(evaluator)
    begun = {name: store for name in SEARCHERS if (store := out / f"{name}-{seed}.db").exists()}
    for store in begun.values():
        study = Study.resume(space, store)
        remembering.remember(study.trials)
        study.close()
    return [searched(space, evaluator, remembering, out / f"{name}-{seed}.db", name, trials) for name in SEARCHERS]


def searched(
    space: Space, evaluator: Evaluator, remembering: Remembering, store: Path, name: str, trials: int
) -> Outcome:
    """One search in *store*, whose name ends in its seed."""
    seed = int(store.stem.rpartition("-")[2])
    if store.exists():
        study = search(space, remembering, trials=trials, store=store, resume=True)
    else:
        study = search(space, remembering, searcher=SEARCHERS[name], seed=seed, trials=trials, store=store)
    counted = study.trials[:trials]  # an earlier run may have gone further
    (winner,) = best_trials(counted, study.objectives, 1)
    study.close()
    architecture = study.architecture(winner)
    measured = final(evaluator, architecture, architecture.recipe, winner.seed)
    return Outcome(
        name,
        seed,
        trials,
        winner.values[0],
        float(measured.test["accuracy"]),
        statistics.mean(trial.values[0] for trial in counted if trial.values),
        sum(float(trial.metrics.get("seconds", 0.0)) for trial in counted),
    )


def known(results: Path) -> list[Outcome]:
    """The outcomes that are written down already."""
    if not results.exists():
        return []
    with results.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Outcome(
            row["searcher"], int(row["seed"]), int(row["trials"]), float(row["validation"]), float(row["test"]),
            float(row["mean_of_trials"]), float(row["seconds"]),
        )
        for row in rows
    ]  # fmt: skip


def write(results: Path, outcomes: Sequence[Outcome]) -> None:
    """Add lines to the table, with its head if they are the first."""
    begun = results.exists()
    with results.open("a", newline="") as file:
        writer = csv.DictWriter(file, [each.name for each in fields(Outcome)])
        if not begun:
            writer.writeheader()
        writer.writerows(map(asdict, outcomes))


def interval(values: Sequence[float]) -> str:
    """Mean and 95% interval (Student's t) in percent."""
    from scipy.stats import t

    if len(values) < 2:
        return f"{100 * values[0]:6.2f}" if values else "     –"
    half = t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    mean = statistics.mean(values)
    return f"{100 * mean:6.2f}  [{100 * (mean - half):.2f}, {100 * (mean + half):.2f}]"


def report(outcomes: Sequence[Outcome]) -> str:
    """The table, and the difference by seed of the seeds that both have finished."""
    lines = [f"{'percent, mean [95% interval]':32s} {'validation':>24s} {'test':>24s} {'all trials, validation':>24s}"]
    by_searcher = {name: {each.seed: each for each in outcomes if each.searcher == name} for name in SEARCHERS}
    for name, found in by_searcher.items():
        columns = [
            interval([each.validation for each in found.values()]),
            interval([each.test for each in found.values()]),
            interval([each.mean_of_trials for each in found.values()]),
        ]
        lines.append(f"{f'{name}, {len(found)} seeds':32s} " + " ".join(f"{each:>24s}" for each in columns))
    first, second = by_searcher["evolution"], by_searcher["random"]
    seeds = sorted(first.keys() & second.keys())
    columns = [
        interval([first[seed].validation - second[seed].validation for seed in seeds]),
        interval([first[seed].test - second[seed].test for seed in seeds]),
        interval([first[seed].mean_of_trials - second[seed].mean_of_trials for seed in seeds]),
    ]
    lines.append(f"{f'evolution - random, {len(seeds)} seeds':32s} " + " ".join(f"{each:>24s}" for each in columns))
    seconds = sum(each.seconds for each in outcomes)
    lines.append(f"{sum(each.trials for each in outcomes)} trials, {seconds / 60:.0f} minutes of training in all")
    return "\n".join(lines)


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the studies and the results")
    parser.add_argument("--seeds", type=int, default=20, help="searches per searcher")
    parser.add_argument("--trials", type=int, default=16, help="trials per search")
    parser.add_argument("--epochs", type=int, default=3, help="epochs per trial")
    parser.add_argument("--processes", type=int, default=2, help="searches at a time, of one thread each")
    parser.add_argument("--report", action="store_true", help="only print what has been found so far")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    results = options.out / "results.csv"
    outcomes = [each for each in known(results) if each.trials == options.trials]
    done = {each.seed for each in outcomes}
    seeds = [seed for seed in range(options.seeds) if seed not in done]
    if seeds and not options.report:
        os.environ["OMP_NUM_THREADS"] = "1"  # the workers' torch reads it as it starts
        with get_context("spawn").Pool(options.processes) as pool:
            work = partial(run, options.out, options.trials, options.epochs)
            for found in pool.imap_unordered(work, seeds):
                write(results, found)
                outcomes += found
                sys.stdout.write("\n".join(map(str, found)) + "\n")
                sys.stdout.flush()
    sys.stdout.write(report(outcomes) + "\n")


if __name__ == "__main__":
    main()
