"""Random chains of transformations that keep what a trained network computes: how far outputs are from what they were.

    python tests/benchmarks/morphisms.py [chains]

Members of the spaces of five samples, with drawn weights and measured batch norms, go through six transformations each
(wider layers and streams, deeper, inserted layers, branches, kernels, layers split, factored, folded, merged), drawn among
those that begin at a layer that is there. 100 chains, 20 for each sample, at single and at double precision.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
from timing import show, table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from morphism_chains import SAMPLES, Chain, chain

LENGTH = 6


def row(sample: str, chains: list[Chain], double: list[Chain]) -> list[str]:
    """What became of the chains of *sample*."""
    steps = sum(len(each.done) for each in chains)
    return [
        f"`{sample}.nas`", str(len(chains)), str(steps), *(f"{max(each.apart for each in found):.1e}" for found in (chains, double)),
    ]  # fmt: skip


def main(count: int) -> None:
    """Run the chains, and print the tables."""
    rows, done, refused = [], Counter[str](), Counter[str]()
    for sample in SAMPLES:
        found = [
            [chain(sample, seed, LENGTH, kind) for seed in range(count // len(SAMPLES))]
            for kind in (np.float32, np.float64)
        ]
        rows.append(row(sample, *found))
        for each in found[0]:
            done += Counter(step.partition(" at ")[0] for step in each.done)
            refused += each.refused
    show(table(["sample", "chains", "transformations", "single: apart at most", "double: apart at most"], rows))
    show(
        table(
            ["transformation", "done", "refused"],
            [[name, str(done[name]), str(refused[name])] for name in sorted(done)],
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
