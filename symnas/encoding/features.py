"""name=value features: one for each decision that an architecture has, hashed into a fixed number of columns.

The one-hot encoding without a list of decisions, for spaces too large or too entangled to be listed.
"""

from symnas.domains import Continuous
from symnas.encoding.bags import HashedBag
from symnas.encoding.subjects import Member, Subject

__all__ = ["DecisionFeatures", "HashedFeatures"]


class DecisionFeatures:
    """`path=choice` with value 1; a continuous decision is `path`, with its place in its range, 0 to 1."""

    def features(self, architecture: Member) -> dict[str, float]:
        """The choices of *architecture*."""
        found: dict[str, float] = {}
        for path, domain in architecture.domains.items():
            choice = architecture.genotype[path]
            if isinstance(domain, Continuous):
                found[path] = domain.position(choice)
            else:
                found[f"{path}={domain.show(choice)}"] = 1.0
        return found


class HashedFeatures(HashedBag):
    """Choices by name, hashed."""

    name = "features"

    def __init__(self, space: Subject, length: int = 256) -> None:
        super().__init__(space, DecisionFeatures(), length)
