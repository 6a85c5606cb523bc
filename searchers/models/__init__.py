"""Surrogate models: what learns from evaluations how good other architectures will be. One a file.

`base` says what a model is. How rows are made of architectures, and what is proposed, is the searchers' business.
"""

from typing import assert_never

from symnas.searchers.models.base import Belief, Function, Model, Observations, Vector
from symnas.searchers.models.linear import Linear
from symnas.searchers.surrogate_settings import ModelKind

__all__ = ["Belief", "Function", "Linear", "Model", "Observations", "Vector", "create_model"]


def create_model(kind: ModelKind) -> Model:
    """A model that has seen nothing."""
    match kind:
        case ModelKind.PAIRS:
            return Linear()
        case ModelKind.RIDGE:
            return Linear(pairs=0.0)
        case _:
            assert_never(kind)
