"""Poolings with a sliding window in ONNX."""

from collections.abc import Sequence

import onnx_ir as ir

from symnas.compilers.onnx.operators.bordering import bordered
from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import flag
from symnas.operators.windows import Window, windows

_NAMES = [f"{kind}Pool{dimensions}d" for kind in ("Max", "Avg") for dimensions in (1, 2, 3)]


@lowers(*_NAMES)
def _pool(at: Site) -> ir.Value:
    """`ceil_mode` is written as what it comes to, more padding at the end, since runtimes disagree about the rest;
    where a size is unknown, it is left to them.
    """
    found = windows(at.settings, at.type.rank - 2)
    sides = [(each.before, each.after) for each in found]
    x, attributes = at.x, {"dilations": [each.dilation for each in found]}
    if at.operator.startswith("Avg"):
        attributes = {"count_include_pad": 0}
        if flag(at.settings, "count_include_pad"):  # counted zeros are zeros like others
            x, sides = bordered(at, x, at.type.shape, "Zero", sides), [(0, 0)] * len(sides)
    elif any(each.before > each.kernel // 2 for each in found):
        x, sides = bordered(at, x, at.type.shape, "Constant", sides, float("-inf")), [(0, 0)] * len(sides)
    hanging = _hanging(at, found) if flag(at.settings, "ceil_mode") else [0] * len(found)
    return at.op(
        "MaxPool" if at.operator.startswith("Max") else "AveragePool",
        x,
        kernel_shape=[each.kernel for each in found],
        strides=[each.stride for each in found],
        pads=[before for before, _ in sides]
        + [end + more for (_, end), more in zip(sides, hanging or [0] * 3, strict=False)],
        ceil_mode=int(hanging is None),
        **attributes,
    )


def _hanging(at: Site, found: Sequence[Window]) -> list[int] | None:
    """By how much the last window hangs over the end in each dimension; `None` where a size is unknown."""
    more = []
    for window, size, count in zip(found, at.type.shape[2:], at.outputs[0].shape[2:], strict=True):
        if not isinstance(size, int) or not isinstance(count, int):
            return None
        reached = (count - 1) * window.stride + window.extent
        more.append(max(0, reached - (size + window.before + window.after)))
    return more
