"""Random numbers in ONNX: drawn anew at each run, by the runtime's own generator, which its seed sets."""

import onnx_ir as ir

from symnas.compilers.onnx.emitter import DTYPES
from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import whole
from symnas.types import Dtype

_KINDS = {"rand": "RandomUniform", "randn": "RandomNormal"}


def _drawn(at: Site, kind: str, like: ir.Value | None = None) -> ir.Value:
    """Numbers of 32 bits, which all runtimes draw, as the output has them: where *like* is, or in its shape."""
    known = [size for size in map(at.emitter.settle, at.outputs[0].shape) if isinstance(size, int)]
    f32 = int(DTYPES[Dtype.F32])
    if len(known) == len(at.outputs[0].shape):
        found = at.op(kind, shape=known, dtype=f32)
    else:
        alike = at.filled(0, at.outputs[0].shape, Dtype.F32) if like is None else like
        found = at.op(f"{kind}Like", alike, dtype=f32)
    return at.cast(found, Dtype.F32, at.dtype)


@lowers("rand", "randn")
def _sized(at: Site) -> ir.Value:
    return _drawn(at, _KINDS[at.operator])


@lowers("rand_like", "randn_like")
def _alike(at: Site) -> ir.Value:
    return _drawn(at, _KINDS[at.operator.removesuffix("_like")], at.x)


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
