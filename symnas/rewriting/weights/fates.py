"""What became of weights: told for each of a network that rules have made."""

from typing import Final, Literal

from attrs import frozen

__all__ = ["HOWS", "Fate", "How"]

How = Literal["copied", "cut", "repeated", "made", "fresh"]
"""How a weight came to be: as it was; some of its channels; channels of it repeated, or shared out among repeated ones;
made of others by a transformation; drawn."""

HOWS: Final[tuple[How, ...]] = ("copied", "cut", "repeated", "made", "fresh")


@frozen
class Fate:
    """The weight at *path* was made of the one that was at *origin* before, as *how* says; *why* it is fresh, where it
    had a predecessor all the same.
    """

    path: str
    how: How
    origin: str | None = None
    why: str = ""

    def after(self, earlier: "Fate") -> "Fate":
        """The same told of the weights that *earlier* tells of, which it was made from."""
        if self.how == "copied" or (earlier.how == "fresh" and self.how != "made"):
            return Fate(self.path, earlier.how, earlier.origin, earlier.why)
        return Fate(self.path, self.how, earlier.origin, self.why)

    def __str__(self) -> str:
        source = f" from {self.origin}" if self.origin not in (None, self.path) else ""
        return f"{self.path}: {self.how}{source}{f' ({self.why})' if self.why else ''}"
