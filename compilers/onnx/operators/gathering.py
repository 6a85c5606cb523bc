"""Taking and writing elements at places that a tensor holds, in ONNX."""

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


@lowers("scatter", "scatter_add")
def _scatter(at: Site) -> ir.Value:
    added = {"reduction": "add"} if at.operator == "scatter_add" else {}
    return at.op("ScatterElements", *at.inputs, axis=whole(at.settings, "dim"), **added)


@lowers("one_hot")
def _one_hot(at: Site) -> ir.Value:
    """What ONNX's `OneHot` counts from the end if it is negative, PyTorch refuses."""
    return at.op("OneHot", at.x, at.ints(whole(at.settings, "num_classes")), at.ints(0, 1))
