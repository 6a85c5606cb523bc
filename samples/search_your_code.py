"""Existing code made searchable: two classes and a recipe of a small training script, and a loop of one's own.

The marks are the decorator and the placeholders; everything else could stand in any PyTorch project.

    python samples/search_your_code.py [TRIALS]
"""

import sys
from itertools import pairwise
from typing import Any

import torch
from sklearn.datasets import load_iris
from torch import nn

import symnas as sn


@sn.symbolic
class Perceptron(nn.Sequential):
    """Layers with an activation between them."""

    def __init__(self, widths: list[int], act: type[nn.Module] = nn.ReLU, dropout: float = 0.0) -> None:
        parts: list[nn.Module] = []
        for before, after in pairwise([4, *widths]):
            parts += [nn.Linear(before, after), act(), nn.Dropout(dropout)]
        super().__init__(*parts, nn.Linear(widths[-1], 3))


@sn.symbolic
class Recipe:
    """How to train."""

    def __init__(self, lr: float, epochs: int = 30) -> None:
        self.lr = lr
        self.epochs = epochs


def train(net: nn.Module, recipe: Recipe, seed: int) -> float:
    """Accuracy on a third of Fisher's irises that training does not see."""
    torch.manual_seed(seed)
    table, kinds = load_iris(return_X_y=True)
    x, y = torch.tensor(table, dtype=torch.float32), torch.tensor(kinds)
    x = (x - x.mean(0)) / x.std(0)
    held_out = torch.arange(len(y)) % 3 == 0
    optimizer = torch.optim.Adam(net.parameters(), recipe.lr)
    for _ in range(recipe.epochs):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[~held_out]), y[~held_out]).backward()  # type: ignore[no-untyped-call]  # torch's
        optimizer.step()
    net.eval()
    return float((net(x[held_out]).argmax(1) == y[held_out]).float().mean())


def main(trials: int) -> None:
    """Count, search, show the best."""
    width: Any = sn.oneof(8, 16, 32)
    script = {
        "net": Perceptron(
            sn.oneof([width], [width, width], [width, 8]),
            act=sn.oneof(nn.ReLU, nn.Tanh, nn.GELU),
            dropout=sn.oneof(0.0, 0.2),
        ),
        "recipe": Recipe(lr=sn.range(1e-3, 1e-1, log=True), epochs=sn.oneof(10, 30)),
    }
    print(f"{sn.space_of(script).size} ways, and a continuous learning rate")

    search = sn.search(script, searcher="bayes", trials=trials)
    for trial in search:
        made: Any = trial.build()
        trial.tell(accuracy=train(made["net"], made["recipe"], trial.seed))

    for found in search.study.best(3):
        print(f"trial {found.number}: {found.values[0]:.3f}")
    assert search.best is not None
    print(search.best.choices)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
