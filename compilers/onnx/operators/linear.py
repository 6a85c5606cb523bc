"""`Linear`, `Bilinear` and `Embedding` in ONNX."""

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


@lowers("Bilinear")
def _bilinear(at: Site) -> ir.Value:
    """x · W · y for each output feature: x times all matrices at once, then each row of that times y."""
    first, second = at.operands(at.dtype)
    weight, bias = at.weight("weight"), at.optional("bias")
    one, other = at.types
    around, outs = one.shape[:-1], at.outputs[0].shape[-1]
    flat = at.reshape(
        at.transpose(weight, 1, 0, 2), (one.shape[-1], outs, other.shape[-1]), (one.shape[-1], outs * other.shape[-1])
    )
    rows = at.reshape(at.op("MatMul", first, flat), (*around, outs * other.shape[-1]), (*around, outs, other.shape[-1]))
    column = at.op("Unsqueeze", second, at.ints(-1))
    found = at.op("Squeeze", at.op("MatMul", rows, column), at.ints(-1))
    return at.op("Add", found, bias) if bias else found


@lowers("Embedding")
def _embedding(at: Site) -> ir.Value:
    return at.op("Gather", at.weight("weight"), at.x)
