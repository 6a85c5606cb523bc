"""How many architectures a second have their parameters and MACs told from their choices."""

import sys
from pathlib import Path
from random import Random
from time import process_time

import symnas

ROOT = Path(__file__).parents[2]
SHOWCASE = ROOT.parent / "shared" / "language" / "showcase"
FILES = (
    ROOT / "samples" / "digits.nas", SHOWCASE / "bench201.nas", ROOT / "samples" / "mobile.nas",
    ROOT / "samples" / "fbnet.nas", ROOT / "tests" / "benchmarks" / "mobile21.nas", SHOWCASE / "darts.nas",
)  # fmt: skip
WARM, TIMED = 6000, 3000


def main() -> int:
    """Print a row for each file."""
    for file in FILES:
        if not file.exists():
            sys.stdout.write(f"{file.name}: not here\n")
            continue
        space = symnas.load(file).space()
        rng = Random(0)
        drawn = [space[rng.randrange(space.size)].genotype for _ in range(WARM + TIMED)]
        space.pricing.costs(drawn[:WARM])
        start = process_time()
        space.pricing.costs(drawn[WARM:])
        each = (process_time() - start) / TIMED
        sys.stdout.write(f"{file.name}: {len(drawn[-1])} decisions, {1e6 * each:.0f} µs, {1 / each:,.0f} a second\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
