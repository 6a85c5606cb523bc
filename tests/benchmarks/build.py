"""Making compiled networks beside hand-written ones: ResNet-50 and a small network for digits.

    python tests/benchmarks/build.py

Printed are milliseconds of processor time: for the first build of a graph, which writes its text and runs it; for
building it again, as a search does for every training; and for an instance of the class written by hand; medians of turns
on one thread. Nearly all of it is PyTorch drawing weights, so both are made on the meta device too, which draws none.
"""

import argparse
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from timing import duration, show, table
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import handwritten
from forward import DIGITS, RESNET

import symnas
from symnas.compilers.torch import build
from symnas.graph import Graph


def row(name: str, graph: Graph, by_hand: Callable[[], nn.Module], turns: int, device: str) -> list[str]:
    """What *graph* costs beside *by_hand*, made on *device*."""
    with torch.device(device):
        first = duration(lambda: build(graph))
        times: dict[str, list[float]] = {"again": [], "by hand": []}
        for _ in range(turns):
            times["again"].append(duration(lambda: build(graph)))
            times["by hand"].append(duration(by_hand))
    again, hand = (statistics.median(each) for each in times.values())
    ratio = statistics.median(mine / theirs for mine, theirs in zip(*times.values(), strict=True))
    return [name, *(f"{1000 * each:,.2f}" for each in (first, again, hand)), f"{ratio:.3f}", str(turns)]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=20, help="how often ResNet-50 is made")
    turns = parser.parse_args().turns
    torch.set_num_threads(1)
    build(symnas.parse("net Warm(x: f32[N, 1]) = x -> Linear(1)").architecture().graph())
    found = []
    for device in ("cpu", "meta"):
        digits, resnet = symnas.parse(DIGITS).architecture().graph(), symnas.load(RESNET).architecture().graph()
        where = "" if device == "cpu" else ", meta device"
        found.append(row(f"digits{where}", digits, handwritten.DigitsOfBlocks, 20 * turns, device))
        found.append(row(f"ResNet-50{where}", resnet, handwritten.ResNet50, turns, device))
    show(table(["ms", "first", "again", "hand-written", "ratio", "turns"], found))


if __name__ == "__main__":
    main()
