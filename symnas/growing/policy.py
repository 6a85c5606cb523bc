"""A policy over moves: how likely each is, by its rule and its place, and the gradient of that.

For each rule a row of numbers θ, one for each of `FEATURES`; another row says how likely it is to stop. A move's logit is
θ_rule · φ(place), and the policy the softmax of the logits. All in plain numbers, so that a search is the same everywhere.
"""

import math
from collections.abc import Mapping, Sequence
from random import Random

from attrs import frozen

from symnas.growing.moves import Move
from symnas.growing.places import FEATURES, Place

__all__ = ["STOP", "Policy", "Step"]

STOP = ""
"""The row of ending an episode; no rule is called so."""

Row = tuple[float, ...]


@frozen
class Step:
    """One decision of an episode: what it was between, as rows and features, and the number of what was *taken*."""

    options: tuple[tuple[str, Row], ...]
    taken: int


class Policy:
    """θ, and what follows from it."""

    def __init__(self, rows: Mapping[str, Sequence[float]] | None = None) -> None:
        self.rows: dict[str, list[float]] = {name: list(row) for name, row in (rows or {}).items()}

    def options(self, places: Sequence[Place], moved: float) -> tuple[tuple[str, Row], ...]:
        """What there is to decide between after the share *moved* of all moves: *places*, in their order, or to stop."""
        nowhere = (1.0, *(0.0 for _ in FEATURES[2:]), moved)
        return (*((each.move.rule, (*each.features, moved)) for each in places), (STOP, nowhere))

    def probabilities(self, options: Sequence[tuple[str, Row]]) -> list[float]:
        """Of each of *options*, in their order."""
        logits = [sum(a * b for a, b in zip(self._row(name), row, strict=True)) for name, row in options]
        top = max(logits)
        shares = [math.exp(each - top) for each in logits]
        whole = sum(shares)
        return [each / whole for each in shares]

    def draw(self, options: Sequence[tuple[str, Row]], rng: Random) -> int:
        """The number of one of *options*."""
        return rng.choices(range(len(options)), self.probabilities(options))[0]

    def climb(self, steps: Sequence[Step], advantage: float, rate: float) -> None:
        """A step of length *rate* · *advantage* up the gradient of the logarithm of the probability of *steps*:
        ∇ log π(a) = φ(a) − Σ π φ, in the rows of the rules.
        """
        gradient: dict[str, list[float]] = {}
        for step in steps:
            for number, (share, (name, row)) in enumerate(
                zip(self.probabilities(step.options), step.options, strict=True)
            ):
                weight = (number == step.taken) - share
                into = gradient.setdefault(name, [0.0] * len(FEATURES))
                for place, value in enumerate(row):
                    into[place] += weight * value
        for name, row_gradient in gradient.items():
            self.rows[name] = [
                old + rate * advantage * each for old, each in zip(self._row(name), row_gradient, strict=True)
            ]

    def _row(self, name: str) -> list[float]:
        return self.rows.get(name) or [0.0] * len(FEATURES)

    @staticmethod
    def taken(options: Sequence[tuple[str, Row]], places: Sequence[Place], move: Move | None) -> Step | None:
        """The decision for *move*, or to stop; `None` where the policy did not have it."""
        if move is None:
            return Step(tuple(options), len(options) - 1)
        number = next((number for number, each in enumerate(places) if each.move == move), None)
        return None if number is None else Step(tuple(options), number)
