"""Changing the resolution: `Upsample`, and moving channels to positions and back."""

from collections.abc import Sequence

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import number, per_dimension, real, whole, word
from symnas.operators.shapes import channels, doubt, floating, layout, scaled
from symnas.operators.text import module
from symnas.sizes import Size, divides, exact_divide
from symnas.types import TensorType

_MODES = {"nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "linear": (1,), "bilinear": (2,), "bicubic": (2,),
          "trilinear": (3,)}  # fmt: skip
"""How values between elements are found, and for how many spatial dimensions."""


def _apply_upsample(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, mode = floating("Upsample", inputs), word(settings, "mode")
    if tensor.rank - 2 not in _MODES[mode]:
        raise OperatorError(f'`Upsample` with "{mode}" does not take {tensor}', setting="mode")
    if settings["align_corners"] is not None and "nearest" in mode:
        raise OperatorError(f'`align_corners` says nothing for "{mode}"', setting="align_corners")
    if (settings["scale_factor"] is None) == (settings["size"] is None):
        raise OperatorError("`Upsample` needs `scale_factor` or `size`, and not both", setting="scale_factor")
    shape = tensor.shape[2:]
    if settings["size"] is not None:
        sizes: Sequence[Size] = per_dimension(settings, "size", len(shape))
        if len(sizes) != len(shape):
            raise OperatorError(f"`size` of `Upsample` has {len(sizes)} numbers for {tensor}", setting="size")
    else:
        sizes = [scaled("Upsample", "scale_factor", size, real(settings, "scale_factor")) for size in shape]
    return Applied((tensor.with_shape(*tensor.shape[:2], *sizes),))


def _torch_upsample(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return module(
        "nn.Upsample",
        size=(settings["size"], None),
        scale_factor=(number(settings, "scale_factor"), None),
        mode=(settings["mode"], "nearest"),
        align_corners=(settings["align_corners"], None),
    )


register(
    Operator(
        name="Upsample",
        settings=(
            Setting("scale_factor", Kind.REAL_OR_NONE, None, least=0),
            Setting("size", Kind.PAIR_OR_NONE, None, least=1, length=None),
            Setting("mode", Kind.WORD, "nearest", words=tuple(_MODES)),
            Setting("align_corners", Kind.FLAG, None),
        ),
        apply=_apply_upsample,
        torch=_torch_upsample,
    )
)

# ------------------------------------------------------------------------------------------- shuffles


def _apply_shuffle(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, factor = layout("PixelShuffle", inputs, 2), whole(settings, "upscale_factor")
    count = channels("PixelShuffle", tensor)
    if count % factor**2:
        raise OperatorError(f"`PixelShuffle` cannot spread {count} channels over {factor} x {factor}", input=0)
    height, width = tensor.shape[2:]
    return Applied((tensor.with_shape(tensor.shape[0], count // factor**2, height * factor, width * factor),))


def _torch_shuffle(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return module("nn.PixelShuffle", settings["upscale_factor"])


def _apply_unshuffle(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, factor = layout("PixelUnshuffle", inputs, 2), whole(settings, "downscale_factor")
    height, width = tensor.shape[2:]
    if not (divides(factor, height) and divides(factor, width)):
        raise OperatorError(
            f"`PixelUnshuffle` cannot cut {height} x {width} into pieces of {factor}{doubt(height, width)}", input=0
        )
    sizes = exact_divide(height, factor), exact_divide(width, factor)
    return Applied((tensor.with_shape(tensor.shape[0], tensor.shape[1] * factor**2, *sizes),))


def _torch_unshuffle(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return module("nn.PixelUnshuffle", settings["downscale_factor"])


def _apply_channels(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, groups = layout("ChannelShuffle", inputs, 2), whole(settings, "groups")
    if channels("ChannelShuffle", tensor) % groups:
        raise OperatorError(
            f"`ChannelShuffle` cannot split {tensor.shape[1]} channels into {groups} groups", setting="groups"
        )
    return Applied((tensor,))


def _torch_channels(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return module("nn.ChannelShuffle", settings["groups"])


for _name, _setting, _rule, _form in (
    ("PixelShuffle", "upscale_factor", _apply_shuffle, _torch_shuffle),
    ("PixelUnshuffle", "downscale_factor", _apply_unshuffle, _torch_unshuffle),
    ("ChannelShuffle", "groups", _apply_channels, _torch_channels),
):
    register(Operator(name=_name, settings=(Setting(_setting, Kind.WHOLE, least=1),), apply=_rule, torch=_form))
