"""Random search: every proposal is drawn from the space, whatever was told.

Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 2012. The baseline of every comparison.
"""

from attrs import field, frozen

from symnas.measure import Measure
from symnas.searchers.base import Searcher
from symnas.searchers.settings import Settings, meaning
from symnas.searchers.space import A

__all__ = ["RandomSearch", "RandomSettings"]


@frozen(kw_only=True)
class RandomSettings(Settings):
    """Settings of `random`."""

    measure: Measure = field(
        default=Measure.ARCHITECTURES,
        metadata=meaning(
            "the same chance for each architecture, or for each alternative of a decision, or the file's priors"
        ),
    )


class RandomSearch(Searcher[A, RandomSettings]):
    """Draws without replacement, uniformly over what *measure* says."""

    name = "random"
    summary = "draws from the space, never the same point twice"
    settings_type = RandomSettings

    def propose(self) -> A:
        """A random point."""
        return self.space.sample(self.rng, self.settings.measure)
