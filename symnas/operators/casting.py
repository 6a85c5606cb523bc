"""Numbers of one dtype as another: `cast(x, dtype = "i64")`. Arithmetic promotes dtypes by itself."""

from collections.abc import Sequence

from symnas.operators.base import Applied, Kind, Operator, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import word
from symnas.operators.shapes import only
from symnas.operators.text import torch_dtype
from symnas.types import Dtype, TensorType


def _apply(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    return Applied((TensorType(only("cast", inputs).shape, Dtype(word(settings, "dtype"))),))


def _torch(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"{{0}}.to({torch_dtype(Dtype(word(settings, 'dtype')))})")


register(
    Operator(
        name="cast",
        settings=(Setting("dtype", Kind.WORD, words=tuple(each.value for each in Dtype)),),
        apply=_apply,
        torch=_torch,
        method=True,
    )
)
