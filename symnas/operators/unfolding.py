"""Windows written out as features: `Unfold` as PyTorch has it, and `Im2Col`, whose result a `Linear` can follow."""

from collections.abc import Sequence

from symnas.operators.base import Applied, Kind, Operator, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.shapes import layout
from symnas.operators.text import constructed, module
from symnas.operators.windows import paddings, windows
from symnas.sizes import Size, product
from symnas.types import TensorType


def _written(owner: str, settings: Settings, tensor: TensorType) -> tuple[Size, Size]:
    """Features of a window, and number of windows."""
    found = windows(settings, 2)
    counts = [each.positions(owner, size) for size, each in zip(tensor.shape[2:], found, strict=True)]
    return tensor.shape[1] * product(each.kernel for each in found), product(counts)


def _apply_unfold(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = layout("Unfold", inputs, 2)
    return Applied((tensor.with_shape(tensor.shape[0], *_written("Unfold", settings, tensor)),))


def _torch_unfold(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return module(
        "nn.Unfold",
        settings["kernel_size"],
        dilation=(settings["dilation"], 1),
        padding=(settings["padding"], 0),
        stride=(settings["stride"], 1),
    )


def _apply_im2col(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = layout("Im2Col", inputs, 2)
    features, count = _written("Im2Col", settings, tensor)
    return Applied((tensor.with_shape(tensor.shape[0], count, features),))


def _torch_im2col(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    arguments = constructed(
        "",
        settings["kernel_size"],
        dilation=(settings["dilation"], 1),
        padding=(paddings(windows(settings, 2)), 0),
        stride=(settings["stride"], 1),
    )[1:-1]
    return TorchForm(call=f"F.unfold({{0}}, {arguments}).transpose(1, 2)")


_KERNEL = Setting("kernel_size", Kind.PAIR, least=1)
_STRIDE = Setting("stride", Kind.PAIR, 1, least=1)
_DILATION = Setting("dilation", Kind.PAIR, 1, least=1)

register(
    Operator(
        name="Unfold",
        settings=(_KERNEL, _DILATION, Setting("padding", Kind.PAIR, 0, least=0), _STRIDE),
        apply=_apply_unfold,
        torch=_torch_unfold,
    )
)
register(
    Operator(
        name="Im2Col",
        settings=(_KERNEL, _STRIDE, Setting("padding", Kind.PAIR_OR_NONE, None, least=0), _DILATION),
        apply=_apply_im2col,
        torch=_torch_im2col,
    )
)
