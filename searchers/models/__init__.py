"""Surrogate models: what learns from evaluations how good other architectures will be. One a file.

`base` says what a model is. How rows are made of architectures, and what is proposed, is the searchers' business.
"""

from collections.abc import Callable
from functools import partial

from symnas.searchers.models.ard import ARD
from symnas.searchers.models.base import Belief, Function, Model, Observations, Refitted, Vector
from symnas.searchers.models.gaussian import GaussianProcess
from symnas.searchers.models.linear import Linear
from symnas.searchers.models.networks import Networks
from symnas.searchers.models.trees import Boosting, Forest
from symnas.searchers.surrogate_settings import ModelKind, SurrogateSettings

__all__ = [
    "ARD",
    "Belief",
    "Boosting",
    "Forest",
    "Function",
    "GaussianProcess",
    "Linear",
    "Model",
    "Networks",
    "Observations",
    "Refitted",
    "Vector",
    "create_model",
]

_KINDS: dict[ModelKind, Callable[[], Model]] = {
    ModelKind.RIDGE: partial(Linear, pairs=0.0),
    ModelKind.FOREST: Forest,
    ModelKind.BOOSTING: Boosting,
    ModelKind.NETWORKS: Networks,
    ModelKind.GAUSSIAN_PROCESS: GaussianProcess,
}


def create_model(kind: ModelKind, settings: SurrogateSettings) -> Model:
    """A model that has seen nothing."""
    if kind is ModelKind.PAIRS:
        return Linear(pairs=settings.pairs)
    if kind is ModelKind.ARD:
        return ARD(pairs=settings.pairs)
    return _KINDS[kind]()
