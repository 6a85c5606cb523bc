"""`Linear` and `Embedding` in ONNX."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site


@lowers("Linear")
def _linear(at: Site) -> ir.Value:
    """`Gemm` keeps the weight as PyTorch has it; beyond two dimensions only `MatMul` fits, which wants it transposed."""
    weight, bias = at.weight("weight"), at.optional("bias")
    if at.type.rank == 2:
        return at.op("Gemm", at.x, weight, *([bias] if bias else []), transB=1)
    product = at.op("MatMul", at.x, at.transpose(weight, 1, 0))
    return at.op("Add", product, bias) if bias else product


@lowers("Embedding")
def _embedding(at: Site) -> ir.Value:
    return at.op("Gather", at.weight("weight"), at.x)
