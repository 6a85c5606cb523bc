"""Images sampled at other places, as spatial transformers do (Jaderberg et al., 2015): `affine_grid` says the places that a matrix
moves pixels to, `grid_sample` what is there.
"""

from collections.abc import Sequence

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import show, sizes
from symnas.operators.shapes import floating, layout, tensors
from symnas.operators.text import called, literal, sizes_form
from symnas.sizes import Size
from symnas.types import TensorType

__all__ = ["MODES", "PADDINGS", "grid_size"]

MODES = ("bilinear", "nearest", "bicubic")
"""How what lies between pixels is found, in PyTorch's order."""

PADDINGS = ("zeros", "border", "reflection")
"""What lies beside the image, in PyTorch's order."""


def _apply_sample(_: Settings, inputs: Sequence[TensorType]) -> Applied:
    grid = tensors("grid_sample", inputs, 2)[1]
    tensor = layout("grid_sample", inputs[:1], 2)
    wanted = TensorType((tensor.shape[0], *grid.shape[1:3], 2), tensor.dtype)
    if grid.rank != 4 or grid != wanted:
        raise OperatorError(
            f"`grid_sample` takes places [{tensor.shape[0]}, height, width, 2] in {tensor}; this is {grid}",
            "`affine_grid(theta, x.shape)` gives some",
            input=1,
        )
    return Applied((tensor.with_shape(*tensor.shape[:2], *grid.shape[1:3]),))


def _torch_sample(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return called(
        "F.grid_sample",
        operands=2,
        mode=(settings["mode"], "bilinear"),
        padding_mode=(settings["padding_mode"], "zeros"),
        align_corners=(settings["align_corners"], None),
    )


def grid_size(settings: Settings) -> tuple[Size, Size]:
    """Height and width of the places that `affine_grid` gives.

    Raises:
        OperatorError: the size is not that of images.
    """
    written = sizes(settings, "size")
    if len(written) != 4:
        raise OperatorError(
            f"`size` of `affine_grid` is that of images, [N, C, H, W]; this is {show(written)}", setting="size"
        )
    return written[2], written[3]


def _apply_grid(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    theta, place = floating("affine_grid", inputs), grid_size(settings)
    batch = sizes(settings, "size")[0]
    if theta.shape != (batch, 2, 3):
        raise OperatorError(f"`affine_grid` takes matrices [{batch}, 2, 3]; this is {theta}", input=0)
    return Applied((theta.with_shape(batch, *place, 2),))


def _torch_grid(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    size, symbols = sizes_form(sizes(settings, "size"), inputs)
    return TorchForm(
        call=f"F.affine_grid({{0}}, [{size}], align_corners={literal(settings['align_corners'])})", symbols=symbols
    )


_ALIGN = Setting("align_corners", Kind.FLAG, default=False)

register(
    Operator(
        name="grid_sample",
        settings=(
            Setting("mode", Kind.WORD, "bilinear", words=MODES),
            Setting("padding_mode", Kind.WORD, "zeros", words=PADDINGS),
            _ALIGN,
        ),
        apply=_apply_sample,
        torch=_torch_sample,
        inputs=("input", "grid"),
    )
)
register(
    Operator(
        name="affine_grid",
        settings=(Setting("size", Kind.SIZES, least=1), _ALIGN),
        apply=_apply_grid,
        torch=_torch_grid,
        inputs=("theta",),
    )
)
