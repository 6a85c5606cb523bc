"""Taking elements at places that a tensor holds: `index_select`, whole slices, and `gather`, single elements.

Places that are written as numbers are in `slicing.py`; rows of a table of weights are `Embedding` in `linear.py`.
"""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import whole
from symnas.operators.shapes import dimension, tensors
from symnas.types import Dtype, TensorType


def _places(owner: str, inputs: Sequence[TensorType]) -> tuple[TensorType, TensorType]:
    """The tensor, and the places in it.

    Raises:
        OperatorError: the places are no whole numbers, or the tensor has no dimension.
    """
    tensor, index = tensors(owner, inputs, 2)
    if index.dtype not in (Dtype.I64, Dtype.I32) or (owner == "gather" and index.dtype is not Dtype.I64):
        raise OperatorError(f"`{owner}` takes places, `i64`; this is {index}", input=1)
    if tensor.rank == 0:
        raise OperatorError(f"`{owner}` takes a tensor with dimensions", input=0)
    return tensor, index


def _apply_select(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, index = _places("index_select", inputs)
    if index.rank != 1:
        raise OperatorError(f"`index_select` takes places in a row; this is {index}", "`index.flatten()`", input=1)
    place = dimension("index_select", whole(settings, "dim"), tensor.rank)
    return Applied((tensor.with_shape(*tensor.shape[:place], index.shape[0], *tensor.shape[place + 1 :]),))


def _apply_gather(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, index = _places("gather", inputs)
    place = dimension("gather", whole(settings, "dim"), tensor.rank)
    if index.rank != tensor.rank:
        raise OperatorError(f"`gather` takes as many dimensions of places: {tensor} and {index}", input=1)
    for other, (size, most) in enumerate(zip(index.shape, tensor.shape, strict=True)):
        if other != place and size != most and not (isinstance(size, int) and isinstance(most, int) and size < most):
            raise OperatorError(f"`gather` takes places for {size} of {most} in dimension {other}", input=1)
    return Applied((tensor.with_shape(*index.shape),))


def _torch(name: str, settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"{{0}}.{name}({settings['dim']}, {{1}})")


for _name, _rule in (("index_select", _apply_select), ("gather", _apply_gather)):
    register(
        Operator(
            name=_name,
            settings=(Setting("dim", Kind.WHOLE),),
            apply=_rule,
            torch=partial(_torch, _name),
            inputs=("input", "index"),
            method=True,
        )
    )
