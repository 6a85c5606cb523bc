"""The forward pass of compiled networks beside hand-written ones: ResNet-50 and a small network for digits.

    python tests/benchmarks/forward.py

The programs go the whole way from text to PyTorch. Both networks of a pair read the same weights and take turns on one
thread, so that a slow moment of the machine hits both; printed are median milliseconds of processor time, and the median
ratio with its 95% interval, by `tests/compilers/measure_forward.py`.
"""

import argparse
import sys
from importlib import import_module
from pathlib import Path

import torch
from timing import show, table
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "compilers"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import handwritten

import symnas

RESNET = Path(__file__).resolve().parents[1] / "grammar" / "goldens" / "resnet50.nas"
DIGITS = """
block ConvBN(out, stride = 1) = Conv2d(out, 3, stride = stride, bias = false) -> BatchNorm2d -> ReLU

net Digits(image: f32[N, 1, 8, 8]) {
  image -> ConvBN(16) -> ConvBN(16) -> ConvBN(32, stride = 2) -> ConvBN(32) -> GlobalAvgPool2d -> Flatten -> Linear(10)
}
"""


def compiled(program: symnas.Program) -> nn.Module:
    """The network of a program without open decisions."""
    module: nn.Module = symnas.compile(program.architecture(), "torch")
    return module


def rows(pairs: int) -> list[list[str]]:
    """A row for each network and batch size."""
    measure = import_module("measure_forward")  # a script of its own, next to the compilers' tests
    runs = [
        ("digits", compiled(symnas.parse(DIGITS)), handwritten.DigitsOfBlocks(), (1, 8, 8), 1, 20 * pairs, 3),
        ("digits", compiled(symnas.parse(DIGITS)), handwritten.DigitsOfBlocks(), (1, 8, 8), 32, 5 * pairs, 1),
        ("ResNet-50", compiled(symnas.load(RESNET)), handwritten.ResNet50(), (3, 224, 224), 1, pairs, 1),
        ("ResNet-50", compiled(symnas.load(RESNET)), handwritten.ResNet50(), (3, 224, 224), 32, max(4, pairs // 10), 1),
    ]
    made = []
    for name, generated, by_hand, shape, batch, count, inner in runs:
        measure.same_weights(generated, by_hand)
        generated.eval()
        by_hand.eval()
        found = measure.compare(generated, by_hand, torch.randn(batch, *shape), count, inner)
        times = [f"{1000 * each:,.3f}" for each in (found.generated, found.by_hand)]
        made.append(
            [
                f"{name}, batch {batch}",
                *times,
                f"{found.ratio:.4f}",
                "{:.4f}–{:.4f}".format(*found.interval),
                f"{count}",
            ]
        )
        show(", ".join(made[-1]))
    return made


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100, help="pairs of forward passes of ResNet-50 with batch 1")
    pairs = parser.parse_args().pairs
    torch.set_num_threads(1)
    torch.manual_seed(0)
    head = ["ms", "compiled", "hand-written", "ratio", "95% interval", "pairs"]
    show(table(head, rows(pairs)))


if __name__ == "__main__":
    main()
