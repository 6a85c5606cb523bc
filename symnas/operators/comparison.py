"""Comparing element by element, combining truth values, and choosing by them: `gt`, `logical_not`, `where`."""

from collections.abc import Sequence
from functools import partial

from symnas.operators.arithmetic import binary_text, operands
from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import number
from symnas.operators.shapes import broadcast, only, promote, tensors
from symnas.operators.text import literal
from symnas.sizes import SymbolicSize, symbols_of
from symnas.types import Dtype, TensorType

_OTHER = (Setting("other", Kind.SCALAR, None), Setting("reversed", Kind.FLAG, default=False))


def _apply_comparison(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    shape, _ = operands(owner, settings, inputs)
    return Applied((TensorType(shape, Dtype.BOOL),))


for _name, _sign in (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<="), ("eq", "=="), ("ne", "!=")):
    register(
        Operator(
            name=_name,
            settings=_OTHER,
            apply=partial(_apply_comparison, _name),
            torch=partial(binary_text, _sign),
            inputs=("input", "other"),
            method=True,
        )
    )

# --------------------------------------------------------------------------------------------- truth values


def _apply_logical(owner: str, count: int, _: Settings, inputs: Sequence[TensorType]) -> Applied:
    for place, tensor in enumerate(tensors(owner, inputs, count)):
        if tensor.dtype is not Dtype.BOOL:
            raise OperatorError(f"`{owner}` takes truth values; this is {tensor}", input=place)
    return Applied((TensorType(broadcast(owner, inputs), Dtype.BOOL),))


def _torch_logical(text: str, _: Settings, __: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=text)


for _name, _text in (("logical_not", "~{0}"), ("logical_and", "{0} & {1}"), ("logical_or", "{0} | {1}")):
    _inputs = ("input", "other")[: _text.count("{")]
    register(
        Operator(
            name=_name,
            settings=(),
            apply=partial(_apply_logical, _name, len(_inputs)),
            torch=partial(_torch_logical, _text),
            inputs=_inputs,
            method=True,
        )
    )

# ------------------------------------------------------------------------------------- where, masked_fill


def _apply_where(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    numbers = [value for name in ("input", "other") if (value := number(settings, name)) is not None]
    tensors("where", inputs, 3 - len(numbers))
    if inputs[0].dtype is not Dtype.BOOL:
        raise OperatorError(f"`where` chooses by truth values; this is {inputs[0]}", "`x > 0` gives some", input=0)
    real = any(not isinstance(each, int | SymbolicSize) for each in numbers)
    dtype = promote(inputs[1:]) if len(inputs) > 1 else Dtype.BOOL
    if numbers and not dtype.is_floating:
        dtype = Dtype.F32 if real else Dtype.I64 if dtype is Dtype.BOOL else dtype
    return Applied((TensorType(broadcast("where", inputs), dtype),))


def _torch_where(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    texts, symbols, place = ["{0}"], frozenset[str](), 1
    for name in ("input", "other"):
        value = number(settings, name)
        if value is None:
            texts.append(f"{{{place}}}")
            place += 1
        else:
            texts.append(literal(value))
            symbols |= symbols_of(value) if isinstance(value, SymbolicSize) else frozenset()
    return TorchForm(call=f"torch.where({', '.join(texts)})", symbols=symbols)


register(
    Operator(
        name="where",
        settings=(Setting("input", Kind.SCALAR, None), Setting("other", Kind.SCALAR, None)),
        apply=_apply_where,
        torch=_torch_where,
        inputs=("condition", "input", "other"),
    )
)


def _apply_fill(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor, mask = tensors("masked_fill", inputs, 2)
    value = number(settings, "value")
    if mask.dtype is not Dtype.BOOL:
        raise OperatorError(f"`masked_fill` takes truth values as its mask; this is {mask}", input=1)
    if not tensor.dtype.is_floating and not isinstance(value, int):
        raise OperatorError(f"`masked_fill` cannot put {value} into {tensor}", setting="value")
    return Applied((TensorType(broadcast("masked_fill", inputs), tensor.dtype),))


def _torch_fill(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    value = number(settings, "value")
    text = f'float("{value}")' if value in (float("inf"), float("-inf")) else literal(value)
    return TorchForm(call=f"{{0}}.masked_fill({{1}}, {text})")


register(
    Operator(
        name="masked_fill",
        settings=(Setting("value", Kind.REAL),),
        apply=_apply_fill,
        torch=_torch_fill,
        inputs=("input", "mask"),
        method=True,
    )
)

# ------------------------------------------------------------------------------------ maximum, minimum, clamp


def _apply_extreme(owner: str, _: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensors(owner, inputs, 2)
    return Applied((TensorType(broadcast(owner, inputs), promote(inputs)),))


def _torch_extreme(owner: str, _: Settings, __: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"torch.{owner}({{0}}, {{1}})")


for _name in ("maximum", "minimum"):
    register(
        Operator(
            name=_name,
            settings=(),
            apply=partial(_apply_extreme, _name),
            torch=partial(_torch_extreme, _name),
            inputs=("input", "other"),
            method=True,
        )
    )


def _apply_clamp(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("clamp", inputs)
    bounds = [value for name in ("min", "max") if (value := number(settings, name)) is not None]
    if not bounds:
        raise OperatorError("`clamp` needs `min`, `max` or both", setting="min")
    if tensor.dtype is Dtype.BOOL:
        raise OperatorError("`clamp` does not take truth values", input=0)
    real = any(not isinstance(each, int) for each in bounds) and not tensor.dtype.is_floating
    return Applied((TensorType(tensor.shape, Dtype.F32 if real else tensor.dtype),))


def _torch_clamp(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    shown = [f"{name}={literal(settings[name])}" for name in ("min", "max") if settings[name] is not None]
    return TorchForm(call=f"{{0}}.clamp({', '.join(shown)})")


register(
    Operator(
        name="clamp",
        settings=(Setting("min", Kind.REAL_OR_NONE, None), Setting("max", Kind.REAL_OR_NONE, None)),
        apply=_apply_clamp,
        torch=_torch_clamp,
        method=True,
    )
)
