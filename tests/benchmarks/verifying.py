"""`symnas verify` on every program of the samples and the showcase: one architecture of each net, drawn with a seed.

    python tests/benchmarks/verifying.py [FILE …]

The table says what was compared: parameters and multiply-adds as numbers, gradients and outputs by how far they are apart,
as a share of the largest number. Architectures are the smallest of eight drawn, so that the largest programs take seconds.
"""

import argparse
import re
import time
import warnings
from pathlib import Path
from random import Random

import torch
from timing import show, table

import symnas
from symnas.graph import Graph
from symnas.training.verifying import Check, verify

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "samples").glob("*.nas"), *(ROOT.parent / "shared" / "language" / "showcase").glob("*.nas")])
SIZES = {"N": 3, "T": 5, "S": 4, "H": 64, "W": 96, "V": 6}


def row(name: str, graph: Graph) -> list[str]:
    """What `verify` says of *graph*."""
    begun = time.process_time()
    symbols = {str(size) for each in graph.scope.inputs for size in each.shape if not isinstance(size, int)}
    checks = {each.what: each for each in verify(graph, {key: SIZES[key] for key in SIZES if key in symbols}, 0)}
    cells = [_cell(checks[what]) for what in ("parameters", "MACs", "gradients", "outputs")]
    others = [each for what, each in checks.items() if "samples" in what]
    more = "" if not others else f", {sum(each.agrees is True for each in others)} of {len(others)} of 200 samples"
    wrong = [what for what, each in checks.items() if each.agrees is False]
    verdict = f"**differs: {', '.join(wrong)}**" if wrong else f"agrees{more}"
    return [name, *cells, verdict, f"{time.process_time() - begun:.0f}"]


def _cell(check: Check) -> str:
    if check.agrees is None:
        return f"– ({check.why})"
    found = re.search(r"apart by (\S+)", check.why)
    return found[1] if found else check.measured


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=FILES)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    rows = []
    for file in parser.parse_args().files:
        space = symnas.load(file).space()
        drawn = [space.sample(Random(seed), symnas.Measure.DECISIONS) for seed in range(8)]
        member = min(drawn, key=lambda each: sum(1 for net in space.nets for _ in each.graph(net).operations()))
        for net in space.nets:
            rows.append(row(f"{file.stem}, {net}" if len(space.nets) > 1 else file.stem, member.graph(net)))
            show(" | ".join(rows[-1]))
    show(table(["program", "parameters", "MACs", "gradients apart", "outputs apart", "verdict", "s"], rows))


if __name__ == "__main__":
    main()
