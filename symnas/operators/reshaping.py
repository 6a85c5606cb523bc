"""Operators that rearrange a tensor without changing its elements: flatten, reshape, permute, squeeze, expand.

Taking parts of a tensor is in `slicing.py` and `joining.py`.
"""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import show, sizes, whole
from symnas.operators.shapes import dimension, doubt, only
from symnas.operators.text import called, literal, module, sizes_form
from symnas.sizes import InexactSize, Size, exact_divide, product
from symnas.types import TensorType

# ------------------------------------------------------------------------------------- flatten, unflatten


def _apply_flatten(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only(owner, inputs)
    start = dimension(owner, whole(settings, "start_dim"), tensor.rank, "start_dim")
    end = dimension(owner, whole(settings, "end_dim"), tensor.rank, "end_dim")
    if start > end:
        raise OperatorError(f"`{owner}` from dimension {start} to {end} is the wrong way round", setting="end_dim")
    together = product(tensor.shape[start : end + 1])
    return Applied((tensor.with_shape(*tensor.shape[:start], together, *tensor.shape[end + 1 :]),))


def _torch_flatten(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return module("nn.Flatten", start_dim=(settings["start_dim"], 1), end_dim=(settings["end_dim"], -1))


def _torch_flatten_method(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return called("torch.flatten", start_dim=(settings["start_dim"], 0), end_dim=(settings["end_dim"], -1))


def _filled(owner: str, wanted: Sequence[Size], total: Size, setting: str) -> tuple[Size, ...]:
    """*wanted* with its one -1 replaced, so that *total* elements fit.

    Raises:
        OperatorError: they do not fit.
    """
    open_places = [place for place, size in enumerate(wanted) if size == -1]
    if len(open_places) > 1:
        raise OperatorError(f"`{owner}` can work out one -1; {show(tuple(wanted))}", setting=setting)
    for size in wanted:
        if isinstance(size, int) and size < -1:
            raise OperatorError(f"`{owner}` needs sizes of at least 0, or one -1; {size}", setting=setting)
    known = product(size for size in wanted if size != -1)
    try:
        filling = exact_divide(total, known) if open_places else 1
    except (InexactSize, ZeroDivisionError):
        filling = 0
    result = tuple(filling if size == -1 else size for size in wanted)
    if product(result) != total:
        raise OperatorError(
            f"{total} elements do not fit {show(tuple(wanted))}{doubt(total, *wanted)}", setting=setting
        )
    return result


def _unflattened(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> tuple[int, tuple[Size, ...]]:
    tensor = only(owner, inputs)
    place = dimension(owner, whole(settings, "dim"), tensor.rank)
    size = _filled(owner, sizes(settings, "unflattened_size"), tensor.shape[place], "unflattened_size")
    return place, size


def _apply_unflatten(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only(owner, inputs)
    place, parts = _unflattened(owner, settings, inputs)
    return Applied((tensor.with_shape(*tensor.shape[:place], *parts, *tensor.shape[place + 1 :]),))


def _torch_unflatten(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    text, symbols = sizes_form(sizes(settings, "unflattened_size"), inputs)
    comma = "," * (len(sizes(settings, "unflattened_size")) == 1)
    return TorchForm(call=f"{{0}}.unflatten({literal(settings['dim'])}, ({text}{comma}))", symbols=symbols)


_SPAN = (Setting("start_dim", Kind.WHOLE, 1), Setting("end_dim", Kind.WHOLE, -1))
register(Operator(name="Flatten", settings=_SPAN, apply=partial(_apply_flatten, "Flatten"), torch=_torch_flatten))
register(
    Operator(
        name="flatten",
        settings=(Setting("start_dim", Kind.WHOLE, 0), Setting("end_dim", Kind.WHOLE, -1)),
        apply=partial(_apply_flatten, "flatten"),
        torch=_torch_flatten_method,
        method=True,
    )
)
for _name in ("Unflatten", "unflatten"):
    register(
        Operator(
            name=_name,
            settings=(Setting("dim", Kind.WHOLE), Setting("unflattened_size", Kind.SIZES)),
            apply=partial(_apply_unflatten, _name),
            torch=_torch_unflatten,
            method=_name == "unflatten",
        )
    )

# --------------------------------------------------------------------------------------- reshape, expand


def _apply_reshape(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("reshape", inputs)
    return Applied((tensor.with_shape(*_filled("reshape", sizes(settings, "shape"), product(tensor.shape), "shape")),))


def _apply_expand(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, wanted = only("expand", inputs), sizes(settings, "sizes")
    new = len(wanted) - tensor.rank
    if new < 0:
        raise OperatorError(f"`expand` to {show(wanted)} loses dimensions of {tensor}", setting="sizes")
    shape: list[Size] = []
    for place, size in enumerate(wanted):
        old = tensor.shape[place - new] if place >= new else 1
        if isinstance(size, int) and (size < -1 or (size == -1 and place < new)):
            raise OperatorError(f"`expand` cannot make a dimension of size {size}", setting="sizes")
        if size != -1 and old not in (1, size):
            raise OperatorError(f"`expand` to {show(wanted)} does not fit {tensor}", setting="sizes")
        shape.append(old if size == -1 else size)
    return Applied((tensor.with_shape(*shape),))


def _torch_sized(name: str, settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    (wanted,) = settings
    text, symbols = sizes_form(sizes(settings, wanted), inputs)
    return TorchForm(call=f"{{0}}.{name}({text or '()'})", symbols=symbols)


for _name, _setting, _rule in (("reshape", "shape", _apply_reshape), ("expand", "sizes", _apply_expand)):
    register(
        Operator(
            name=_name,
            settings=(Setting(_setting, Kind.SIZES, rest=True),),
            apply=_rule,
            torch=partial(_torch_sized, _name),
            method=True,
        )
    )

# ------------------------------------------------------------------------------------ permute, transpose


def _order(owner: str, settings: Settings, tensor: TensorType) -> list[int]:
    wanted = [each for each in sizes(settings, "dims") if isinstance(each, int)]
    order = [dimension(owner, each, tensor.rank, "dims") for each in wanted]
    if sorted(order) != list(range(tensor.rank)):
        raise OperatorError(
            f"`{owner}` must name each of the {tensor.rank} dimensions once; {show(settings['dims'])}", setting="dims"
        )
    return order


def _apply_permute(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only(owner, inputs)
    return Applied((tensor.with_shape(*(tensor.shape[each] for each in _order(owner, settings, tensor))),))


def _torch_permute(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"{{0}}.permute({', '.join(map(literal, sizes(settings, 'dims'))) or '()'})")


for _name in ("Permute", "permute"):
    register(
        Operator(
            name=_name,
            settings=(Setting("dims", Kind.SIZES, rest=True),),
            apply=partial(_apply_permute, _name),
            torch=_torch_permute,
            method=_name == "permute",
        )
    )


def _apply_transpose(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("transpose", inputs)
    first = dimension("transpose", whole(settings, "dim0"), tensor.rank, "dim0")
    second = dimension("transpose", whole(settings, "dim1"), tensor.rank, "dim1")
    shape = list(tensor.shape)
    shape[first], shape[second] = shape[second], shape[first]
    return Applied((tensor.with_shape(*shape),))


def _torch_transpose(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"{{0}}.transpose({settings['dim0']}, {settings['dim1']})")


register(
    Operator(
        name="transpose",
        settings=(Setting("dim0", Kind.WHOLE), Setting("dim1", Kind.WHOLE)),
        apply=_apply_transpose,
        torch=_torch_transpose,
        method=True,
    )
)

# ------------------------------------------------------------------------------------ squeeze, unsqueeze


def _apply_squeeze(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("squeeze", inputs)
    place = dimension("squeeze", whole(settings, "dim"), tensor.rank)
    if tensor.shape[place] != 1:
        # PyTorch leaves such a dimension as it is, which hides the mistake until later.
        raise OperatorError(f"`squeeze` drops a dimension of size 1; {place} of {tensor} is not", setting="dim")
    return Applied((tensor.with_shape(*tensor.shape[:place], *tensor.shape[place + 1 :]),))


def _apply_unsqueeze(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("unsqueeze", inputs)
    place = dimension("unsqueeze", whole(settings, "dim"), tensor.rank + 1)
    return Applied((tensor.with_shape(*tensor.shape[:place], 1, *tensor.shape[place:]),))


def _torch_with_dim(name: str, settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"{{0}}.{name}({settings['dim']})")


for _name, _rule in (("squeeze", _apply_squeeze), ("unsqueeze", _apply_unsqueeze)):
    register(
        Operator(
            name=_name,
            settings=(Setting("dim", Kind.WHOLE),),
            apply=_rule,
            torch=partial(_torch_with_dim, _name),
            method=True,
        )
    )
