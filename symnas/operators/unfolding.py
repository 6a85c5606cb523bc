"""Windows written out as features: `Unfold` as PyTorch has it, and `Im2Col`, whose result a `Linear` can follow; `Fold`, which
adds them up where they were.
"""

from collections.abc import Sequence

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import show, sizes
from symnas.operators.shapes import doubt, floating, layout
from symnas.operators.text import constructed, module, sizes_form
from symnas.operators.windows import paddings, windows
from symnas.sizes import Size, divides, exact_divide, product
from symnas.types import TensorType

__all__ = ["folded_sizes"]


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


def folded_sizes(settings: Settings) -> tuple[Size, Size]:
    """Height and width of what `Fold` gives.

    Raises:
        OperatorError: there are more than two.
    """
    written = sizes(settings, "output_size")
    if len(written) == 1:
        return written[0], written[0]
    if len(written) != 2:
        raise OperatorError(
            f"`output_size` of `Fold` is height and width; this is {show(written)}", setting="output_size"
        )
    return written[0], written[1]


def _apply_fold(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, (height, width) = floating("Fold", inputs), folded_sizes(settings)
    if tensor.rank != 3:
        raise OperatorError(f"`Fold` takes [N, C * window, windows], as `Unfold` gives; this is {tensor}", input=0)
    batch, features, count = tensor.shape
    found = windows(settings, 2)
    window = product(each.kernel for each in found)
    if not divides(window, features):
        raise OperatorError(
            f"`Fold` cannot split {features} features into windows of {window}{doubt(features)}", setting="kernel_size"
        )
    wanted = product(each.positions("Fold", size) for each, size in zip(found, (height, width), strict=True))
    if count != wanted:
        raise OperatorError(
            f"`Fold` to {height} x {width} adds up {wanted} windows; this is {tensor}", setting="output_size"
        )
    return Applied((tensor.with_shape(batch, exact_divide(features, window), height, width),))


def _torch_fold(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    size, symbols = sizes_form(folded_sizes(settings), inputs)
    arguments = constructed(
        "",
        settings["kernel_size"],
        dilation=(settings["dilation"], 1),
        padding=(settings["padding"], 0),
        stride=(settings["stride"], 1),
    )[1:-1]
    return TorchForm(call=f"F.fold({{0}}, ({size}), {arguments})", symbols=symbols)


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
register(
    Operator(
        name="Fold",
        settings=(
            Setting("output_size", Kind.SIZES, least=1), _KERNEL, _DILATION, Setting("padding", Kind.PAIR, 0, least=0),
            _STRIDE,
        ),
        apply=_apply_fold,
        torch=_torch_fold,
    )
)  # fmt: skip
