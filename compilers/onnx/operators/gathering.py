"""Taking elements at places that a tensor holds, in ONNX."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import whole


@lowers("index_select")
def _select(at: Site) -> ir.Value:
    return at.op("Gather", *at.inputs, axis=whole(at.settings, "dim"))


@lowers("gather")
def _gather(at: Site) -> ir.Value:
    return at.op("GatherElements", *at.inputs, axis=whole(at.settings, "dim"))
