"""The tree-structured Parzen estimator: densities of the choices of good architectures and of the others.

Bergstra, Bardenet, Bengio and Kégl, "Algorithms for hyper-parameter optimization", NIPS 2011, section 4. Symbols as
there: gamma is the share of observations that are good, l(x) the density of their choices and g(x) that of the others;
candidates are drawn from l, and the one with the largest l(x) / g(x) is proposed, which is the one with the largest
expected improvement (equation 3).

Each decision has densities of its own, made of the architectures that have it. A discrete one's is its choices' counts,
each once more; an ordered or continuous one's a mixture of normals at the observed places, as wide as the
larger of the distances to the next ones, and a uniform one. A candidate has the decisions of one of the good
architectures; what becomes necessary beside them is taken from other good ones.

Several objectives are split by non-domination, the last front that is needed by crowding: Ozaki et al., "Multiobjective
tree-structured Parzen estimator", JAIR 73, 2022. What failed or breaks a measured constraint is never good, unless there
is nothing else. Open proposals count among the others, so that a batch spreads.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from statistics import NormalDist

from attrs import field, frozen
from attrs.validators import ge, gt, lt

from symnas.domains import Choice, Continuous, Domain, Grid
from symnas.searchers.base import Searcher
from symnas.searchers.parts.dominance import crowding, fronts
from symnas.searchers.results import Final, Infeasible, Success
from symnas.searchers.settings import Settings, meaning
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.state import Json

__all__ = ["TPE", "Counts", "Parzen", "TpeSettings"]

KERNELS = 100
"""Of the others, so many of the newest make the density of an ordered or continuous decision."""

TRIES = 8
"""Candidates, the most promising first, that are made into architectures before the search for a new one is given up."""

DONORS = 4

Key = int
"""The number of a decision, a path with its domain: the same path may have another one elsewhere."""


@frozen(kw_only=True)
class TpeSettings(Settings):
    """Settings of `tpe`."""

    start: int = field(default=10, metadata=meaning("architectures drawn before densities are made"), validator=ge(2))
    gamma: float = field(
        default=0.1, metadata=meaning("share of the observations that are good"), validator=[gt(0), lt(1)]
    )
    most: int = field(default=25, metadata=meaning("observations that are good at most"), validator=ge(1))
    candidates: int = field(default=24, metadata=meaning("candidates drawn for each proposal"), validator=ge(1))


Choices = Mapping[Key, Choice]
"""What was chosen at each decision."""


@frozen
class _Told:
    """How a proposal did: its scores, larger being better, or by how much it breaks constraints; infinity if it failed."""

    number: int
    scores: tuple[float, ...]
    violation: float


class TPE(Searcher[A, TpeSettings]):
    """Proposes what is likelier among the good than among the others."""

    name = "tpe"
    summary = "what good architectures have in common and others have not (Bergstra et al. 2011)"
    settings_type = TpeSettings

    def __init__(
        self, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
    ) -> None:
        super().__init__(space, rng, objectives, **settings)
        self._decisions: list[tuple[str, Domain]] = []
        self._keys: dict[tuple[str, Domain], Key] = {}
        self._observed: list[Choices] = []
        self._counts: dict[Key, Counter[Choice]] = {}
        self._places: dict[Key, list[int]] = {}  # numbers of the proposals that have an ordered or continuous decision
        self._told: list[_Told] = []  # those that may be good
        self._answered = 0

    def propose(self) -> A | None:
        """A random point at first; then the best of the candidates drawn from l."""
        self._observe()
        if self._answered < self.settings.start:
            return self.space.sample(self.rng)
        good = self._good()
        ratios = _Ratios(self._decisions, self._observed, good, self._counts, self._places)
        found: dict[tuple[tuple[Key, Choice], ...], float] = {}
        for _ in range(self.settings.candidates):
            skeleton = self._observed[self.rng.choice(good)]
            drawn = {key: ratios.draw(key, self.rng) for key in skeleton}
            found[tuple(drawn.items())] = sum(ratios.of(key, choice) for key, choice in drawn.items())
        donors = [self._proposed[self.rng.choice(good)].genotype for _ in range(DONORS)]
        for candidate in sorted(found, key=found.__getitem__, reverse=True)[:TRIES]:
            wish = {self._decisions[key][0]: choice for key, choice in candidate}
            made = self.space.complete(self.rng, wish, *donors)
            if made is not None and (self.settings.repeat or made.genotype not in self._seen):
                return made
        return None

    def learn(self, number: int, architecture: A, result: Final) -> None:
        """Note how it did."""
        self._answered += 1
        none = (0.0,) * len(self.objectives)
        match result:
            case Success():
                self._told.append(_Told(number, self.scores(result), 0.0))
            case Infeasible(violations=violations):
                self._told.append(_Told(number, none, sum(violations.values()) or math.ulp(0.0)))
            case _:
                self._told.append(_Told(number, none, math.inf))

    def recall(self, memory: Json) -> None:
        """Observe the past again."""
        self._decisions, self._keys, self._observed, self._counts, self._places = [], {}, [], {}, {}
        self._told, self._answered = [], 0
        for number in range(self.count):
            result = self.result(number)
            if result is not None:
                self.learn(number, self.proposed(number), result)

    def _observe(self) -> None:
        """Take the proposals made since the last time into the counts."""
        for number in range(len(self._observed), self.count):
            architecture = self.proposed(number)
            genotype, domains = architecture.genotype, architecture.domains
            choices = {self._key(path, domain): genotype[path] for path, domain in domains.items()}
            self._observed.append(choices)
            for key, choice in choices.items():
                if is_ordered(self._decisions[key][1]):
                    self._places.setdefault(key, []).append(number)
                else:
                    self._counts.setdefault(key, Counter())[choice] += 1

    def _key(self, path: str, domain: Domain) -> Key:
        key = self._keys.setdefault((path, domain), len(self._decisions))
        if key == len(self._decisions):
            self._decisions.append((path, domain))
        return key

    def _good(self) -> list[int]:
        """Numbers of the good ones, in order.

        Fronts that are never needed again are forgotten: what is in a front depends on better ones alone.
        """
        count = min(self.settings.most, math.ceil(self.settings.gamma * self._answered))
        self._told.sort(key=lambda each: each.number)
        found: list[_Told] = []
        kept: list[_Told] = []
        for places in fronts([each.scores for each in self._told], [each.violation for each in self._told]):
            front = [self._told[place] for place in places]
            if len(found) < count:
                found += _spread(front)[: count - len(found)]
            if len(kept) < self.settings.most:
                kept += front
        self._told = kept
        return sorted(each.number for each in found)


def _spread(front: Sequence[_Told]) -> list[_Told]:
    """A front, those first that are far from others."""
    apart = crowding([each.scores for each in front])
    return [front[place] for place in sorted(range(len(front)), key=apart.__getitem__, reverse=True)]


class _Ratios:
    """l and g of each decision, made when they are asked for."""

    def __init__(
        self,
        decisions: Sequence[tuple[str, Domain]],
        observed: Sequence[Choices],
        good: Sequence[int],
        counts: Mapping[Key, Counter[Choice]],
        places: Mapping[Key, Sequence[int]],
    ) -> None:
        self._decisions, self._observed, self._good = decisions, observed, good
        self._counts, self._places = counts, places
        self._made: dict[Key, tuple[Parzen | Counts, Parzen | Counts]] = {}

    def draw(self, key: Key, rng: Random) -> Choice:
        """A choice drawn from l."""
        return self._densities(key)[0].draw(rng)

    def of(self, key: Key, choice: Choice) -> float:
        """log l - log g at *choice*."""
        good, others = self._densities(key)
        return good.log(choice) - others.log(choice)

    def _densities(self, key: Key) -> "tuple[Parzen | Counts, Parzen | Counts]":
        if key not in self._made:
            self._made[key] = self._both(key)
        return self._made[key]

    def _both(self, key: Key) -> "tuple[Parzen | Counts, Parzen | Counts]":
        domain = self._decisions[key][1]
        mine = [number for number in self._good if key in self._observed[number]]
        chosen = [self._observed[number][key] for number in mine]
        if not is_ordered(domain):
            own = Counter(chosen)
            return Counts(domain, own), Counts(domain, self._counts[key] - own)
        excluded = set(mine)
        newest = [number for number in reversed(self._places[key][-KERNELS - len(mine) :]) if number not in excluded]
        return Parzen(domain, chosen), Parzen(domain, [self._observed[number][key] for number in newest[:KERNELS]])


class Counts:
    """The density of a discrete decision: the counts of its choices, each once more (N p + C in the paper)."""

    def __init__(self, domain: Domain, counts: Counter[Choice]) -> None:
        self._size = domain.size
        self._counts = counts
        self._total = float(counts.total() + domain.size)

    def draw(self, rng: Random) -> Choice:
        """A choice."""
        place = rng.random() * self._total
        for choice, count in self._counts.items():
            place -= count
            if place < 0:
                return choice
        return rng.randrange(self._size)

    def log(self, choice: Choice) -> float:
        """The logarithm of the choice's probability."""
        return math.log((self._counts[choice] + 1.0) / self._total)


