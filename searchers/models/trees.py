"""Forests and boosted trees, as surrogates.

Random forest: Breiman, Machine Learning 45, 2001; the spread of its trees says how sure it is, as in SMAC (Hutter, Hoos
and Leyton-Brown, "Sequential model-based optimization for general algorithm configuration", LION 2011, section 4.1).
Gradient-boosted trees: Friedman, Annals of Statistics 29, 2001; how sure they are is told by an ensemble of them, each
fitted to a bootstrap sample, each split of which looks at a third of the columns (column subsampling: Chen and Guestrin,
"XGBoost", KDD 2016, section 2.3). Both by scikit-learn, and trained anew as observations grow.
"""

from abc import abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from symnas.searchers.models.base import Belief, Refitted, Vector

__all__ = ["Boosting", "Forest"]

TREES = 64
"""Trees of a forest."""

BOOSTED = 5
"""Ensembles of boosted trees, ..."""

STAGES = 30
"""... of so many trees, ..."""

RATE = 0.2
"""... each of which adds so much of what is missing."""


class _Several(Refitted):
    """Models of scikit-learn whose disagreement is the deviation."""

    def __init__(self) -> None:
        super().__init__()
        self._members: list[Any] = []

    def train(self, rows: Vector, targets: Vector) -> None:
        """See `Refitted.train`. The seed is the number of observations: the same ones give the same model."""
        self._members = self.members(rows, targets, np.random.RandomState(len(rows)))

    @abstractmethod
    def members(self, rows: Vector, targets: Vector, random: np.random.RandomState) -> list[Any]:
        """Fitted models."""

    def say(self, member: Any, rows: npt.NDArray[np.float32]) -> Vector:
        """What one of them predicts."""
        said: Vector = member.predict(rows)
        return said

    def believe(self, rows: Vector) -> Belief:
        """Mean and spread of what the members say."""
        single = rows.astype(np.float32)  # as trees compare them
        said = np.stack([self.say(each, single) for each in self._members])
        return Belief(np.mean(said, axis=0), np.std(said, axis=0))


class Forest(_Several):
    """A random forest."""

    quick = 500

    def members(self, rows: Vector, targets: Vector, random: np.random.RandomState) -> list[Any]:
        """Trees."""
        from sklearn.ensemble import RandomForestRegressor

        forest = RandomForestRegressor(TREES, max_features=5 / 6, min_samples_leaf=1, random_state=random, n_jobs=1)
        return [each.tree_ for each in forest.fit(rows, targets).estimators_]

    def say(self, member: Any, rows: npt.NDArray[np.float32]) -> Vector:
        """What a bare tree predicts, without the checks that take longer than the prediction."""
        said: Vector = member.predict(rows)[:, 0]
        return said


class Boosting(_Several):
    """Gradient-boosted trees."""

    quick = 500

    def members(self, rows: Vector, targets: Vector, random: np.random.RandomState) -> list[Any]:
        """Ensembles, each of a bootstrap sample: where they start, and their bare trees."""
        from sklearn.ensemble import GradientBoostingRegressor

        made = []
        for _ in range(BOOSTED):
            drawn = random.randint(len(rows), size=len(rows))
            boosted = GradientBoostingRegressor(
                n_estimators=STAGES,
                learning_rate=RATE,
                max_depth=4,
                subsample=0.8,
                max_features=1 / 3,
                random_state=random,
            )
            boosted.fit(rows[drawn], targets[drawn])
            made.append((float(np.mean(targets[drawn])), [each.tree_ for each in boosted.estimators_[:, 0]]))
        return made

    def say(self, member: Any, rows: npt.NDArray[np.float32]) -> Vector:
        """Where it starts, and what each of its trees adds."""
        start, trees = member
        said: Vector = start + RATE * np.sum([each.predict(rows)[:, 0] for each in trees], axis=0)
        return said
