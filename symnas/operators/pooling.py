"""Poolings with a sliding window: maximum and average, in one, two and three dimensions.

Poolings to a given output size are in `adaptive.py`.
"""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, SettingValue, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import flag
from symnas.operators.shapes import layout
from symnas.operators.text import constructed, module
from symnas.operators.windows import Window, paddings, windows
from symnas.types import Dtype, TensorType


def _apply(owner: str, dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = layout(owner, inputs, dimensions)
    ceil, places = flag(settings, "ceil_mode"), bool(settings.get("return_indices"))
    sizes = []
    for size, window in zip(tensor.shape[2:], windows(settings, dimensions), strict=True):
        if window.before > window.extent // 2:
            raise OperatorError(
                f"`{owner}` pads at most half its window of {window.extent}; padding is {window.before}",
                setting="padding",
            )
        if (ceil or places) and window.before > window.kernel // 2:
            raise OperatorError(
                f"`{owner}` with `{'ceil_mode' if ceil else 'return_indices'}` pads at most half its kernel of"
                f" {window.kernel}; padding is {window.before}",
                setting="padding",
            )
        sizes.append(window.positions(owner, size, ceil=ceil))
    pooled = tensor.with_shape(*tensor.shape[:2], *sizes)
    return Applied((pooled, TensorType(pooled.shape, Dtype.I64)), many=True) if places else Applied((pooled,))


def _torch_max(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    dimensions = inputs[0].rank - 2
    found = windows(settings, dimensions)
    wide = any(each.before > each.kernel // 2 for each in found)
    pool = constructed(
        f"nn.MaxPool{dimensions}d",
        settings["kernel_size"],
        stride=_stride(settings, found),
        padding=((0,) if wide else paddings(found), 0),
        dilation=(settings["dilation"], 1),
        return_indices=(settings["return_indices"], False),
        ceil_mode=(settings["ceil_mode"], False),
    )
    if not wide:
        return TorchForm(module=pool)
    # PyTorch pads a dilated window by half its kernel at most, too little to keep the size.
    sides = tuple(pad for pad in reversed(paddings(found)) for _ in range(2))
    border = constructed(f"nn.ConstantPad{dimensions}d", sides)[:-1] + ', float("-inf"))'
    return TorchForm(module=f"nn.Sequential({border}, {pool})")


def _torch_average(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    dimensions = inputs[0].rank - 2
    found = windows(settings, dimensions)
    counted = flag(settings, "count_include_pad") or not any(paddings(found))  # without padding it says nothing
    return module(
        f"nn.AvgPool{dimensions}d",
        settings["kernel_size"],
        stride=_stride(settings, found),
        padding=(paddings(found), 0),
        ceil_mode=(settings["ceil_mode"], False),
        count_include_pad=(counted, True),
    )


def _stride(settings: Settings, found: Sequence[Window]) -> tuple[SettingValue, SettingValue]:
    """The stride, and what PyTorch takes where none is given: the kernel."""
    kernel = tuple(each.kernel for each in found)
    usual = kernel if len(set(kernel)) > 1 else kernel[0]
    return (usual if settings["stride"] is None else settings["stride"], usual)


def _window(dimensions: int) -> tuple[Setting, ...]:
    return (
        Setting("kernel_size", Kind.PAIR, least=1, length=dimensions),
        Setting("stride", Kind.PAIR_OR_NONE, None, least=1, length=dimensions),
        Setting("padding", Kind.PAIR_OR_NONE, None, least=0, length=dimensions),
    )


_CEIL = Setting("ceil_mode", Kind.FLAG, default=False)
_PLACES = Setting("return_indices", Kind.FLAG, default=False, named=True)
"""With the maxima, where each stands in its plane, for `MaxUnpool2d` and its like."""

for _dimensions in (1, 2, 3):
    register(
        Operator(
            name=f"MaxPool{_dimensions}d",
            settings=(
                *_window(_dimensions), Setting("dilation", Kind.PAIR, 1, least=1, length=_dimensions), _CEIL, _PLACES,
            ),
            apply=partial(_apply, f"MaxPool{_dimensions}d", _dimensions),
            torch=_torch_max,
        )
    )  # fmt: skip
    register(
        Operator(
            name=f"AvgPool{_dimensions}d",
            # Unlike PyTorch, an average does not count padding: published search spaces agree on that.
            settings=(*_window(_dimensions), _CEIL, Setting("count_include_pad", Kind.FLAG, default=False)),
            apply=partial(_apply, f"AvgPool{_dimensions}d", _dimensions),
            torch=_torch_average,
        )
    )
