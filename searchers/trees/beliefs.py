"""Beliefs: what each choice is worth wherever in the tree it is made, as a sum of independent effects.

The value of a point is the sum of its choices' effects and noise; effects are normal and uncorrelated, and each result
corrects those it has by Kalman's gain (Bayesian linear regression with a diagonal covariance). Silver, Sutton and Müller,
"Temporal-difference search in computer Go", Machine Learning 87, 2012, learn such a value function during a tree search;
that all that holds a move learns from a result is "all moves as first" (Gelly and Silver, "Monte-Carlo tree search and
rapid action value estimation in computer Go", Artificial Intelligence 175, 2011). Functions are drawn from what is
believed (Thompson 1933; for trees Tesauro, Rajan and Segal, "Bayesian inference in Monte-Carlo tree search", UAI 2010).

A decision of more than 16 choices, or a continuous one, has an effect for each eighth of it. What the results below one
node say beyond these effects is the business of the tree.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import sqrt
from operator import mul
from random import Random
from statistics import NormalDist
from typing import Any

from symnas.domains import Choice, Continuous, Domain
from symnas.searchers.state import Json
from symnas.searchers.trees.branches import Branch, Branches, Interval
from symnas.searchers.trees.importance import part_of, parts_of

__all__ = ["Beliefs", "Drawn"]

NOISE = 0.5
"""The variance of a result about the sum of its effects, of normal scores, whose own is 1: chance, and what choices do
together."""


Row = list[float]
"""What is known of the effect of one part of a decision: its variance; its mean by objective; those means at the last look."""

BITS = 10
NORMALS = tuple(map(NormalDist().inv_cdf, ((place + 0.5) / (1 << BITS) for place in range(1 << BITS))))
"""Values that a normal law takes, each as likely as the others: one of these is drawn faster than any."""


class _Effects:
    """The effects of one decision's parts; *prior* is the variance of those of which nothing is known."""

    __slots__ = ("domain", "is_listed", "prior", "rows")

    def __init__(self, domain: Domain, prior: float, objectives: int) -> None:
        self.domain = domain
        self.prior = prior
        self.rows: list[Row] = []
        count = parts_of(domain)
        self.is_listed = count == domain.size
        """Whether every choice is a part by itself."""
        self.forget(count, objectives)

    def forget(self, count: int, objectives: int) -> None:
        """Nothing is known of *count* parts."""
        self.rows = [[self.prior] + [0.0] * (2 * objectives) for _ in range(count)]

    def row(self, choice: Choice) -> Row:
        """What is known of *choice*; of the last one, where the domain has more choices elsewhere than it was met with."""
        part = choice if self.is_listed else part_of(choice, self.domain)
        rows = self.rows
        return rows[part] if part < len(rows) else rows[-1]  # type: ignore[index]  # (listed ones are whole numbers)


class Beliefs:
    """What results say of choices. The same results in the same order give the same beliefs."""

    def __init__(self, objectives: int) -> None:
        self.objectives = objectives
        self._effects: dict[str, _Effects] = {}

    def meet(self, domains: Mapping[str, Domain]) -> None:
        """Know these decisions. Whatever is not known of an architecture is shared evenly by all its decisions."""
        prior = 1.0 / max(1, len(domains))
        for path, domain in domains.items():
            if path not in self._effects:
                self._effects[path] = _Effects(domain, prior, self.objectives)

    def knows(self, choices: Mapping[str, Choice]) -> bool:
        """Whether it has met every one of these decisions."""
        return choices.keys() <= self._effects.keys()

    def learn(self, choices: Mapping[str, Choice], rewards: Sequence[float]) -> list[float]:
        """A point with *choices*, all of known decisions, was worth *rewards*, by objective; what was expected of it, by
        what was believed at the last look.
        """
        rows = self._rows(choices)
        _correct(rows, rewards)
        return self._looked(rows)

    def look(self, told: Iterable[tuple[Mapping[str, Choice], Sequence[float]]]) -> list[list[float]]:
        """Begin anew with points and what they are worth by now, and take what is believed then for what was expected
        until the next look: of each of these points, it is given.
        """
        for each in self._effects.values():
            each.forget(len(each.rows), self.objectives)
        looked = []
        for choices, rewards in told:
            rows = self._rows(choices)
            _correct(rows, rewards)
            looked.append(rows)
        for each in self._effects.values():
            for row in each.rows:
                row[1 + self.objectives :] = row[1 : 1 + self.objectives]
        return [self._looked(rows) for rows in looked]

    def _rows(self, choices: Mapping[str, Choice]) -> list[Row]:
        effects = self._effects
        return [effects[path].row(choice) for path, choice in choices.items()]

    def expected(self, choices: Mapping[str, Choice]) -> list[float]:
        """What a point with *choices* was believed to be worth at the last look, by objective."""
        return self._looked(self._rows(choices))

    def _looked(self, rows: Sequence[Row]) -> list[float]:
        return [sum([row[place] for row in rows]) for place in range(1 + self.objectives, 1 + 2 * self.objectives)]

    def draw(self, rng: Random, weights: Sequence[float], spread: float) -> "Drawn":
        """A function drawn from what is believed, objectives weighed; *spread* times as far from the mean."""
        return Drawn(self._effects, rng, weights, spread)

    # ------------------------------------------------------------------------------------------ state

    def memory(self) -> Json:
        """All that is believed, by decision and part."""
        return {path: [each.prior, each.rows] for path, each in self._effects.items()}

    def recall(self, memory: Any) -> None:
        """Believe again what `memory` gave, and no more; its decisions are known already."""
        met, self._effects = self._effects, {}
        for path, (prior, rows) in memory.items():
            effects = self._effects[path] = _Effects(met[path].domain, prior, self.objectives)
            effects.rows = [list(row) for row in rows]


