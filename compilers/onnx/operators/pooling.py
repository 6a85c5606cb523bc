"""Poolings with a sliding window in ONNX.

`ceil_mode` is not used, since runtimes disagree about it: what the last window hangs over the end is written as
padding, computed while the network runs where a size is unknown.
"""

from collections.abc import Sequence
from math import prod

import onnx_ir as ir
from attrs import evolve

from symnas.compilers.onnx.operators.bordering import bordered
from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import flag, real
from symnas.operators.windows import Window, windows
from symnas.sizes import Size, product
from symnas.types import Dtype

_NAMES = [f"{kind}Pool{dimensions}d" for kind in ("Max", "Avg") for dimensions in (1, 2, 3)]


@lowers(*_NAMES)
def _pool(at: Site) -> ir.Value | tuple[ir.Value, ...]:
    """What hangs over the end is never counted; padding is where that is wanted, as the zeros that it consists of."""
    found = windows(at.settings, at.type.rank - 2)
    sides = [(each.before, each.after) for each in found]
    hanging = _hanging(at, found) if flag(at.settings, "ceil_mode") else [0] * len(found)
    known = [each for each in hanging if isinstance(each, int)]
    if len(known) < len(hanging):
        return _pool_unknown(at, found, sides, hanging)
    if at.operator.startswith("Avg"):
        x = at.x
        if flag(at.settings, "count_include_pad"):
            x, sides = bordered(at, x, at.type.shape, "Zero", sides), [(0, 0)] * len(sides)
        return _pooled(
            at, x, found, [(before, after + more) for (before, after), more in zip(sides, known, strict=True)]
        )
    x, ends = at.x, [(before, after + more) for (before, after), more in zip(sides, known, strict=True)]
    if _needs_border(at, found, ends):
        x, ends = bordered(at, x, at.type.shape, "Constant", ends, float("-inf")), [(0, 0)] * len(ends)
    if flag(at.settings, "return_indices"):
        return _with_places(at, x, found, ends)
    return _pooled(at, x, found, ends)


@lowers("LPPool1d", "LPPool2d", "LPPool3d")
def _normed(at: Site) -> ir.Value:
    """The mean of powers, times how many there are; of what is below 0 there is no root, as in PyTorch."""
    power = real(at.settings, "norm_type")
    settings = {**at.settings, "padding": 0, "count_include_pad": False}
    powers = at.op("Pow", at.x, at.scalar(power, at.dtype))
    mean = _pool(evolve(at, settings=settings, operator="AvgPool", inputs=(powers,)))
    assert isinstance(mean, ir.Value)
    total = at.op("Mul", mean, at.scalar(prod(each.kernel for each in windows(settings, at.type.rank - 2)), at.dtype))
    return at.op("Pow", total, at.scalar(1 / float(power), at.dtype))


def _needs_border(at: Site, found: Sequence[Window], ends: Sequence[tuple[int, int]]) -> bool:
    """Whether padding of a `MaxPool` must be a border of its own: runtimes allow less than the kernel, and of a window
    whose elements all lie in the padding, which dilation makes possible, they give other numbers than -inf.
    """
    for each, sides, size in zip(found, ends, at.type.shape[2:], strict=True):
        leaps = each.dilation > 1 and not (isinstance(size, int) and size >= each.dilation)
        if max(sides) >= each.kernel or (leaps and max(sides) > 0):
            return True
    return False


def _pooled(at: Site, x: ir.Value, found: Sequence[Window], sides: Sequence[tuple[int, int]]) -> ir.Value:
    return _windowed(at, x, found, sides, 1)[0]


def _windowed(
    at: Site, x: ir.Value, found: Sequence[Window], sides: Sequence[tuple[int, int]], count: int
) -> tuple[ir.Value, ...]:
    is_max = at.operator.startswith("Max")
    return at.ops(
        "MaxPool" if is_max else "AveragePool",
        count,
        x,
        kernel_shape=[each.kernel for each in found],
        strides=[each.stride for each in found],
        pads=[before for before, _ in sides] + [after for _, after in sides],
        **({"dilations": [each.dilation for each in found]} if is_max else {}),
    )


