"""Searchers: algorithms that propose architectures and learn from results, behind one ask/tell interface.

`base` tells the life cycle; each algorithm is a file of its own; `create` makes one by name. Evaluating, storing and
running in parallel are `symnas.study`'s business.
"""

from symnas.searchers.base import AnySearcher, Proposal, Searcher
from symnas.searchers.evolution import RegularisedEvolution
from symnas.searchers.random import RandomSearch
from symnas.searchers.registry import create, register, registered
from symnas.searchers.results import Failure, Final, Infeasible, Partial, Result, Success
from symnas.searchers.settings import SettingHelp, Settings, meaning, settings_help
from symnas.searchers.space import Objective, Point, SearchSpace
from symnas.searchers.state import Past, Snapshot, State

__all__ = [
    "AnySearcher",
    "Failure",
    "Final",
    "Infeasible",
    "Objective",
    "Partial",
    "Past",
    "Point",
    "Proposal",
    "RandomSearch",
    "RegularisedEvolution",
    "Result",
    "SearchSpace",
    "Searcher",
    "SettingHelp",
    "Settings",
    "Snapshot",
    "State",
    "Success",
    "create",
    "meaning",
    "register",
    "registered",
    "settings_help",
]
