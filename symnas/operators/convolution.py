"""Convolutions in one, two and three dimensions, plain and depthwise. Transposed ones are in `transposed.py`."""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm, Weight
from symnas.operators.registry import register
from symnas.operators.settings import flag, per_dimension, show, whole, word
from symnas.operators.shapes import channels, layout
from symnas.operators.text import module
from symnas.operators.windows import extent, padding_or_default, slid
from symnas.sizes import Size, product
from symnas.types import TensorType

__all__ = ["grouped"]

_MODES = ("zeros", "reflect", "replicate", "circular")


def grouped(owner: str, inputs: int, outputs: int, groups: int) -> None:
    """Check that *groups* divides the channels on both sides.

    Raises:
        OperatorError: it does not.
    """
    for count, side in ((inputs, "input"), (outputs, "output")):
        if count % groups:
            raise OperatorError(
                f"`{owner}` cannot split {count} {side} channels into {groups} groups", setting="groups"
            )


def _padding(settings: Settings, dimensions: int) -> tuple[int, ...]:
    """Padding on each side; for `"same"`, where the sides may differ, what PyTorch's padding attribute would be."""
    stride = per_dimension(settings, "stride", dimensions)
    kernel = per_dimension(settings, "kernel_size", dimensions)
    dilation = per_dimension(settings, "dilation", dimensions)
    written = settings["padding"]
    if written == "valid":
        return (0,) * dimensions
    given = None if written is None else per_dimension(settings, "padding", dimensions)
    return padding_or_default(given, kernel, stride, dilation)


def _spatial(owner: str, settings: Settings, tensor: TensorType) -> list[Size]:
    """Output sizes of the spatial dimensions."""
    dimensions = tensor.rank - 2
    kernel = per_dimension(settings, "kernel_size", dimensions)
    stride = per_dimension(settings, "stride", dimensions)
    dilation = per_dimension(settings, "dilation", dimensions)
    if settings["padding"] == "same":
        if any(each != 1 for each in stride):
            raise OperatorError(
                f'`{owner}` pads to the "same" size at stride 1 only; {show(settings["stride"])}', setting="padding"
            )
        _check_mode(owner, settings, tensor, [extent(k, d) // 2 for k, d in zip(kernel, dilation, strict=True)])
        return list(tensor.shape[2:])
    padding = _padding(settings, dimensions)
    _check_mode(owner, settings, tensor, padding)
    return [
        slid(owner, size, extent(k, d), s, p)
        for size, k, d, s, p in zip(tensor.shape[2:], kernel, dilation, stride, padding, strict=True)
    ]


def _check_mode(owner: str, settings: Settings, tensor: TensorType, padding: Sequence[int]) -> None:
    """Check that the input has what a padding made of its own elements takes."""
    for size, pad in zip(tensor.shape[2:], padding, strict=True):
        if word(settings, "padding_mode") == "reflect" and isinstance(size, int) and pad >= size:
            raise OperatorError(f"`{owner}` cannot reflect {pad} elements of {size}", setting="padding_mode")
        if word(settings, "padding_mode") == "circular" and isinstance(size, int) and pad > size:
            raise OperatorError(f"`{owner}` cannot wrap {pad} elements of {size}", setting="padding_mode")


def _convolved(owner: str, settings: Settings, tensor: TensorType, out_channels: int, groups: int) -> Applied:
    in_channels = channels(owner, tensor)
    grouped(owner, in_channels, out_channels, groups)
    kernel = per_dimension(settings, "kernel_size", tensor.rank - 2)
    output = tensor.with_shape(tensor.shape[0], out_channels, *_spatial(owner, settings, tensor))
    weights = [Weight("weight", (out_channels, in_channels // groups, *kernel), tensor.dtype)]
    if flag(settings, "bias"):
        weights.append(Weight("bias", (out_channels,), tensor.dtype))
    macs = product(output.shape[1:]) * (in_channels // groups) * product(kernel)
    return Applied((output,), tuple(weights), macs)


def _text(settings: Settings, tensor: TensorType, out_channels: int, groups: int) -> TorchForm:
    dimensions = tensor.rank - 2
    padding = "same" if settings["padding"] == "same" else _padding(settings, dimensions)
    return module(
        f"nn.Conv{dimensions}d",
        channels("Conv", tensor),
        out_channels,
        settings["kernel_size"],
        dtype=tensor.dtype,
        stride=(settings["stride"], 1),
        padding=(padding, 0),
        dilation=(settings["dilation"], 1),
        groups=(groups, 1),
        bias=(settings["bias"], True),
        padding_mode=(settings["padding_mode"], "zeros"),
    )


def _apply(owner: str, dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = layout(owner, inputs, dimensions)
    return _convolved(owner, settings, tensor, whole(settings, "out_channels"), whole(settings, "groups"))


def _torch(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    return _text(settings, inputs[0], whole(settings, "out_channels"), whole(settings, "groups"))


def _apply_depthwise(owner: str, dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = layout(owner, inputs, dimensions)
    count = channels(owner, tensor)
    return _convolved(owner, settings, tensor, count, count)


def _torch_depthwise(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    count = channels("DepthwiseConv", inputs[0])
    return _text(settings, inputs[0], count, count)


def _window(dimensions: int) -> tuple[Setting, ...]:
    """Settings that describe the sliding window, in PyTorch's order."""
    return (
        Setting("kernel_size", Kind.PAIR, least=1, length=dimensions),
        Setting("stride", Kind.PAIR, 1, least=1, length=dimensions),
        Setting("padding", Kind.PAIR_OR_NONE, None, words=("same", "valid"), least=0, length=dimensions),
        Setting("dilation", Kind.PAIR, 1, least=1, length=dimensions),
    )


_BIAS = Setting("bias", Kind.FLAG, default=True)
_MODE = Setting("padding_mode", Kind.WORD, "zeros", words=_MODES)

for _dimensions in (1, 2, 3):
    register(
        Operator(
            name=f"Conv{_dimensions}d",
            settings=(
                Setting("out_channels", Kind.WHOLE, least=1),
                *_window(_dimensions),
                Setting("groups", Kind.WHOLE, 1, least=1),
                _BIAS,
                _MODE,
            ),
            apply=partial(_apply, f"Conv{_dimensions}d", _dimensions),
            torch=_torch,
        )
    )
    register(
        Operator(
            name=f"DepthwiseConv{_dimensions}d",
            settings=(*_window(_dimensions), _BIAS, _MODE),
            apply=partial(_apply_depthwise, f"DepthwiseConv{_dimensions}d", _dimensions),
            torch=_torch_depthwise,
        )
    )
