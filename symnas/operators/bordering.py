"""Adding a border around the spatial dimensions: zeros, a constant, or what the tensor itself holds."""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import per_dimension
from symnas.operators.shapes import floating, layout
from symnas.operators.text import module
from symnas.types import TensorType


def _apply(owner: str, dimensions: int, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    floating(owner, inputs)
    tensor = layout(owner, inputs, dimensions)
    border = per_dimension(settings, "padding", 2 * dimensions)
    sizes = []
    for place, size in enumerate(tensor.shape[2:]):
        at = 2 * (dimensions - 1 - place)  # PyTorch names the borders of the last dimension first
        before, after = border[at : at + 2]
        if isinstance(size, int) and (
            (owner.startswith("Reflection") and max(before, after) >= size)
            or (owner.startswith("Circular") and max(before, after) > size)
        ):
            raise OperatorError(
                f"`{owner}` cannot take a border of {max(before, after)} from {size}", setting="padding"
            )
        total = size + before + after
        if isinstance(total, int) and total < 1:
            raise OperatorError(f"`{owner}` leaves nothing of {size}", setting="padding")
        sizes.append(total)
    return Applied((tensor.with_shape(*tensor.shape[:2], *sizes),))


def _torch(owner: str, settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return module(f"nn.{owner}", *settings.values())


for _kind in ("Zero", "Constant", "Reflection", "Replication", "Circular"):
    for _dimensions in (1, 2, 3):
        _name = f"{_kind}Pad{_dimensions}d"
        _border = Setting("padding", Kind.PAIR, least=0, length=2 * _dimensions)
        register(
            Operator(
                name=_name,
                settings=(_border, Setting("value", Kind.REAL)) if _kind == "Constant" else (_border,),
                apply=partial(_apply, _name, _dimensions),
                torch=partial(_torch, _name),
            )
        )
