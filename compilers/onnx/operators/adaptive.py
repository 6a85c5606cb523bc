"""Poolings to a given output size in ONNX.

Where the input is a multiple of the output, one pooling does it. Else dimensions are pooled one after the other:
averages as a product with the matrix of shares, maxima over the elements that each place gathers.
"""

import numpy as np
import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.sizes import Size
from symnas.types import Dtype

_ADAPTIVE = [f"Adaptive{kind}Pool{dimensions}d" for kind in ("Avg", "Max") for dimensions in (1, 2, 3)]


@lowers(*(f"Global{kind}Pool{dimensions}d" for kind in ("Avg", "Max") for dimensions in (1, 2, 3)))
def _global(at: Site) -> ir.Value:
    return at.op("GlobalAveragePool" if "Avg" in at.operator else "GlobalMaxPool", at.x)


@lowers(*_ADAPTIVE)
def _adaptive(at: Site) -> ir.Value:
    sizes, wanted = at.type.shape[2:], at.outputs[0].shape[2:]
    if all(each == 1 for each in wanted):
        return at.op("GlobalAveragePool" if "Avg" in at.operator else "GlobalMaxPool", at.x)
    kernel = _kernel(sizes, wanted)
    if kernel is not None:
        kind = "AveragePool" if "Avg" in at.operator else "MaxPool"
        return at.op(kind, at.x, kernel_shape=kernel, strides=kernel)
    x = at.x
    for axis, (size, count) in enumerate(zip(sizes, wanted, strict=True), 2):
        if size == count:
            continue
        assert isinstance(count, int)
        if count == 1:
            kind = "ReduceMean" if "Avg" in at.operator else "ReduceMax"
            x = at.op(kind, x, at.ints(axis))
        elif "Avg" in at.operator:
            x = _averaged(at, x, axis, size, count)
        else:
            x = _greatest(at, x, axis, size, count)
    return x


def _kernel(sizes: tuple[Size, ...], wanted: tuple[Size, ...]) -> list[int] | None:
    """The window, where every output is of as many elements and none of two."""
    kernel = []
    for size, count in zip(sizes, wanted, strict=True):
        if size == count:
            kernel.append(1)
        elif isinstance(size, int) and isinstance(count, int) and size % count == 0:
            kernel.append(size // count)
        else:
            return None
    return kernel


def _averaged(at: Site, x: ir.Value, axis: int, size: Size, count: int) -> ir.Value:
    """*x* times the matrix that says which share of each element goes where."""
    if isinstance(size, int):
        starts, ends = (np.arange(count) * size) // count, -((-np.arange(1, count + 1) * size) // count)
        places = np.arange(size)[:, None]
        inside = (places >= starts) & (places < ends)
        shares = at.array(inside / (ends - starts), at.dtype)
    else:
        starts_of, ends_of = _bounds(at, size, count)
        inside_of = _inside(at, size, starts_of, ends_of)
        width = at.cast(at.op("Sub", ends_of, starts_of), Dtype.I64, at.dtype)
        shares = at.op("Div", at.cast(inside_of, Dtype.BOOL, at.dtype), width)
    order = list(range(at.type.rank))
    order[axis], order[-1] = order[-1], order[axis]
    return at.transpose(at.op("MatMul", at.transpose(x, *order), shares), *order)


def _greatest(at: Site, x: ir.Value, axis: int, size: Size, count: int) -> ir.Value:
    """The greatest of the elements that each place covers: gathered in a dimension of their own, the last ones again
    where a place has fewer.
    """
    if isinstance(size, int):
        starts, ends = (np.arange(count) * size) // count, -((-np.arange(1, count + 1) * size) // count)
        most = int((ends - starts).max())
        places = at.array(np.minimum(starts[:, None] + np.arange(most), ends[:, None] - 1), Dtype.I64)
    else:
        starts_of, ends_of = _bounds(at, size, count)
        width = at.op("Squeeze", at.op("ReduceMax", at.op("Sub", ends_of, starts_of), keepdims=0))
        offsets = at.op("Range", at.scalar(0, Dtype.I64), width, at.scalar(1, Dtype.I64))
        last = at.op("Sub", ends_of, at.scalar(1, Dtype.I64))
        column = at.ints(1)
        sums = at.op("Add", at.op("Unsqueeze", starts_of, column), offsets)
        places = at.op("Min", sums, at.op("Unsqueeze", last, column))
    return at.op("ReduceMax", at.op("Gather", x, places, axis=axis), at.ints(axis + 1), keepdims=0)


def _bounds(at: Site, size: Size, count: int) -> tuple[ir.Value, ir.Value]:
    """Where each place starts and ends, when *size* is known: floor(i size / count), ceil((i + 1) size / count)."""
    length, below = at.size(size), at.array(count, Dtype.I64)
    starts = at.op("Div", at.op("Mul", at.array(np.arange(count), Dtype.I64), length), below)
    upper = at.op(
        "Add", at.op("Mul", at.array(np.arange(1, count + 1), Dtype.I64), length), at.array(count - 1, Dtype.I64)
    )
    return starts, at.op("Div", upper, below)


def _inside(at: Site, size: Size, starts: ir.Value, ends: ir.Value) -> ir.Value:
    places = at.op("Unsqueeze", at.count(size), at.ints(1))
    return at.op("And", at.op("GreaterOrEqual", places, starts), at.op("Less", places, ends))
