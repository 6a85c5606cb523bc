"""Weights of a network carried over to what rules have made of it: numpy arrays by the names of its `state_dict`.

`carrying` goes from pass to pass: `lineage` tells which layer was which, `tracing` follows channels through the new network
with a function for each operator in `following`, `making` has what is computed of several weights. Files of weights are
read and written by whoever has them.
"""

from symnas.rewriting.weights.carrying import Array, Carried, carried, carried_through
from symnas.rewriting.weights.fates import Fate

__all__ = ["Array", "Carried", "Fate", "carried", "carried_through"]
