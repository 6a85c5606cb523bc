"""What `quantised(…)` does, in ONNX: weights and what flows in are rounded to fewer bits where they are used.

Weights are stored in full, so that a shared one may be read as it is; runtimes fold the rounding of constants away.
The arithmetic is that of the PyTorch target (`symnas.compilers.torch.rounding`), source included.
"""

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from symnas.compilers.onnx.emitter import NUMPY, Emitter
from symnas.graph import Bits, Operation
from symnas.types import Dtype, TensorType

__all__ = ["round_input", "round_weight"]


def round_input(emitter: Emitter, bits: Bits | None, value: ir.Value, type: TensorType) -> ir.Value:
    """*value*, the first tensor of a quantised operation, with one scale for all of it."""
    if bits is None or not type.dtype.is_floating or bits.inputs >= 8 * type.dtype.bytes:
        return value
    return _rounded(emitter, value, bits.inputs, None, type.dtype)


def round_weight(emitter: Emitter, step: Operation, name: str, value: ir.Value) -> ir.Value:
    """*value*, the weight *name* of *step*, with a scale for each output channel; biases stay as they are."""
    weight = next(each for each in step.weights if each.name == name)
    if step.bits is None or not name.startswith("weight") or step.bits.weights >= 8 * weight.dtype.bytes:
        return value
    if not step.operator.startswith("ConvTranspose"):
        return _rounded(emitter, value, step.bits.weights, range(1, len(weight.shape)), weight.dtype)
    groups, rank = dict(step.settings)["groups"], len(weight.shape)
    assert isinstance(groups, int)
    inputs, *rest = weight.shape  # [in, out / groups, …]: each group has output channels of its own
    apart = emitter.op("Reshape", value, emitter.shape([groups, inputs // groups, *rest]))
    found = _rounded(emitter, apart, step.bits.weights, (1, *range(3, rank + 1)), weight.dtype)
    return emitter.op("Reshape", found, emitter.shape(weight.shape))


def _rounded(emitter: Emitter, x: ir.Value, bits: int, axes: Sequence[int] | None, dtype: Dtype) -> ir.Value:
    """*x* in so many bits, symmetric about 0, with a scale for each slice over *axes*; a single bit is the sign."""
    size, over = emitter.op("Abs", x), [] if axes is None else [emitter.shape(axes)]
    if bits == 1:
        signs = emitter.op(
            "Where",
            emitter.op("Less", x, _number(0, dtype, emitter)),
            _number(-1, dtype, emitter),
            _number(1, dtype, emitter),
        )
        return emitter.op("Mul", signs, emitter.op("ReduceMean", size, *over))
    step = emitter.op("Div", emitter.op("ReduceMax", size, *over), _number(2 ** (bits - 1) - 1, dtype, emitter))
    none = emitter.op("Equal", step, _number(0, dtype, emitter))
    step = emitter.op("Where", none, _number(1, dtype, emitter), step)
    return emitter.op("Mul", emitter.op("Round", emitter.op("Div", x, step)), step)


def _number(value: int, dtype: Dtype, emitter: Emitter) -> ir.Value:
    return emitter.array(np.array(value, NUMPY[dtype]))
