"""How much time the generated code itself costs: forward passes of compiled networks beside hand-written ones.

Run as `python -m tests.compilers.measure_forward` from the repository's root. Both networks read the same weights and
run in turn, in pairs whose order alternates, so that a slow moment of the machine hits both alike. Printed: medians of
processor time, and the median of the ratios of neighbouring runs with its 95% interval (bootstrap over pairs).
"""

import argparse
import random
import statistics
import sys
import time
from pathlib import Path

import torch
from attrs import frozen
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import handwritten
from graphs import digits_cnn, resnet50

from symnas.compilers.torch import build

__all__ = ["Comparison", "compare", "main"]


@frozen
class Comparison:
    """Median seconds of one forward pass each, and generated over hand-written: median ratio with its interval."""

    generated: float
    by_hand: float
    ratio: float
    interval: tuple[float, float]


def compare(generated: nn.Module, by_hand: nn.Module, x: torch.Tensor, pairs: int, inner: int) -> Comparison:
    """Time *pairs* pairs of *inner* forward passes of each network on *x*."""
    rng = random.Random(0)
    times: list[tuple[float, float]] = []
    with torch.inference_mode():
        for turn in range(pairs + 5):
            order = [generated, by_hand] if turn % 2 else [by_hand, generated]
            seconds = {id(net): _seconds(net, x, inner) for net in order}
            if turn >= 5:  # the first pairs warm caches up
                times.append((seconds[id(generated)], seconds[id(by_hand)]))
    ratios = [mine / theirs for mine, theirs in times]
    medians = sorted(statistics.median(rng.choices(ratios, k=len(ratios))) for _ in range(1000))
    return Comparison(
        statistics.median(mine for mine, _ in times),
        statistics.median(theirs for _, theirs in times),
        statistics.median(ratios),
        (medians[25], medians[974]),
    )


def _seconds(net: nn.Module, x: torch.Tensor, inner: int) -> float:
    start = time.process_time()
    for _ in range(inner):
        net(x)
    return (time.process_time() - start) / inner


def same_weights(generated: nn.Module, by_hand: nn.Module) -> None:
    """Give *generated* the weights of *by_hand*, matched by their order; the very same memory, since where weights lie
    makes some percent of difference.
    """
    values = list(by_hand.state_dict().values())
    generated.load_state_dict(dict(zip(generated.state_dict(), values, strict=True)), assign=True)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200, help="pairs of timings of the small network")
    pairs = parser.parse_args().pairs
    torch.set_num_threads(1)
    torch.manual_seed(0)
    small = [(1, 20 * pairs, 2), (32, 5 * pairs, 1)]
    runs = [
        ("digits, hand-written in blocks", build(digits_cnn()), handwritten.DigitsOfBlocks(), (1, 8, 8), small),
        ("digits, hand-written flat", build(digits_cnn()), handwritten.Digits(), (1, 8, 8), small),
        (
            "ResNet-50",
            build(resnet50()),
            handwritten.ResNet50(),
            (3, 224, 224),
            [(1, pairs, 1), (32, max(2, pairs // 20), 1)],
        ),
    ]
    _show(f"torch {torch.__version__}, 1 thread, medians, generated / hand-written = ratio [95% interval]")
    for name, generated, by_hand, shape, settings in runs:
        same_weights(generated, by_hand)
        generated.eval()
        by_hand.eval()
        for batch, count, inner in settings:
            found = compare(generated, by_hand, torch.randn(batch, *shape), count, inner)
            times = f"{found.generated * 1e3:9.3f} ms / {found.by_hand * 1e3:9.3f} ms"
            interval = f"[{found.interval[0]:.4f}, {found.interval[1]:.4f}]"
            _show(f"{name:30s} batch {batch:2d}: {times} = {found.ratio:.4f} {interval}")


def _show(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
