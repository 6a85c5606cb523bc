"""Windows written out as features: `Unfold` as PyTorch has it, and `Im2Col`, whose result a `Linear` can follow."""

from collections.abc import Sequence

from symnas.operators.base import Applied, Kind, Operator, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import per_dimension
from symnas.operators.shapes import layout
from symnas.operators.text import constructed, module
from symnas.operators.windows import extent, padding_or_default, slid
from symnas.sizes import Size, product
from symnas.types import TensorType


def _padding(settings: Settings) -> tuple[int, ...]:
    kernel, stride, dilation = (per_dimension(settings, name, 2) for name in ("kernel_size", "stride", "dilation"))
    given = None if settings["padding"] is None else per_dimension(settings, "padding", 2)
    return padding_or_default(given, kernel, stride, dilation)


def _windows(owner: str, settings: Settings, tensor: TensorType) -> tuple[Size, Size]:
    """Features of a window, and number of windows."""
    kernel, stride, dilation = (per_dimension(settings, name, 2) for name in ("kernel_size", "stride", "dilation"))
    counts = [
        slid(owner, size, extent(k, d), s, p)
        for size, k, d, s, p in zip(tensor.shape[2:], kernel, dilation, stride, _padding(settings), strict=True)
    ]
    return tensor.shape[1] * product(kernel), product(counts)


def _apply_unfold(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = layout("Unfold", inputs, 2)
    return Applied((tensor.with_shape(tensor.shape[0], *_windows("Unfold", settings, tensor)),))


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
    features, count = _windows("Im2Col", settings, tensor)
    return Applied((tensor.with_shape(tensor.shape[0], count, features),))


def _torch_im2col(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    arguments = constructed(
        "",
        settings["kernel_size"],
        dilation=(settings["dilation"], 1),
        padding=(_padding(settings), 0),
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
