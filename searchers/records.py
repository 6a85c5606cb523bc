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

TABLED = 64
"""What each choice of a decision adds to a row is written down once, if it has at most so many."""


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
    decisions); *rows* (n, columns). Of each origin *movable* lists the decisions that can be changed, as many as *counts*
    says, and then others; (origins, decisions) and (origins,).
    """

    origins: npt.NDArray[np.intp]
    codes: Vector
    rows: Vector
    movable: npt.NDArray[np.intp]
    counts: npt.NDArray[np.intp]

    def of(self, places: npt.NDArray[np.intp]) -> "Herd":
        """A copy of those at *places*."""
        return Herd(self.origins[places], self.codes[places], self.rows[places], self.movable, self.counts)


class Records:
    """Turns choices into arrays. A decision is a path with its domain: the same path may have another one elsewhere.

    The code of a discrete choice is its number, that of a continuous one its place in its range, 0 to 1.
    """

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._decisions: list[tuple[str, Domain]] = []
        self._places: dict[tuple[str, Domain], int] = {}
        self._sizes = np.zeros(0, dtype=np.intp)
        self._starts = np.zeros(0, dtype=np.intp)  # the first line of each decision in the table, -1 if it has none
        self._table = np.zeros((0, encoding.length))

    def part(self, path: str, domain: Domain, choice: Choice) -> Vector:
        """What a choice adds to a row."""
        part = _Part({path: choice}, {path: domain})
        return self.encoding.encode(cast("Member", part))  # it has no graph, which no encoding of choices looks at

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
            self._tabulate(self._decisions[len(self._sizes) :])
        codes = np.full(len(self._decisions), np.nan)
        for place, code in known:
            codes[place] = code
        present = np.flatnonzero(~np.isnan(codes))
        row = self._parts(present, codes[present])
        return Record(genotype, codes, np.sum(row, axis=0))

    def _tabulate(self, decisions: Sequence[tuple[str, Domain]]) -> None:
        lines, starts = [self._table], []
        end = len(self._table)
        for path, domain in decisions:
            tabled = 0 < domain.size <= TABLED
            starts.append(end if tabled else -1)
            if tabled:
                lines.append(np.stack([self.part(path, domain, choice) for choice in range(domain.size)]))
                end += domain.size
        self._table = np.concatenate(lines)
        self._starts = np.concatenate([self._starts, np.array(starts, dtype=np.intp)])
        self._sizes = np.concatenate([self._sizes, np.array([each.size for _, each in decisions], dtype=np.intp)])

    def _parts(self, decisions: npt.NDArray[np.intp], codes: Vector) -> Vector:
        """What a choice of each of *decisions* adds to a row, one a line."""
        starts = self._starts[decisions]
        found: Vector = (
            self._table[np.where(starts < 0, 0, starts + codes.astype(np.intp))]
            if len(self._table)
            else (np.zeros((len(decisions), self.encoding.length)))
        )
        for place in np.flatnonzero(starts < 0).tolist():
            path, domain = self._decisions[decisions[place]]
            found[place] = self.part(path, domain, _choice(domain, float(codes[place])))
        return found

    def herd(self, records: Sequence[Record]) -> Herd:
        """*records*, unchanged."""
        codes = np.full((len(records), len(self._decisions)), np.nan)
        for place, record in enumerate(records):
            codes[place, : len(record.codes)] = record.codes
        able = ~np.isnan(codes) & (self._sizes != 1)
        movable = np.argsort(~able, axis=1, kind="stable")
        rows = np.stack([record.row for record in records])
        return Herd(np.arange(len(records)), codes, rows, movable, np.sum(able, axis=1, dtype=np.intp))

    def change(self, herd: Herd, count: int, rng: np.random.Generator) -> None:
        """Change one decision of each of the first *count* of *herd*, if it has one that can be; discrete ones evenly,
        continuous ones by a normal step.
        """
        if not self._decisions:
            return
        counts = herd.counts[herd.origins[:count]]
        able = np.flatnonzero(counts)
        drawn = np.floor(rng.random(len(able)) * counts[able]).astype(np.intp)
        decided = herd.movable[herd.origins[able], drawn]
        before, sizes = herd.codes[able, decided], self._sizes[decided]
        other = (before + 1 + np.floor(rng.random(len(able)) * (sizes - 1))) % np.maximum(sizes, 1)
        moved = (before + SPREAD * rng.standard_normal(len(able))) % 2.0
        after = np.where(sizes == 0, np.minimum(moved, 2.0 - moved), other)
        herd.codes[able, decided] = after
        herd.rows[able] += self._parts(decided, after) - self._parts(decided, before)

    def choices(self, record: Record, codes: Vector) -> dict[str, Choice]:
        """The choices of *record*, changed to what *codes* say."""
        choices = dict(record.genotype)
        own = np.full(len(codes), np.nan)
        own[: len(record.codes)] = record.codes
        for place in np.flatnonzero((codes != own) & ~np.isnan(codes)).tolist():
            path, domain = self._decisions[place]
            choices[path] = _choice(domain, float(codes[place]))
        return choices


def _code(domain: Domain, choice: Choice) -> float:
    return domain.position(choice) if isinstance(domain, Continuous) else float(choice)


def _choice(domain: Domain, code: float) -> Choice:
    return domain.at(code) if isinstance(domain, Continuous) else int(code)
