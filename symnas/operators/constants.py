"""Tensors that come from nowhere: `arange`, `zeros`, `ones`, `full`, and `param`, a weight without a layer."""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import Applied, Kind, Operator, OperatorError, Setting, Settings, TorchForm, Weight
from symnas.operators.initialising import check_matrix
from symnas.operators.registry import register
from symnas.operators.settings import real, show, sizes, start
from symnas.operators.shapes import tensors
from symnas.operators.starts import Start
from symnas.operators.text import literal, sizes_form
from symnas.sizes import Size, SymbolicSize, symbols_of
from symnas.types import Dtype, TensorType

# ------------------------------------------------------------------------------------------------ arange


def _bounds(settings: Settings) -> tuple[Size, Size, int]:
    """Start, stop and step of `arange(stop)`, `arange(start, stop)` or `arange(start, stop, step)`."""
    written = sizes(settings, "bounds")
    if not 1 <= len(written) <= 3:
        raise OperatorError(f"`arange` takes stop, or start, stop and step; {show(written)}", setting="bounds")
    start, stop = (0, written[0]) if len(written) == 1 else written[:2]
    step = written[2] if len(written) == 3 else 1
    if not isinstance(step, int) or step < 1:
        raise OperatorError(f"the step of `arange` is a number of at least 1; {step}", setting="bounds")
    return start, stop, step


def _apply_arange(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensors("arange", inputs, 0)
    start, stop, step = _bounds(settings)
    length = (stop - start + step - 1) // step
    if isinstance(length, int) and length < 1:
        raise OperatorError(f"`arange` from {start} to {stop} is empty", setting="bounds")
    return Applied((TensorType((length,), Dtype.I64),))


def _torch_arange(settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    text, symbols = sizes_form(sizes(settings, "bounds"), inputs)
    return TorchForm(call=f"torch.arange({text}, device={{device}})", symbols=symbols)


register(
    Operator(
        name="arange",
        settings=(Setting("bounds", Kind.SIZES, rest=True),),
        apply=_apply_arange,
        torch=_torch_arange,
        inputs=(),
    )
)

# ---------------------------------------------------------------------------------------- zeros, ones, full


def _apply_filled(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensors(owner, inputs, 0)
    shape = sizes(settings, "size")
    whole = owner == "full" and isinstance(settings["fill_value"], int)
    return Applied((TensorType(shape, Dtype.I64 if whole else Dtype.F32),))


def _torch_filled(owner: str, settings: Settings, inputs: Sequence[TensorType]) -> TorchForm:
    text, symbols = sizes_form(sizes(settings, "size"), inputs)
    value = f", {literal(settings['fill_value'])}" if owner == "full" else ""
    size = f"({text},)" if text else "()"
    return TorchForm(call=f"torch.{owner}({size}{value}, device={{device}})", symbols=symbols)


for _name in ("zeros", "ones"):
    register(
        Operator(
            name=_name,
            settings=(Setting("size", Kind.SIZES, least=1, rest=True),),
            apply=partial(_apply_filled, _name),
            torch=partial(_torch_filled, _name),
            inputs=(),
        )
    )
register(
    Operator(
        name="full",
        settings=(Setting("size", Kind.SIZES, least=1), Setting("fill_value", Kind.REAL)),
        apply=partial(_apply_filled, "full"),
        torch=partial(_torch_filled, "full"),
        inputs=(),
    )
)

# ------------------------------------------------------------------------------------------------- param


def _apply_param(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensors("param", inputs, 0)
    shape = sizes(settings, "shape")
    if unknown := frozenset[str]().union(*map(symbols_of, shape)):
        names = ", ".join(f"`{each}`" for each in sorted(unknown))
        raise OperatorError(
            f"the shape of a weight must be known at build time; {show(shape)} depends on {names}", setting="shape"
        )
    wanted = start(settings, "init")
    if wanted is not None and wanted.way == "identity":
        check_matrix("param", shape)
    known = tuple(each for each in shape if not isinstance(each, SymbolicSize))
    return Applied((TensorType(known),), (Weight("", known),))


def _torch_param(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    shape = ", ".join(map(str, sizes(settings, "shape"))) or "()"
    wanted = start(settings, "init")
    assert wanted is not None
    number = literal(wanted.number)
    match wanted.way:
        case "normal":
            text = f"torch.randn({shape}) * {number}"
        case "fill":
            text = f"torch.full({literal(settings['shape'])}, {literal(real({'v': wanted.number}, 'v') * 1.0)})"
        case "uniform":
            text = f"torch.empty({shape}).uniform_(-{number}, {number})"
        case "identity":
            text = f"torch.eye({shape})"
        case _:
            text = f"torch.{wanted.way}({shape})"
    return TorchForm(module=f"nn.Parameter({text})", call="{self}")


register(
    Operator(
        name="param",
        settings=(Setting("shape", Kind.SIZES, least=1), Setting("init", Kind.START, Start("zeros"))),
        apply=_apply_param,
        torch=_torch_param,
        inputs=(),
    )
)
