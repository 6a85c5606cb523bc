"""Tensors that come from nowhere, in ONNX."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import real, sizes
from symnas.types import Dtype


@lowers("arange")
def _arange(at: Site) -> ir.Value:
    written = sizes(at.settings, "bounds")
    start, stop = (0, written[0]) if len(written) == 1 else written[:2]
    step = written[2] if len(written) == 3 else 1
    return at.op("Range", *(at.scalar(each, Dtype.I64) for each in (start, stop, step)))


@lowers("zeros", "ones", "full")
def _filled(at: Site) -> ir.Value:
    value = real(at.settings, "fill_value") if at.operator == "full" else int(at.operator == "ones")
    return at.filled(value, at.outputs[0].shape, at.dtype)


@lowers("param")
def _param(at: Site) -> ir.Value:
    return at.weight("")
