"""How many architectures a second have their parameters and MACs told from their choices."""

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import process_time

import symnas
from symnas.pricing import Pricing

ROOT = Path(__file__).parents[2]
SHOWCASE = ROOT.parent / "shared" / "language" / "showcase"
FILES = (
    *sorted((ROOT / "samples").glob("*.nas")), ROOT / "tests" / "benchmarks" / "mobile21.nas",
    *sorted(SHOWCASE.glob("*.nas")),
)  # fmt: skip
SIZES = dict.fromkeys("CEFHLMPSTVW", 64)
"""Values of the sizes that files leave open."""
WARM, TIMED = 6000, 3000


def main() -> int:
    """Print a row for each file, or for those named."""
    named = sys.argv[1:]
    if not SHOWCASE.exists():
        sys.stdout.write("the showcase files are not here: the samples alone\n")
    for file in FILES:
        if not named or file.stem in named:
            sys.stdout.write(f"{file.parent.name}/{file.name}: {row(file)}\n")
            sys.stdout.flush()
    return 0


def row(file: Path) -> str:
    """What is measured of *file*; why not, where that is so."""
    space = symnas.load(file).space()
    try:
        total = space.size
        if not space.nets:
            return "no net"
        pricing = Pricing(space, SIZES)
        drawn = [space[number].genotype for number in numbers(total)]
        pricing.costs(drawn[:WARM])
        start = process_time()
        pricing.costs(drawn[WARM:])
    except symnas.NasError as error:
        return str(error).splitlines()[0]
    each = (process_time() - start) / TIMED
    decisions = max(map(len, drawn[-100:]))
    return f"{decisions} decisions, {1e6 * each:.0f} µs, {1 / each:,.0f} a second"


def numbers(total: int) -> Iterator[int]:
    """Numbers of members: all in turn where there are few, else drawn."""
    rng = Random(0)
    return (number % total if total <= WARM else rng.randrange(total) for number in range(WARM + TIMED))


if __name__ == "__main__":
    sys.exit(main())
