"""Random numbers in ONNX: drawn anew at each run, by the runtime's own generator, which its seed sets."""

import onnx_ir as ir

from symnas.compilers.onnx.emitter import DTYPES
from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import whole
from symnas.types import Dtype, TensorType

__all__ = ["uniform"]

_KINDS = {"rand": "RandomUniform", "randn": "RandomNormal"}


def uniform(at: Site, type: TensorType) -> ir.Value:
    """A tensor of *type* of numbers from 0 to below 1."""
    return _drawn(at, "RandomUniform", type)


def _drawn(at: Site, kind: str, type: TensorType, like: ir.Value | None = None) -> ir.Value:
    """Numbers of 32 bits, which all runtimes draw, as *type* has them: where *like* is, or in its shape."""
    known = [size for size in map(at.emitter.settle, type.shape) if isinstance(size, int)]
    f32 = int(DTYPES[Dtype.F32])
    if len(known) == len(type.shape):
        found = at.op(kind, shape=known, dtype=f32)
    else:
        alike = at.filled(0, type.shape, Dtype.F32) if like is None else like
        found = at.op(f"{kind}Like", alike, dtype=f32)
    return at.cast(found, Dtype.F32, type.dtype)


@lowers("rand", "randn")
def _sized(at: Site) -> ir.Value:
    return _drawn(at, _KINDS[at.operator], at.outputs[0])


@lowers("rand_like", "randn_like")
def _alike(at: Site) -> ir.Value:
    return _drawn(at, _KINDS[at.operator.removesuffix("_like")], at.outputs[0], at.x)


@lowers("randint")
def _whole(at: Site) -> ir.Value:
    """Real numbers of 64 bits, which are exact enough, rounded down."""
    low, high = whole(at.settings, "low"), whole(at.settings, "high")
    known = [size for size in map(at.emitter.settle, at.outputs[0].shape) if isinstance(size, int)]
    bounds = {"low": float(low), "high": float(high), "dtype": int(ir.DataType.DOUBLE)}
    if len(known) == len(at.outputs[0].shape):
        found = at.op("RandomUniform", shape=known, **bounds)
    else:
        found = at.op("RandomUniformLike", at.filled(0, at.outputs[0].shape, Dtype.F32), **bounds)
    most = at.array(high - 1, Dtype.I64)
    return at.op("Min", at.cast(at.op("Floor", found), Dtype.F32, Dtype.I64), most)
