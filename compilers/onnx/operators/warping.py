"""Images sampled at other places, in ONNX."""

import numpy as np
import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import flag, word
from symnas.operators.warping import grid_size
from symnas.sizes import Size
from symnas.types import Dtype

__all__: list[str] = []

_LATER = {"bilinear": "linear", "bicubic": "cubic", "nearest": "nearest"}
"""What modes are called from opset 20 on."""


@lowers("grid_sample")
def _sample(at: Site) -> ir.Value:
    mode = word(at.settings, "mode")
    return at.op(
        "GridSample",
        *at.inputs,
        mode=_LATER[mode] if at.opset >= 20 else mode,
        padding_mode=word(at.settings, "padding_mode"),
        align_corners=int(flag(at.settings, "align_corners")),
    )


@lowers("affine_grid")
def _grid(at: Site) -> ir.Value:
    """The matrices times the places [x, y, 1] of all pixels; ONNX's own `AffineGrid` is young."""
    height, width = (at.emitter.settle(each) for each in grid_size(at.settings))
    rows = at.op("Unsqueeze", _line(at, height), at.ints(1))
    columns = at.op("Unsqueeze", _line(at, width), at.ints(0))
    shape, one = at.shape((height, width)), at.scalar(1, at.dtype)
    parts = [at.op("Unsqueeze", at.op("Expand", each, shape), at.ints(2)) for each in (columns, rows, one)]
    places = at.op("Reshape", at.op("Concat", *parts, axis=2), at.ints(-1, 3))
    moved = at.op("MatMul", places, at.transpose(at.x, 0, 2, 1))
    return at.op("Reshape", moved, at.shape(at.outputs[0].shape))


def _line(at: Site, size: Size) -> ir.Value:
    """Where the pixels of a row lie between -1 and 1: its corners there, or the borders of the pixels there."""
    corners = flag(at.settings, "align_corners")
    if isinstance(size, int):
        first = np.linspace(-1, 1, size) if size > 1 else np.zeros(1)
        return at.array(first if corners else first * (size - 1) / size, at.dtype)
    numbers, two = at.cast(at.count(size), Dtype.I64, at.dtype), at.scalar(2, at.dtype)
    one, wide = at.scalar(1, at.dtype), at.scalar(size, at.dtype)
    if not corners:
        return at.op("Sub", at.op("Div", at.op("Add", at.op("Mul", numbers, two), one), wide), one)
    step = at.op("Div", two, at.op("Max", at.op("Sub", wide, one), one))
    start = at.op("Sub", at.cast(at.op("Equal", wide, one), Dtype.BOOL, at.dtype), one)  # a single pixel is the middle
    return at.op("Add", at.op("Mul", numbers, step), start)
