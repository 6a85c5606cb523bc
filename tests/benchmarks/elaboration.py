"""How fast programs become networks: reading, counting, elaborating.

    python tests/benchmarks/elaboration.py [files …]

For each file, in a process of its own: lines read a second (text to tree), seconds to count the space exactly, then milliseconds to make the
architecture of a genotype: the first one, in a space that knows nothing yet, and the next ones, for which sub-networks
met before are kept. Last, the graph that compilers read. Processor time; medians.
"""

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

from attrs import frozen
from timing import duration, show, table

import symnas
from symnas.architecture import Architecture
from symnas.errors import NasError, SearchError
from symnas.grammar import parse
from symnas.space import Space

HERE = Path(__file__).resolve()
SHOWCASE = HERE.parents[3] / "shared" / "language" / "showcase"
AGAIN = 100
"""How many architectures the medians are taken over."""


@frozen
class Speed:
    """Seconds of each step; *count* is `None` where there is no exact count."""

    lines: int
    read: float
    count: float | None
    first: float
    next: float
    graph: float

    def cells(self) -> list[str]:
        """The row of the table."""
        count = "–" if self.count is None else f"{1000 * self.count:,.0f}"
        times = [f"{1000 * each:,.2f}" for each in (self.first, self.next, self.graph)]
        return [f"{self.lines}", f"{self.lines / self.read:,.0f}", count, *times]


def median(act: Callable[[], object], times: int) -> float:
    """The median of several durations."""
    return statistics.median(duration(act) for _ in range(times))


def counted(space: Space) -> float | None:
    """Seconds of the exact count, if there is one."""
    try:
        return duration(lambda: space.size)
    except SearchError:
        return None


def made_graphs(architecture: Architecture) -> None:
    """Make the graph of every net."""
    for net in architecture.space.nets:
        architecture.graph(net)


def speed(file: Path) -> Speed:
    """Measure one file."""
    text = file.read_text(encoding="utf-8")
    program, rng = symnas.parse(text, file.name), Random(0)
    space = program.space()
    count = counted(space)
    drawn = [space.sample(rng).genotype for _ in range(AGAIN)]
    first = statistics.median(duration(lambda: symnas.parse(text).space().architecture(drawn[0])) for _ in range(3))
    reading = median(lambda: parse(text, file.name), 9)
    fresh = symnas.parse(text).space()
    fresh.architecture(drawn[0])
    later, graphs = [], []
    for genotype in drawn:
        later.append(duration(partial(fresh.architecture, genotype)))
        architecture = fresh.architecture(genotype)
        graphs.append(duration(partial(made_graphs, architecture)))
    return Speed(
        len(text.splitlines()),
        reading,
        count,
        max(0.0, first - reading),
        statistics.median(later[AGAIN // 2 :]),
        statistics.median(graphs[AGAIN // 2 :]),
    )


def row(file: Path, limit: float) -> list[str] | None:
    """The row of *file*, measured in a process of its own, so that it can be given up after *limit* seconds."""
    command = [sys.executable, str(HERE), "--one", str(file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        show(f"{file.name} is left out: not ready within {limit:.0f} s")
        return None
    if done.returncode:
        show(f"{file.name} is left out: {done.stderr.strip().splitlines()[-1]}")
        return None
    return [f"{file.parent.name}/{file.name}", *done.stdout.split()]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="the files; without any, the showcase and the samples")
    parser.add_argument("--limit", type=float, default=60, help="seconds of the clock after which a file is given up")
    parser.add_argument("--one", type=Path, help="print the bare numbers of this file")
    options = parser.parse_args()
    if options.one:
        try:
            show(" ".join(speed(options.one).cells()))
        except NasError as error:
            sys.exit(str(error).splitlines()[0])
        return
    found = sorted([*SHOWCASE.glob("*.nas"), *(HERE.parents[2] / "samples").glob("*.nas")], key=lambda each: each.name)
    files = options.files or [*found, HERE.with_name("mobile21.nas")]
    rows = [made for file in files if (made := row(file, options.limit))]
    head = ["file", "lines", "lines/s", "count, ms", "first, ms", "next, ms", "graph, ms"]
    show(table(head, rows))


if __name__ == "__main__":
    main()
