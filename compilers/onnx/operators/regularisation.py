"""Layers that do something only while training, and `Zero`, in ONNX."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site


@lowers("Identity", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout", "DropPath")
def _nothing(at: Site) -> ir.Value:
    return at.x


@lowers("Zero")
def _zero(at: Site) -> ir.Value:
    return at.filled(0, at.outputs[0].shape, at.dtype)
