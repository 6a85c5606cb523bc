"""`einsum` in ONNX, which has it."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.equations import equation_of
from symnas.operators.settings import word


@lowers("einsum")
def _einsum(at: Site) -> ir.Value:
    """Written out: runtimes differ in what `...` and a missing result mean."""
    return at.op("Einsum", *at.inputs, equation=str(equation_of(word(at.settings, "equation"), at.types)))
