"""Batch norms that follow a convolution, folded into it: once trained, a norm is a factor and a summand of each channel.

Folded is what nobody else sees: a convolution whose output the norm alone reads, with weights of its own, in the same
block. The weights keep the names of the convolution's.
"""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np
import onnx_ir as ir

from symnas.graph import Operation, Scope
from symnas.operators.settings import flag, real
from symnas.types import Dtype

__all__ = ["Reader", "folded_weight", "followed_by_norm"]

Array = np.ndarray[Any, Any]
Reader = Callable[[str], Array | None]
"""Gives the weight of that name of an operation, or `None` where it has none."""

_CONVOLUTIONS: Final = tuple(f"{kind}{dimensions}d" for kind in ("Conv", "DepthwiseConv") for dimensions in (1, 2, 3))


@lru_cache(maxsize=1024)
def followed_by_norm(scope: Scope) -> dict[int, Operation]:
    """The convolutions of *scope* that a norm is folded into, by the value that they give, each with its norm."""
    if not any(isinstance(step, Operation) and step.operator.startswith("BatchNorm") for step in scope.steps):
        return {}
    reads = Counter(scope.results)
    made: dict[int, Operation] = {}
    value = len(scope.inputs)
    for step in scope.steps:
        reads.update(step.operands)
        if isinstance(step, Operation) and _folds_into(step):
            made[value] = step
        value += len(step.outputs)
    return {
        step.operands[0]: step
        for step in scope.steps
        if isinstance(step, Operation) and _is_norm(step) and step.operands[0] in made and reads[step.operands[0]] == 1
    }


def _folds_into(step: Operation) -> bool:
    return (
        step.operator in _CONVOLUTIONS
        and step.shared is None
        and step.bits is None
        and step.outputs[0].dtype is Dtype.F32
    )


def _is_norm(step: Operation) -> bool:
    """Whether *step* is a batch norm with running statistics and weights of its own."""
    return (
        step.operator.startswith("BatchNorm")
        and step.shared is None
        and flag(dict(step.settings), "track_running_stats")
    )


def folded_weight(name: str, norm: Operation, conv: Reader, of: Reader) -> "ir.Tensor[Any] | ir.LazyTensor":
    """The `weight` or `bias` of a convolution with *norm* folded into it. *conv* and *of* read the weights of the two.

    A kernel is multiplied only when it is written to a file or asked for, so that large networks are never held twice.
    """
    factor = 1 / np.sqrt(_known(of("running_var")).astype(np.float64) + float(real(dict(norm.settings), "eps")))
    scale = of("weight")
    if scale is not None:
        factor = factor * scale
    if name == "weight":
        weight = _known(conv("weight"))
        factors = factor.astype(np.float32).reshape(-1, *[1] * (weight.ndim - 1))
        return ir.LazyTensor(
            lambda: ir.Tensor(weight * factors), dtype=ir.DataType.FLOAT, shape=ir.Shape(weight.shape, frozen=True)
        )
    bias, shift = conv("bias"), of("bias")
    moved = ((0 if bias is None else bias) - _known(of("running_mean")).astype(np.float64)) * factor
    return ir.Tensor((moved if shift is None else moved + shift).astype(np.float32))


def _known(array: Array | None) -> Array:
    assert array is not None
    return array
