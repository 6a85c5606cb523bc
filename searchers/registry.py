"""Searchers by name: what `--searcher`, a file's `search { … }` and `create` know."""

from collections.abc import Sequence
from random import Random
from typing import Any

from symnas.errors import SearchError, nearest
from symnas.searchers.annealing import Annealing
from symnas.searchers.asha import ASHA
from symnas.searchers.base import AnySearcher, Searcher
from symnas.searchers.evolution import RegularisedEvolution
from symnas.searchers.exhaustive import Exhaustive
from symnas.searchers.halving import SuccessiveHalving
from symnas.searchers.hill_climbing import HillClimbing
from symnas.searchers.hyperband import Hyperband
from symnas.searchers.local_search import LocalSearch
from symnas.searchers.mcts import MonteCarloTreeSearch
from symnas.searchers.mu_lambda import MuLambda
from symnas.searchers.nsga2 import NSGA2
from symnas.searchers.population_training import PopulationTraining
from symnas.searchers.ppo import PPO
from symnas.searchers.random import RandomSearch
from symnas.searchers.reinforce import Reinforce
from symnas.searchers.settings import split_spec
from symnas.searchers.space import A, Objective, SearchSpace
from symnas.searchers.stopping import CurveRank, MedianStopping
from symnas.searchers.surrogate import Bananas, Bayes, Surrogate
from symnas.searchers.tpe import TPE

__all__ = ["create", "register", "registered"]

SearcherType = type[Searcher[Any, Any]]

_REGISTERED: dict[str, SearcherType] = {
    each.name: each
    for each in (
        Bananas,
        Bayes,
        Surrogate,
        TPE,
        ASHA,
        Annealing,
        CurveRank,
        Exhaustive,
        HillClimbing,
        Hyperband,
        LocalSearch,
        MedianStopping,
        MuLambda,
        NSGA2,
        MonteCarloTreeSearch,
        PopulationTraining,
        RandomSearch,
        PPO,
        RegularisedEvolution,
        Reinforce,
        SuccessiveHalving,
    )
}


def registered() -> tuple[SearcherType, ...]:
    """Every searcher that has a name, sorted by it. `settings_help(each.settings_type)` lists its settings."""
    return tuple(_REGISTERED[name] for name in sorted(_REGISTERED))


def register(searcher: SearcherType) -> SearcherType:
    """Make a searcher of one's own known by its `name`; usable as a class decorator.

    Raises:
        SearchError: another searcher has that name.
    """
    if _REGISTERED.setdefault(searcher.name, searcher) is not searcher:
        raise SearchError(f"there is a searcher `{searcher.name}` already; give this one another `name`")
    return searcher


def create(
    spec: str, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
) -> AnySearcher[A]:
    """The searcher that *spec* names, with its settings: `evolution:population=50,tournament=10`.

    *objectives* are the space's own where `None`. *settings* go before those of the text.

    Raises:
        SearchError: no searcher has that name, or it has no such setting, or a value does not fit.
    """
    name, written = split_spec(spec)
    kind = _REGISTERED.get(name)
    if kind is None:
        meant = nearest(name, _REGISTERED)
        remedy = f"`{meant}`?" if meant else "there are " + ", ".join(f"`{each}`" for each in sorted(_REGISTERED))
        raise SearchError(f"no searcher is called `{name}`; {remedy}")
    return kind(space, rng, objectives, **{**written, **settings})
