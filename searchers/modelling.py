"""What a surrogate knows: the proposals so far as rows, how they did, models fitted to it, and where to look next.

Everything follows from what was proposed and told, in the order of proposals, and on nothing else.
"""

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Generic, Protocol, cast

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from symnas.encoding import Encoding, encode
from symnas.encoding.subjects import Member, Subject
from symnas.errors import SearchError
from symnas.genotype import Genotype
from symnas.searchers.acquisition import promise, tchebycheff
from symnas.searchers.broods import Kept
from symnas.searchers.candidates import Candidates, Changed, Every, Looking, Made, is_small
from symnas.searchers.models import Model, Observations, Vector, create_model
from symnas.searchers.models import Networks as NeuralModel
from symnas.searchers.space import A, SearchSpace
from symnas.searchers.surrogate_settings import Acquisition, ModelKind, Optimiser, Pending, SurrogateSettings
from symnas.searchers.treewise import Searched

__all__ = ["Modelling"]

MOST = 1000
"""Observations that models learn from at most: the best half of so many and the newest half, and what came since."""

BLOCK = 32
"""Which those are is settled for so many observations."""

CHOICES = ("onehot", "ordinal", "features")
"""Encodings that look at choices alone, and add up what each says."""

COLUMNS = 512
"""Columns of the largest one-hot encoding that is taken by itself."""

ROUNDS = 3
"""How often candidates are changed, the more promising going on."""

MADE = 64
"""Architectures that are made for a proposal, at most, where candidates have to be made."""

BLAS = ThreadpoolController()
"""The libraries that multiply matrices. Those here are so small that threads wait for each other longer than they compute,
four times as long on two cores; without, sums are added up in the same order everywhere.
"""

FAILED, BROKEN, FINE = 0.0, 1.0, 2.0
"""How an evaluation ended, the worse the smaller."""


