"""Rows that models of surrogates learn from."""

import numpy as np

from symnas.searchers.models import Vector


def rows(count: int, seed: int = 0) -> Vector:
    """One-hot rows of six decisions with three choices."""
    rng = np.random.default_rng(seed)
    return np.eye(3)[rng.integers(3, size=(count, 6))].reshape(count, 18)
