"""Changing the resolution in ONNX."""

import numpy as np
import onnx_ir as ir

from symnas.compilers.onnx.emitter import Attribute
from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import per_dimension, real, whole, word
from symnas.types import Dtype

_MODES: dict[str, dict[str, Attribute]] = {
    "nearest": {
        "mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor",
    },
    "nearest-exact": {
        "mode": "nearest", "coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_ceil",
    },
    "linear": {"mode": "linear"},
    "bicubic": {"mode": "cubic", "cubic_coeff_a": -0.75},
}  # fmt: skip
"""PyTorch's modes as attributes of `Resize`; how corners are aligned comes on top."""


@lowers("Upsample")
def _upsample(at: Site) -> ir.Value:
    dimensions, mode = at.type.rank - 2, word(at.settings, "mode")
    attributes = dict(_MODES[mode if mode in _MODES else "linear"])
    if "nearest" not in mode:
        corners = "align_corners" if at.settings["align_corners"] else "half_pixel"
        attributes["coordinate_transformation_mode"] = corners
    axes = list(range(2, at.type.rank))
    if at.settings["size"] is not None:
        sizes = at.ints(*per_dimension(at.settings, "size", dimensions))
        return at.op("Resize", at.x, None, None, sizes, axes=axes, **attributes)
    scale = float(real(at.settings, "scale_factor"))
    return at.op("Resize", at.x, None, at.array([scale] * dimensions, Dtype.F32), axes=axes, **attributes)


@lowers("PixelShuffle")
def _shuffle(at: Site) -> ir.Value:
    return at.op("DepthToSpace", at.x, blocksize=whole(at.settings, "upscale_factor"), mode="CRD")


@lowers("PixelUnshuffle")
def _unshuffle(at: Site) -> ir.Value:
    """`SpaceToDepth` puts the positions of a block before the channels; PyTorch puts them behind."""
    factor, count = whole(at.settings, "downscale_factor"), at.type.shape[1]
    assert isinstance(count, int)
    blocks = at.op("SpaceToDepth", at.x, blocksize=factor)
    return at.op(
        "Gather", blocks, at.array(np.arange(count * factor**2).reshape(-1, count).T.ravel(), Dtype.I64), axis=1
    )


@lowers("ChannelShuffle")
def _channels(at: Site) -> ir.Value:
    groups, count = whole(at.settings, "groups"), at.type.shape[1]
    assert isinstance(count, int)
    return at.op("Gather", at.x, at.array(np.arange(count).reshape(groups, -1).T.ravel(), Dtype.I64), axis=1)
