"""What "uniform" means when architectures are drawn."""

from enum import Enum

__all__ = ["Measure"]


class Measure(Enum):
    """What "uniform" means when an architecture is drawn."""

    ARCHITECTURES = "architectures"
    """Every architecture is as likely as any other."""
    DECISIONS = "decisions"
    """Every decision is uniform over its alternatives."""
