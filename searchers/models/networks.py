"""An ensemble of small neural networks, as in BANANAS.

White, Neiswanger and Savani, "BANANAS: Bayesian optimization with neural architectures for neural architecture search",
AAAI 2021, section 5: networks that differ in their first weights; mean and deviation over them. Pretraining on what is
known without training follows Dai et al., "FBNetV3: joint architecture-recipe search using predictor pretraining", CVPR
2021, section 3.2: the networks learn the statistics of architectures first (parameters, multiply-adds), and then the
target with a new last layer.

All networks are trained together, on all observations at each step or, where they are many, on some of them, by Adam (Kingma and Ba, ICLR 2015) with numpy: the
same observations give the same weights.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from attrs import frozen

from symnas.searchers.models.base import Belief, Refitted, Vector

__all__ = ["Networks"]

MEMBERS = 5
WIDTH = 32
STEPS = 200
BATCH = 64
"""Observations that a step looks at, at most."""
RATE = 0.01
DECAY = 1e-3
"""How much of a weight is lost at each step, times the rate."""


@frozen(eq=False)
class _Statistics:
    """What is known without training: rows of architectures, and columns of numbers for each."""

    rows: Vector
    values: Vector


class Networks(Refitted):
    """Networks with two hidden layers."""

    quick = 500

    def __init__(self) -> None:
        super().__init__()
        self._free: _Statistics | None = None

    def pretrain(self, rows: Vector, values: Vector) -> None:
        """Let what *rows* are be learnt from *values*, shape (n, statistics), before any target is."""
        spread = np.std(values, axis=0)
        self._free = _Statistics(rows, (values - np.mean(values, axis=0)) / np.where(spread > 0, spread, 1.0))

    def train(self, rows: Vector, targets: Vector) -> None:
        """See `Refitted.train`."""
        rng = np.random.default_rng(len(rows))
        first = self._free.rows if self._free is not None else rows
        self._centre, spread = np.mean(first, axis=0), np.std(first, axis=0)
        self._scale = 1.0 / np.where(spread > 0, spread, 1.0) / np.sqrt(max(1, rows.shape[1]))
        layers = _fresh(rng, (rows.shape[1], WIDTH, WIDTH))
        if self._free is not None:
            known = self._free.values
            last = _fresh(rng, (WIDTH, known.shape[1]))
            layers = _trained([*layers, *last], self._scaled(self._free.rows), known, rng)[:-2]
        layers = [*layers, *_fresh(rng, (WIDTH, 1))]
        self._layers = _trained(layers, self._scaled(rows), targets[:, None], rng)

    def believe(self, rows: Vector) -> Belief:
        """Mean and spread over the networks."""
        said = _forward(self._layers, self._scaled(rows))[-1][:, :, 0]
        return Belief(np.mean(said, axis=0), np.std(said, axis=0, ddof=1))

    def _scaled(self, rows: Vector) -> Vector:
        scaled: Vector = (rows - self._centre) * self._scale
        return scaled


def _fresh(rng: np.random.Generator, widths: Sequence[int]) -> list[Vector]:
    """Weights (networks, in, out) and biases (networks, 1, out) of layers, by He's rule."""
    layers: list[Vector] = []
    for into, out in pairwise(widths):
        layers.append(rng.standard_normal((MEMBERS, into, out)) * np.sqrt(2.0 / max(1, into)))
        layers.append(np.zeros((MEMBERS, 1, out)))
    return layers


def _forward(layers: Sequence[Vector], rows: Vector) -> list[Vector]:
    """What goes into each layer after the first, which sees *rows*, and what comes out of the last: (networks, n, out)."""
    values = [_first(layers[0], rows) + layers[1]]
    for place in range(2, len(layers), 2):
        values[-1] = np.maximum(values[-1], 0.0)
        values.append(values[-1] @ layers[place] + layers[place + 1])
    return values


def _first(weights: Vector, rows: Vector) -> Vector:
    """*rows* times the *weights* of all networks at once, which is quicker than one after the other."""
    members, into, out = weights.shape
    together = rows @ weights.transpose(1, 0, 2).reshape(into, members * out)
    return together.reshape(len(rows), members, out).transpose(1, 0, 2)


def _trained(layers: list[Vector], rows: Vector, targets: Vector, rng: np.random.Generator) -> list[Vector]:
    """*layers* after training on the squared error."""
    layers = [each.copy() for each in layers]
    first = [np.zeros_like(each) for each in layers]
    second = [np.zeros_like(each) for each in layers]
    for step in range(1, STEPS + 1):
        rate = RATE * np.sqrt(1.0 - 0.999**step) / (1.0 - 0.9**step)
        seen = slice(None) if len(rows) <= BATCH else rng.choice(len(rows), BATCH, replace=False)
        for place, slope in enumerate(_slopes(layers, rows[seen], targets[seen])):
            first[place] += 0.1 * (slope - first[place])
            second[place] += 0.001 * (slope**2 - second[place])
            layers[place] -= rate * first[place] / (np.sqrt(second[place]) + 1e-8) + RATE * DECAY * layers[place]
    return layers


def _slopes(layers: Sequence[Vector], rows: Vector, targets: Vector) -> list[Vector]:
    """The derivative of the mean squared error by each of *layers*."""
    values = _forward(layers, rows)
    error = (values[-1] - targets) / len(rows)
    slopes: list[Vector] = []
    for place in range(len(layers) - 2, 0, -2):
        into = values[place // 2 - 1]
        slopes += [np.sum(error, axis=1, keepdims=True), into.swapaxes(1, 2) @ error]
        error = (error @ layers[place].swapaxes(1, 2)) * (into > 0)
    members, count, out = error.shape
    together = rows.T @ error.transpose(1, 0, 2).reshape(count, members * out)
    first = together.reshape(-1, members, out).transpose(1, 0, 2)
    return [*slopes, np.sum(error, axis=1, keepdims=True), first][::-1]
