"""A perceptron on handwritten digits, made searchable."""

import symnas as sn
import torch
from sklearn.datasets import load_digits
from torch import nn


def make():
    """The network, and how fast it learns."""
    width = sn.oneof(16, 32, 64)
    act = sn.oneof(nn.ReLU, nn.Tanh)
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, width), act(), nn.Dropout(0.1), nn.Linear(width, 10))
    return net, 1e-2


def train(net, lr, steps=20):
    """Its accuracy on a third of the digits after some training on the others."""
    digits = load_digits()
    x, y = torch.tensor(digits.images[:900], dtype=torch.float32)[:, None] / 16, torch.tensor(digits.target[:900])
    optimizer = torch.optim.Adam(net.parameters(), lr)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[:600]), y[:600]).backward()
        optimizer.step()
    net.eval()
    return float((net(x[600:]).argmax(1) == y[600:]).float().mean())


def main(searcher="random", trials=1):
    """Train it."""
    for trial in sn.search(make, searcher=searcher, trials=trials):
        trial.tell(train(*trial.build()))


if __name__ == "__main__":
    main()
