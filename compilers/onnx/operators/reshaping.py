"""Rearranging in ONNX: flatten, reshape, permute, squeeze, expand."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site


@lowers("Flatten", "flatten", "Unflatten", "unflatten", "reshape")
def _reshape(at: Site) -> ir.Value:
    return at.reshape(at.x, at.type.shape, at.outputs[0].shape)
