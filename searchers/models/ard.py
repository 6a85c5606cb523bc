"""The regression on columns and their products with what each column counts for learnt: automatic relevance determination.

As in `models.linear`, f is a Gaussian process with the kernel k(x, y) = 1 + (1 - p) s + p s², but s = Σ r_c x_c y_c has a
relevance r_c for each column c; the regression has 1 / m for all. Relevances, the share p of pairs and the variance of a
measurement are those that the observations make most probable, given that they are likely near the regression's: their
logarithms (of p, the logit) have normal priors around those. MacKay, "Bayesian nonlinear modeling for the prediction
competition", ASHRAE Transactions 100, 1994; Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006,
sections 5.1 and 5.4.1, equation 5.9 for the gradient.
"""

import numpy as np
from attrs import frozen
from scipy.optimize import minimize
from scipy.special import expit, logit

from symnas.searchers.models.base import Belief, Function, Observations, Refitted, Vector
from symnas.searchers.models.linear import Linear, usual_norm

__all__ = ["ARD", "Evidence"]

MOST = 300
"""Observations, evenly spread over all, that relevances are learnt from at most."""

STEPS = 15
"""Of the optimiser, at most: it need not arrive."""

FARTHEST = 4.0
"""Standard deviations from what is usual to what is learnt, at most, so that covariances can be factorised."""

DIGITS = 3
"""Of what is learnt, so that no rounding of a processor decides."""


class ARD(Refitted):
    """The regression, its rows scaled by what was learnt: anew as observations grow by a fifth.

    *pairs* and *noise* are what the regression has for them, and what is likely here; *spread* is the standard deviation of
    what may be learnt, on the scale of natural logarithms.
    """

    quick = Linear.quick

    def __init__(self, pairs: float = 0.5, noise: float = 0.1, spread: float = 1.0) -> None:
        super().__init__()
        self.pairs, self.noise, self.spread = pairs, noise, spread

    def fit(self, seen: Observations) -> None:
        """Learn what columns count for if there are enough new observations, from what is not assumed; then the regression,
        of all.
        """
        super().fit(seen.first(len(seen) - seen.assumed))
        self._regression.fit(Observations(seen.rows * self._scale, seen.standings, seen.settled))

    def train(self, rows: Vector, targets: Vector) -> None:
        """See `Refitted.train`."""
        apart = -(-len(rows) // MOST)
        evidence = Evidence(rows[::apart], targets[::apart], self._usual(rows), self.spread)
        reach = FARTHEST * self.spread
        learnt = minimize(
            evidence.improbability,
            evidence.usual,
            jac=True,
            method="L-BFGS-B",
            bounds=[(each - reach, each + reach) for each in evidence.usual],
            options={"maxiter": STEPS},
        )
        relevance, pairs, noise = evidence.meaning(np.round(learnt.x, DIGITS))
        self._scale: Vector = np.sqrt(relevance)
        self._regression = Linear(pairs=pairs, noise=noise, norm=1.0)

    def believe(self, rows: Vector) -> Belief:
        """See `Model.believe`."""
        return self._regression.believe(rows * self._scale)

    def expect(self, rows: Vector) -> Vector:
        """See `Model.expect`."""
        return self._regression.expect(rows * self._scale)

    def draw(self, rng: np.random.Generator, spread: float = 1.0) -> Function:
        """A function drawn from the regression's posterior, as learnt."""
        drawn, scale = self._regression.draw(rng, spread), self._scale
        return lambda rows: drawn(rows * scale)

    def _usual(self, rows: Vector) -> Vector:
        """The parameters of the regression as it stands. A share of 0 or 1 is never left; these are near enough."""
        relevances = np.full(rows.shape[1], -np.log(usual_norm(rows)))
        return np.append(relevances, [logit(np.clip(self.pairs, 0.01, 0.99)), np.log(self.noise)])


@frozen(eq=False)
class Evidence:
    """How probable parameters are: the logarithms of relevances, the logit of the share of pairs, the logarithm of the noise.

    Shapes: *rows* (n, columns), *targets* (n,), parameters and what is *usual* of them (columns + 2,).
    """

    rows: Vector
    targets: Vector
    usual: Vector
    spread: float

    def meaning(self, parameters: Vector) -> tuple[Vector, float, float]:
        """The relevances, the share of pairs and the noise that *parameters* stand for."""
        return np.exp(parameters[:-2]), float(expit(parameters[-2])), float(np.exp(parameters[-1]))

    def improbability(self, parameters: Vector) -> tuple[float, Vector]:
        """The negative logarithm of the posterior density of *parameters*, but for a constant, and its gradient."""
        relevance, pairs, noise = self.meaning(parameters)
        alike = (self.rows * relevance) @ self.rows.T
        covariance = 1.0 + alike * (1.0 - pairs + pairs * alike)
        covariance[np.diag_indices_from(covariance)] += noise
        factor = np.linalg.cholesky(covariance)
        backwards = np.linalg.inv(factor)
        inverse = backwards.T @ backwards
        alpha = inverse @ self.targets
        away = (parameters - self.usual) / self.spread
        value = 0.5 * (self.targets @ alpha + away @ away) + np.sum(np.log(np.diag(factor)))

        by_covariance = 0.5 * (inverse - np.outer(alpha, alpha))
        by_alike = by_covariance * (1.0 - pairs + 2.0 * pairs * alike)
        by_relevance = np.einsum("nc,nc->c", self.rows, by_alike @ self.rows) * relevance
        by_pairs = np.sum(by_covariance * (alike**2 - alike)) * pairs * (1.0 - pairs)
        by_noise = np.trace(by_covariance) * noise
        gradient: Vector = np.append(by_relevance, [by_pairs, by_noise]) + away / self.spread
        return float(value), gradient