class Modelling(Generic[A]):
    """Models of a search, one for each objective; of each kind where kinds are taken in turn."""

    def __init__(self, space: SearchSpace[A], settings: SurrogateSettings, objectives: int) -> None:
        self.settings = settings
        self._objectives = range(objectives)
        self._models = {
            kind: [create_model(kind, settings) for _ in self._objectives]
            for kind in dict.fromkeys(settings.model.values)
        }
        encoding = _encoding(space, settings.encoding)
        quick = min(each[0].quick for each in self._models.values())
        self._candidates = _candidates(space, encoding, settings, quick)
        if settings.pretrain:
            _pretrain(space, encoding, settings.pretrain, self._models[ModelKind.NETWORKS])
        self._told = np.full(
            (256, 2 + objectives), np.nan
        )  # by number: how it ended, by how much it is too bad, scores

    @property
    def count(self) -> int:
        """Number of proposals known."""
        return len(self._candidates.rows)

    def add(self, architecture: A) -> None:
        """Take note of the next proposal."""
        self._candidates.add(architecture)
        if len(self._told) <= self.count:
            self._told = np.concatenate([self._told, np.full_like(self._told, np.nan)])

    def tell(self, number: int, scores: tuple[float, ...] | None, violation: float | None = None) -> None:
        """Take what came of a proposal: its scores, or by how much it breaks constraints, or neither if it failed."""
        ended = FINE if scores is not None else FAILED if violation is None else BROKEN
        none = (0.0,) * len(self._objectives)
        self._told[number] = (ended, -(violation or 0.0), *(none if scores is None else scores))

    def best(self, taken: Callable[[Genotype], bool], rng: Random) -> A | None:
        """The most promising architecture that is not *taken*, or `None`."""
        with BLAS.limit(limits=1, user_api="blas"):
            return self._best(taken, rng)

    def _best(self, taken: Callable[[Genotype], bool], rng: Random) -> A | None:
        numbers = np.random.default_rng(rng.getrandbits(64))
        kept, settled = self._kept()
        standings = [_standings(self._told[kept], objective) for objective in self._objectives]
        weights = numbers.dirichlet(np.ones(len(self._objectives)))
        rows = np.stack([self._candidates.rows[number] for number in kept])
        seen = [Observations(rows, each, settled) for each in standings]
        models = self._models[self.settings.model.at(self.count)]
        for model, each in zip(models, seen, strict=True):
            model.fit(each)
        targets = np.stack([each.targets for each in seen], axis=1)
        acquisition, optimism = self.settings.acquisition.at(self.count), self.settings.optimism.at(self.count)
        if acquisition is not Acquisition.THOMPSON:
            self._assume(models, seen)
        best = [float(np.max(each)) for each in targets.T]
        judge = promise(acquisition, models, best, weights, optimism, numbers)
        ranked = kept[np.argsort(-tchebycheff(targets, weights), kind="stable")].tolist()
        return self._candidates.best(Looking(judge, ranked, taken, rng, numbers))

    def _kept(self) -> tuple[npt.NDArray[np.intp], int]:
        """Numbers of the observations to learn from, in order, and how many of them are settled."""
        told = np.flatnonzero(~np.isnan(self._told[: self.count, 0]))
        whole = len(told) // BLOCK * BLOCK
        first = told[:whole]
        if whole > MOST:
            good = _goodness(self._told[first])
            best = np.argsort(-good, kind="stable")[: MOST // 2]
            first = first[np.union1d(best, np.arange(whole - MOST // 2, whole))]
        return np.concatenate([first, told[whole:]]), len(first)

    def _assume(self, models: Sequence[Model], seen: Sequence[Observations]) -> None:
        """Fit again with what is assumed of open proposals, as the acquisition does not account for them."""
        waiting = np.flatnonzero(np.isnan(self._told[: self.count, 0]))
        pending = self.settings.pending
        if not len(waiting) or pending is Pending.NOTHING:
            return
        rows = np.stack([self._candidates.rows[number] for number in waiting])
        for model, each in zip(models, seen, strict=True):
            assumed = np.full(len(rows), np.median(each.standings))
            if pending is Pending.BELIEVER:
                ordered = np.sort(each.targets)
                assumed = np.interp(model.believe(rows).mean, ordered, np.sort(each.standings))
            rows_of_all, standings = np.concatenate([each.rows, rows]), np.concatenate([each.standings, assumed])
            model.fit(Observations(rows_of_all, standings, each.settled, len(rows)))


def _standings(told: Vector, objective: int) -> Vector:
    """Places from the worst up, equals sharing one: what failed, what breaks constraints, what is fine by its score."""
    keys = told[:, [0, 1, 2 + objective]]
    order = np.lexsort(keys.T[::-1])
    steps = np.any(np.diff(keys[order], axis=0) != 0, axis=1)
    standings = np.zeros(len(told))
    standings[order[1:]] = np.cumsum(steps)
    return standings


def _goodness(told: Vector) -> Vector:
    """One number for how good each is over all objectives: the mean of its scores as shares of their range."""
    fine = told[:, 0] == FINE
    scores = told[:, 2:]
    if not np.any(fine):
        return told[:, 0]
    low, high = np.min(scores[fine], axis=0), np.max(scores[fine], axis=0)
    shares = (scores - low) / np.where(high > low, high - low, 1.0)
    good: Vector = np.where(fine, np.mean(shares, axis=1), told[:, 0] - FINE)
    return good


def _candidates(space: SearchSpace[A], encoding: Encoding, settings: SurrogateSettings, quick: int) -> Candidates[A]:
    if settings.optimiser is Optimiser.TREE:
        return Searched(space, encoding, min(settings.pool, MADE))
    if settings.optimiser is Optimiser.KEPT:
        return Kept(space, encoding, settings.pool)
    drawn = settings.optimiser is Optimiser.POOL
    if drawn or encoding.name not in CHOICES:
        return Made(space, encoding, min(settings.pool, MADE), changed=not drawn)
    if settings.optimiser is Optimiser.MUTATION:
        return Changed(space, encoding, min(settings.pool, quick), 1)
    if is_small(space, quick):
        return Every(space, encoding)
    return Changed(space, encoding, min(settings.pool, quick), ROUNDS)


def _encoding(space: SearchSpace[A], name: str) -> Encoding:
    """The encoding called *name*; `auto` is one-hot, or hashed choices where decisions cannot be listed or are many."""
    subject = cast("Subject", space)  # as much of one as the encoding looks at
    if name == "cell-paths":
        cells = space.cells() if space.countable else {}
        if len(cells) == 1:
            return encode(subject, "paths", block=next(iter(cells)))
    elif name != "auto":
        return encode(subject, name)
    try:
        found = encode(subject, "onehot")
    except SearchError:
        return encode(subject, "features")
    return found if found.length <= COLUMNS else encode(subject, "features", length=COLUMNS)


class _Priced(Protocol):
    """An architecture whose costs are known."""

    @property
    def params(self) -> int: ...

    @property
    def macs(self) -> object: ...


def _pretrain(space: SearchSpace[A], encoding: Encoding, count: int, models: Sequence[Model]) -> None:
    """Let networks learn what *count* random architectures cost, on a logarithmic scale; the same in every process."""
    rng = Random(0)
    drawn = [space.sample(rng) for _ in range(count)]
    rows = encoding.encode_all(cast("Sequence[Member]", drawn))
    statistics = np.array([_statistics(cast("_Priced", each)) for each in drawn])
    for model in models:
        assert isinstance(model, NeuralModel), "only networks are pretrained"
        model.pretrain(rows, statistics)


def _statistics(architecture: _Priced) -> tuple[float, ...]:
    macs = architecture.macs  # symbolic where the program leaves a size open
    costs = (architecture.params, macs) if isinstance(macs, int) else (architecture.params,)
    return tuple(map(math.log1p, costs))