def _correct(rows: Sequence[Row], rewards: Sequence[float]) -> None:
    """The sum of *rows* was found to be *rewards*, by objective."""
    spread = NOISE + sum([row[0] for row in rows])
    for place, reward in enumerate(rewards, start=1):
        wrong = (reward - sum([row[place] for row in rows])) / spread
        for row in rows:
            row[place] += row[0] * wrong
    for row in rows:
        row[0] -= row[0] * row[0] / spread


def _best(values: Sequence[float], effects: _Effects, branches: Branches, branch: Branch) -> float:
    """The greatest of the *values* of the parts that *branch* has a share in."""
    if isinstance(branch, Interval):
        count = len(values)
        return max(values[int(branch.low * count) : max(math.ceil(branch.high * count), 1)])
    first, last = branch
    if effects.is_listed and branches.places is None:  # each choice stands for itself
        return max(values[first:last] or values[-1:])
    choices = branches.choices[first:last]
    parts = choices if effects.is_listed else [part_of(choice, effects.domain) for choice in choices]
    return max([values[part] if part < len(values) else values[-1] for part in parts])


class Drawn(Mapping[str, Choice]):
    """A function drawn from beliefs, as far as somebody looks at it; as a mapping, the best choice of each known decision."""

    __slots__ = ("_best", "_bits", "_effects", "_is_one", "_rng", "_spread", "_values", "_weights")

    def __init__(self, effects: Mapping[str, _Effects], rng: Random, weights: Sequence[float], spread: float) -> None:
        self._effects = effects
        self._rng = rng
        self._bits = rng.getrandbits
        self._weights = weights
        self._is_one = len(weights) == 1
        self._spread = spread
        self._values: dict[str, list[float]] = {}
        self._best: dict[str, Choice] = {}

    def worth(self, path: str, branches: Branches) -> Sequence[float]:
        """The value of the best part of each of *branches* of a decision; any where it is not known."""
        effects = self._effects.get(path)
        if effects is None:
            return [self._rng.random() for _ in branches.options]
        values = self._values.get(path) or self._drawn(path, effects)
        if effects.is_listed and branches.places is None and len(branches.options) == len(values):
            return values  # each choice is a branch
        return [_best(values, effects, branches, branch) for branch in branches.options]

    def fix(self, choices: Mapping[str, Choice]) -> None:
        """From now on these *choices* are the best."""
        self._best.update(choices)

    def get(self, path: str, default: Any = None) -> Any:
        """The best choice of a decision, or *default* where it is not known."""
        choice = self._best.get(path)
        if choice is not None:
            return choice
        effects = self._effects.get(path)
        if effects is None:
            return default
        values = self._values.get(path) or self._drawn(path, effects)
        best = values.index(max(values))
        if effects.is_listed:
            return best
        within = self._best[path] = self._within(effects.domain, best, len(values))
        return within

    def __getitem__(self, path: str) -> Choice:
        choice: Choice | None = self.get(path)
        if choice is None:
            raise KeyError(path)
        return choice

    def __iter__(self) -> Iterator[str]:
        return iter({**self._effects, **self._best})

    def __len__(self) -> int:
        return len(self._effects.keys() | self._best.keys())

    def _drawn(self, path: str, effects: _Effects) -> list[float]:
        """A value for each part."""
        spread, rows, bits = self._spread, effects.rows, self._bits
        if self._is_one:
            values = [row[1] + spread * sqrt(row[0]) * NORMALS[bits(BITS)] for row in rows]
        else:
            weights = self._weights
            values = [sum(map(mul, weights, row[1:])) + spread * sqrt(row[0]) * NORMALS[bits(BITS)] for row in rows]
        self._values[path] = values
        return values

    def _within(self, domain: Domain, part: int, parts: int) -> Choice:
        """A choice of *part*."""
        if isinstance(domain, Continuous):
            return domain.at((part + self._rng.random()) / parts)
        first, last = -(-part * domain.size // parts), -(-(part + 1) * domain.size // parts)
        return self._rng.randrange(first, last)
