"""Trees over the decisions of a space: nodes, how a decision becomes branches, what scores are worth,
what is believed of choices, and the way down.

What is proposed is the business of the searcher (`mcts`).
"""

from symnas.searchers.trees.beliefs import Beliefs
from symnas.searchers.trees.branches import Bisect, Branch, Branches, Interval, branches_of
from symnas.searchers.trees.importance import importances
from symnas.searchers.trees.nodes import Node
from symnas.searchers.trees.orders import ByImportance, InTurn, Order
from symnas.searchers.trees.rewards import ONE, Rewards, Scale
from symnas.searchers.trees.search import SearchTree

__all__ = [
    "ONE",
    "Beliefs",
    "Bisect",
    "Branch",
    "Branches",
    "ByImportance",
    "InTurn",
    "Interval",
    "Node",
    "Order",
    "Rewards",
    "Scale",
    "SearchTree",
    "branches_of",
    "importances",
]
