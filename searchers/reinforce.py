"""REINFORCE: a controller is moved towards the decisions of architectures that did better than expected.

Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", 1992, as Zoph and Le,
"Neural architecture search with reinforcement learning", ICLR 2017, section 3.2, use it: the mean over a
batch of m architectures of Σₜ ∇ log P(aₜ | a₁…aₜ₋₁) (R - b), b a moving mean of rewards, and an entropy bonus. Their R is
an accuracy, here it is a rank; theirs is a batch of ten networks as well.
"""

from collections.abc import Sequence

from symnas.searchers.controllers import PolicySearch, PolicySettings
from symnas.searchers.controllers.policy import Episode
from symnas.searchers.space import A

__all__ = ["Reinforce"]


class Reinforce(PolicySearch[A, PolicySettings]):
    """One step for each batch of results."""

    name = "reinforce"
    summary = "a recurrent controller learns by REINFORCE (Zoph and Le 2017)"
    settings_type = PolicySettings

    def improve(self, episodes: Sequence[Episode]) -> None:
        """One step along the mean of the batch's policy gradients."""
        import numpy as np

        self.climb(episodes, lambda episode, done: np.full(len(done.made), episode.advantage))
