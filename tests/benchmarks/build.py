"""Making compiled networks beside hand-written ones: ResNet-50, a small network for digits, and the members of a space.

    python tests/benchmarks/build.py

Printed are milliseconds of processor time. For the first build of a network, of whose layers none was met before, or all;
for its text, which is written, compiled and run when something first needs it, as running the network does; and for
building it again; beside an instance of the classes written by hand, and the classes from their text. Then different
members of a space one after the other, as a search builds them, beside a class that is told what was chosen. Medians of
turns on one thread, in which all take part. Nearly all of it is PyTorch drawing weights, so everything is made on the
meta device too, which draws none.
"""

import argparse
import inspect
import statistics
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from random import Random

import torch
from timing import duration, show, table
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import handwritten
from forward import DIGITS, RESNET

import symnas
from symnas.compilers.torch import assembling, build, constructors, lowering
from symnas.compilers.torch import forward as forwards
from symnas.graph import Graph

IMPORTS = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"

SPACE = """
block ConvBN(out, kernel, stride = 1) = Conv2d(out, kernel, stride = stride, bias = false) -> BatchNorm2d -> ReLU

net Searched(image: f32[N, 3, 32, 32]) {
  x = image
  for (width, stride) in [(16, 1), (32, 2), (64, 2)] {
    x = x -> ConvBN(width, oneof(3, 5), stride)
    x = x -> repeat(range(1, 4)) { ConvBN(oneof(width, width + 8, width + 16), oneof(3, 5, 7)) }
  }
  x -> GlobalAvgPool2d -> Flatten -> Linear(10)
}
"""


class Contest:
    """What one kind of network costs: *graphs* are new ones, a turn each; *by_hand* makes what is in the graph of a turn,
    *text* is that of its classes. Between turns all layers that were met are forgotten unless they are to be *known*.
    """

    def __init__(self, graphs: Sequence[Graph], by_hand: Callable[[int], nn.Module], text: str, *, known: bool) -> None:
        self.graphs, self.by_hand, self.code, self.known = graphs, by_hand, text, known
        self.times: dict[str, list[float]] = {}
        for turn in range(len(graphs)):
            self._take(turn)

    def _take(self, turn: int) -> None:
        if not self.known:
            forget()
        made: list[nn.Module] = []
        self._note(turn, {"new": lambda: made.append(build(self.graphs[turn])), "by hand": partial(self.by_hand, turn)})
        self._note(turn, {"text": lambda: made[0].forward, "from text": lambda: execute(self.code)})
        build(self.graphs[turn])  # the first instance of a class makes Python learn it
        self._note(turn, {"again": lambda: build(self.graphs[turn]), "by hand, again": partial(self.by_hand, turn)})

    def _note(self, turn: int, acts: dict[str, Callable[[], object]]) -> None:
        """Time two, the other one first in every other turn."""
        for kind, act in reversed(acts.items()) if turn % 2 else acts.items():
            self.times.setdefault(kind, []).append(duration(act))

    def cells(self) -> list[str]:
        """The columns of the table; the first turn warmed up."""
        found = {kind: each[1:] for kind, each in self.times.items()}
        hand, both, file = found["by hand"], total(found, "new", "text"), total(found, "by hand", "from text")
        new, again = ratio(found["new"], hand), ratio(found["again"], found["by hand, again"])
        median = {kind: f"{1000 * statistics.median(each):,.2f}" for kind, each in found.items()}
        return [
            f"{median['new']} ({new})", f"{median['text']} ({ratio(both, hand)})", median["by hand"],
            f"{median['from text']} ({ratio(both, file)})", f"{median['again']} ({again})", f"{len(hand)}",
        ]  # fmt: skip


def total(times: dict[str, list[float]], *kinds: str) -> list[float]:
    """What all of *kinds* took together, turn by turn."""
    return [sum(each) for each in zip(*(times[kind] for kind in kinds), strict=True)]


