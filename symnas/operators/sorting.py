"""Elements of a tensor by their order: `sort`, `argsort`, and `topk`, the greatest or least of them."""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import whole
from symnas.operators.shapes import dimension, only
from symnas.operators.text import called
from symnas.types import Dtype, TensorType

_DIM = Setting("dim", Kind.WHOLE, -1)
_DESCENDING = Setting("descending", Kind.FLAG, default=False)


def _sorted(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> tuple[TensorType, int]:
    """The tensor, and the dimension along which its elements are ordered."""
    tensor = only(owner, inputs)
    if tensor.dtype is Dtype.BOOL:
        raise OperatorError(f"`{owner}` does not take truth values", '`cast(x, dtype = "i64")`', input=0)
    if tensor.rank == 0:
        raise OperatorError(f"`{owner}` takes a tensor with dimensions", input=0)
    return tensor, dimension(owner, whole(settings, "dim"), tensor.rank)


def _apply_sort(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, _ = _sorted("sort", settings, inputs)
    return Applied((tensor, TensorType(tensor.shape, Dtype.I64)), many=True)


def _apply_argsort(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, _ = _sorted("argsort", settings, inputs)
    return Applied((TensorType(tensor.shape, Dtype.I64),))


def _torch_sort(owner: str, settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    """Of equal elements the first comes first, as in ONNX; PyTorch by itself leaves that open."""
    return called(
        f"torch.{owner}", dim=(settings["dim"], -1), descending=(settings["descending"], False), stable=(True, False)
    )


for _name, _rule in (("sort", _apply_sort), ("argsort", _apply_argsort)):
    register(
        Operator(
            name=_name,
            settings=(_DIM, _DESCENDING),
            apply=_rule,
            torch=partial(_torch_sort, _name),
            method=True,
        )
    )


def _apply_topk(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, place = _sorted("topk", settings, inputs)
    count, size = whole(settings, "k"), tensor.shape[place]
    if isinstance(size, int) and count > size:
        raise OperatorError(f"`topk` takes {count} of {size} elements", setting="k")
    shape = (*tensor.shape[:place], count, *tensor.shape[place + 1 :])
    return Applied((tensor.with_shape(*shape), TensorType(shape, Dtype.I64)), many=True)


def _torch_topk(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return called("torch.topk", settings["k"], dim=(settings["dim"], -1), largest=(settings["largest"], True))


register(
    Operator(
        name="topk",
        settings=(Setting("k", Kind.WHOLE, least=1), _DIM, Setting("largest", Kind.FLAG, default=True)),
        apply=_apply_topk,
        torch=_torch_topk,
        method=True,
    )
)
