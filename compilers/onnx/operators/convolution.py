"""Convolutions in ONNX, transposed ones too."""

import onnx_ir as ir

from symnas.compilers.onnx.operators.bordering import bordered
from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import per_dimension, whole, word
from symnas.operators.windows import windows

_MODES = {"reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}


@lowers(*(f"{kind}{dimensions}d" for kind in ("Conv", "DepthwiseConv") for dimensions in (1, 2, 3)))
def _conv(at: Site) -> ir.Value:
    """A border that is not of zeros comes first, as a node of its own."""
    found = windows(at.settings, at.type.rank - 2)
    groups = at.settings.get("groups", at.type.shape[1])
    assert isinstance(groups, int)
    mode, x = word(at.settings, "padding_mode"), at.x
    sides = [(each.before, each.after) for each in found]
    if mode != "zeros":
        x = bordered(at, x, at.type.shape, _MODES[mode], sides)
        sides = [(0, 0)] * len(sides)
    return at.op(
        "Conv",
        x,
        at.weight("weight"),
        *(each for each in [at.optional("bias")] if each),
        kernel_shape=[each.kernel for each in found],
        strides=[each.stride for each in found],
        dilations=[each.dilation for each in found],
        pads=[before for before, _ in sides] + [after for _, after in sides],
        group=groups,
    )


@lowers(*(f"ConvTranspose{dimensions}d" for dimensions in (1, 2, 3)))
def _transposed(at: Site) -> ir.Value:
    """PyTorch lets `output_padding` reach the stride where a kernel is dilated, ONNX does not: then less is cut off the
    end, and what lies beyond is a border of zeros under the bias.
    """
    dimensions = at.type.rank - 2
    kernel, stride, padding, extra, dilation = (
        per_dimension(at.settings, name, dimensions)
        for name in ("kernel_size", "stride", "padding", "output_padding", "dilation")
    )
    bias, beyond, ends = at.optional("bias"), (0,) * dimensions, padding
    if any(more >= step for more, step in zip(extra, stride, strict=True)):
        ends = tuple(max(0, p - more) for p, more in zip(padding, extra, strict=True))
        beyond = tuple(max(0, more - p) for p, more in zip(padding, extra, strict=True))
        extra = (0,) * dimensions
    bordering = any(beyond)
    found = at.op(
        "ConvTranspose",
        at.x,
        at.weight("weight"),
        *([bias] if bias and not bordering else []),
        kernel_shape=kernel,
        strides=stride,
        dilations=dilation,
        pads=padding + ends,
        output_padding=extra,
        group=whole(at.settings, "groups"),
    )
    if not bordering:
        return found
    found = bordered(at, found, at.outputs[0].shape, "Zero", [(0, each) for each in beyond])
    axes = at.ints(*range(1, 1 + dimensions))
    return at.op("Add", found, at.op("Unsqueeze", bias, axes)) if bias else found
