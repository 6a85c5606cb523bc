"""Arithmetic between tensors, and between a tensor and a number: `+ - * / // % ** @`, `fmod`, negation, sums of many.

A number in place of a tensor is the setting `other`; `reversed` says that it stands on the left (`1 - x`).
"""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm
from symnas.operators.registry import register
from symnas.operators.settings import flag, number
from symnas.operators.shapes import broadcast, only, promote, tensors
from symnas.operators.text import literal
from symnas.sizes import Size, SymbolicSize, product, symbols_of
from symnas.types import Dtype, TensorType

__all__ = ["binary_text", "number_dtype", "operands"]


def number_dtype(value: object) -> Dtype:
    """The least dtype that holds a number, as PyTorch promotes it: a whole number never makes a tensor real."""
    return Dtype.BOOL if isinstance(value, int | SymbolicSize) else Dtype.F16


def operands(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> tuple[tuple[Size, ...], Dtype]:
    """Shape and dtype of two tensors, or of a tensor and the number `other`, combined element by element."""
    other = number(settings, "other")
    if other is None:
        tensors(owner, inputs, 2)
        return broadcast(owner, inputs), promote(inputs)
    tensor = only(owner, inputs)
    if tensor.dtype.is_floating:
        return tensor.shape, tensor.dtype
    if not isinstance(other, int | SymbolicSize):
        return tensor.shape, Dtype.F32
    return tensor.shape, Dtype.I64 if tensor.dtype is Dtype.BOOL else tensor.dtype


def binary_text(sign: str, settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    """`{0} sign {1}`, or with the number `other` on its side."""
    other = number(settings, "other")
    if other is None:
        return TorchForm(call=f"{{0}} {sign} {{1}}")
    text = literal(other)
    if isinstance(other, SymbolicSize) or text.startswith("-"):
        text = f"({text})"
    pair = (text, "{0}") if flag(settings, "reversed") else ("{0}", text)
    symbols = symbols_of(other) if isinstance(other, SymbolicSize) else frozenset[str]()
    return TorchForm(call=f"{pair[0]} {sign} {pair[1]}", symbols=symbols)


def _apply_binary(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    shape, dtype = operands(owner, settings, inputs)
    booleans = any(each.dtype is Dtype.BOOL for each in inputs)
    if owner == "sub" and booleans:
        raise OperatorError("`-` does not take truth values", "`logical_not` inverts them")
    if owner == "div" and not dtype.is_floating:
        dtype = Dtype.F32
    sign = {"pow": "**", "floor_divide": "//", "remainder": "%", "fmod": "fmod"}.get(owner)
    if sign is not None and (dtype is Dtype.BOOL or (booleans and owner != "pow")):
        raise OperatorError(f"`{sign}` does not take truth values")
    return Applied((TensorType(shape, dtype),))


_OTHER = (Setting("other", Kind.SCALAR, None), Setting("reversed", Kind.FLAG, default=False))

for _name, _sign in (
    ("add", "+"),
    ("sub", "-"),
    ("mul", "*"),
    ("div", "/"),
    ("pow", "**"),
    ("floor_divide", "//"),
    ("remainder", "%"),
):
    register(
        Operator(
            name=_name,
            settings=_OTHER,
            apply=partial(_apply_binary, _name),
            torch=partial(binary_text, _sign),
            inputs=("input", "other"),
            method=True,
        )
    )


def _torch_fmod(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    """What division towards zero leaves, which has the sign of the dividend."""
    other = number(settings, "other")
    text = "{1}" if other is None else literal(other)
    symbols = symbols_of(other) if isinstance(other, SymbolicSize) else frozenset[str]()
    return TorchForm(call=f"torch.fmod({{0}}, {text})", symbols=symbols)


register(
    Operator(
        name="fmod",
        settings=_OTHER[:1],
        apply=partial(_apply_binary, "fmod"),
        torch=_torch_fmod,
        inputs=("input", "other"),
        method=True,
    )
)


def _apply_neg(_: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensor = only("neg", inputs)
    if tensor.dtype is Dtype.BOOL:
        raise OperatorError("`-` does not take truth values", "`logical_not` inverts them", input=0)
    return Applied((tensor,))


def _torch_neg(_: Settings, __: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call="-{0}")


register(Operator(name="neg", settings=(), apply=_apply_neg, torch=_torch_neg, method=True))

# -------------------------------------------------------------------------------------------------- matmul


def _apply_matmul(_: Settings, inputs: Sequence[TensorType]) -> Applied:
    left, right = tensors("matmul", inputs, 2)
    if left.rank == 0 or right.rank == 0:
        raise OperatorError("`@` takes tensors with at least one dimension", input=0 if left.rank == 0 else 1)
    if left.dtype is not right.dtype or left.dtype is Dtype.BOOL:
        raise OperatorError(f"`@` takes two tensors of one kind of numbers; {left} @ {right}")
    inner = left.shape[-1]
    if inner != right.shape[-2 if right.rank > 1 else 0]:
        raise OperatorError(f"shapes do not fit: {left} @ {right}")
    rows, columns = left.shape[-2:-1], right.shape[-1:] if right.rank > 1 else ()
    stacks = [TensorType(each.shape[:-2]) for each in inputs]
    shape = (*broadcast("matmul", stacks), *rows, *columns)
    return Applied((TensorType(shape, left.dtype),), macs=product(shape[1:]) * inner)


def _torch_matmul(_: Settings, __: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call="{0} @ {1}")


register(
    Operator(
        name="matmul",
        settings=(),
        apply=_apply_matmul,
        torch=_torch_matmul,
        inputs=("input", "other"),
        method=True,
    )
)

# ---------------------------------------------------------------------------------------- over a list of tensors


def _apply_many(owner: str, _: Settings, inputs: Sequence[TensorType]) -> Applied:
    if not inputs:
        raise OperatorError(f"`{owner.removesuffix('_all')}` of no tensors has no shape")
    dtype = promote(inputs)
    if owner == "mean_all" and not dtype.is_floating:
        raise OperatorError(f"`mean` takes real numbers; this is {inputs[0]}", input=0)
    return Applied((TensorType(broadcast(owner, inputs), dtype),))


def _torch_sum(_: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=_added(inputs))


def _torch_mean(_: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    return TorchForm(call=f"({_added(inputs)}) / {len(inputs)}" if len(inputs) > 1 else "{0}")


def _torch_folded(function: str, _: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    text = "{0}"
    for place in range(1, len(inputs)):
        text = f"{function}({text}, {{{place}}})"
    return TorchForm(call=text)


def _added(inputs: Sequence[TensorType]) -> str:
    return " + ".join(f"{{{place}}}" for place in range(len(inputs)))


for _name, _form in (
    ("sum_all", _torch_sum),
    ("mean_all", _torch_mean),
    ("max_all", partial(_torch_folded, "torch.maximum")),
    ("min_all", partial(_torch_folded, "torch.minimum")),
):
    register(
        Operator(
            name=_name,
            settings=(),
            apply=partial(_apply_many, _name),
            torch=_form,
            inputs=("tensors",),
            variadic=True,
        )
    )