def _with_places(
    at: Site, x: ir.Value, found: Sequence[Window], sides: Sequence[tuple[int, int]]
) -> tuple[ir.Value, ...]:
    """The maxima, and where each stands in its plane. ONNX numbers the elements of the whole tensor, and those of *x*, which
    is the tensor within a border where *sides* are none: of each place the numbers along the dimensions are taken apart.
    """
    most, place = _windowed(at, x, found, sides, 2)
    inside = [at.scalar(size, Dtype.I64) for size in at.type.shape[2:]]
    if x is at.x:
        plane = at.scalar(product(at.type.shape[2:]), Dtype.I64)
        return most, at.op("Mod", place, plane)
    wide = [
        at.op("Squeeze", at.op("Shape", x, start=axis, end=axis + 1), at.ints(0)) for axis in range(2, at.type.rank)
    ]
    total, step = at.scalar(0, Dtype.I64), at.scalar(1, Dtype.I64)
    for window, size, whole in reversed(list(zip(found, inside, wide, strict=True))):
        along = at.op("Sub", at.op("Mod", place, whole), at.scalar(window.before, Dtype.I64))
        total = at.op("Add", total, at.op("Mul", along, step))
        place, step = at.op("Div", place, whole), at.op("Mul", step, size)
    return most, total


def _hanging(at: Site, found: Sequence[Window]) -> list[Size]:
    """By how much the last window hangs over the end in each dimension, less than 0 where it does not."""
    more: list[Size] = []
    for window, size, count in zip(found, at.type.shape[2:], at.outputs[0].shape[2:], strict=True):
        over = (count - 1) * window.stride + window.extent - (size + window.before + window.after)
        more.append(max(0, over) if isinstance(over, int) else over)
    return more


def _pool_unknown(
    at: Site, found: Sequence[Window], sides: Sequence[tuple[int, int]], hanging: Sequence[Size]
) -> ir.Value | tuple[ir.Value, ...]:
    """The same with a border of its own around the tensor. An average is that of the padded tensor over the share of
    each window that counts.
    """
    none = [(0, 0)] * len(found)
    more = at.op("Max", at.shape(hanging), at.ints(0))
    if at.operator.startswith("Max"):
        extended = _extended(at, at.x, sides, more, float("-inf"))
        return (_with_places if flag(at.settings, "return_indices") else _pooled)(at, extended, found, none)
    ones = at.filled(1, (1, 1, *at.type.shape[2:]), at.dtype)
    x, counted = at.x, flag(at.settings, "count_include_pad")
    if counted:
        ones = bordered(at, ones, at.type.shape, "Constant", sides, 1)
    shares = _extended(at, ones, none if counted else sides, more, 0)
    total = _pooled(at, _extended(at, x, sides, more, 0), found, none)
    return at.op("Div", total, _pooled(at, shares, found, none))


def _extended(at: Site, x: ir.Value, sides: Sequence[tuple[int, int]], more: ir.Value, value: float) -> ir.Value:
    """*x* with a border, at the ends of its dimensions by *more* than *sides* say."""
    ends = at.op("Add", at.ints(*(after for _, after in sides)), more)
    pads = at.op("Concat", at.ints(0, 0, *(before for before, _ in sides), 0, 0), ends, axis=0)
    return at.op("Pad", x, pads, at.scalar(value, at.dtype) if value else None, mode="constant")


@lowers("MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d")
def _unpool(at: Site) -> ir.Value:
    """Each plane as a row of zeros, into which the maxima are written."""
    before, after = at.type.shape, at.outputs[0].shape
    rows, wide = (*before[:2], product(before[2:])), (*after[:2], product(after[2:]))
    found, places = (at.reshape(each, before, rows) for each in at.inputs)
    return at.reshape(at.op("ScatterElements", at.filled(0, wide, at.dtype), places, found, axis=2), wide, after)
