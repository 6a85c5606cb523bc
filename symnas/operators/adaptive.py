"""Poolings to a given output size, and over everything. Poolings with a sliding window are in `pooling.py`."""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, Setting, Settings, SettingValue, TorchForm
from symnas.operators.registry import register
from symnas.operators.shapes import layout
from symnas.operators.text import module
from symnas.sizes import Size
from symnas.types import TensorType


def _targets(settings: Settings, tensor: TensorType) -> list[Size]:
    """Output sizes; `none` keeps the size of a dimension."""
    value: SettingValue = settings["output_size"]
    wanted = value if isinstance(value, tuple) else (value,) * (tensor.rank - 2)
    return [
        size if each is None else each
        for size, each in zip(tensor.shape[2:], wanted, strict=True)
        if each is None or isinstance(each, int)
    ]


def _apply(owner: str, dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = layout(owner, inputs, dimensions)
    return Applied((tensor.with_shape(*tensor.shape[:2], *_targets(settings, tensor)),))


def _torch(kind: str, settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    return module(f"nn.Adaptive{kind}Pool{inputs[0].rank - 2}d", settings["output_size"])


def _apply_global(owner: str, dimensions: int, _: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = layout(owner, inputs, dimensions)
    return Applied((tensor.with_shape(*tensor.shape[:2], *(1,) * dimensions),))


def _torch_global(kind: str, _: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    return module(f"nn.Adaptive{kind}Pool{inputs[0].rank - 2}d", 1)


for _kind in ("Avg", "Max"):
    for _dimensions in (1, 2, 3):
        register(
            Operator(
                name=f"Adaptive{_kind}Pool{_dimensions}d",
                settings=(Setting("output_size", Kind.EACH_OR_NONE, least=1, length=_dimensions),),
                apply=partial(_apply, f"Adaptive{_kind}Pool{_dimensions}d", _dimensions),
                torch=partial(_torch, _kind),
            )
        )
        register(
            Operator(
                name=f"Global{_kind}Pool{_dimensions}d",
                settings=(),
                apply=partial(_apply_global, f"Global{_kind}Pool{_dimensions}d", _dimensions),
                torch=partial(_torch_global, _kind),
            )
        )
