"""Transposed convolutions. Their padding is PyTorch's, none by default, since they have no size to keep."""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm, Weight
from symnas.operators.convolution import grouped
from symnas.operators.initialising import register_weighted
from symnas.operators.settings import flag, per_dimension, whole
from symnas.operators.shapes import channels, layout
from symnas.operators.text import module
from symnas.sizes import Size, product
from symnas.types import TensorType


def _spatial(owner: str, settings: Settings, tensor: TensorType) -> list[Size]:
    """Output sizes of the spatial dimensions."""
    dimensions = tensor.rank - 2
    kernel, stride, padding, extra, dilation = (
        per_dimension(settings, name, dimensions)
        for name in ("kernel_size", "stride", "padding", "output_padding", "dilation")
    )
    found: list[Size] = []
    for size, k, s, p, e, d in zip(tensor.shape[2:], kernel, stride, padding, extra, dilation, strict=True):
        if e >= max(s, d):
            raise OperatorError(
                f"`output_padding` of `{owner}` must be below its stride or dilation; {e}", setting="output_padding"
            )
        result = (size - 1) * s - 2 * p + d * (k - 1) + 1 + e
        if isinstance(result, int) and result < 1:
            raise OperatorError(f"`{owner}` leaves nothing of {size}: padding is {p}", setting="padding")
        found.append(result)
    return found


def _apply(owner: str, dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = layout(owner, inputs, dimensions)
    in_channels, out_channels = channels(owner, tensor), whole(settings, "out_channels")
    groups = whole(settings, "groups")
    grouped(owner, in_channels, out_channels, groups)
    kernel = per_dimension(settings, "kernel_size", dimensions)
    output = tensor.with_shape(tensor.shape[0], out_channels, *_spatial(owner, settings, tensor))
    weights = [Weight("weight", (in_channels, out_channels // groups, *kernel), tensor.dtype)]
    if flag(settings, "bias"):
        weights.append(Weight("bias", (out_channels,), tensor.dtype))
    macs = product(tensor.shape[1:]) * (out_channels // groups) * product(kernel)
    return Applied((output,), tuple(weights), macs)


def _torch(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    return module(
        f"nn.{owner}",
        channels(owner, inputs[0]),
        settings["out_channels"],
        settings["kernel_size"],
        dtype=inputs[0].dtype,
        stride=(settings["stride"], 1),
        padding=(settings["padding"], 0),
        output_padding=(settings["output_padding"], 0),
        groups=(settings["groups"], 1),
        bias=(settings["bias"], True),
        dilation=(settings["dilation"], 1),
    )


for _dimensions in (1, 2, 3):
    _name = f"ConvTranspose{_dimensions}d"
    register_weighted(
        Operator(
            name=_name,
            settings=(
                Setting("out_channels", Kind.WHOLE, least=1),
                Setting("kernel_size", Kind.PAIR, least=1, length=_dimensions),
                Setting("stride", Kind.PAIR, 1, least=1, length=_dimensions),
                Setting("padding", Kind.PAIR, 0, least=0, length=_dimensions),
                Setting("output_padding", Kind.PAIR, 0, least=0, length=_dimensions),
                Setting("groups", Kind.WHOLE, 1, least=1),
                Setting("bias", Kind.FLAG, default=True),
                Setting("dilation", Kind.PAIR, 1, least=1, length=_dimensions),
            ),
            apply=partial(_apply, _name, _dimensions),
            torch=partial(_torch, _name),
            multiplies=True,
        )
    )
