"""Searchers of symnas and of other libraries on the published tables: how good is what they find, and for how much?

    python tests/benchmarks/compare_searchers.py --table nasbench201-cifar10 \
        --searchers random,evolution --rivals optuna-tpe,pyglove,smac --seeds 100 --budget 200 --out runs.jsonl

Every run is written to the file as it ends. What is there already is not run again: after Ctrl-C the same command goes
on, with more seeds it adds to what there is. `--report` only prints. Tables lie in the folder that `--data` or
`SYMNAS_BENCHMARKS` names, or in `shared/benchmarks` beside the repository; docs/benchmarks.md says which files.
"""

import argparse
import multiprocessing
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path

from attrs import frozen
from rivals import RIVALS, rival

from symnas.benchmarks import FOLDER, Budget, Ours, Run, Task, load_task, run, task_names
from symnas.benchmarks.intervals import Interval
from symnas.benchmarks.judging import Judge, milliseconds
from symnas.benchmarks.results import Entry, append, read
from symnas.benchmarks.running import PATIENCE
from symnas.errors import NasError
from symnas.searchers import registered

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "benchmarks"
SHORT = {"nasbench201": "nasbench201-cifar10"}
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
"""For the processes of runs: each has a core, and none depends on the order of sets, as SMAC's proposals do."""

MOMENTS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


@frozen
class Job:
    """One run to make."""

    table: str
    contestant: str
    seed: int
    budget: Budget
    patience: int
    folder: Path | None


def main() -> int:
    """Run what is missing, then print the tables."""
    options = _parser().parse_args()
    names = [SHORT.get(name, name) for name in options.table.split(",")]
    contestants = [*_specs(options.searchers), *_specs(options.rivals)]
    evaluations = None if options.seconds else options.budget
    budget = Budget(evaluations, options.seconds, options.until_goal)
    folder = options.data or (None if FOLDER in os.environ or not BESIDE.is_dir() else BESIDE)
    try:
        if not options.report:
            jobs = [
                Job(name, contestant, seed, budget, options.patience, folder)
                for seed in range(options.first_seed, options.first_seed + options.seeds)
                for name in names
                for contestant in contestants
            ]
            _run(jobs, options.out, options.processes)
        for name in names:
            _report(load_task(name, folder), budget, contestants, options.out)
    except NasError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ours, theirs = ", ".join(each.name for each in registered()), ", ".join(RIVALS)
    parser.add_argument(
        "--table", default="nasbench201", help=f"task, or several with commas: {', '.join(task_names())}"
    )
    parser.add_argument("--searchers", default="random,evolution", help=f"ours, with settings after a colon: {ours}")
    parser.add_argument("--rivals", default="", help=f"of other libraries: {theirs}")
    parser.add_argument("--seeds", type=int, default=10, help="runs of each (10)")
    parser.add_argument("--first-seed", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--budget", type=int, default=200, help="architectures that a run may evaluate (200)")
    parser.add_argument("--seconds", type=float, help="in its place: seconds of training that a run may spend")
    parser.add_argument(
        "--patience", type=int, default=PATIENCE, help=f"repetitions in a row that end a run ({PATIENCE})"
    )
    parser.add_argument("--until-goal", action="store_true", help="end a run when it has seen the optimum")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="runs at a time (one a core)")
    parser.add_argument("--out", type=Path, default=Path("searchers.jsonl"), help="file of the runs (searchers.jsonl)")
    parser.add_argument("--data", type=Path, help=f"folder of the tables (${FOLDER})")
    parser.add_argument("--report", action="store_true", help="run nothing")
    return parser


def _specs(text: str) -> list[str]:
    """`a:x=1,y=2,b` is `a:x=1,y=2` and `b`: a part that has no `=`, or a colon, begins another."""
    specs: list[str] = []
    for part in filter(None, text.split(",")):
        if specs and "=" in part and ":" not in part:
            specs[-1] += f",{part}"
        else:
            specs.append(part)
    return specs


def _run(jobs: Sequence[Job], out: Path, processes: int) -> None:
    done = {entry.key for entry in read(out)}
    missing = [job for job in jobs if (job.table, job.contestant, job.seed, job.budget) not in done]
    os.environ.update(ENVIRONMENT)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=processes, mp_context=context) as pool:
        running = [pool.submit(_entry, job) for job in missing]
        try:
            for count, future in enumerate(as_completed(running), start=1):
                append(out, future.result())
                print(f"\r{count} of {len(missing)} runs", end="", file=sys.stderr)  # noqa: T201
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    print(file=sys.stderr)  # noqa: T201


def _entry(job: Job) -> Entry:
    task = _task(job.table, job.folder)
    if job.contestant.partition(":")[0] in RIVALS:
        name, contestant = rival(job.contestant, task, job.seed, job.budget)
        done = run(task, contestant, job.budget, job.patience)
    else:
        ours = Ours(job.contestant, task, job.seed)
        name, done = ours.name, run(task, ours, job.budget, job.patience)
    return Entry(job.table, job.contestant, name, job.seed, job.budget, done)


@cache
def _task(name: str, folder: Path | None) -> Task:
    return load_task(name, folder)


def _report(task: Task, budget: Budget, contestants: Sequence[str], out: Path) -> None:
    """Means with their intervals, then by how much each of ours is better than each rival."""
    runs = defaultdict[str, list[Run]](list)
    for entry in read(out):
        if entry.task == task.name and entry.budget == budget:
            runs[entry.contestant].append(entry.run)
    known = [each for each in contestants if runs[each]]
    if not known:
        return
    moments = tuple(each for each in MOMENTS if 50 <= each <= (budget.evaluations or 0)) or (budget.evaluations or 0,)
    judge = Judge(task, budget, moments)
    columns = {each: judge.columns(runs[each]) for each in known}
    figures = list(columns[known[0]])
    print(f"\n## {task.title}\n")  # noqa: T201
    _print_rows(["searcher", "runs", *figures, "evaluated", "ms a step"], _mean_rows(judge, known, runs))
    theirs = [each for each in known if each.partition(":")[0] in RIVALS]
    ours = [each for each in known if each not in theirs]
    if ours and theirs:
        print("\nHow much better, with the 95 % interval; bold where it is above zero:\n")  # noqa: T201
        rows = (
            [
                f"{one} than {other}",
                *(_shown(judge.advantage(columns[one][each], columns[other][each]), "**") for each in figures),
            ]
            for one in ours
            for other in theirs
        )
        _print_rows(["", *figures], rows)


def _mean_rows(judge: Judge, known: Sequence[str], runs: Mapping[str, list[Run]]) -> Iterator[list[str]]:
    for each in known:
        done = runs[each]
        evaluated = sum(len(run.rows) for run in done) / len(done)
        shown = [_shown(interval) for interval in judge.means(done).values()]
        yield [each, str(len(done)), *shown, f"{evaluated:.0f}", f"{milliseconds(done):.2f}"]


def _shown(interval: Interval, mark: str = "") -> str:
    mark = mark if interval.above_zero else ""
    return f"{mark}{interval.mean:.4g}{mark} ({interval.low:.4g} to {interval.high:.4g})"


def _print_rows(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    print(f"| {' | '.join(heading)} |")  # noqa: T201
    print(f"| --- |{' ---: |' * (len(heading) - 1)}")  # noqa: T201
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
