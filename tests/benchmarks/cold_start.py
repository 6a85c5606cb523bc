"""How long a user waits before anything happens: `import symnas`, and `symnas check` of a file, each in a new process.

    python tests/benchmarks/cold_start.py [files …]

Seconds are the processor time of the whole process (user and system) and the time on the clock, of which a busy machine
adds some; best and median of the runs. Files in the system's cache, compiled modules (`.pyc`) present.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen
from timing import show, table

ROOT = Path(__file__).resolve().parents[2]
SHOWCASE = ROOT.parent / "shared" / "language" / "showcase"
FILES = (
    *(ROOT / "samples" / f"{name}.nas" for name in ("wine", "diabetes", "mixer", "digits", "nasnet", "detector")),
    Path(__file__).with_name("mobile21.nas"),
    *(SHOWCASE / f"{name}.nas" for name in ("mobile", "ofa", "darts", "deeparchitect") if SHOWCASE.exists()),
)
HEAVY = ("lark", "networkx", "numpy", "rich", "scipy", "sklearn", "sqlalchemy", "torch")
CHECK = "from symnas.command import main; main(['check', {file!r}])"
LOADED = "\nimport sys; print(*(name for name in sys.modules if '.' not in name), file=sys.stderr)"


@frozen
class Start:
    """Seconds of one process: its processor time, and on the clock."""

    processor: float
    clock: float


def start(code: str) -> Start:
    """Run *code* in an interpreter of its own."""
    begun, before = time.perf_counter(), children_seconds()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return Start(children_seconds() - before, time.perf_counter() - begun)


def children_seconds() -> float:
    """Processor time of all processes that ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def loaded(code: str) -> list[str]:
    """Top-level modules in memory when *code* has run."""
    command = [sys.executable, "-c", code + LOADED]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr.split()


def milliseconds(starts: Sequence[Start]) -> list[str]:
    """Best and median of both times."""
    columns = [each.processor for each in starts], [each.clock for each in starts]
    return [f"{1000 * at(column):.0f}" for column in columns for at in (min, statistics.median)]


def main() -> None:
    """Measure, and print the table and what is loaded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=FILES, help="the files to check")
    parser.add_argument("--runs", type=int, default=10, help="processes each")
    options = parser.parse_args()
    codes = {
        "bare Python": "pass",
        "import symnas": "import symnas",
        "symnas --version": CHECK.replace("'check', {file!r}", "'--version'"),
    }
    for file in options.files:
        lines = len(file.read_text(encoding="utf-8").splitlines())
        codes[f"symnas check {file.name} ({lines} lines)"] = CHECK.format(file=str(file))
    found: dict[str, list[Start]] = {name: [] for name in codes}
    for _ in range(options.runs + 1):
        for name, code in codes.items():
            found[name].append(start(code))
    head = ["ms", "processor, best", "processor, median", "clock, best", "clock, median"]
    show(table(head, [[name, *milliseconds(starts[1:])] for name, starts in found.items()]))
    for name, code in codes.items():
        heavy = ", ".join(each for each in loaded(code) if each in HEAVY) or "none"
        show(f"{name}: of {', '.join(HEAVY)} it loads {heavy}")


if __name__ == "__main__":
    main()
