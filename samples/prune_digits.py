"""Train a network on handwritten digits, prune it by what its loss says of each channel, and train on.

python samples/prune_digits.py [EPOCHS] [SHARE]      (half a minute for 12 epochs, down to 0.25 of the multiply-adds)
"""

import sys

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

import symnas

NETWORK = """
block ConvBN(out, stride = 1) = Conv2d(out, 3, stride = stride, bias = false) -> BatchNorm2d -> ReLU
block Residual(mid)(x) = x + (x -> ConvBN(mid) -> Conv2d(x.channels, 3, bias = false) -> BatchNorm2d)
net Digits(image: f32[N, 1, 8, 8]) = image -> ConvBN(32) -> Residual(64) -> ReLU -> ConvBN(64, stride = 2) -> Residual(64)
  -> ReLU -> GlobalAvgPool2d -> Flatten -> Linear(10)
"""


def digits() -> tuple[Tensor, Tensor]:
    """Images (samples, 1, 8, 8) and labels; shuffled, the same way every time."""
    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))
    images = torch.tensor(data.images[order], dtype=torch.float32)[:, None] / 16
    return images, torch.tensor(data.target[order])


def train(module: nn.Module, epochs: int) -> None:
    """Train on the first 1,200 digits."""
    images, labels = (each[:1200] for each in digits())
    optimizer = torch.optim.Adam(module.parameters(), lr=2e-3)
    module.train()
    for _ in range(epochs):
        order = torch.randperm(len(labels))
        for start in range(0, len(order), 60):
            rows = order[start : start + 60]
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(module(images[rows]), labels[rows])
            loss.backward()  # type: ignore[no-untyped-call]  # torch gives it no types
            optimizer.step()


def slopes(module: nn.Module) -> dict[str, Tensor]:
    """What the loss of the digits that the network was trained on changes by with each weight."""
    images, labels = (each[:1200] for each in digits())
    module.eval().zero_grad()
    nn.functional.cross_entropy(module(images), labels).backward()  # type: ignore[no-untyped-call]  # torch gives it no types
    return {name: weight.grad for name, weight in module.named_parameters() if weight.grad is not None}


def accuracy(module: nn.Module) -> float:
    """The share of the other digits that is told right."""
    images, labels = (each[1200:] for each in digits())
    with torch.inference_mode():
        return float((module.eval()(images).argmax(1) == labels).float().mean())


def main(epochs: int, share: float) -> None:
    """Train, prune, train on; say what came of it."""
    torch.manual_seed(0)
    network = symnas.parse(NETWORK).architecture()
    module: nn.Module = symnas.compile(network)
    train(module, epochs)
    print(f"trained: {network.params:,} parameters, {network.macs:,} multiply-adds, accuracy {accuracy(module):.3f}")
    done = symnas.prune(network, module.state_dict(), macs=share, by="taylor", gradients=slopes(module), multiple=4)
    assert done.weights is not None
    small: nn.Module = symnas.compile(done.architecture)
    small.load_state_dict({name: torch.from_numpy(value) for name, value in done.weights.items()})
    print(
        f"pruned: {done.graph.params:,} parameters, {done.graph.macs:,} multiply-adds, accuracy {accuracy(small):.3f}"
    )
    train(small, max(1, epochs // 4))
    print(f"trained on: accuracy {accuracy(small):.3f}")
    for each in done.changes:
        print(f"  {each.group.name}: {each.before} channels, {each.after} left")


if __name__ == "__main__":
    epochs, share = [*sys.argv[1:], *("12", "0.25")[len(sys.argv) - 1 :]]
    main(int(epochs), float(share))
