"""Records of choices as arrays, changed by the hundred without making architectures of them.

For encodings that look at choices alone: there a row is the sum of what each choice adds to it. Which changes are worth
making is the business of `candidates`.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
from attrs import frozen

from symnas.domains import Choice, Continuous, Domain
from symnas.encoding import Encoding
from symnas.encoding.subjects import Member
from symnas.genotype import Genotype
from symnas.searchers.models.base import Vector

__all__ = ["SPREAD", "Herd", "Record", "Records"]

SPREAD = 0.1
"""How far a continuous decision moves, as a share of its range."""


@frozen(eq=False)
class _Part:
    """One choice, as an encoding looks at an architecture."""

    genotype: Mapping[str, Choice]
    domains: Mapping[str, Domain]


@frozen(eq=False)
class Record:
    """An architecture's choices: *codes* by column, NaN where it lacks the decision, and its *row*."""

    genotype: Genotype
    codes: Vector
    row: Vector


@frozen(eq=False)
class Herd:
    """Records and what has been changed in them: *origins* are the records they come from, shape (n,); *codes* (n,
    decisions); *rows* (n, columns).
    """

    origins: npt.NDArray[np.intp]
    codes: Vector
    rows: Vector

    def of(self, places: npt.NDArray[np.intp]) -> "Herd":
        """Those at *places*."""
        return Herd(self.origins[places], self.codes[places], self.rows[places])


class Records:
    """Turns choices into arrays. A decision is a path with its domain: the same path may have another one elsewhere.

    The code of a discrete choice is its number, that of a continuous one its place in its range, 0 to 1.
    """

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._decisions: list[tuple[str, Domain]] = []
        self._places: dict[tuple[str, Domain], int] = {}
        self._sizes = np.zeros(0, dtype=np.intp)
        self._parts: dict[tuple[str, Domain, Choice], Vector] = {}

    def part(self, path: str, domain: Domain, choice: Choice) -> Vector:
        """What a choice adds to a row."""
        if isinstance(domain, Continuous):
            return self._encoded(path, domain, choice)
        key = path, domain, choice
        if key not in self._parts:
            self._parts[key] = self._encoded(path, domain, choice)
        return self._parts[key]

    def of(self, genotype: Genotype, domains: Mapping[str, Domain]) -> Record:
        """The record of an architecture; decisions that are met for the first time are remembered."""
        known = []
        for path, domain in domains.items():
            place = self._places.get((path, domain))
            if place is None:
                place = self._places[path, domain] = len(self._decisions)
                self._decisions.append((path, domain))
            known.append((place, _code(domain, genotype[path])))
        if len(self._sizes) < len(self._decisions):
            self._sizes = np.array([domain.size for _, domain in self._decisions], dtype=np.intp)
        codes = np.full(len(self._decisions), np.nan)
        for place, code in known:
            codes[place] = code
        row = np.sum([self.part(path, each, genotype[path]) for path, each in domains.items()], axis=0)
        return Record(genotype, codes, row if domains else np.zeros(self.encoding.length))

    def herd(self, records: Sequence[Record]) -> Herd:
        """*records*, unchanged."""
        codes = np.full((len(records), len(self._decisions)), np.nan)
        for place, record in enumerate(records):
            codes[place, : len(record.codes)] = record.codes
        return Herd(np.arange(len(records)), codes, np.stack([record.row for record in records]))

    def changed(self, herd: Herd, count: int, rng: np.random.Generator) -> Herd:
        """*herd* with one decision of each of the first *count* changed, if it has one that can be; discrete ones evenly,
        continuous ones by a normal step.
        """
        movable = ~np.isnan(herd.codes[:count]) & (self._sizes != 1)
        able = np.flatnonzero(np.any(movable, axis=1))
        decided = np.argmax(rng.random(movable.shape) * movable, axis=1)[able]
        before, sizes = herd.codes[able, decided], self._sizes[decided]
        other = (before + 1 + np.floor(rng.random(len(able)) * (sizes - 1))) % np.maximum(sizes, 1)
        moved = (before + SPREAD * rng.standard_normal(len(able))) % 2.0
        after = np.where(sizes == 0, np.minimum(moved, 2.0 - moved), other)
        codes, rows = herd.codes.copy(), herd.rows.copy()
        codes[able, decided] = after
        changes = zip(able.tolist(), decided.tolist(), before.tolist(), after.tolist(), strict=True)
        for place, decision, old, new in changes:
            rows[place] += self._at(decision, new) - self._at(decision, old)
        return Herd(herd.origins, codes, rows)

    def choices(self, record: Record, codes: Vector) -> dict[str, Choice]:
        """The choices of *record*, changed to what *codes* say."""
        choices = dict(record.genotype)
        own = np.full(len(codes), np.nan)
        own[: len(record.codes)] = record.codes
        for place in np.flatnonzero((codes != own) & ~np.isnan(codes)).tolist():
            path, domain = self._decisions[place]
            choices[path] = _choice(domain, float(codes[place]))
        return choices

    def _at(self, decision: int, code: float) -> Vector:
        path, domain = self._decisions[decision]
        return self.part(path, domain, _choice(domain, code))

    def _encoded(self, path: str, domain: Domain, choice: Choice) -> Vector:
        part = _Part({path: choice}, {path: domain})
        return self.encoding.encode(cast("Member", part))  # it has no graph, which no encoding of choices looks at


def _code(domain: Domain, choice: Choice) -> float:
    return domain.position(choice) if isinstance(domain, Continuous) else float(choice)


def _choice(domain: Domain, code: float) -> Choice:
    return domain.at(code) if isinstance(domain, Continuous) else int(code)
