"""Joining tensors (`concat`, `stack`) and cutting one into several (`chunk`, `split`)."""

from collections.abc import Sequence

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import sizes, whole
from symnas.operators.shapes import dimension, doubt, only, promote
from symnas.operators.text import literal
from symnas.sizes import Size, divides, exact_divide, symbols_of
from symnas.types import TensorType

_DIM = Setting("dim", Kind.WHOLE, 1)
"""Channels; PyTorch's default is 0, the batch."""


def _listed(inputs: Sequence[TensorType]) -> str:
    return "[" + ", ".join(f"{{{place}}}" for place in range(len(inputs))) + "]"


def _apply_concat(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    if not inputs:
        raise OperatorError("`concat` of no tensors has no shape")
    first = inputs[0]
    place = dimension("concat", whole(settings, "dim"), first.rank)
    total: Size = 0
    for number, tensor in enumerate(inputs):
        if tensor.rank != first.rank or _without(tensor, place) != _without(first, place):
            raise OperatorError(
                f"`concat` along dimension {place} needs all other sizes equal: {first} and {tensor}", input=number
            )
        total = total + tensor.shape[place]
    shape = (*first.shape[:place], total, *first.shape[place + 1 :])
    return Applied((TensorType(shape, promote(inputs)),))


def _without(tensor: TensorType, place: int) -> tuple[Size, ...]:
    return (*tensor.shape[:place], *tensor.shape[place + 1 :])


def _torch_concat(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"torch.cat({_listed(inputs)}, dim={settings['dim']})")


def _apply_stack(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    if not inputs:
        raise OperatorError("`stack` of no tensors has no shape")
    first = inputs[0]
    for number, tensor in enumerate(inputs):
        if tensor.shape != first.shape:
            raise OperatorError(f"`stack` needs equal shapes: {first} and {tensor}", input=number)
    place = dimension("stack", whole(settings, "dim"), first.rank + 1)
    shape = (*first.shape[:place], len(inputs), *first.shape[place:])
    return Applied((TensorType(shape, promote(inputs)),))


def _torch_stack(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"torch.stack({_listed(inputs)}, dim={settings['dim']})")


register(
    Operator(
        name="concat",
        settings=(_DIM,),
        apply=_apply_concat,
        torch=_torch_concat,
        inputs=("tensors",),
        variadic=True,
    )
)
register(
    Operator(name="stack", settings=(_DIM,), apply=_apply_stack, torch=_torch_stack, inputs=("tensors",), variadic=True)
)

# ------------------------------------------------------------------------------------------- chunk, split


def _cut(tensor: TensorType, place: int, parts: Sequence[Size]) -> Applied:
    shapes = [(*tensor.shape[:place], part, *tensor.shape[place + 1 :]) for part in parts]
    return Applied(tuple(TensorType(shape, tensor.dtype) for shape in shapes), many=True)


def _apply_chunk(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, count = only("chunk", inputs), whole(settings, "chunks")
    place = dimension("chunk", whole(settings, "dim"), tensor.rank)
    size = tensor.shape[place]
    if not divides(count, size):
        # PyTorch makes the last chunk smaller, or fewer chunks than asked for.
        raise OperatorError(f"`chunk` cannot cut {size} into {count} equal parts{doubt(size)}", setting="chunks")
    return _cut(tensor, place, [exact_divide(size, count)] * count)


def _torch_chunk(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"{{0}}.chunk({settings['chunks']}, dim={settings['dim']})")


def _apply_split(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, wanted = only("split", inputs), sizes(settings, "split_size")
    place = dimension("split", whole(settings, "dim"), tensor.rank)
    size = tensor.shape[place]
    if len(wanted) > 1:
        if sum(wanted, start=0) != size:
            raise OperatorError(
                f"`split` into {', '.join(map(str, wanted))} does not sum to {size}", setting="split_size"
            )
        return _cut(tensor, place, wanted)
    (step,) = wanted
    if not isinstance(size, int) or not isinstance(step, int):
        raise OperatorError(f"how many parts `split` makes of {size} is open{doubt(size, step)}", setting="dim")
    return _cut(tensor, place, [min(step, size - start) for start in range(0, size, step)])


def _torch_split(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    wanted = sizes(settings, "split_size")
    symbols = frozenset[str]().union(*map(symbols_of, wanted))
    text = literal(wanted[0]) if len(wanted) == 1 else f"[{', '.join(map(literal, wanted))}]"
    return TorchForm(call=f"{{0}}.split({text}, dim={settings['dim']})", symbols=symbols)


register(
    Operator(
        name="chunk",
        settings=(Setting("chunks", Kind.WHOLE, least=1), Setting("dim", Kind.WHOLE, 0)),
        apply=_apply_chunk,
        torch=_torch_chunk,
        method=True,
    )
)
register(
    Operator(
        name="split",
        settings=(Setting("split_size", Kind.SIZES, least=1), Setting("dim", Kind.WHOLE, 0)),
        apply=_apply_split,
        torch=_torch_split,
        method=True,
    )
)
