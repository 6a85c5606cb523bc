"""Unpoolings: maxima put back where they stood, zeros everywhere else (`MaxUnpool2d` and its like; Zeiler and Fergus, 2014).

The places come from a `MaxPool2d(…, return_indices = true)` with the same window.
"""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import show, sizes
from symnas.operators.shapes import layout, tensors
from symnas.operators.text import constructed, sizes_form
from symnas.operators.windows import Window, paddings, windows
from symnas.sizes import Size
from symnas.types import Dtype, TensorType


def _apply(owner: str, dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    _, places = tensors(owner, inputs, 2)
    tensor = layout(owner, inputs[:1], dimensions)
    if places.dtype is not Dtype.I64 or places.shape != tensor.shape:
        raise OperatorError(
            f"`{owner}` takes a place, `i64`, for each element of {tensor}; this is {places}",
            f"`(y, places) = x -> MaxPool{dimensions}d(…, return_indices = true)` gives them",
            input=1,
        )
    found = windows(settings, dimensions)
    usual = [_size(size, window) for size, window in zip(tensor.shape[2:], found, strict=True)]
    return Applied((tensor.with_shape(*tensor.shape[:2], *_given(owner, settings, found, usual)),))


def _size(size: Size, window: Window) -> Size:
    """The least size of which a pooling with *window* makes *size* elements, if nothing is left over."""
    return (size - 1) * window.stride - 2 * window.before + window.kernel


def _given(owner: str, settings: Settings, found: Sequence[Window], usual: Sequence[Size]) -> Sequence[Size]:
    """The sizes that `output_size` says, or the *usual* ones.

    Raises:
        OperatorError: a pooling would not have come from there.
    """
    if settings["output_size"] is None:
        for least in usual:
            if isinstance(least, int) and least < 1:
                raise OperatorError(f"`{owner}` would give a size of {least}", setting="padding")
        return usual
    written = sizes(settings, "output_size")
    if len(written) not in (len(usual), len(usual) + 2):
        raise OperatorError(
            f"`output_size` of `{owner}` has {len(usual)} sizes, or batch and channels before them; this is"
            f" {show(written)}",
            setting="output_size",
        )
    wanted = written[-len(usual) :]
    for size, least, window in zip(wanted, usual, found, strict=True):
        apart = size - least
        if isinstance(apart, int) and abs(apart) >= window.stride:
            raise OperatorError(
                f"`{owner}` gives a size less than {window.stride} from {least}; {size} is wanted",
                setting="output_size",
            )
    return wanted


def _torch(dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    found = windows(settings, dimensions)
    arguments = constructed(
        "", settings["kernel_size"], stride=(settings["stride"], None), padding=(paddings(found), 0)
    )[1:-1]
    symbols = frozenset[str]()
    if settings["output_size"] is not None:
        size, symbols = sizes_form(sizes(settings, "output_size")[-dimensions:], inputs)
        arguments += f", output_size=({size}{',' * (dimensions == 1)})"
    return TorchForm(call=f"F.max_unpool{dimensions}d({{0}}, {{1}}, {arguments})", symbols=symbols)


for _dimensions in (1, 2, 3):
    register(
        Operator(
            name=f"MaxUnpool{_dimensions}d",
            # The default padding is that of the pooling with the same window, unlike PyTorch's.
            settings=(
                Setting("kernel_size", Kind.PAIR, least=1, length=_dimensions),
                Setting("stride", Kind.PAIR_OR_NONE, None, least=1, length=_dimensions),
                Setting("padding", Kind.PAIR_OR_NONE, None, least=0, length=_dimensions),
                Setting("output_size", Kind.SIZES, None, least=1),
            ),
            apply=partial(_apply, f"MaxUnpool{_dimensions}d", _dimensions),
            torch=partial(_torch, _dimensions),
            inputs=("input", "indices"),
        )
    )
