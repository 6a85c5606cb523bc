"""Tensors of whatever library as numpy arrays."""

from typing import Any

import numpy as np

__all__ = ["Array", "array_of"]

Array = np.ndarray[Any, Any]


def array_of(value: Any) -> Array:
    """*value*, a tensor of PyTorch or whatever numpy reads, as an array that shares its memory where it can."""
    if not hasattr(value, "detach"):
        return np.asarray(value)
    try:
        found: Array = value.numpy(force=True)
    except TypeError:  # numpy has no bfloat16
        found = value.float().numpy(force=True)
    return found
