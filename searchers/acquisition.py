"""Acquisitions: how promising an architecture is, by what a surrogate model believes of it.

Expected improvement: Jones, Schonlau and Welch, "Efficient global optimization of expensive black-box functions", Journal
of Global Optimization 13, 1998, equation 15. Upper confidence bound: Srinivas et al., "Gaussian process optimization in
the bandit setting", ICML 2010. Thompson sampling: Thompson, Biometrika 25, 1933; the best of a function drawn from what
is believed, or from what is believed with other deviations: Chowdhury and Gopalan, "On kernelized multi-armed bandits",
ICML 2017, algorithm 2.

Several objectives, a model for each, become one by the weights of one ask: Knowles, "ParEGO", IEEE Transactions on
Evolutionary Computation 10(1), 2006, equation 2 (the augmented Tchebycheff function, its rho = 0.05), so that over many
asks all parts of the Pareto front are looked for.
"""

from collections.abc import Sequence
from typing import assert_never

import numpy as np
from scipy.special import ndtr

from symnas.searchers.candidates import DIGITS
from symnas.searchers.models.base import Function, Model, Vector
from symnas.searchers.surrogate_settings import Acquisition

__all__ = ["expected_improvement", "promise", "tchebycheff"]

AUGMENTED = 0.05
"""ParEGO's rho: the part of the plain weighted sum."""

LIKELY = 128
"""Rows whose improvement is computed, at least; for the others a model's deviations, which take longest, are not asked for."""

SHARE = 16
"""Of many rows, that of one in so many is computed."""

UTOPIA = 4.0
"""A target that one of 30,000 observations reaches."""


def promise(
    acquisition: Acquisition,
    models: Sequence[Model],
    best: Sequence[float],
    weights: Vector,
    optimism: float,
    rng: np.random.Generator,
) -> Function:
    """How promising rows are: larger is better.

    *models* are fitted, one for each objective, *best* the largest target of each, *weights* what each counts;
    *optimism* is how many deviations UCB adds, and how far functions of Thompson sampling are from what is expected.
    """
    judged = [_promise(acquisition, *each, optimism, rng) for each in zip(models, best, strict=True)]
    if len(judged) > 1:
        return lambda rows: tchebycheff(np.stack([each(rows) for each in judged], axis=1), weights)
    (judge,) = judged
    if acquisition is Acquisition.EXPECTED_IMPROVEMENT:
        return lambda rows: _of_the_likely(judge, models[0], rows)
    return judge


def _promise(
    acquisition: Acquisition, model: Model, best: float, optimism: float, rng: np.random.Generator
) -> Function:
    match acquisition:
        case Acquisition.THOMPSON:
            return model.draw(rng, optimism)
        case Acquisition.EXPECTED_IMPROVEMENT:
            return lambda rows: expected_improvement(model, rows, best)
        case Acquisition.UPPER_CONFIDENCE_BOUND:
            return lambda rows: (belief := model.believe(rows)).mean + optimism * belief.deviation
        case _:
            assert_never(acquisition)


def expected_improvement(model: Model, rows: Vector, best: float) -> Vector:
    """By how much each row is better than *best* on average, counting only what is."""
    belief = model.believe(rows)
    deviation = np.maximum(belief.deviation, 1e-12)
    z = (belief.mean - best) / deviation
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    improvement: Vector = deviation * (z * ndtr(z) + density)
    return improvement


def _of_the_likely(improvement: Function, model: Model, rows: Vector) -> Vector:
    """The *improvement* of those of many rows of which most is expected; the others come after them, in the order of what is
    expected.
    """
    count = max(LIKELY, len(rows) // SHARE)
    if len(rows) <= count:
        return improvement(rows)
    expected = np.round(model.expect(rows), DIGITS)
    order = np.argsort(-expected, kind="stable")
    likely, least = order[:count], expected[order[count]]
    judged: Vector = np.minimum(expected - least, 0.0)
    judged[likely] = improvement(rows[likely])
    return judged


def tchebycheff(values: Vector, weights: Vector) -> Vector:
    """Several values as one: the smallest of them by *weights*, and a little of their sum. Shape (n, objectives) to (n,).

    Values are targets, whose scale is the same for all objectives. They are seen from above what is ever reached, so
    that a large weight demands that its objective be good.
    """
    weighted = (values - UTOPIA) * weights
    one: Vector = np.min(weighted, axis=1) + AUGMENTED * np.sum(weighted, axis=1)
    return one
