"""Hyperband: successive halving again and again, from many architectures trained a little to few trained to the end.

Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, "Hyperband: a novel bandit-based approach to hyperparameter
optimization", JMLR 18, 2018, Algorithm 1: how soon a bad architecture shows is not known beforehand, so brackets of
every rate are run, s_max, …, 1, 0, each with about the same number of steps in all, and then again. The numbers are in
`budgets.schedule`, brackets in `halving`.
"""

from symnas.searchers.budgets.schedule import Rungs, hyperband_size
from symnas.searchers.halving import Brackets, BracketSettings
from symnas.searchers.space import A

__all__ = ["Hyperband"]


class Hyperband(Brackets[A, BracketSettings]):
    """Runs a bracket of every rate in turn, since nobody knows which is best."""

    name = "hyperband"
    summary = "successive halving, from very early decisions to none, in turn (Li et al. 2018)"
    settings_type = BracketSettings

    def rate(self, turn: int) -> int:
        """s_max, …, 0, s_max, …."""
        return self.most_rate - turn % (self.most_rate + 1)

    def rungs(self, rate: int) -> Rungs:
        """n is such that every bracket takes about as many steps."""
        eta = self.settings.eta
        return Rungs.of(self.settings.max, eta, rate, hyperband_size(self.most_rate, rate, eta))
