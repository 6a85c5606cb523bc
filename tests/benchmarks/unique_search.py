"""How many evaluations a search saves that evaluates no network twice: `python tests/benchmarks/unique_search.py`.

NAS-Bench-201's space, each evaluation looked up in the benchmark's table (validation accuracy after 12 epochs), which
must lie beside the repository. Of the trials of each search, those that were given the result of an earlier one; and how
far apart the table's accuracies of one network under two names are, which is what training twice adds in noise.
"""

import csv
import gzip
import statistics
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import symnas
from symnas.architecture import Architecture

SHARED = Path(__file__).resolve().parents[3] / "shared"
OPERATIONS = {"none": 0, "skip_connect": 1, "nor_conv_1x1": 2, "nor_conv_3x3": 3, "avg_pool_3x3": 4}
TRIALS = 1_000
SEEDS = 5


def main() -> None:
    """Print a row for each searcher."""
    table = _table()
    space = symnas.load(SHARED / "language" / "showcase" / "bench201.nas").space()

    def evaluate(architecture: Architecture, _: Mapping[str, object]) -> float:
        return table[tuple(choice for _, choice in sorted(architecture.genotype.items()))]

    print("| searcher | trials | repeated | spread of one network's accuracies |")  # noqa: T201
    print("| --- | ---: | ---: | ---: |")  # noqa: T201
    for searcher in ("random", "evolution"):
        shares, spreads = [], []
        for seed in range(SEEDS):
            study = symnas.search(space, evaluate, searcher=searcher, trials=TRIALS, seed=seed, unique="graph")
            shares.append(sum(each.repeats is not None for each in study.trials) / TRIALS)
            found = defaultdict(list)
            for each in study.trials:
                found[each.network].append(evaluate(study.architecture(each), {}))
            spreads += [statistics.stdev(each) for each in found.values() if len(each) > 1]
        share = f"{100 * min(shares):.1f} to {100 * max(shares):.1f} %"
        spread = f"{statistics.median(spreads):.2f} points (median)"
        print(f"| {searcher} | {SEEDS} × {TRIALS:,} | {share} | {spread} |")  # noqa: T201


def _table() -> dict[tuple[int | float, ...], float]:
    """Accuracy by the choices at the edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3."""
    found: dict[tuple[int | float, ...], float] = {}
    with gzip.open(SHARED / "benchmarks" / "nasbench201.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            edges = [edge.partition("~")[0] for node in row["arch"].split("+") for edge in node.strip("|").split("|")]
            found[tuple(OPERATIONS[edge] for edge in edges)] = float(row["c10_val_12ep"])
    return found


if __name__ == "__main__":
    main()
