"""Numbers of one dtype as another, in ONNX."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site


@lowers("cast")
def _cast(at: Site) -> ir.Value:
    return at.cast(at.x, at.type.dtype, at.outputs[0].dtype)
