"""Reductions, and functions along a dimension."""

from collections.abc import Mapping
from typing import Final

from symnas.compilers.importing.onnx.registry import reads
from symnas.compilers.importing.onnx.site import Site
from symnas.compilers.importing.rearranging import reshaped
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import Flow, Value
from symnas.sizes import Size

_REDUCTIONS: Final[Mapping[str, str]] = {
    "ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "amax", "ReduceMin": "amin", "ReduceProd": "prod",
    "ReduceLogSumExp": "logsumexp", "ReduceL1": "sum", "ReduceL2": "sum", "ReduceSumSquare": "sum",
}  # fmt: skip


@reads(*_REDUCTIONS)
def _reduce(at: Site) -> Value:
    rank = at.type().rank
    axes = at.axes(rank)
    if axes is None or not axes:
        if at.whole("noop_with_empty_axes", 0):
            return at.input(0)
        axes = tuple(range(rank))
    flow = at.flow(0)
    if at.operator in ("ReduceL2", "ReduceSumSquare"):
        flow = at.one("square", flow)
    elif at.operator == "ReduceL1":
        flow = at.one("abs", flow)
    keep = bool(at.whole("keepdims", 1))
    if _REDUCTIONS[at.operator] == "prod" and len(axes) > 1:
        for each in sorted(axes, reverse=True):
            flow = at.one("prod", flow, dim=each, keepdim=keep)
        return flow
    flow = at.one(_REDUCTIONS[at.operator], flow, dim=tuple(sorted(axes)), keepdim=keep)
    return at.one("sqrt", flow) if at.operator == "ReduceL2" else flow


@reads("ArgMax", "ArgMin")
def _extreme(at: Site) -> Value:
    if at.whole("select_last_index", 0):
        raise Refused("of equal elements it takes the last")
    axis, keep = at.whole("axis", 0), bool(at.whole("keepdims", 1))
    return at.one("argmax" if at.operator == "ArgMax" else "argmin", at.flow(0), dim=axis, keepdim=keep)


@reads("Softmax", "LogSoftmax")
def _softmax(at: Site) -> Value:
    rank, shape = at.type().rank, at.type().shape
    axis = at.whole("axis", -1 if at.opset >= 13 else 1) % rank
    if at.opset >= 13 or axis == rank - 1 or all(size == 1 for size in shape[axis + 1 :]):
        return at.one(at.operator, at.flow(0), dim=-1 if axis == rank - 1 else axis)
    rest: Size = 1
    for each in shape[axis:]:
        rest = rest * each
    flat = reshaped(at.drawing, at.flow(0), (*shape[:axis], rest))
    return reshaped(at.drawing, at.one(at.operator, flat, dim=-1), shape)


@reads("CumSum")
def _running(at: Site) -> Value:
    if at.whole("exclusive", 0) or at.whole("reverse", 0):
        raise Refused("it is exclusive or reversed")
    return at.one("cumsum", at.flow(0), dim=at.scalar(1, "dimension"))


@reads("LpNormalization")
def _normalised(at: Site) -> Value:
    axis, power = at.whole("axis", -1), at.whole("p", 2)
    flow: Flow = at.flow(0)
    measured = at.one("square", flow) if power == 2 else at.one("abs", flow)
    total = at.one("sum", measured, dim=axis, keepdim=True)
    return at.one("div", flow, at.one("sqrt", total) if power == 2 else total)


@reads("TopK")
def _order(at: Site) -> tuple[Value, ...]:
    """All elements in order are sorted; ONNX takes the greatest first unless told."""
    axis, largest = at.whole("axis", -1), bool(at.whole("largest", 1))
    (count,) = at.sizes(1, "number of elements") if at.has(1) else (at.whole("k", 1),)
    flow = at.flow(0)
    if count == flow.type.shape[axis]:
        return at.drawing.apply("sort", [flow], {"dim": axis, "descending": largest})
    return at.drawing.apply("topk", [flow], {"k": count, "dim": axis, "largest": largest})
