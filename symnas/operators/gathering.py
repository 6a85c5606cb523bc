"""Taking elements at places that a tensor holds (`index_select`, whole slices, and `gather`, single elements), and writing
or adding them there (`scatter`, `scatter_add`); `one_hot`, places as ones among zeros.

Places that are written as numbers are in `slicing.py`; rows of a table of weights are `Embedding` in `linear.py`.
"""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import whole
from symnas.operators.shapes import dimension, only, tensors
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

# --------------------------------------------------------------------------------------------------- scatter


def _apply_scatter(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, index, source = tensors(owner, inputs, 3)
    place = dimension(owner, whole(settings, "dim"), max(1, tensor.rank))
    if index.dtype is not Dtype.I64:
        raise OperatorError(f"`{owner}` takes places, `i64`; this is {index}", input=1)
    if source.dtype is not tensor.dtype or (owner == "scatter_add" and tensor.dtype is Dtype.BOOL):
        raise OperatorError(f"`{owner}` cannot put {source} into {tensor}", "`cast(x, dtype = …)`", input=2)
    if not tensor.rank == index.rank == source.rank:
        raise OperatorError(f"`{owner}` takes as many dimensions of places: {tensor} and {index}", input=1)
    if index.shape != source.shape:
        raise OperatorError(f"`{owner}` takes a place for each of what it puts in: {index} for {source}", input=1)
    for other, (size, most) in enumerate(zip(index.shape, tensor.shape, strict=True)):
        if other != place and size != most and not (isinstance(size, int) and isinstance(most, int) and size < most):
            raise OperatorError(f"`{owner}` puts {size} into {most} in dimension {other}", input=1)
    return Applied((tensor,))


def _torch_scatter(owner: str, settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"{{0}}.{owner}({settings['dim']}, {{1}}, {{2}})")


for _name in ("scatter", "scatter_add"):
    register(
        Operator(
            name=_name,
            settings=(Setting("dim", Kind.WHOLE),),
            apply=partial(_apply_scatter, _name),
            torch=partial(_torch_scatter, _name),
            inputs=("input", "index", "src"),
            method=True,
        )
    )


def _apply_one_hot(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("one_hot", inputs)
    if tensor.dtype is not Dtype.I64:
        raise OperatorError(f"`one_hot` takes places, `i64`; this is {tensor}", input=0)
    return Applied((tensor.with_shape(*tensor.shape, whole(settings, "num_classes")),))


def _torch_one_hot(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"F.one_hot({{0}}, {settings['num_classes']})")


register(
    Operator(
        name="one_hot",
        settings=(Setting("num_classes", Kind.WHOLE, least=1),),
        apply=_apply_one_hot,
        torch=_torch_one_hot,
    )
)
