"""Transformations of a trained network that leave what it computes as it is: wider, deeper, split, merged.

A `Trained` network goes through them one after the other; each is a rule, with the weights that belong to it. They are
about one layer, called by its path. Sources: Chen, Goodfellow, Shlens 2016, "Net2Net"; Wei et al. 2016, "Network
Morphism"; Cai et al. 2018, "Path-Level Network Transformation"; Chen et al. 2023, "VanillaNet".
"""

from symnas.rewriting.morphisms.deepening import add_branch, deepen, insert
from symnas.rewriting.morphisms.merging import fold, merge
from symnas.rewriting.morphisms.splitting import factor, split
from symnas.rewriting.morphisms.trained import Trained
from symnas.rewriting.morphisms.widening import grow_kernel, stream_of, widen, widen_stream

__all__ = [
    "Trained", "add_branch", "deepen", "factor", "fold", "grow_kernel", "insert", "merge", "split", "stream_of", "widen",
    "widen_stream",
]  # fmt: skip
