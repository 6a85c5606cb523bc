"""Bayesian linear regression on the columns of a row and on all products of two of them, in closed form.

    f(x) = b + Σ w_i x_i + Σ W_ij x_i x_j

With one-hot choices these are an effect of each choice and one of each pair of choices. The weights have independent
normal priors, so f is a Gaussian process with the kernel k(x, y) = 1 + (1 - p) s + p s², s = x·y / m, where m is the mean
of |x|² and p the share that pairs have: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, sections
2.1 and 2.2. Work is done with n observations instead of d² weights, which pays where n < d². A function is drawn by
Matheron's rule: weights drawn from the prior, corrected by what they mispredict of the observations (Wilson et al.,
"Efficiently sampling functions from Gaussian process posteriors", ICML 2020).

Observations that are settled are factorised once, those after them at each fit.
"""

import numpy as np
from scipy.linalg import solve_triangular

from symnas.searchers.models.base import Belief, Function, Model, Observations, Vector

__all__ = ["Linear"]

SCALED_BY = 16
"""The mean |x|² of so many observations, the first, is m."""


class Linear(Model):
    """The regression. *pairs* is the share of the prior's variance that products have, 0 to 1; *noise* the variance of
    a measurement, of a target's, which is 1.
    """

    quick = 20_000

    def __init__(self, pairs: float = 0.5, noise: float = 0.1) -> None:
        self.pairs, self.noise = pairs, noise
        self._key: object = None

    def fit(self, seen: Observations) -> None:
        """See `Model.fit`."""
        self._m = float(np.mean(np.sum(seen.rows[:SCALED_BY] ** 2, axis=1))) or 1.0  # rows may all be nothing
        self._rows, self._targets = seen.rows, seen.targets
        self._factor(seen.rows[: seen.settled], seen.rows[seen.settled :])

    def believe(self, rows: Vector) -> Belief:
        """See `Model.believe`."""
        across = self._kernel(self._rows, rows)
        length = np.sum(rows**2, axis=1) / self._m
        prior = 1.0 + (1.0 - self.pairs) * length + self.pairs * length**2
        first, last = self._forward(across)
        explained = np.sum(first**2, axis=0) + np.sum(last**2, axis=0)
        return Belief(self._solve(self._targets) @ across, np.sqrt(np.maximum(prior - explained, 1e-12)))

    def draw(self, rng: np.random.Generator, spread: float = 1.0) -> Function:
        """A function drawn from the posterior, *spread* times as far from its mean: the correction is linear in what is
        drawn, so it is enough to multiply that.
        """
        columns, m = self._rows.shape[1], self._m
        bias = rng.standard_normal() * spread
        single = rng.standard_normal(columns) * np.sqrt((1.0 - self.pairs) / m) * spread
        double = rng.standard_normal((columns, columns)) * (np.sqrt(self.pairs) / m * spread) if self.pairs else None
        wrong = self._targets - _value(self._rows, bias, single, double)
        wrong -= rng.standard_normal(len(wrong)) * np.sqrt(self.noise) * spread
        alpha = self._solve(wrong)
        bias += float(np.sum(alpha))
        single += self._rows.T @ alpha * ((1.0 - self.pairs) / m)
        if double is not None:
            double += (self._rows.T * alpha) @ self._rows * (self.pairs / m**2)
        return lambda rows: _value(rows, bias, single, double)

    def _kernel(self, rows: Vector, others: Vector) -> Vector:
        alike: Vector = rows @ others.T / self._m
        return 1.0 + alike * ((1.0 - self.pairs) + self.pairs * alike)

    def _factor(self, settled: Vector, late: Vector) -> None:
        """Cholesky's factor of the covariance of all observations, in blocks: that of the *settled* ones, which is kept
        while they stay the same, and below it what links the *late* ones to them, and their own.
        """
        key = settled.shape, settled.tobytes(), self._m
        if key != self._key:
            self._key, self._core = key, self._cholesky(self._kernel(settled, settled))
        self._link = _below(self._core, self._kernel(settled, late)).T
        self._tail = self._cholesky(self._kernel(late, late) - self._link @ self._link.T)

    def _cholesky(self, covariance: Vector) -> Vector:
        return np.asarray(np.linalg.cholesky(covariance + self.noise * np.eye(len(covariance))), dtype=np.float64)

    def _forward(self, right: Vector) -> tuple[Vector, Vector]:
        """The factor's inverse times *right*, in its two blocks."""
        first = _below(self._core, right[: len(self._core)])
        return first, _below(self._tail, right[len(self._core) :] - self._link @ first)

    def _solve(self, targets: Vector) -> Vector:
        """The inverse of the covariance times *targets*."""
        first, last = self._forward(targets)
        last = _below(self._tail, last, transposed=True)
        first = _below(self._core, first - self._link.T @ last, transposed=True)
        return np.concatenate([first, last])


def _below(lower: Vector, right: Vector, *, transposed: bool = False) -> Vector:
    """The inverse of a lower triangle, or of its transpose, times *right*."""
    if not len(lower):
        return right
    solved: Vector = solve_triangular(lower, right, lower=True, trans=int(transposed), check_finite=False)
    return solved


def _value(rows: Vector, bias: float, single: Vector, double: Vector | None) -> Vector:
    value: Vector = bias + rows @ single
    return value if double is None else value + np.sum((rows @ double) * rows, axis=1)
