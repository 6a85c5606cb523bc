"""Poolings by a norm: roots of sums of powers (`LPPool1d` and its like), between a sum and a maximum."""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import flag, real
from symnas.operators.shapes import layout
from symnas.operators.text import module
from symnas.operators.windows import windows
from symnas.types import TensorType


def _apply(owner: str, dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = layout(owner, inputs, dimensions)
    if real(settings, "norm_type") <= 0:
        raise OperatorError(f"`norm_type` of `{owner}` must be above 0", setting="norm_type")
    sizes = [
        window.positions(owner, size, ceil=flag(settings, "ceil_mode"))
        for size, window in zip(tensor.shape[2:], windows({**settings, "padding": 0}, dimensions), strict=True)
    ]
    return Applied((tensor.with_shape(*tensor.shape[:2], *sizes),))


def _torch(owner: str, settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return module(
        f"nn.{owner}",
        settings["norm_type"],
        settings["kernel_size"],
        stride=(settings["stride"], None),
        ceil_mode=(settings["ceil_mode"], False),
    )


for _dimensions in (1, 2, 3):
    register(
        Operator(
            name=f"LPPool{_dimensions}d",
            settings=(
                Setting("norm_type", Kind.REAL),
                Setting("kernel_size", Kind.PAIR, least=1, length=_dimensions),
                Setting("stride", Kind.PAIR_OR_NONE, None, least=1, length=_dimensions),
                Setting("ceil_mode", Kind.FLAG, default=False),
            ),
            apply=partial(_apply, f"LPPool{_dimensions}d", _dimensions),
            torch=partial(_torch, f"LPPool{_dimensions}d"),
        )
    )
