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
from scipy.linalg import cho_solve, solve_triangular

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
        self._core = (b"", np.zeros((0, 0)))

    def fit(self, seen: Observations) -> None:
        """See `Model.fit`."""
        self._m = float(np.mean(np.sum(seen.rows[:SCALED_BY] ** 2, axis=1))) or 1.0
        self._rows = seen.rows
        self._lower = self._factor(seen.rows[: seen.settled], seen.rows[seen.settled :])
        self._targets = seen.targets
        self._alpha = self._solve(self._targets)

    def believe(self, rows: Vector) -> Belief:
        """See `Model.believe`."""
        across = self._kernel(rows, self._rows)
        length = np.sum(rows**2, axis=1) / self._m
        prior = 1.0 + (1.0 - self.pairs) * length + self.pairs * length**2
        explained = np.sum(solve_triangular(self._lower, across.T, lower=True) ** 2, axis=0)
        return Belief(across @ self._alpha, np.sqrt(np.maximum(prior - explained, 1e-12)))

    def draw(self, rng: np.random.Generator) -> Function:
        """A function drawn from the posterior."""
        columns, m = self._rows.shape[1], self._m
        bias = rng.standard_normal()
        single = rng.standard_normal(columns) * np.sqrt((1.0 - self.pairs) / m)
        double = rng.standard_normal((columns, columns)) * (np.sqrt(self.pairs) / m)
        wrong = self._targets - _value(self._rows, bias, single, double)
        wrong -= rng.standard_normal(len(wrong)) * np.sqrt(self.noise)
        alpha = self._solve(wrong)
        bias += float(np.sum(alpha))
        single += self._rows.T @ alpha * ((1.0 - self.pairs) / m)
        double += (self._rows.T * alpha) @ self._rows * (self.pairs / m**2)
        return lambda rows: _value(rows, bias, single, double)

    def _kernel(self, rows: Vector, others: Vector) -> Vector:
        alike: Vector = rows @ others.T / self._m
        return 1.0 + alike * ((1.0 - self.pairs) + self.pairs * alike)

    def _factor(self, settled: Vector, late: Vector) -> Vector:
        """The Cholesky factor of the covariance of all observations, that of the *settled* ones taken over if known."""
        key = settled.tobytes() + np.float64(self._m).tobytes()
        if key != self._core[0]:
            self._core = (key, self._cholesky(self._kernel(settled, settled)))
        core = self._core[1]
        known, count = len(settled), len(settled) + len(late)
        lower = np.zeros((count, count))
        lower[:known, :known] = core
        across = solve_triangular(core, self._kernel(settled, late), lower=True) if known else np.zeros((0, len(late)))
        lower[known:, :known] = across.T
        lower[known:, known:] = self._cholesky(self._kernel(late, late) - across.T @ across)
        return lower

    def _cholesky(self, covariance: Vector) -> Vector:
        lower: Vector = np.linalg.cholesky(covariance + self.noise * np.eye(len(covariance)))
        return lower

    def _solve(self, targets: Vector) -> Vector:
        solved: Vector = cho_solve((self._lower, True), targets)
        return solved


def _value(rows: Vector, bias: float, single: Vector, double: Vector) -> Vector:
    value: Vector = bias + rows @ single + np.sum((rows @ double) * rows, axis=1)
    return value
