"""Normalisations in ONNX, as they are once trained."""

import numpy as np
import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import flag, real, whole
from symnas.sizes import product
from symnas.types import Dtype

_LEAST_STEP = {Dtype.F32: 2**-23, Dtype.F16: 2**-10, Dtype.BF16: 2**-7}
"""The least step from 1 of each element type."""


@lowers(*(f"BatchNorm{dimensions}d" for dimensions in (1, 2, 3)))
def _batch(at: Site) -> ir.Value:
    """With statistics of its own where it keeps none."""
    if flag(at.settings, "track_running_stats"):
        return _by_running_statistics(at)
    axes = at.ints(0, *range(2, at.type.rank))
    distance = at.op("Sub", at.x, at.op("ReduceMean", at.x, axes))
    variance = at.op("ReduceMean", at.op("Mul", distance, distance), axes)
    return _scaled(at, at.op("Div", distance, _root(at, variance)))


@lowers(*(f"InstanceNorm{dimensions}d" for dimensions in (1, 2, 3)))
def _instance(at: Site) -> ir.Value:
    if flag(at.settings, "track_running_stats"):
        return _by_running_statistics(at)
    return at.op("InstanceNormalization", at.x, *_affine(at, _channels(at)), epsilon=_eps(at))


@lowers("GroupNorm")
def _group(at: Site) -> ir.Value:
    """Each group as one channel; ONNX's own `GroupNormalization` came late, and with a change on the way."""
    groups = whole(at.settings, "num_groups")
    lines = at.op("Reshape", at.x, at.ints(0, groups, -1))
    ones, zeros = at.array([1.0] * groups, at.dtype), at.array([0.0] * groups, at.dtype)
    found = at.op("InstanceNormalization", lines, ones, zeros, epsilon=_eps(at))
    unknown = [size for size in at.type.shape[1:] if not isinstance(size, int)]
    if len(unknown) > 1:
        back = at.op("Reshape", found, at.op("Shape", at.x))
    else:
        back = at.op("Reshape", found, at.shape([0, *(s if isinstance(s, int) else -1 for s in at.type.shape[1:])]))
    return _scaled(at, back)


@lowers("LayerNorm")
def _layer(at: Site) -> ir.Value:
    shape = _normalised(at)
    scale = at.optional("weight") or at.array(np.ones(shape), at.dtype)
    bias = [each for each in [at.optional("bias")] if each]
    return at.op("LayerNormalization", at.x, scale, *bias, axis=-len(shape), epsilon=_eps(at))


@lowers("RMSNorm")
def _rms(at: Site) -> ir.Value:
    """By parts: ONNX's own `RMSNormalization` is young. Without `eps` it is the least step of the element type."""
    eps = _LEAST_STEP[at.dtype] if at.settings["eps"] is None else _eps(at)
    mean = at.op("ReduceMean", at.op("Mul", at.x, at.x), at.ints(*range(-len(_normalised(at)), 0)))
    found = at.op("Div", at.x, at.op("Sqrt", at.op("Add", mean, at.scalar(eps, at.dtype))))
    scale = at.optional("weight")
    return at.op("Mul", found, scale) if scale else found


@lowers("LocalResponseNorm")
def _response(at: Site) -> ir.Value:
    """By parts where ONNX's own counts otherwise (an even number of channels), or runtimes lack it: each channel's squares
    are averaged with those beside it.
    """
    size = whole(at.settings, "size")
    alpha, beta, k = (float(real(at.settings, name)) for name in ("alpha", "beta", "k"))
    if size % 2 and at.type.rank == 4 and at.dtype is Dtype.F32:
        return at.op("LRN", at.x, size=size, alpha=alpha, beta=beta, bias=k)
    batch, channels, *rest = at.type.shape
    planes = (batch, 1, channels, product(rest))
    squares = at.reshape(at.op("Mul", at.x, at.x), at.type.shape, planes)
    mean = at.op(
        "AveragePool", squares, kernel_shape=[size, 1], pads=[size // 2, 0, (size - 1) // 2, 0], strides=[1, 1],
        count_include_pad=1,
    )  # fmt: skip
    share = at.op("Mul", at.reshape(mean, planes, at.type.shape), at.scalar(alpha, at.dtype))
    return at.op("Div", at.x, at.op("Pow", at.op("Add", share, at.scalar(k, at.dtype)), at.scalar(beta, at.dtype)))


def _normalised(at: Site) -> list[int]:
    wanted = at.settings["normalized_shape"]
    count = 1 if wanted is None else len(wanted) if isinstance(wanted, tuple) else 1
    return [size for size in at.type.shape[-count:] if isinstance(size, int)]


def _channels(at: Site) -> int:
    count = at.type.shape[1]
    assert isinstance(count, int)
    return count


def _eps(at: Site) -> float:
    return float(real(at.settings, "eps"))


def _affine(at: Site, count: int) -> tuple[ir.Value, ir.Value]:
    """Scale and bias of *count* channels."""
    scale = at.optional("weight") or at.array([1.0] * count, at.dtype)
    return scale, at.optional("bias") or at.array([0.0] * count, at.dtype)


def _by_running_statistics(at: Site) -> ir.Value:
    statistics = [at.weight("running_mean"), at.weight("running_var")]
    return at.op("BatchNormalization", at.x, *_affine(at, _channels(at)), *statistics, epsilon=_eps(at))


def _root(at: Site, variance: ir.Value) -> ir.Value:
    return at.op("Sqrt", at.op("Add", variance, at.scalar(_eps(at), at.dtype)))


def _scaled(at: Site, x: ir.Value) -> ir.Value:
    """*x* times the scale plus the bias of its channel, where it has them."""
    for name, kind in (("weight", "Mul"), ("bias", "Add")):
        each = at.optional(name)
        if each is not None:
            after = at.type.rank - 2
            x = at.op(kind, x, at.op("Unsqueeze", each, at.ints(*range(1, 1 + after))) if after else each)
    return x
