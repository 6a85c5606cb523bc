"""Searchers by name: what `--searcher`, a file's `search { … }` and `create` know."""

from collections.abc import Callable, Sequence
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

__all__ = ["Chosen", "create", "register", "registered"]

SearcherType = type[Searcher[Any, Any]]

Chosen = str | AnySearcher[Any] | Callable[..., AnySearcher[Any]]
"""Which searcher: its name with settings; or one that was made already, for the space to be searched; or what makes one
of space, generator and objectives: a class of one's own, registered or not, or a function."""

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
    spec: Chosen, space: SearchSpace[A], rng: Random, objectives: Sequence[Objective] | None = None, **settings: object
) -> AnySearcher[A]:
    """The searcher that *spec* names, with its settings: `evolution:population=50,tournament=10`; or that it is, or makes.

    *objectives* are the space's own where `None`. *settings* go before those of the text.

    Raises:
        SearchError: no searcher has that name, or it has no such setting, or a value does not fit; or one that was made
            already is for another space or other objectives, or has been used.
    """
    if isinstance(spec, Searcher):
        return _fitting(spec, space, objectives)
    if not isinstance(spec, str):
        made = spec(space, rng, objectives, **settings)
        if not isinstance(made, Searcher):
            raise SearchError(f"`searcher` is a name, a searcher, or what makes one; {spec!r} made {made!r}")
        return made
    name, written = split_spec(spec)
    kind = _REGISTERED.get(name)
    if kind is None:
        meant = nearest(name, _REGISTERED)
        remedy = f"`{meant}`?" if meant else "there are " + ", ".join(f"`{each}`" for each in sorted(_REGISTERED))
        raise SearchError(f"no searcher is called `{name}`; {remedy}")
    return kind(space, rng, objectives, **{**written, **settings})


def _fitting(
    searcher: AnySearcher[Any], space: SearchSpace[A], objectives: Sequence[Objective] | None
) -> AnySearcher[A]:
    """*searcher*, if it may begin a search of *space* for *objectives*."""
    if searcher.space is not space:
        raise SearchError(
            f"this `{searcher.name}` was made for another space; make it for the one that is searched, or give the class, "
            f"`searcher={type(searcher).__name__}`"
        )
    if searcher.count:
        raise SearchError(f"this `{searcher.name}` has made {searcher.count} proposals already; take a new one")
    if objectives is not None and tuple(objectives) != searcher.objectives:
        raise SearchError(f"this `{searcher.name}` was made for the objectives {searcher.objectives}, not {objectives}")
    return searcher
