"""Poolings by regions that are drawn at random (`FractionalMaxPool2d` and its like; Graham, 2014), in training and after it.

What is drawn is a number for each sample, channel and dimension, from 0 to below 1: `samples`, which may flow in.
"""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.chance import samples_of
from symnas.operators.registry import register
from symnas.operators.settings import per_dimension, real, show
from symnas.operators.shapes import layout, scaled
from symnas.operators.text import constructed, sizes_form
from symnas.sizes import Size
from symnas.types import TensorType

__all__ = ["regions"]


def regions(owner: str, settings: Settings, tensor: TensorType) -> list[tuple[int, Size]]:
    """The size of a region along each dimension, and how many there are.

    Raises:
        OperatorError: how many is said twice or not at all, or there is no room for them.
    """
    dimensions = tensor.rank - 2
    if (settings["output_size"] is None) == (settings["output_ratio"] is None):
        raise OperatorError(f"`{owner}` needs `output_size` or `output_ratio`, and not both", setting="output_size")
    if settings["output_size"] is not None:
        counts: Sequence[Size] = per_dimension(settings, "output_size", dimensions)
    else:
        ratio = real(settings, "output_ratio")
        if not 0 < ratio < 1:
            raise OperatorError(
                f"`output_ratio` of `{owner}` lies between 0 and 1; this is {show(ratio)}", setting="output_ratio"
            )
        counts = [scaled(owner, "output_ratio", size, ratio) for size in tensor.shape[2:]]
    found = list(zip(per_dimension(settings, "kernel_size", dimensions), counts, strict=True))
    for size, (kernel, count) in zip(tensor.shape[2:], found, strict=True):
        room = size - (count + kernel - 1) - (dimensions == 3)  # PyTorch wants one more of volumes
        if isinstance(room, int) and room < 0:
            raise OperatorError(f"`{owner}` has no {count} regions of {kernel} in {size}", setting="kernel_size")
    return found


def _apply(owner: str, dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = layout(owner, inputs[:1], dimensions)
    if len(inputs) > 2:
        raise OperatorError(f"`{owner}` takes a tensor, and samples; {len(inputs)} tensors are given")
    if len(inputs) == 2 and inputs[1] != samples_of(tensor):
        raise OperatorError(
            f"`{owner}` takes samples {samples_of(tensor)}, as `rand` draws them; this is {inputs[1]}", input=1
        )
    sizes = [count for _, count in regions(owner, settings, tensor)]
    return Applied((tensor.with_shape(*tensor.shape[:2], *sizes),))


def _torch(owner: str, dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    """What is drawn stands in the text, so that it is seen; it has the dtype of what flows in, whatever that is cast to."""
    tensor = inputs[0]
    size, symbols = sizes_form((count for _, count in regions(owner, settings, tensor)), inputs)
    drawn = "{1}.to({0}.dtype)"
    if len(inputs) == 1:
        shape, _ = sizes_form(samples_of(tensor).shape, inputs)
        drawn = f"torch.rand({shape}, dtype={{0}}.dtype, device={{0}}.device)"
    kernel = constructed("", settings["kernel_size"])[1:-1]
    name = f"F.fractional_max_pool{dimensions}d"
    return TorchForm(call=f"{name}({{0}}, {kernel}, output_size=({size}), _random_samples={drawn})", symbols=symbols)


for _dimensions in (2, 3):
    register(
        Operator(
            name=f"FractionalMaxPool{_dimensions}d",
            settings=(
                Setting("kernel_size", Kind.PAIR, least=1, length=_dimensions),
                Setting("output_size", Kind.PAIR_OR_NONE, None, least=1, length=_dimensions),
                Setting("output_ratio", Kind.REAL_OR_NONE, None),
            ),
            apply=partial(_apply, f"FractionalMaxPool{_dimensions}d", _dimensions),
            torch=partial(_torch, f"FractionalMaxPool{_dimensions}d", _dimensions),
            optional=("samples",),
        )
    )
