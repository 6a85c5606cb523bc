"""Searchers: algorithms that propose architectures and learn from results, behind one ask/tell interface.

`base` tells the life cycle; each algorithm is a file of its own; `create` makes one by name. Evaluating, storing and
running in parallel are `symnas.study`'s business.
"""

from symnas.searchers.annealing import Annealing
from symnas.searchers.asha import ASHA
from symnas.searchers.base import DEFAULT_OBJECTIVES, AnySearcher, Proposal, Searcher
from symnas.searchers.budgets.rules import Stopping
from symnas.searchers.evolution import RegularisedEvolution
from symnas.searchers.exhaustive import Exhaustive
from symnas.searchers.halving import SuccessiveHalving
from symnas.searchers.hill_climbing import HillClimbing
from symnas.searchers.hyperband import Hyperband
from symnas.searchers.local_search import LocalSearch
from symnas.searchers.mcts import DEEP_ARCHITECT, MonteCarloTreeSearch
from symnas.searchers.mu_lambda import MuLambda
from symnas.searchers.nsga2 import NSGA2
from symnas.searchers.population_training import PopulationTraining
from symnas.searchers.ppo import PPO
from symnas.searchers.random import RandomSearch
from symnas.searchers.registry import Chosen, create, register, registered
from symnas.searchers.reinforce import Reinforce
from symnas.searchers.results import Failure, Final, Infeasible, Partial, Result, Success
from symnas.searchers.settings import SettingHelp, Settings, meaning, settings_help
from symnas.searchers.space import Objective, Point, SearchSpace
from symnas.searchers.state import Past, Snapshot, State
from symnas.searchers.stopping import CurveRank, MedianStopping
from symnas.searchers.surrogate import Bananas, Bayes, Surrogate
from symnas.searchers.tpe import TPE

__all__ = [
    "ASHA",
    "DEEP_ARCHITECT",
    "DEFAULT_OBJECTIVES",
    "NSGA2",
    "PPO",
    "TPE",
    "Annealing",
    "AnySearcher",
    "Bananas",
    "Bayes",
    "Chosen",
    "CurveRank",
    "Exhaustive",
    "Failure",
    "Final",
    "HillClimbing",
    "Hyperband",
    "Infeasible",
    "LocalSearch",
    "MedianStopping",
    "MonteCarloTreeSearch",
    "MuLambda",
    "Objective",
    "Partial",
    "Past",
    "Point",
    "PopulationTraining",
    "Proposal",
    "RandomSearch",
    "RegularisedEvolution",
    "Reinforce",
    "Result",
    "SearchSpace",
    "Searcher",
    "SettingHelp",
    "Settings",
    "Snapshot",
    "State",
    "Stopping",
    "Success",
    "SuccessiveHalving",
    "Surrogate",
    "create",
    "meaning",
    "register",
    "registered",
    "settings_help",
]
