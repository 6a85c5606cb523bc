"""Windows written out as features in ONNX: each channel convolved with kernels that hold a single one; and added up again."""

import numpy as np
import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.unfolding import folded_sizes
from symnas.operators.windows import windows
from symnas.sizes import product


@lowers("Unfold", "Im2Col")
def _unfold(at: Site) -> ir.Value:
    found = windows(at.settings, 2)
    batch, channels, *sizes = at.type.shape
    kernel = [each.kernel for each in found]
    each = product(kernel)
    assert isinstance(each, int)
    planes = at.reshape(at.x, at.type.shape, (batch * channels, 1, *sizes))
    windows_of = at.op(
        "Conv",
        planes,
        at.array(np.eye(each).reshape(each, 1, *kernel), at.dtype),
        kernel_shape=kernel,
        strides=[each.stride for each in found],
        dilations=[each.dilation for each in found],
        pads=[each.before for each in found] + [each.after for each in found],
    )
    counts = [each.positions(at.operator, size) for size, each in zip(sizes, found, strict=True)]
    old = (batch * channels, each, *counts)
    shape = (batch, channels * each, product(counts))
    features = at.reshape(windows_of, old, shape)
    return at.transpose(features, 0, 2, 1) if at.operator == "Im2Col" else features


@lowers("Fold")
def _fold(at: Site) -> ir.Value:
    found = windows(at.settings, 2)
    kernel = at.ints(*(each.kernel for each in found))
    return at.op(
        "Col2Im",
        at.x,
        at.shape(folded_sizes(at.settings)),
        kernel,
        strides=[each.stride for each in found],
        dilations=[each.dilation for each in found],
        pads=[each.before for each in found] + [each.after for each in found],
    )
