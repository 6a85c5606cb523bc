"""Poolings with a sliding window: maximum and average, in one, two and three dimensions.

Poolings to a given output size are in `adaptive.py`.
"""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import flag, per_dimension
from symnas.operators.shapes import layout
from symnas.operators.text import constructed, module
from symnas.operators.windows import extent, padding_or_default, slid
from symnas.types import TensorType


def _windows(settings: Settings, dimensions: int) -> list[tuple[int, int, int, int]]:
    """Kernel, stride, padding and dilation of each dimension. The stride defaults to the kernel, as in PyTorch."""
    kernel = per_dimension(settings, "kernel_size", dimensions)
    stride = kernel if settings["stride"] is None else per_dimension(settings, "stride", dimensions)
    dilation = per_dimension(settings, "dilation", dimensions) if "dilation" in settings else (1,) * dimensions
    given = None if settings["padding"] is None else per_dimension(settings, "padding", dimensions)
    padding = padding_or_default(given, kernel, stride, dilation)
    return list(zip(kernel, stride, padding, dilation, strict=True))


def _apply(owner: str, dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = layout(owner, inputs, dimensions)
    sizes = []
    for size, (kernel, stride, padding, dilation) in zip(tensor.shape[2:], _windows(settings, dimensions), strict=True):
        window = extent(kernel, dilation)
        if padding > window // 2:
            raise OperatorError(
                f"`{owner}` pads at most half its window of {window}; padding is {padding}", setting="padding"
            )
        if padding > kernel // 2 and flag(settings, "ceil_mode"):
            raise OperatorError(
                f"`{owner}` with `ceil_mode` pads at most half its kernel of {kernel}; padding is {padding}",
                setting="padding",
            )
        sizes.append(slid(owner, size, window, stride, padding, ceil=flag(settings, "ceil_mode")))
    return Applied((tensor.with_shape(*tensor.shape[:2], *sizes),))


def _torch_max(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    dimensions = inputs[0].rank - 2
    kernel, stride, padding, dilation = zip(*_windows(settings, dimensions), strict=True)
    wide = any(pad > size // 2 for pad, size in zip(padding, kernel, strict=True))
    pool = constructed(
        f"nn.MaxPool{dimensions}d",
        kernel,
        stride=(stride, kernel if len(set(kernel)) > 1 else kernel[0]),
        padding=((0,) * dimensions if wide else padding, 0),
        dilation=(dilation, 1),
        ceil_mode=(settings["ceil_mode"], False),
    )
    if not wide:
        return TorchForm(module=pool)
    # PyTorch pads a dilated window by half its kernel at most, too little to keep the size.
    sides = tuple(pad for pad in reversed(padding) for _ in range(2))
    border = constructed(f"nn.ConstantPad{dimensions}d", sides)[:-1] + ', float("-inf"))'
    return TorchForm(module=f"nn.Sequential({border}, {pool})")


def _torch_average(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    dimensions = inputs[0].rank - 2
    kernel, stride, padding, _ = zip(*_windows(settings, dimensions), strict=True)
    counted = flag(settings, "count_include_pad") or not any(padding)  # without padding it says nothing
    return module(
        f"nn.AvgPool{dimensions}d",
        kernel,
        stride=(stride, kernel if len(set(kernel)) > 1 else kernel[0]),
        padding=(padding, 0),
        ceil_mode=(settings["ceil_mode"], False),
        count_include_pad=(counted, True),
    )


def _window(dimensions: int) -> tuple[Setting, ...]:
    return (
        Setting("kernel_size", Kind.PAIR, least=1, length=dimensions),
        Setting("stride", Kind.PAIR_OR_NONE, None, least=1, length=dimensions),
        Setting("padding", Kind.PAIR_OR_NONE, None, least=0, length=dimensions),
    )


_CEIL = Setting("ceil_mode", Kind.FLAG, default=False)

for _dimensions in (1, 2, 3):
    register(
        Operator(
            name=f"MaxPool{_dimensions}d",
            settings=(*_window(_dimensions), Setting("dilation", Kind.PAIR, 1, least=1, length=_dimensions), _CEIL),
            apply=partial(_apply, f"MaxPool{_dimensions}d", _dimensions),
            torch=_torch_max,
        )
    )
    register(
        Operator(
            name=f"AvgPool{_dimensions}d",
            # Unlike PyTorch, an average does not count padding: published search spaces agree on that.
            settings=(*_window(_dimensions), _CEIL, Setting("count_include_pad", Kind.FLAG, default=False)),
            apply=partial(_apply, f"AvgPool{_dimensions}d", _dimensions),
            torch=_torch_average,
        )
    )
