"""Adam: steps along gradients, each parameter at a pace of its own.

Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, Algorithm 1, symbols as there. Where a parameter
gets no gradient, as its decision was not met, nothing of it changes: its step count is its own.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Adam"]

Vector = NDArray[np.float64]

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """Moments by the name of the parameter."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.moments: dict[str, tuple[int, Vector, Vector]] = {}

    def climb(self, parameters: Mapping[str, Vector], gradients: Mapping[str, Vector]) -> None:
        """One step up the *gradients*."""
        for name, gradient in gradients.items():
            zeros = np.zeros_like(gradient)
            t, m, v = self.moments.get(name, (0, zeros, zeros))
            t, m, v = t + 1, _BETA1 * m + (1 - _BETA1) * gradient, _BETA2 * v + (1 - _BETA2) * gradient * gradient
            self.moments[name] = t, m, v
            mean, spread = m / (1 - _BETA1**t), np.sqrt(v / (1 - _BETA2**t))
            parameters[name][...] += self.rate * mean / (spread + _EPSILON)

    def to_json(self) -> dict[str, Any]:
        """Every moment, exactly."""
        return {name: [t, m.tolist(), v.tolist()] for name, (t, m, v) in self.moments.items()}

    def read(self, data: Mapping[str, Any]) -> None:
        """The moments that `to_json` gave."""
        self.moments = {
            name: (t, np.array(m, dtype=np.float64), np.array(v, dtype=np.float64)) for name, (t, m, v) in data.items()
        }
