"""What evolutionary algorithms, and others, are put together from.

| module | holds |
| --- | --- |
| `members` | members of a population; who is better than whom |
| `operators` | what an operator is; how operators compose |
| `selection`, `mutation`, `recombination` | the elementary operators |
| `permuting` | children of two orders |
| `schedules` | numbers that change in the course of a search |
| `dominance` | fronts, crowding, constraints broken |
| `comparing` | a searcher that knows its proposals as members |
| `evolving` | a searcher made of operators |
"""

from symnas.searchers.parts.comparing import Comparing
from symnas.searchers.parts.dominance import crowding, dominates, fronts, total_violations, undominated
from symnas.searchers.parts.evolving import Evolving
from symnas.searchers.parts.members import Member, Moment, beats, best, best_first, first_front
from symnas.searchers.parts.mutation import Draw, Mutate, MutateEach, Swap
from symnas.searchers.parts.operators import Operator, Unchanged
from symnas.searchers.parts.recombination import Average, KPoint, Permute, Recombination, UniformCrossover
from symnas.searchers.parts.schedules import Amount, Constant, Cosine, Exponential, Linear, Schedule, Stepwise, value
from symnas.searchers.parts.selection import (
    AtRandom,
    Bottom,
    First,
    Last,
    OrderedTournament,
    Proportional,
    Sample,
    Top,
    Tournament,
    Undominated,
    fitness,
)

__all__ = [
    "Amount",
    "AtRandom",
    "Average",
    "Bottom",
    "Comparing",
    "Constant",
    "Cosine",
    "Draw",
    "Evolving",
    "Exponential",
    "First",
    "KPoint",
    "Last",
    "Linear",
    "Member",
    "Moment",
    "Mutate",
    "MutateEach",
    "Operator",
    "OrderedTournament",
    "Permute",
    "Proportional",
    "Recombination",
    "Sample",
    "Schedule",
    "Stepwise",
    "Swap",
    "Top",
    "Tournament",
    "Unchanged",
    "Undominated",
    "UniformCrossover",
    "beats",
    "best",
    "best_first",
    "crowding",
    "dominates",
    "first_front",
    "fitness",
    "fronts",
    "total_violations",
    "undominated",
    "value",
]
