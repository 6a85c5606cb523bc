"""Convolutions in one, two and three dimensions, plain and depthwise. Transposed ones are in `transposed.py`."""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm, Weight
from symnas.operators.initialising import register_weighted
from symnas.operators.settings import flag, show, whole, word
from symnas.operators.shapes import channels, layout
from symnas.operators.text import module
from symnas.operators.windows import Window, paddings, windows
from symnas.sizes import product
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


def _check(owner: str, settings: Settings, tensor: TensorType, found: Sequence[Window]) -> None:
    """Check what PyTorch asks of a padding: stride 1 for "same", and enough elements where it is made of them."""
    if settings["padding"] == "same" and any(each.stride != 1 for each in found):
        raise OperatorError(
            f'`{owner}` pads to the "same" size at stride 1 only; {show(settings["stride"])}', setting="padding"
        )
    mode = word(settings, "padding_mode")
    if mode in ("reflect", "circular"):
        for size, each in zip(tensor.shape[2:], found, strict=True):
            most = size - 1 if mode == "reflect" else size
            if isinstance(most, int) and each.after > most:
                raise OperatorError(f"`{owner}` cannot take {each.after} elements of {size}", setting="padding_mode")


def _convolved(owner: str, settings: Settings, tensor: TensorType, out_channels: int, groups: int) -> Applied:
    in_channels = channels(owner, tensor)
    grouped(owner, in_channels, out_channels, groups)
    found = windows(settings, tensor.rank - 2)
    _check(owner, settings, tensor, found)
    sizes = [each.positions(owner, size) for size, each in zip(tensor.shape[2:], found, strict=True)]
    shape = (out_channels, in_channels // groups, *(each.kernel for each in found))
    weights = [Weight("weight", shape, tensor.dtype)]
    if flag(settings, "bias"):
        weights.append(Weight("bias", (out_channels,), tensor.dtype))
    output = tensor.with_shape(tensor.shape[0], out_channels, *sizes)
    return Applied((output,), tuple(weights), product(sizes) * product(shape))


def _text(settings: Settings, tensor: TensorType, out_channels: int, groups: int) -> TorchForm:
    dimensions = tensor.rank - 2
    padding = "same" if settings["padding"] == "same" else paddings(windows(settings, dimensions))
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
    register_weighted(
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
            multiplies=True,
        )
    )
    register_weighted(
        Operator(
            name=f"DepthwiseConv{_dimensions}d",
            settings=(*_window(_dimensions), _BIAS, _MODE),
            apply=partial(_apply_depthwise, f"DepthwiseConv{_dimensions}d", _dimensions),
            torch=_torch_depthwise,
            multiplies=True,
        )
    )
