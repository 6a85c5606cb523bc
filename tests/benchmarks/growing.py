"""Children that inherit weights beside children that begin anew: searches by moves on `samples/grow_digits.nas`, at equal
epochs in all.

    python tests/benchmarks/growing.py --out FOLDER

For each seed three searches by the same evolution begin with the same trained start. *inherited* and *anew* train as many
children for as many epochs each; *anew, longer* spends the same epochs on a quarter of the children. Every search is a
study in FOLDER, and its outcome a line of FOLDER/results.csv; the same command goes on where it was stopped. The winner is
the network with the best validation accuracy; the test part is read once, with the weights that the search trained.
"""

import argparse
import csv
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from attrs import asdict, fields, frozen

import symnas
from symnas.growing import grow
from symnas.growing.running import growth_of, rearing_of
from symnas.study import TrialState

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "grow_digits.nas"
LONGER = 4
"""How many times as long *anew, longer* trains each child."""


@frozen
class Arm:
    """A way to spend epochs on children: whether they inherit, and how many times as long each is trained."""

    name: str
    inherit: bool
    longer: int = 1


ARMS = (Arm("inherited", inherit=True), Arm("anew", inherit=False), Arm("anew, longer", inherit=False, longer=LONGER))


@frozen
class Outcome:
    """What one search came to. *children* is the mean validation accuracy of all children that were trained."""

    arm: str
    seed: int
    validation: float
    test: float
    children: float
    start_test: float
    params: int
    epochs: int
    failed: int
    seconds: float


@frozen
class Budget:
    """*children* trained for *epochs* each, after a start that is trained as the sample says."""

    children: int
    epochs: int


def run(out: Path, budget: Budget, seed: int) -> list[Outcome]:
    """The searches of one seed."""
    return [searched(out, budget, seed, arm) for arm in ARMS]


def searched(out: Path, budget: Budget, seed: int, arm: Arm) -> Outcome:
    """One search, begun or gone on with, and what its winner does on the test part."""
    program, begun = symnas.load(SAMPLE), time.perf_counter()
    store = out / f"{arm.name.replace(', ', '-')}-{seed}.db"
    epochs = budget.epochs * arm.longer
    kept = (
        {"resume": True}
        if store.exists()
        else {"seed": seed, "searcher": f"evolution:inherit={str(arm.inherit).lower()}"}
    )
    study = grow(program, epochs=epochs, trials=1 + budget.children // arm.longer, store=store, **kept)
    growth = growth_of(program, ())
    rearing = rearing_of(growth, (), epochs, None, None)
    (winner,) = study.best()
    weights = store.parent / f"{store.stem}.weights" / "search"
    best, start = (
        rearing.judged(study.architecture(each), weights / str(each.number)) for each in (winner, study.trials[0])
    )
    assert best is not None, "the weights of the best are kept"
    assert start is not None, "and those of the start"
    done = [each for each in study.trials if each.is_finished]
    study.close()
    return Outcome(
        arm.name, seed, winner.values[0], best.test["accuracy"],
        statistics.mean(each.values[0] for each in done[1:] if each.values), start.test["accuracy"],
        study.architecture(winner).params, round(sum(each.metrics.get("epochs", 0) for each in done)),
        sum(each.state is TrialState.FAILED for each in done), time.perf_counter() - begun,
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------- results


def known(results: Path) -> list[Outcome]:
    """The outcomes that are written down already."""
    if not results.exists():
        return []
    with results.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Outcome(
            row["arm"], int(row["seed"]), float(row["validation"]), float(row["test"]), float(row["children"]),
            float(row["start_test"]), int(row["params"]), int(row["epochs"]), int(row["failed"]), float(row["seconds"]),
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

    mean = statistics.mean(values)
    if len(values) < 2:
        return f"{100 * mean:6.2f}"
    half = t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return f"{100 * mean:6.2f} [{100 * (mean - half):6.2f}, {100 * (mean + half):6.2f}]"


MEASURED: tuple[tuple[str, Callable[[Outcome], float]], ...] = (
    ("test", lambda each: each.test),
    ("validation", lambda each: each.validation),
    ("all children, validation", lambda each: each.children),
)


def report(outcomes: Sequence[Outcome]) -> str:
    """The table of all arms, and the differences by seed between the first and each other."""
    by_arm = {arm.name: {each.seed: each for each in outcomes if each.arm == arm.name} for arm in ARMS}
    lines = [f"{'percent, mean [95% interval]':36s}" + "".join(f" {name:>26s}" for name, _ in MEASURED)]
    for name, found in by_arm.items():
        if found:
            columns = [interval([read(each) for each in found.values()]) for _, read in MEASURED]
            lines.append(f"{f'{name}, {len(found)} seeds':36s}" + "".join(f" {each:>26s}" for each in columns))
    first = by_arm[ARMS[0].name]
    for arm in ARMS[1:]:
        other = by_arm[arm.name]
        seeds = sorted(first.keys() & other.keys())
        if seeds:
            columns = [interval([read(first[seed]) - read(other[seed]) for seed in seeds]) for _, read in MEASURED]
            title = f"inherited - {arm.name}, {len(seeds)} seeds"
            lines.append(f"{title:36s}" + "".join(f" {each:>26s}" for each in columns))
            won = sum(first[seed].test > other[seed].test for seed in seeds)
            lines.append(f"  better on the test part in {won} of {len(seeds)} seeds")
    lines.append(f"start: test {interval([each.start_test for each in first.values()])}")
    for name, found in by_arm.items():
        if found:
            some = [*found.values()]
            lines.append(
                f"{name}: {sorted({each.epochs for each in some})} epochs a search, winners of "
                f"{round(statistics.median(each.params for each in some)):,} parameters (median), "
                f"{sum(each.failed for each in some)} failures, {statistics.mean(each.seconds for each in some):.0f} s a search"
            )
    return "\n".join(lines)


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the studies and the results")
    parser.add_argument("--seeds", type=int, default=20, help="searches of each kind")
    parser.add_argument("--children", type=int, default=16, help="children that are trained in a search")
    parser.add_argument("--epochs", type=int, default=2, help="epochs of each child")
    parser.add_argument("--processes", type=int, default=1, help="seeds at a time, of one thread each")
    parser.add_argument("--report", action="store_true", help="only print what has been found so far")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    results = options.out / "results.csv"
    outcomes = known(results)
    missing = [seed for seed in range(options.seeds) if seed not in {each.seed for each in outcomes}]
    if missing and not options.report:
        os.environ["OMP_NUM_THREADS"] = "1"  # the workers' torch reads it as it starts
        with get_context("spawn").Pool(options.processes) as pool:
            work = partial(run, options.out, Budget(options.children, options.epochs))
            for found in pool.imap_unordered(work, missing):
                write(results, found)
                outcomes += found
                sys.stdout.write("\n".join(map(str, found)) + "\n")
                sys.stdout.flush()
    sys.stdout.write(report(outcomes) + "\n")


if __name__ == "__main__":
    main()
