"""Numbers that come with the weights, in ONNX."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site


@lowers("buffer")
def _buffer(at: Site) -> ir.Value:
    return at.weight("value")
