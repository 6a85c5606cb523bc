"""Making compiled networks beside hand-written ones: ResNet-50 and a small network for digits.

    python tests/benchmarks/build.py

Printed are milliseconds of processor time: for the first build of a network, which writes its text and runs it; the same
where its blocks were met before, as in a search, whose networks have most of them in common; and for the classes written
by hand from their text, which Python compiles and runs. Then for building it again, as a search does for every training,
beside another instance of the class. Medians of turns on one thread. Nearly all of it is PyTorch drawing weights, so
everything is made on the meta device too, which draws none.
"""

import argparse
import inspect
import statistics
import sys
from collections.abc import Callable, Sequence
from functools import partial
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

IMPORTS = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"


def row(name: str, read: Callable[[], Graph], by_hand: Sequence[type[nn.Module]], turns: int, device: str) -> list[str]:
    """What the graph that *read* gives costs beside the last of the classes *by_hand*, made on *device*."""
    text, made = "\n\n".join([IMPORTS, *map(inspect.getsource, by_hand)]), by_hand[-1]
    graph, new = read(), [read() for _ in range(turns + 1)]
    kinds = {
        "new": lambda turn: build(new[turn]),
        "blocks known": lambda turn: build(graph, str(turn)),  # another header is another text
        "by hand": lambda _: executed(text, made.__name__)(),
        "again": lambda _: build(graph),
        "by hand, again": lambda _: made(),
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for turn in range(turns + 1):
        for kind, act in kinds.items():
            times[kind].append(duration(partial(act, turn)))
    found = {kind: each[1:] for kind, each in times.items()}  # the first turn warms up
    cells = []
    for kind, taken in found.items():
        hand = found["by hand" if kind in ("new", "blocks known") else "by hand, again"]
        cells.append(f"{1000 * statistics.median(taken):,.2f}")
        if not kind.startswith("by hand"):
            ratio = statistics.median(mine / theirs for mine, theirs in zip(taken, hand, strict=True))
            cells[-1] += f" (×{ratio:.3f})"
    return [f"{name}{'' if device == 'cpu' else ', meta device'}", *cells, str(turns)]


def executed(text: str, name: str) -> Callable[[], nn.Module]:
    """The class *name* of a file that holds *text*."""
    names: dict[str, Callable[[], nn.Module]] = {"__name__": name}  # type: ignore[dict-item]  # as of every module
    exec(compile(text, f"<{name}>", "exec"), names)  # noqa: S102 (our own text)
    return names[name]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=20, help="how often ResNet-50 is made")
    turns = parser.parse_args().turns
    torch.set_num_threads(1)
    found = []
    for device in ("cpu", "meta"):
        with torch.device(device):
            blocks = [handwritten.ConvBN, handwritten.DigitsOfBlocks]
            found.append(row("digits", lambda: symnas.parse(DIGITS).architecture().graph(), blocks, 10 * turns, device))
            layers = [handwritten.Bottleneck, handwritten.ResNet50]
            found.append(row("ResNet-50", lambda: symnas.load(RESNET).architecture().graph(), layers, turns, device))
    head = ["ms", "new", "blocks known", "by hand, from text", "again", "by hand", "turns"]
    show(table(head, found))


if __name__ == "__main__":
    main()
