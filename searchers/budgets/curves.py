"""Ranks of learning curves: how likely one ends ahead of another, fitted to curves that are known to their ends.

The model of RankNet with a linear rank, as Wistuba and Pedapati (ICML 2020, equation 3) take it: the chance that i ends
ahead of j is 1 / (1 + exp(-(w x_i - w x_j))), and w makes what happened most likely. numpy is loaded when it is fitted.
"""

import math
from collections.abc import Sequence

from symnas.searchers.budgets.rules import Bar

__all__ = ["bar_of"]

RIDGE = 1.0
"""How strongly weights of standardised features are held at zero, in curves."""

TURNS = 20
"""Newton steps at most; five are usual."""


def bar_of(seen: Sequence[Sequence[float]], finals: Sequence[float], chance: float) -> Bar:
    """The bar that a curve misses if it ends ahead of the best of *finals* with less than *chance*.

    *seen* are the features of each curve at a step, *finals* the scores that they came to.
    """
    import numpy as np

    known = np.asarray(seen, dtype=float)
    ends = np.asarray(finals, dtype=float)
    spread = known.std(axis=0)
    spread[spread == 0] = 1.0
    scaled = known / spread
    ahead, behind = np.nonzero(ends[:, None] > ends[None, :])
    weights = np.zeros(known.shape[1])
    if len(ahead):
        apart = scaled[ahead] - scaled[behind]
        share = len(known) / len(apart)  # pairs of the same curves are no news: together they count as the curves do
        for _ in range(TURNS):
            doubt = 1 / (1 + np.exp(np.clip(apart @ weights, -500, 500)))
            slope = share * apart.T @ doubt - RIDGE * weights
            bend = share * (apart * (doubt * (1 - doubt))[:, None]).T @ apart + RIDGE * np.eye(len(weights))
            move = np.linalg.solve(bend, slope)
            weights += move
            if float(np.abs(move).max()) < 1e-9:
                break
    plain = weights / spread
    best = float(plain @ known[int(ends.argmax())])
    return Bar(tuple(float(each) for each in plain), best + math.log(chance / (1 - chance)))
