"""Bayesian linear regression on the columns of a row and on all products of two of them, in closed form.

    f(x) = b + Σ w_i x_i + Σ W_ij x_i x_j

With one-hot choices these are an effect of each choice and one of each pair of choices. The weights have independent
normal priors, so f is a Gaussian process with the kernel k(x, y) = 1 + (1 - p) s + p s², s = x·y / m, where m is the mean
of |x|² and p the share that pairs have: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, sections
2.1 and 2.2. Work is done with n observations instead of d² weights. A function is drawn by Matheron's rule: weights drawn
from the prior, corrected by what they mispredict of the observations (Wilson et al., "Efficiently sampling functions from
Gaussian process posteriors", ICML 2020).

Observations that are settled are factorised once, those after them at each fit.
"""

import numpy as np
from attrs import frozen
from scipy.linalg import solve_triangular

from symnas.searchers.models.base import Belief, Function, Model, Observations, Vector

__all__ = ["Linear", "usual_norm"]

SCALED_BY = 16
"""The mean |x|² of so many observations, the first, is m."""

AT_ONCE = 512
"""Rows judged at a time, so that what is computed between stays in a processor's cache."""


class Linear(Model):
    """The regression. *pairs* is the share of the prior's variance that products of two have, 0 to 1; *noise* the variance
    of a measurement, of a target's, which is 1; *norm* is m, the mean of the first rows' if it is `None`.
    """

    quick = 20_000

    def __init__(self, pairs: float = 0.5, noise: float = 0.1, norm: float | None = None) -> None:
        self.pairs, self.noise, self.norm = pairs, noise, norm
        self._key: object = None

    def fit(self, seen: Observations) -> None:
        """See `Model.fit`."""
        self._m = usual_norm(seen.rows) if self.norm is None else self.norm
        self._rows, self._targets = seen.rows, seen.targets
        self._alpha: Vector | None = None  # both are known once they are asked for
        self._expectation: Function | None = None
        self._factor(seen.rows[: seen.settled], seen.rows[seen.settled :])

    def believe(self, rows: Vector) -> Belief:
        """See `Model.believe`."""
        across = self._kernel(self._rows, rows)
        prior = 1.0 + self._of_likeness(np.sum(rows**2, axis=1) / self._m)
        first, last = self._forward(across)
        explained = np.sum(first**2, axis=0) + np.sum(last**2, axis=0)
        return Belief(self._weight() @ across, np.sqrt(np.maximum(prior - explained, 1e-12)))

    def expect(self, rows: Vector) -> Vector:
        """See `Model.expect`."""
        if self._expectation is None:
            none = _Weights(0.0, np.zeros(self._rows.shape[1]))
            self._expectation = self._corrected(none, self._weight())
        return self._expectation(rows)

    def draw(self, rng: np.random.Generator, spread: float = 1.0) -> Function:
        """A function drawn from the posterior, *spread* times as far from its mean: the correction is linear in what is
        drawn, so it is enough to multiply that.
        """
        if not spread:
            return self.expect
        drawn = self._drawn_weights(rng, spread)
        noise = rng.standard_normal(len(self._targets)) * np.sqrt(self.noise) * spread
        return self._corrected(drawn, self._solve(self._targets - drawn.value(self._rows) - noise))

    def _weight(self) -> Vector:
        """Of each observation in what is expected."""
        if self._alpha is None:
            self._alpha = self._solve(self._targets)
        return self._alpha

    def _corrected(self, drawn: "_Weights", alpha: Vector) -> Function:
        """The function of the weights *drawn*, corrected by Σ α_i k(x, x_i)."""
        seen, m = self._rows, self._m
        single = drawn.single + seen.T @ alpha * ((1.0 - self.pairs) / m)
        double = (seen.T * alpha) @ seen * (self.pairs / m**2) if self.pairs else None
        if double is not None and drawn.double is not None:
            double += drawn.double
        return _by_parts(_Weights(drawn.bias + float(np.sum(alpha)), single, double).value)

    def _drawn_weights(self, rng: np.random.Generator, spread: float) -> "_Weights":
        """Weights of the prior, *spread* times as large."""
        columns, m = self._rows.shape[1], self._m
        bias = rng.standard_normal() * spread
        single = rng.standard_normal(columns) * (np.sqrt((1.0 - self.pairs) / m) * spread)
        double = rng.standard_normal((columns, columns)) * (np.sqrt(self.pairs) / m * spread) if self.pairs else None
        return _Weights(bias, single, double)

    def _of_likeness(self, alike: Vector) -> Vector:
        """The kernel but for its constant, of what rows have in common: (1 - p) s + p s²."""
        return alike * (1.0 - self.pairs + self.pairs * alike)

    def _kernel(self, rows: Vector, others: Vector) -> Vector:
        return 1.0 + self._of_likeness(rows @ others.T / self._m)

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


def usual_norm(rows: Vector) -> float:
    """The mean |x|² of the first *rows*."""
    return float(np.mean(np.sum(rows[:SCALED_BY] ** 2, axis=1))) or 1.0  # rows may all be nothing


def _below(lower: Vector, right: Vector, *, transposed: bool = False) -> Vector:
    """The inverse of a lower triangle, or of its transpose, times *right*."""
    if not len(lower):
        return right
    solved: Vector = solve_triangular(lower, right, lower=True, trans=int(transposed), check_finite=False)
    return solved


@frozen(eq=False)
class _Weights:
    """Those of a function: of nothing, of columns (d,) and of pairs (d, d)."""

    bias: float
    single: Vector
    double: Vector | None = None

    def value(self, rows: Vector) -> Vector:
        """The function's value for each row."""
        value: Vector = self.bias + rows @ self.single
        if self.double is not None:
            value += np.sum((rows @ self.double) * rows, axis=1)
        return value


def _by_parts(function: Function) -> Function:
    """*function*, of so many rows at a time that it stays quick."""

    def judged(rows: Vector) -> Vector:
        parts = [function(rows[start : start + AT_ONCE]) for start in range(0, len(rows), AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros(0)

    return judged
