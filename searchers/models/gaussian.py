"""A Gaussian process with lengths learnt for each column, by botorch, which is installed separately.

Balandat et al., "BoTorch: a framework for efficient Monte-Carlo Bayesian optimization", NeurIPS 2020: its `SingleTaskGP`,
whose hyperparameters maximise the marginal likelihood with botorch's own priors. Trained anew as observations grow by a
fifth.
"""

from typing import Any

import numpy as np

from symnas.searchers.models.base import Belief, Refitted, Vector

__all__ = ["GaussianProcess"]


class GaussianProcess(Refitted):
    """botorch's standard process."""

    quick = 500

    def __init__(self) -> None:
        super().__init__()
        self._process: Any = None

    def train(self, rows: Vector, targets: Vector) -> None:
        """See `Refitted.train`."""
        import torch
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import SingleTaskGP
        from gpytorch.mlls import ExactMarginalLogLikelihood

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(len(rows))
            self._process = SingleTaskGP(torch.from_numpy(rows), torch.from_numpy(targets[:, None]))
            fit_gpytorch_mll(ExactMarginalLogLikelihood(self._process.likelihood, self._process))

    def believe(self, rows: Vector) -> Belief:
        """See `Model.believe`."""
        import torch

        with torch.no_grad():
            posterior = self._process.posterior(torch.from_numpy(rows))
        mean = posterior.mean.numpy()[:, 0].astype(np.float64)
        return Belief(mean, np.sqrt(posterior.variance.numpy()[:, 0].astype(np.float64)))