class Parzen:
    """The density of an ordered or continuous decision, of places from 0 to 1: normals cut off at the ends, and a
    uniform one.
    """

    def __init__(self, domain: Domain, choices: Sequence[Choice]) -> None:
        self._domain = domain
        places = sorted(_place(domain, each) for each in choices)
        ends = [0.0, *places, 1.0]
        least = 1.0 / min(100.0, 1.0 + len(places))
        self._normals = [
            NormalDist(place, max(least, place - before, after - place))
            for before, place, after in zip(ends, places, ends[2:], strict=False)
        ]
        self._inside = [each.cdf(1.0) - each.cdf(0.0) for each in self._normals]

    def draw(self, rng: Random) -> Choice:
        """A choice."""
        number = rng.randrange(len(self._normals) + 1)
        if number == len(self._normals):
            return _at(self._domain, rng.random())
        normal, inside = self._normals[number], self._inside[number]
        share = normal.cdf(0.0) + rng.random() * inside
        return _at(self._domain, min(1.0, max(0.0, normal.inv_cdf(min(1.0 - 1e-12, max(1e-12, share))))))

    def log(self, choice: Choice) -> float:
        """The logarithm of the density at the choice's place."""
        place = _place(self._domain, choice)
        normals = zip(self._normals, self._inside, strict=True)
        density = 1.0 + math.fsum(normal.pdf(place) / inside for normal, inside in normals)
        return math.log(density / (len(self._normals) + 1))


def is_ordered(domain: Domain) -> bool:
    """Whether the choices of *domain* have an order."""
    return isinstance(domain, Continuous) or (isinstance(domain, Grid) and domain.size > 2)


def _place(domain: Domain, choice: Choice) -> float:
    return domain.position(choice) if isinstance(domain, Continuous) else (choice + 0.5) / domain.size


def _at(domain: Domain, place: float) -> Choice:
    if isinstance(domain, Continuous):
        return domain.at(place)
    return min(domain.size - 1, int(place * domain.size))
