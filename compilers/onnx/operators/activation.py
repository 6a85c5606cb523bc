"""Activations in ONNX."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site


@lowers("ReLU")
def _relu(at: Site) -> ir.Value:
    return at.op("Relu", at.x)
