"""Training: data sets, recipes and the built-in trainer, the evaluator of `symnas search`.

Searching and storing trials is `study`'s business, building modules the compiler's. Importing this package loads
neither numpy nor torch; they are loaded where data is read and a network is trained.
"""
