"""Structural pruning: channels, heads and groups removed from a network everywhere, with their weights.

`coupling` finds what goes together, by a rule for each operator in `rules`; `groups` says what can go, `choosing` what
does, by its importance and a budget; `removing` makes the smaller network and its weights. Here are graphs and arrays
alone; programs are joined to them by `symnas.slimming`.
"""

from symnas.pruning.coupling import Coupling, couple
from symnas.pruning.groups import Group, Stuck, Units, units_of
from symnas.pruning.removing import masked, removed, shrunk

__all__ = ["Coupling", "Group", "Stuck", "Units", "couple", "masked", "removed", "shrunk", "units_of"]
