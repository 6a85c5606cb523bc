"""Evolution beside random search on `samples/digits.nas`: test accuracy over many seeds of a small budget.

    python tests/benchmarks/digits_search.py --out FOLDER

Every search is a study in FOLDER, and its outcome a line of FOLDER/results.csv; the same command goes on where it was
stopped. For each seed both searchers begin with the same random architectures, so their difference is taken by seed.
The winner is the architecture with the best validation accuracy, trained as its trial was; only then the test part is
read.
"""

import argparse
import csv
import math
import os
import statistics
import sys
from collections.abc import Sequence
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from attrs import asdict, fields, frozen

import symnas
from symnas.space import Space
from symnas.study import search
from symnas.training.evaluate import Evaluator, final

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "digits.nas"
SEARCHERS = {"random": "random", "evolution": "evolution:population=10,tournament=4"}


@frozen
class Outcome:
    """What one search came to. *random_mean* is the mean validation accuracy of all its trials."""

    searcher: str
    seed: int
    trials: int
    epochs: int
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


def run(out: Path, trials: int, epochs: int, job: tuple[int, str]) -> Outcome:
    """One search, begun or gone on with, and the test accuracy of its winner."""
    seed, searcher = job
    store = out / f"{searcher}-{seed}.db"
    space = digits(epochs)
    evaluator = Evaluator(SAMPLE.parent, net_reads=["dropout"])
    if store.exists():
        study = search(space, evaluator, trials=trials, store=store, resume=True)
    else:
        study = search(space, evaluator, searcher=SEARCHERS[searcher], seed=seed, trials=trials, store=store)
    (winner,) = study.best()
    architecture = study.architecture(winner)
    measured = final(evaluator, architecture, architecture.recipe, winner.seed)
    complete = [trial.values[0] for trial in study.trials if trial.values]
    study.close()
    return Outcome(
        searcher,
        seed,
        len(study.trials),
        epochs,
        winner.values[0],
        float(measured.test["accuracy"]),
        statistics.mean(complete),
        sum(trial.seconds or 0.0 for trial in study.trials),
    )


def known(results: Path) -> list[Outcome]:
    """The outcomes that are written down already."""
    if not results.exists():
        return []
    with results.open(newline="") as file:
        rows = list(csv.DictReader(file))
    types = {each.name: each.type for each in fields(Outcome)}
    return [Outcome(**{name: types[name](text) for name, text in row.items()}) for row in rows]


def write(results: Path, outcome: Outcome) -> None:
    """Add a line to the table, with its head if it is the first."""
    begun = results.exists()
    with results.open("a", newline="") as file:
        writer = csv.DictWriter(file, [each.name for each in fields(Outcome)])
        if not begun:
            writer.writeheader()
        writer.writerow(asdict(outcome))


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
    parser.add_argument("--trials", type=int, default=40, help="trials per search")
    parser.add_argument("--epochs", type=int, default=3, help="epochs per trial")
    parser.add_argument("--processes", type=int, default=2, help="searches at a time, of one thread each")
    parser.add_argument("--report", action="store_true", help="only print what has been found so far")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    results = options.out / "results.csv"
    outcomes = known(results)
    done = {(each.seed, each.searcher) for each in outcomes}
    jobs = [(seed, name) for seed in range(options.seeds) for name in SEARCHERS if (seed, name) not in done]
    if jobs and not options.report:
        os.environ["OMP_NUM_THREADS"] = "1"  # the workers' torch reads it as it starts
        with get_context("spawn").Pool(options.processes) as pool:
            work = partial(run, options.out, options.trials, options.epochs)
            for outcome in pool.imap_unordered(work, jobs):
                write(results, outcome)
                outcomes.append(outcome)
                sys.stdout.write(f"{outcome}\n")
                sys.stdout.flush()
    sys.stdout.write(report(outcomes) + "\n")


if __name__ == "__main__":
    main()
