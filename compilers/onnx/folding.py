"""Batch norms that follow a convolution, folded into it: once trained, a norm is a factor and a summand of each channel.

Folded is what nobody else sees: a convolution whose output the norm alone reads, with weights of its own, in the same
block. The weights keep the names of the convolution's.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

import numpy as np
import onnx_ir as ir

from symnas.graph import Operation, Scope
from symnas.operators.settings import flag, real
from symnas.types import Dtype

__all__ = ["Folded", "Reader", "Scaled", "followed_by_norm"]

Array = np.ndarray[Any, Any]
Reader = Callable[[str], Array | None]
"""Gives the weight of that name of an operation, or `None` where it has none."""

_CONVOLUTIONS: Final = tuple(f"{kind}{dimensions}d" for kind in ("Conv", "DepthwiseConv") for dimensions in (1, 2, 3))


_PIECE: Final = 2**16
"""Numbers that are multiplied at a time: a quarter of a megabyte."""


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


class Scaled(ir.LazyTensor):
    """A kernel times a factor for each of its channels. It is multiplied only when it is asked for, or, piece by piece,
    when it is written to a file, so that large networks are never held twice.
    """

    def __init__(self, kernel: Array, factors: Array) -> None:
        self.kernel, self.factors = kernel, factors.reshape(-1, *[1] * (kernel.ndim - 1))
        super().__init__(
            lambda: ir.Tensor(self.kernel * self.factors),
            dtype=ir.DataType.FLOAT,
            shape=ir.Shape(kernel.shape, frozen=True),
        )

    def pieces(self) -> Iterator[Array]:
        """The product in a row of pieces, each of which is gone when the next is asked for: a buffer that stays in the
        processor's cache takes half the time of fresh memory.
        """
        channels = len(self.kernel)
        count = max(1, _PIECE * channels // max(1, self.kernel.size))
        buffer = np.empty((min(count, channels), *self.kernel.shape[1:]), np.float32)
        for start in range(0, channels, count):
            kernel, factors = self.kernel[start : start + count], self.factors[start : start + count]
            yield np.multiply(kernel, factors, out=buffer[: len(kernel)])


class Folded:
    """The weights of a convolution with *norm* folded into it. *conv* and *of* read the weights of the two."""

    def __init__(self, norm: Operation, conv: Reader, of: Reader) -> None:
        self.conv, self.of = conv, of
        eps = float(real(dict(norm.settings), "eps"))
        self.factor = 1 / np.sqrt(_known(of("running_var")).astype(np.float64) + eps)
        if (scale := of("weight")) is not None:
            self.factor *= scale

    def weight(self, name: str) -> "ir.Tensor[Any] | Scaled":
        """The `weight` or `bias`."""
        if name == "weight":
            return Scaled(_known(self.conv("weight")), self.factor.astype(np.float32))
        bias, shift = self.conv("bias"), self.of("bias")
        moved = ((0 if bias is None else bias) - _known(self.of("running_mean")).astype(np.float64)) * self.factor
        return ir.Tensor((moved if shift is None else moved + shift).astype(np.float32))


def _known(array: Array | None) -> Array:
    assert array is not None
    return array
