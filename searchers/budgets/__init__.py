"""Budgets: how far to train what was proposed, and when to stop early, whatever searcher proposes it.

`rules` says when an evaluation is not worth going on with, `nested` holds a searcher inside another, `schedule` the
arithmetic of rungs. The algorithms are files of their own beside this folder: `halving`, `hyperband`, `asha`,
`population_training`, `stopping`.
"""
