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
