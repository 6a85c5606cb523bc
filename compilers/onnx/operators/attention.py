"""Attention in ONNX, by parts: products, softmax, rotary positions."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import flag, real, whole
from symnas.sizes import Size
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
    query, key, value, *masks = at.inputs
    (batch, heads, time, width), groups, length = at.type.shape, at.types[1].shape[1], at.types[1].shape[2]
    assert isinstance(width, int)
    assert isinstance(heads, int)
    assert isinstance(groups, int)
    shared = heads != groups
    if shared:
        query = at.reshape(query, at.type.shape, (batch, groups, heads // groups, time, width))
        key, value = (at.op("Unsqueeze", each, at.ints(2)) for each in (key, value))
        masks = [_by_group(at, each, groups) for each in masks]
    order = [0, 1, 2, 4, 3] if shared else [0, 1, 3, 2]
    scale = 1 / sqrt(width) if at.settings["scale"] is None else float(real(at.settings, "scale"))
    scores = at.op("MatMul", at.op("Mul", query, at.scalar(scale, at.dtype)), at.transpose(key, *order))
    found = at.op("MatMul", _shares(at, scores, time, length, masks), value)
    old = (batch, groups, heads // groups, time, at.outputs[0].shape[3])
    return at.reshape(found, old, at.outputs[0].shape) if shared else found


def _by_group(at: Site, mask: ir.Value, groups: int) -> ir.Value:
    """A *mask* of heads with those that share a key in a dimension of their own."""
    shape = at.types[3].shape
    if len(shape) == 2 or shape[-3] == 1:
        return mask if len(shape) < 4 else at.op("Unsqueeze", mask, at.ints(2))
    heads = shape[-3]
    assert isinstance(heads, int)
    return at.reshape(mask, shape, (*shape[:-3], groups, heads // groups, *shape[-2:]))


def _shares(at: Site, scores: ir.Value, time: Size, length: Size, masks: Sequence[ir.Value]) -> ir.Value:
    """How much each position takes of each other, from its *scores*; nothing at all where its mask hides everything."""
    lowest = at.scalar(float("-inf"), at.dtype)
    if flag(at.settings, "causal"):
        rows = at.op("Unsqueeze", at.count(time), at.ints(1))
        scores = at.op("Where", at.op("GreaterOrEqual", rows, at.count(length)), scores, lowest)
    for mask in masks:
        if at.types[3].dtype is Dtype.BOOL:
            scores = at.op("Where", mask, scores, lowest)
        else:
            scores = at.op("Add", scores, at.cast(mask, at.types[3].dtype, at.dtype))
    shares = at.op("Softmax", scores, axis=-1)
    return at.op("Where", at.op("IsNaN", shares), at.scalar(0, at.dtype), shares) if masks else shares


@lowers("linear_attend")
def _linear_attend(at: Site) -> ir.Value:
    """Heads that share a key stand together in a dimension of their own, as in `attend`."""
    one, (batch, heads, time, width), groups = at.scalar(1, at.dtype), at.type.shape, at.types[1].shape[1]
    assert isinstance(heads, int)
    assert isinstance(groups, int)
    query, key = (at.op("Add", at.op("Elu", each), one) for each in at.inputs[:2])
    for mask in at.inputs[3:]:
        rank = at.types[3].rank
        column = at.transpose(mask, *range(rank - 2), rank - 1, rank - 2)
        key = at.op("Where", column, key, at.scalar(0, at.dtype))
    query = at.reshape(query, at.type.shape, (batch, groups, heads // groups, time, width))
    key, value = (at.op("Unsqueeze", each, at.ints(2)) for each in (key, at.inputs[2]))
    if flag(at.settings, "causal"):
        outer = at.op("MatMul", at.op("Unsqueeze", key, at.ints(-1)), at.op("Unsqueeze", value, at.ints(-2)))
        sums, keys = (at.op("CumSum", each, at.array(3, Dtype.I64)) for each in (outer, key))
        found = at.op("Squeeze", at.op("MatMul", at.op("Unsqueeze", query, at.ints(-2)), sums), at.ints(-2))
    else:
        found = at.op("MatMul", query, at.op("MatMul", at.transpose(key, 0, 1, 2, 4, 3), value))
        keys = at.op("ReduceSum", key, at.ints(-2), keepdims=1)
    total = at.op("ReduceSum", at.op("Mul", query, keys), at.ints(-1), keepdims=1)
    found = at.op("Div", found, at.op("Add", total, at.scalar(real(at.settings, "eps"), at.dtype)))
    old = (batch, groups, heads // groups, time, at.outputs[0].shape[3])
    return at.reshape(found, old, at.outputs[0].shape)


@lowers("MultiheadAttention")
def _multihead(at: Site) -> ir.Value:
    given, types = (at.inputs[:3], at.types[:3]) if len(at.inputs) > 1 else (at.inputs * 3, at.types * 3)
    (batch, time, width), length, heads = at.type.shape, types[1].shape[1], whole(at.settings, "num_heads")
    assert isinstance(width, int)
    if together := at.optional("in_proj_weight"):
        weights = at.ops("Split", 3, together, axis=0, num_outputs=3)
    else:
        weights = tuple(at.weight(f"{name}_proj_weight") for name in "qkv")
    bias = at.optional("in_proj_bias")
    biases = at.ops("Split", 3, bias, axis=0, num_outputs=3) if bias else (None,) * 3
    orders = ((0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3))
    query, key, value = (
        at.transpose(
            at.reshape(_linear(at, x, weight, bias), type.shape, (*type.shape[:2], heads, width // heads)), *order
        )
        for x, weight, bias, type, order in zip(given, weights, biases, types, orders, strict=True)
    )
    query = at.op("Mul", query, at.scalar(1 / sqrt(width // heads), at.dtype))
    found = at.op("MatMul", _shares(at, at.op("MatMul", query, key), time, length, at.inputs[3:]), value)
    flat = at.reshape(at.transpose(found, 0, 2, 1, 3), (batch, time, heads, width // heads), at.outputs[0].shape)
    return _linear(at, flat, at.weight("out_proj.weight"), at.optional("out_proj.bias"))


def _linear(at: Site, x: ir.Value, weight: ir.Value, bias: ir.Value | None) -> ir.Value:
    product = at.op("MatMul", x, at.transpose(weight, 1, 0))
    return at.op("Add", product, bias) if bias else product


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
