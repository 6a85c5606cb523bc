"""Likeness and distance of vectors in ONNX."""

from math import inf

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.distances import vector_norm
from symnas.operators.settings import flag, real, whole
from symnas.operators.shapes import broadcast

__all__: list[str] = []


def _norm(at: Site, x: ir.Value, power: float, axis: int, *, keeps: bool) -> ir.Value:
    """The norm of that order along *axis*."""
    kept, place = {"keepdims": int(keeps)}, at.ints(axis)
    if power in (1, 2):
        return at.op(f"ReduceL{int(power)}", x, place, **kept)
    if power == inf:
        return at.op("ReduceMax", at.op("Abs", x), place, **kept)
    total = at.op("ReduceSum", at.op("Pow", at.op("Abs", x), at.scalar(power, at.dtype)), place, **kept)
    return at.op("Pow", total, at.scalar(1 / power, at.dtype))


def _unit(at: Site, x: ir.Value, power: float, axis: int) -> ir.Value:
    """*x* over its norm, which is taken for `eps` where it is less."""
    least = at.scalar(real(at.settings, "eps"), at.dtype)
    return at.op("Div", x, at.op("Max", _norm(at, x, power, axis, keeps=True), least))


@lowers("CosineSimilarity", "cosine_similarity")
def _cosine(at: Site) -> ir.Value:
    together = broadcast(at.operator, at.types)
    axis = whole(at.settings, "dim") % len(together)
    vectors = [
        x if type.shape == together else at.op("Expand", x, at.shape(together))
        for x, type in zip(at.operands(at.dtype), at.types, strict=True)
    ]
    one, other = (_unit(at, x, 2, axis) for x in vectors)
    return at.op("ReduceSum", at.op("Mul", one, other), at.ints(axis), keepdims=0)


@lowers("PairwiseDistance", "pairwise_distance")
def _distance(at: Site) -> ir.Value:
    """Of what is a little apart: by `eps`."""
    apart = at.op("Add", at.op("Sub", *at.operands(at.dtype)), at.scalar(real(at.settings, "eps"), at.dtype))
    return _norm(at, apart, vector_norm(at.operator, at.settings), -1, keeps=flag(at.settings, "keepdim"))


@lowers("normalize")
def _normalize(at: Site) -> ir.Value:
    return _unit(at, at.x, vector_norm("normalize", at.settings), whole(at.settings, "dim"))
