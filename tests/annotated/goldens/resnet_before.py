"""A small residual network on scikit-learn's digits, as one writes it."""

import torch
from sklearn.datasets import load_digits
from torch import nn


class Residual(nn.Module):
    """Two convolutions beside what flows in."""

    def __init__(self, before, channels, kernel, act):
        super().__init__()
        self.convs = nn.Sequential(
            nn.Conv2d(before, channels, kernel, padding="same"), nn.BatchNorm2d(channels), act(),
            nn.Conv2d(channels, channels, kernel, padding="same"), nn.BatchNorm2d(channels),
        )  # fmt: skip
        self.short = nn.Conv2d(before, channels, 1)
        self.act = act()

    def forward(self, x):
        return self.act(self.convs(x) + self.short(x))


class ResNet(nn.Sequential):
    """Stages of residuals, each of half the size of the one before."""

    def __init__(self, widths, kernel=3, act=nn.ReLU):
        before, parts = 1, []
        for width in widths:
            parts += [Residual(before, width, kernel, act), nn.MaxPool2d(2)]
            before = width
        super().__init__(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 10))


def train(net, steps=6):
    """Its accuracy on a third of the digits after some training on the others."""
    digits = load_digits()
    x, y = torch.tensor(digits.images[:150], dtype=torch.float32)[:, None] / 16, torch.tensor(digits.target[:150])
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[:100]), y[:100]).backward()
        optimizer.step()
    net.eval()
    return float((net(x[100:]).argmax(1) == y[100:]).float().mean())


def main(searcher="random", trials=1):
    """Train it."""
    model = ResNet([8, 16], kernel=3, act=nn.ReLU)
    print(f"{train(model):.3f}")


if __name__ == "__main__":
    main()
