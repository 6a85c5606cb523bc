"""`Linear`, `Bilinear`, `Embedding` and `EmbeddingBag` in ONNX."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import whole, word
from symnas.types import Dtype


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


@lowers("EmbeddingBag")
def _bag(at: Site) -> ir.Value:
    """What stands for nothing in a bag, `padding_idx`, is left out of it; a bag of nothing else is 0."""
    found, mode, row = at.op("Gather", at.weight("weight"), at.x), word(at.settings, "mode"), at.ints(1)
    if len(at.inputs) > 1:
        found = at.op("Mul", found, at.op("Unsqueeze", at.inputs[1], at.ints(-1)))
    kinds = {"sum": "ReduceSum", "mean": "ReduceMean", "max": "ReduceMax"}
    padding = at.settings["padding_idx"]
    if not isinstance(padding, int):
        return at.op(kinds[mode], found, row, keepdims=0)
    place = padding % whole(at.settings, "num_embeddings")
    nothing = at.op("Unsqueeze", at.op("Equal", at.x, at.scalar(place, at.type.dtype)), at.ints(-1))
    zero, counted = at.scalar(0, at.dtype), at.cast(at.op("Not", nothing), Dtype.BOOL, at.dtype)
    if mode == "max":
        most = at.op("ReduceMax", at.op("Where", nothing, at.scalar(float("-inf"), at.dtype), found), row, keepdims=0)
        some = at.op("Greater", at.op("ReduceMax", counted, row, keepdims=0), zero)
        return at.op("Where", some, most, zero)
    total = at.op("ReduceSum", at.op("Where", nothing, zero, found), row, keepdims=0)
    if mode == "sum":
        return total
    return at.op("Div", total, at.op("Max", at.op("ReduceSum", counted, row, keepdims=0), at.scalar(1, at.dtype)))
