"""Proximal policy optimisation: several steps from one batch, none of which moves the controller far.

Schulman, Wolski, Dhariwal, Radford and Klimov, "Proximal policy optimization algorithms", arXiv:1707.06347, 2017, equation 7:
the mean over decisions of min(r Â, clip(r, 1 - ε, 1 + ε) Â), where r is how much likelier a decision is now than it was
when it was proposed, plus an entropy bonus. The advantage Â of each decision is the architecture's reward less a moving
mean of rewards: all of the reward comes at the end, and no critic is learnt from so few of them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import field, frozen
from attrs.validators import ge, gt

from symnas.searchers.controllers import PolicySearch, PolicySettings
from symnas.searchers.controllers.policy import Episode
from symnas.searchers.settings import meaning
from symnas.searchers.space import A

if TYPE_CHECKING:
    from symnas.searchers.controllers.recurrent import Pass, Vector

__all__ = ["PPO", "PpoSettings"]


@frozen(kw_only=True)
class PpoSettings(PolicySettings):
    """Settings of `ppo`."""

    clip: float = field(
        default=0.2, metadata=meaning("how far a decision's probability may move in one batch (ε)"), validator=gt(0)
    )
    epochs: int = field(default=4, metadata=meaning("steps made from each batch"), validator=ge(1))


class PPO(PolicySearch[A, PpoSettings]):
    """Several clipped steps for each batch of results."""

    name = "ppo"
    summary = "a recurrent controller learns by proximal policy optimisation (Schulman et al. 2017)"
    settings_type = PpoSettings

    def improve(self, episodes: Sequence[Episode]) -> None:
        """Steps along the gradient of the clipped surrogate."""
        for _ in range(self.settings.epochs):
            self.climb(episodes, self.log_weights)

    def log_weights(self, episode: Episode, done: "Pass") -> "Vector":
        """The derivative of the clipped surrogate by the logarithm of each decision's probability: r Â, or 0 where clipped."""
        import numpy as np

        ratios = np.exp(done.log_probabilities - np.array(episode.before))
        above = (episode.advantage > 0) & (ratios > 1 + self.settings.clip)
        below = (episode.advantage < 0) & (ratios < 1 - self.settings.clip)
        weights: Vector = np.where(above | below, 0.0, ratios * episode.advantage)
        return weights
