"""What is left of the accuracy of a network when it is pruned, by each measure of importance.

    OMP_NUM_THREADS=1 python tests/benchmarks/pruned_digits.py

The network of `samples/prune_digits.py` is trained on digits from several seeds, pruned to a share of its multiply-adds
by each measure, and trained on for three epochs. Printed are mean accuracies on digits that it has not seen, in percent,
with the standard deviation over the seeds: before training on, and after.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from timing import show, table

import symnas

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "samples"))

prune_digits: Any = import_module("prune_digits")

MEASURES = ("l1", "l2", "bn", "taylor", "random")
SHARES = (0.5, 0.25, 0.1)


def told(found: Sequence[float]) -> str:
    """Mean and deviation, in percent."""
    return f"{100 * statistics.mean(found):.1f} ± {100 * statistics.stdev(found):.1f}"


def main(given: Sequence[str] | None = None) -> None:
    """Train, prune by each measure, train on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="how many networks are trained (5)")
    parser.add_argument("--epochs", type=int, default=12, help="how long each is trained (12)")
    options = parser.parse_args(given)
    torch.set_num_threads(1)
    network = symnas.parse(prune_digits.NETWORK).architecture()
    found: dict[tuple[str, float], list[tuple[float, float]]] = {}
    whole = []
    for seed in range(options.seeds):
        torch.manual_seed(seed)
        module = symnas.compile(network)
        prune_digits.train(module, options.epochs)
        whole.append(prune_digits.accuracy(module))
        gradients = prune_digits.slopes(module)
        for measure in MEASURES:
            for share in SHARES:
                done = symnas.prune(
                    network, module.state_dict(), macs=share, by=measure, gradients=gradients, multiple=4, seed=seed
                )
                found.setdefault((measure, share), []).append(trained_on(done))
    show(f"{options.seeds} seeds; whole: {told(whole)}\n")
    rows = [
        [measure, *(told([each[place] for each in found[measure, share]]) for share in SHARES for place in (0, 1))]
        for measure in MEASURES
    ]
    show(table(("by", *(f"{share:.0%}{after}" for share in SHARES for after in ("", ", trained on"))), rows))


def trained_on(done: Any) -> tuple[float, float]:
    """The accuracy of a pruned network, before and after three epochs."""
    small = symnas.compile(done.architecture)
    small.load_state_dict({name: torch.from_numpy(value) for name, value in done.weights.items()})
    before = prune_digits.accuracy(small)
    prune_digits.train(small, 3)
    return before, prune_digits.accuracy(small)


if __name__ == "__main__":
    main()
