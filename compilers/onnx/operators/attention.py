"""Attention in ONNX, by parts: products, softmax, rotary positions."""

from math import sqrt

import numpy as np
import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import flag, real, whole
from symnas.types import Dtype


@lowers("SplitHeads")
def _split(at: Site) -> ir.Value:
    batch, time, _ = at.type.shape
    heads = whole(at.settings, "heads")
    apart = at.reshape(at.x, at.type.shape, (batch, time, heads, at.outputs[0].shape[3]))
    return at.transpose(apart, 0, 2, 1, 3)


@lowers("MergeHeads")
def _merge(at: Site) -> ir.Value:
    batch, heads, time, features = at.type.shape
    return at.reshape(at.transpose(at.x, 0, 2, 1, 3), (batch, time, heads, features), at.outputs[0].shape)


@lowers("attend")
def _attend(at: Site) -> ir.Value:
    """Heads of the query that share one of the key stand together in a dimension of their own."""
    query, key, value = at.inputs
    (batch, heads, time, width), groups, length = at.type.shape, at.types[1].shape[1], at.types[1].shape[2]
    assert isinstance(width, int)
    assert isinstance(heads, int)
    assert isinstance(groups, int)
    shared = heads != groups
    if shared:
        query = at.reshape(query, at.type.shape, (batch, groups, heads // groups, time, width))
        key, value = (at.op("Unsqueeze", each, at.ints(2)) for each in (key, value))
    order = [0, 1, 2, 4, 3] if shared else [0, 1, 3, 2]
    scale = 1 / sqrt(width) if at.settings["scale"] is None else float(real(at.settings, "scale"))
    scores = at.op("MatMul", at.op("Mul", query, at.scalar(scale, at.dtype)), at.transpose(key, *order))
    if flag(at.settings, "causal"):
        rows = at.op("Unsqueeze", at.count(time), at.ints(1))
        seen = at.op("GreaterOrEqual", rows, at.count(length))
        scores = at.op("Where", seen, scores, at.scalar(float("-inf"), at.dtype))
    found = at.op("MatMul", at.op("Softmax", scores, axis=-1), value)
    old = (batch, groups, heads // groups, time, at.outputs[0].shape[3])
    return at.reshape(found, old, at.outputs[0].shape) if shared else found


@lowers("rope")
def _rope(at: Site) -> ir.Value:
    """Feature i turns together with feature i + d / 2, by an angle that grows with the position."""
    time, width = at.type.shape[-2:]
    assert isinstance(width, int)
    half = width // 2
    base = np.float32(real(at.settings, "base"))
    rates = at.array(base ** (-np.arange(half, dtype=np.float32) / np.float32(half)))
    places = at.op("Unsqueeze", at.cast(at.count(time), Dtype.I64, Dtype.F32), at.ints(1))
    angles = at.op("Mul", places, rates)
    cos, sin = (at.cast(at.op(kind, angles), Dtype.F32, at.dtype) for kind in ("Cos", "Sin"))
    first, second = at.ops("Split", 2, at.x, axis=-1, num_outputs=2)
    turned = [
        at.op("Sub", at.op("Mul", first, cos), at.op("Mul", second, sin)),
        at.op("Add", at.op("Mul", first, sin), at.op("Mul", second, cos)),
    ]
    return at.op("Concat", *turned, axis=-1)
