"""How likely each architecture is when one is drawn."""

from enum import Enum

__all__ = ["Measure"]


class Measure(Enum):
    """How likely each architecture is when one is drawn."""

    ARCHITECTURES = "architectures"
    """Every architecture is as likely as any other."""
    DECISIONS = "decisions"
    """Every decision is uniform over its alternatives."""
    PRIOR = "prior"
    """Every decision follows the `prior` that the file gives it; those without one are uniform."""
