"""Random numbers, drawn anew at every forward pass, in training and after it: `rand`, `randn`, `rand_like`, `randn_like`, and
whole ones, `randint`.
"""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import sizes, whole
from symnas.operators.shapes import floating, tensors
from symnas.operators.text import sizes_form
from symnas.types import Dtype, TensorType


def _apply_sized(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensors(owner, inputs, 0)
    return Applied((TensorType(sizes(settings, "size")),))


def _torch_sized(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    text, symbols = sizes_form(sizes(settings, "size"), inputs)
    return TorchForm(call=f"torch.{owner}({text or '()'}, device={{device}})", symbols=symbols)


for _name in ("rand", "randn"):
    register(
        Operator(
            name=_name,
            settings=(Setting("size", Kind.SIZES, least=1, rest=True),),
            apply=partial(_apply_sized, _name),
            torch=partial(_torch_sized, _name),
            inputs=(),
        )
    )


def _apply_alike(owner: str, _: Settings, inputs: Sequence[TensorType]) -> Applied:
    return Applied((floating(owner, inputs),))


def _torch_alike(owner: str, _: Settings, __: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"torch.{owner}({{0}})")


for _name in ("rand_like", "randn_like"):
    register(
        Operator(
            name=_name,
            settings=(),
            apply=partial(_apply_alike, _name),
            torch=partial(_torch_alike, _name),
        )
    )


def _apply_whole(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensors("randint", inputs, 0)
    low, high = whole(settings, "low"), whole(settings, "high")
    if low >= high:
        raise OperatorError(f"`randint` draws from {low} to below {high}, which is none", setting="high")
    return Applied((TensorType(sizes(settings, "size"), Dtype.I64),))


def _torch_whole(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    shape = sizes(settings, "size")
    text, symbols = sizes_form(shape, inputs)
    size = f"({text}{',' * (len(shape) == 1)})"
    call = f"torch.randint({settings['low']}, {settings['high']}, {size}, device={{device}})"
    return TorchForm(call=call, symbols=symbols)


register(
    Operator(
        name="randint",
        settings=(
            Setting("low", Kind.WHOLE, 0),
            Setting("high", Kind.WHOLE, hint="`randint(0, high, size)`"),
            Setting("size", Kind.SIZES, least=1),
        ),
        apply=_apply_whole,
        torch=_torch_whole,
        inputs=(),
    )
)
