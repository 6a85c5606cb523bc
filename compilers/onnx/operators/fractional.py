"""Poolings by random regions in ONNX: the elements of each region gathered side by side, and pooled."""

import onnx_ir as ir

from symnas.compilers.onnx.operators.drawing import uniform
from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.chance import SAMPLED, samples_of
from symnas.operators.fractional import regions
from symnas.sizes import Size
from symnas.types import Dtype

__all__: list[str] = []


@lowers(*SAMPLED)
def _pool(at: Site) -> ir.Value:
    """One dimension after the other. PyTorch's samples of images say the width first."""
    samples = at.inputs[1] if len(at.inputs) > 1 else uniform(at, samples_of(at.type))
    found, shape = at.x, list(at.type.shape)
    parts = regions(at.operator, at.settings, at.type)
    for axis, (kernel, count) in enumerate(parts, 2):
        place = at.type.rank - 1 - axis if len(parts) == 2 else axis - 2
        sample = at.slice(samples, 2, place, place + 1)
        rows = _rows(at, sample, shape[axis], kernel, count)
        shape[axis] = count * kernel
        line: list[Size] = [*shape[:2], *(shape[axis] if other == axis else 1 for other in range(2, len(shape)))]
        places = at.reshape(rows, (*shape[:2], count, kernel), line)
        if line != shape:
            places = at.op("Expand", places, at.shape(shape))
        found = at.op("GatherElements", found, places, axis=axis)
    kernels = [kernel for kernel, _ in parts]
    return at.op("MaxPool", found, kernel_shape=kernels, strides=kernels)


def _rows(at: Site, sample: ir.Value, size: Size, kernel: int, count: Size) -> ir.Value:
    """The places [N, C, count, kernel] of the elements of all regions along a dimension of *size*, in the arithmetic of
    PyTorch: the last region is at the end, others start at ⌊(i + u) α⌋ - ⌊u α⌋.
    """
    last = at.scalar(size - kernel, Dtype.I64)
    inside = at.ints(*range(kernel))
    if count == 1:
        starts = at.op("Expand", last, at.shape((*at.type.shape[:2], 1)))
    else:
        step = at.op("Div", at.cast(last, Dtype.I64, at.dtype), at.scalar(count - 1, at.dtype))
        numbers = at.count(count)
        there = at.op("Mul", at.op("Add", at.cast(numbers, Dtype.I64, at.dtype), sample), step)
        whole, first = (at.cast(each, at.dtype, Dtype.I64) for each in (there, at.op("Mul", sample, step)))
        is_last = at.op("Equal", numbers, at.scalar(count - 1, Dtype.I64))
        starts = at.op("Where", is_last, last, at.op("Sub", whole, first))
    return at.op("Add", at.op("Unsqueeze", starts, at.ints(-1)), inside)
