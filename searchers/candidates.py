"""Candidates: what a surrogate may propose next, as rows of numbers that a model judges by the hundred.

Where an encoding looks at choices alone, a change of a decision changes a row by what the choices add to it. So
candidates are records of choices that nobody has elaborated: only the most promising become architectures, by
`space.complete`, which also says whether they are legal. Spaces whose architectures are slow to make are searched as
fast as others. Where an encoding reads the network, each candidate is an architecture.

Every point of a small space of independent decisions is a candidate; elsewhere the best so far, and others, are changed
in a few rounds, of which the more promising go on.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from random import Random
from typing import Generic, cast

import numpy as np
from attrs import frozen

from symnas.domains import Choice, Domain
from symnas.encoding import Encoding
from symnas.encoding.subjects import Member
from symnas.errors import SearchError, SourceError
from symnas.genotype import Genotype
from symnas.searchers.models.base import Function, Vector
from symnas.searchers.records import SPREAD, Record, Records
from symnas.searchers.space import A, SearchSpace

__all__ = ["DIGITS", "Candidates", "Changed", "Every", "Looking", "Made", "is_small"]

TRIES = 24
"""Promising candidates that are tried before the search for a legal new one is given up."""

MADE = 1
"""Legal candidates that are looked for in each round."""

PARENTS = 10
"""Best architectures that are changed, and as many others."""

DIGITS = 9
"""Promises are compared in so many digits, so that no rounding of a processor decides."""


@frozen(eq=False)
class Looking:
    """What to look for: the *promise* of rows, the numbers of the proposals that were evaluated, the best first, and what
    is *taken* already; with two generators made for this ask.
    """

    promise: Function
    ranked: Sequence[int]
    taken: Callable[[Genotype], bool]
    rng: Random
    numbers: np.random.Generator

    def judged(self, rows: Vector) -> Vector:
        """The promise of *rows*."""
        rounded: Vector = np.round(self.promise(rows), DIGITS)
        return rounded

    def parents(self) -> list[int]:
        """The best proposals, and others drawn among all."""
        drawn = self.numbers.choice(len(self.ranked), PARENTS)
        return list(dict.fromkeys([*self.ranked[:PARENTS], *(self.ranked[each] for each in drawn)]))


class Candidates(ABC, Generic[A]):
    """The proposals so far as rows, and the most promising architecture that is none of them."""

    def __init__(self, space: SearchSpace[A]) -> None:
        self.space = space
        self.rows: list[Vector] = []
        """A row for each proposal, by number."""

    @abstractmethod
    def add(self, architecture: A) -> None:
        """Take note of the next proposal."""

    @abstractmethod
    def best(self, looking: Looking) -> A | None:
        """The most promising architecture found, or `None`."""


# ------------------------------------------------------------------------------------------------- small spaces


def is_small(space: SearchSpace[A], most: int) -> bool:
    """Whether *space* has at most *most* points, each of which decides the same decisions, independently."""
    if not space.countable or space.continuous or not 1 < space.size <= most:
        return False
    slots = space.decisions
    product = np.prod([each.domains[0].size for each in slots], dtype=object)
    return all(each.certain and len(each.domains) == 1 for each in slots) and product == space.size


class Every(Candidates[A]):
    """All points of a small space; those that a `require` on costs forbids are passed over once they are found out."""

    def __init__(self, space: SearchSpace[A], encoding: Encoding) -> None:
        super().__init__(space)
        records = Records(encoding)
        self._decisions = [(each.path, each.domains[0]) for each in space.decisions]
        self._table = np.zeros((1, encoding.length))
        for path, domain in self._decisions:
            added = np.stack([records.part(path, domain, choice) for choice in range(domain.size)])
            self._table = (self._table[:, None, :] + added[None, :, :]).reshape(-1, encoding.length)
        self._illegal: set[int] = set()
        self._past: list[int] = []

    def add(self, architecture: A) -> None:
        """See `Candidates.add`."""
        place = 0
        for path, domain in self._decisions:
            place = place * domain.size + int(architecture.genotype[path])
        self._past.append(place)
        self.rows.append(self._table[place])

    def best(self, looking: Looking) -> A | None:
        """See `Candidates.best`."""
        passed = self._illegal.union(each for each in self._past if looking.taken(self._genotype(each)))
        places = np.delete(np.arange(len(self._table)), list(passed))
        judged = looking.judged(self._table[places])
        for order in np.argsort(-judged, kind="stable")[:TRIES].tolist():
            place = int(places[order])
            try:
                return self.space.architecture(self._genotype(place))
            except SourceError:
                self._illegal.add(place)
        return None

    def _genotype(self, place: int) -> Genotype:
        choices: dict[str, Choice] = {}
        for path, domain in reversed(self._decisions):
            place, choices[path] = divmod(place, domain.size)
        return Genotype(choices)


# ----------------------------------------------------------------------------------------------- changed records


class Changed(Candidates[A]):
    """Records of choices, changed from the best in *rounds*; *count* are judged in all.

    After a round the most promising become architectures, and those that are legal are changed in the next one. So a
    climb does not lead away into what is forbidden.
    """

    def __init__(self, space: SearchSpace[A], encoding: Encoding, count: int, rounds: int) -> None:
        super().__init__(space)
        self._records = Records(encoding)
        self._domains = _domains(space)
        self._past: list[Record] = []
        self._each, self._rounds = max(1, count // rounds), rounds

    def add(self, architecture: A) -> None:
        """See `Candidates.add`."""
        record = self._record(architecture)
        self._past.append(record)
        self.rows.append(record.row)

    def best(self, looking: Looking) -> A | None:
        """See `Candidates.best`."""
        parents = [self._past[number] for number in looking.parents()]
        donors = [self._past[number].genotype for number in looking.ranked[:PARENTS]]
        found: list[_Found[A]] = []
        for _ in range(self._rounds):
            found += islice(self._legal(parents, donors, looking, TRIES // self._rounds), MADE)
            found.sort(key=lambda each: each.promise, reverse=True)
            parents = [each.record for each in found[: 2 * MADE]] or parents
        return found[0].architecture if found else None

    def _legal(
        self, parents: Sequence[Record], donors: Sequence[Genotype], looking: Looking, tries: int
    ) -> Iterator["_Found[A]"]:
        """Changed *parents* that are legal and not taken, the most promising wishes first; of so many *tries*."""
        herd = self._records.herd(parents).of(np.resize(np.arange(len(parents)), self._each))
        for share in (1, 2, 4):  # all are changed once, half of them twice, a quarter three times
            self._records.change(herd, self._each // share, looking.numbers)
        judged = looking.judged(herd.rows)
        tried: set[Genotype] = set()
        for place in np.argsort(-judged, kind="stable").tolist():
            wish = Genotype(self._records.choices(parents[herd.origins[place]], herd.codes[place]))
            if looking.taken(wish) or wish in tried:
                continue
            if len(tried) == tries:
                return
            tried.add(wish)
            made = self.space.complete(looking.rng, wish, *donors)
            if made is not None and made.genotype == wish:
                yield _Found(float(judged[place]), Record(wish, herd.codes[place], herd.rows[place]), made)
            elif made is not None and not looking.taken(made.genotype):
                record = self._record(made)
                yield _Found(float(looking.judged(record.row[None, :])[0]), record, made)

    def _record(self, architecture: A) -> Record:
        """Its record; where every decision has one domain wherever it exists, it need not be asked for them."""
        genotype, known = architecture.genotype, self._domains
        if genotype.choices.keys() <= known.keys():
            return self._records.of(genotype, {path: known[path] for path in genotype})
        return self._records.of(genotype, architecture.domains)


def _domains(space: SearchSpace[A]) -> dict[str, Domain]:
    """The domains of those decisions that always have the same one, as far as decisions can be listed."""
    try:
        return {each.path: each.domains[0] for each in space.decisions if len(each.domains) == 1}
    except SearchError:
        return {}


@frozen(eq=False)
class _Found(Generic[A]):
    """A legal candidate, and what it promises."""

    promise: float
    record: Record
    architecture: A


# ------------------------------------------------------------------------------------------------- architectures


class Made(Candidates[A]):
    """Architectures, of which *count* are judged: *changed* from the best, or drawn. For encodings that read the network."""

    def __init__(self, space: SearchSpace[A], encoding: Encoding, count: int, *, changed: bool) -> None:
        super().__init__(space)
        self._encoding, self._count, self._changed = encoding, count, changed
        self._past: list[A] = []

    def add(self, architecture: A) -> None:
        """See `Candidates.add`."""
        self._past.append(architecture)
        self.rows.append(self._row(architecture))

    def best(self, looking: Looking) -> A | None:
        """See `Candidates.best`."""
        made = self._mutants(looking) if self._changed else self._drawn(looking)
        found = list({each.genotype: each for each in made if not looking.taken(each.genotype)}.values())
        if not found:
            return None
        return found[int(np.argmax(looking.judged(np.stack([self._row(each) for each in found]))))]

    def _mutants(self, looking: Looking) -> Iterator[A]:
        """Once, twice and three times changed ones."""
        parents = looking.parents()
        for turn in range(self._count):
            try:
                child = self._past[parents[turn % len(parents)]]
                for _ in range(1 + turn % 3):
                    child = self.space.mutate(child, looking.rng, SPREAD)
            except SearchError:  # there is no legal neighbour
                continue
            yield child

    def _drawn(self, looking: Looking) -> Iterator[A]:
        return (self.space.sample(looking.rng) for _ in range(self._count))

    def _row(self, architecture: A) -> Vector:
        return self._encoding.encode(cast("Member", architecture))
