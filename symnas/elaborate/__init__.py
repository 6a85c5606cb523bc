"""Elaboration: a program run over its choices, with results kept per block, arguments and input types."""
