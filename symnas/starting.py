"""Fresh weights without PyTorch, distributed as PyTorch starts them, or as the program says (`init`).

Linear layers and convolutions start uniform within 1 / √(inputs of an output), biases too; recurrent layers within
1 / √(units); embeddings normal; normalisations as ones and zeros.
"""

from math import prod, sqrt

import numpy as np

from symnas.arrays import Array
from symnas.graph import Operation
from symnas.operators.base import Weight
from symnas.operators.settings import real
from symnas.operators.starts import Start

__all__ = ["started"]


def started(operation: Operation, weight: Weight, random: np.random.Generator) -> Array:
    """*weight* of *operation* as it is before any training, drawn from *random*; real numbers at single precision."""
    settings = dict(operation.settings)
    start = settings.get("init")
    if isinstance(start, Start) and (not weight.name or "weight" in weight.name):
        array = _as_written(start, weight.shape, settings.get("groups"), random)
    else:
        array = _by_default(operation, weight, random)
    padding = settings.get("padding_idx")
    if isinstance(padding, int):
        array[padding] = 0
    return array


def _as_written(start: Start, shape: tuple[int, ...], groups: object, random: np.random.Generator) -> Array:
    match start.way, start.number:
        case "normal", number if number is not None:
            return _normal(random, shape) * float(number)
        case "uniform", number if number is not None:
            return _uniform(random, shape, float(number))
        case "fill", number if number is not None:
            return np.full(shape, float(number), np.float32)
        case "identity", _:
            return _identity(shape, groups if isinstance(groups, int) else shape[0])
        case way, _:
            return np.full(shape, float(way == "ones"), np.float32)


def _identity(shape: tuple[int, ...], groups: int) -> Array:
    """A matrix, or a kernel that hands on its middle element: in each group output i takes input i."""
    if len(shape) == 2:
        return np.eye(*shape, dtype=np.float32)
    array = np.zeros(shape, np.float32)
    middle = tuple(size // 2 for size in shape[2:])
    each = shape[0] // groups
    for group in range(groups):
        for channel in range(min(each, shape[1])):
            array[(group * each + channel, channel, *middle)] = 1
    return array


def _by_default(operation: Operation, weight: Weight, random: np.random.Generator) -> Array:
    settings = dict(operation.settings)
    kind = operation.operator
    if kind == "PReLU":
        return np.full(weight.shape, float(real(settings, "init")), np.float32)
    if kind == "buffer":
        return np.zeros(weight.shape, np.float32)
    if "Norm" in kind:
        return np.full(weight.shape, float(weight.name in ("weight", "running_var")), np.float32)
    if kind in ("Embedding", "EmbeddingBag"):
        return _normal(random, weight.shape)
    if kind == "MultiheadAttention" and weight.name != "out_proj.weight":  # Glorot and Bengio, 2010; biases at 0
        together = sum(weight.shape) if len(weight.shape) == 2 else 0
        return _uniform(random, weight.shape, sqrt(6 / together)) if together else np.zeros(weight.shape, np.float32)
    hidden = settings.get("hidden_size")
    if isinstance(hidden, int):
        return _uniform(random, weight.shape, 1 / sqrt(hidden))
    kernel = next((each for each in operation.weights if each.name == "weight"), weight)
    inputs = kernel.shape[1] if kind == "Bilinear" else prod(kernel.shape[1:])
    return _uniform(random, weight.shape, 1 / sqrt(inputs))


def _normal(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return random.standard_normal(shape, np.float32)


def _uniform(random: np.random.Generator, shape: tuple[int, ...], bound: float) -> Array:
    array = random.random(shape, np.float32)
    array *= 2 * bound
    array -= bound
    return array
