"""Weights by name, as numpy has them; where they come from does not matter."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnas.errors import CompileError
from symnas.graph import Graph, join

__all__ = ["Arrays", "arrays_of", "check_weights"]

Arrays = Mapping[str, NDArray[Any]]
"""Weights and buffers by their names in the state dict."""


def arrays_of(weights: Mapping[str, Any]) -> Arrays:
    """*weights*, arrays or tensors of PyTorch, as arrays. What numpy has no dtype for (bfloat16) has 32 bits then.

    Raises:
        CompileError: one is neither.
    """
    found: dict[str, NDArray[Any]] = {}
    for name, value in weights.items():
        if hasattr(value, "detach"):
            value = value.detach().cpu()
            value = value.float() if str(value.dtype) == "torch.bfloat16" else value
            value = value.numpy()
        if not hasattr(value, "shape"):
            raise CompileError(f"`{name}` among the weights is no array: {type(value).__name__}")
        found[name] = np.asarray(value)
    return found


def check_weights(graph: Graph, weights: Arrays) -> None:
    """Refuse *weights* that are not those of *graph*.

    Raises:
        CompileError: one is missing, or has another shape.
    """
    for placed in graph.operations():
        for weight in placed.operation.weights:
            path = join(placed.path, weight.name)
            if path not in weights:
                raise CompileError(f"the weights lack `{path}`; give those of the same network")
            shape = tuple(weights[path].shape)
            if shape != weight.shape:
                raise CompileError(f"`{path}` is {list(shape)} in the weights; the network has {list(weight.shape)}")