def ratio(mine: Sequence[float], theirs: Sequence[float]) -> str:
    """How many times *theirs*: the median over turns."""
    return f"×{statistics.median(a / b for a, b in zip(mine, theirs, strict=True)):.3f}"


def execute(text: str) -> None:
    """Compile and run *text* as a module."""
    exec(compile(text, "<by hand>", "exec"), {"__name__": "by_hand"})  # noqa: S102 (our own text)


def forget() -> None:
    """As if no layer had been seen before."""
    lowering._LOWERED.clear()
    forwards._WRITTEN.clear()
    for kept in (constructors.parse_constructor, constructors.literal, assembling._maker):
        kept.cache_clear()


def published(read: Callable[[], Graph], by_hand: Sequence[type[nn.Module]], turns: int, *, known: bool) -> list[str]:
    """The network that *read* gives, beside the last of the classes *by_hand*."""
    text = "\n\n".join([IMPORTS, *map(inspect.getsource, by_hand)])
    return Contest([read() for _ in range(turns + 1)], lambda _: by_hand[-1](), text, known=known).cells()


def searched(turns: int) -> list[str]:
    """Different members of a space, beside a class that is told what was chosen."""
    space, random = symnas.parse(SPACE).space(), Random(0)
    graphs = [space.sample(random).graph() for _ in range(turns + 1)]
    told = [blocks_of(graph) for graph in graphs]
    text = "\n\n".join([IMPORTS, *map(inspect.getsource, (handwritten.ConvBN, handwritten.Searched))])
    return Contest(graphs, lambda turn: handwritten.Searched(told[turn]), text, known=True).cells()


def blocks_of(graph: Graph) -> list[tuple[int, int, int, int]]:
    """Inputs, width, stride and kernel of every block."""
    found = []
    for placed in graph.operations():
        if placed.operation.operator == "Conv2d":
            settings, shape = dict(placed.operation.settings), placed.operation.weights[0].shape
            found.append((shape[1], shape[0], int(str(settings["stride"])), shape[2]))
    return found


SHORTEST = """
class B(M):
    def forward(s, x): return r(s.b(s.c(x)))
class D(M):
    def forward(s, x): return s.l(f(a(s.d(s.c(s.b(s.a(x)))), 1), 1))
"""
"""What must at least be written to run the network for digits whose layers are there."""


def least(turns: int) -> str:
    """What compiling the shortest text takes, beside making the network for digits."""
    compiling = [duration(lambda: compile(SHORTEST, "<shortest>", "exec")) for _ in range(turns)]
    making = [duration(handwritten.DigitsOfBlocks) for _ in range(turns)]
    taken = [1000 * statistics.median(each) for each in (compiling, making)]
    return f"compiling the shortest text for digits: {taken[0]:.3f} ms, {taken[0] / taken[1]:.2f} of making its layers"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=20, help="how often ResNet-50 is made")
    turns = parser.parse_args().turns
    torch.set_num_threads(1)
    found = []
    for place, around in (("", nullcontext()), (", meta device", torch.device("meta"))):
        with around:
            for known in (False, True):
                met = ", layers met before" if known else ""
                blocks = [handwritten.ConvBN, handwritten.DigitsOfBlocks]
                digits = published(lambda: symnas.parse(DIGITS).architecture().graph(), blocks, 10 * turns, known=known)
                layers = [handwritten.Bottleneck, handwritten.ResNet50]
                resnet = published(lambda: symnas.load(RESNET).architecture().graph(), layers, turns, known=known)
                found += [[f"digits{met}{place}", *digits], [f"ResNet-50{met}{place}", *resnet]]
            found.append([f"members of a space{place}", *searched(10 * turns)])
    show(least(10 * turns))
    show(table(["ms", "new", "its text (both)", "by hand", "classes from text (both)", "again", "turns"], found))


if __name__ == "__main__":
    main()
