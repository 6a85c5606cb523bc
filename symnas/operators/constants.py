"""Tensors that come from nowhere: `arange`, `zeros`, `ones`, `full`, and `param`, a weight without a layer."""

from collections.abc import Sequence
from functools import partial

from symnas.operators.base import (
    Applied,
    Kind,
    Operator,
    OperatorError,
    Setting,
    Settings,
    SettingValue,
    TorchForm,
    Weight,
)
from symnas.operators.registry import register
from symnas.operators.settings import real, show, sizes
from symnas.operators.shapes import tensors
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
    return TorchForm(call=f"torch.{owner}(({text},){value}, device={{device}})", symbols=symbols)


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

_NUMBERS = {"zeros": 0, "ones": 0, "identity": 0, "normal": 1, "fill": 1, "uniform": 2}
"""How a weight may start, and how many numbers each way takes: normal(deviation), fill(value), uniform(low, high)."""


def _start(value: SettingValue) -> tuple[str, tuple[SettingValue, ...]]:
    """The way a weight starts and its numbers: `"zeros"`, `("normal", 0.02)`.

    Raises:
        OperatorError: there is no such way.
    """
    way, *numbers = value if isinstance(value, tuple) else (value,)
    if not isinstance(way, str) or _NUMBERS.get(way) != len(numbers):
        ways = ", ".join(f"`{name}{'(…)' * (count > 0)}`" for name, count in _NUMBERS.items())
        raise OperatorError(f"`init` of `param` cannot be {show(value)}", f"one of {ways}", setting="init")
    return way, tuple(numbers)


def _apply_param(settings: Settings, inputs: Sequence[TensorType]) -> Applied:
    tensors("param", inputs, 0)
    shape = sizes(settings, "shape")
    if unknown := frozenset[str]().union(*map(symbols_of, shape)):
        names = ", ".join(f"`{each}`" for each in sorted(unknown))
        raise OperatorError(
            f"the shape of a weight must be known at build time; {show(shape)} depends on {names}", setting="shape"
        )
    way, _ = _start(settings["init"])
    if way == "identity" and len(shape) != 2:
        raise OperatorError(f"`identity` is a matrix; the shape is {show(shape)}", setting="init")
    known = tuple(each for each in shape if not isinstance(each, SymbolicSize))
    return Applied((TensorType(known),), (Weight("", known),))


def _torch_param(settings: Settings, _: Sequence[TensorType]) -> TorchForm:
    shape = ", ".join(map(str, sizes(settings, "shape"))) or "()"
    way, numbers = _start(settings["init"])
    texts = [literal(each) for each in numbers]
    match way:
        case "normal":
            start = f"torch.randn({shape}) * {texts[0]}"
        case "fill":
            start = f"torch.full({literal(settings['shape'])}, {literal(real({'v': numbers[0]}, 'v') * 1.0)})"
        case "uniform":
            start = f"torch.empty({shape}).uniform_({', '.join(texts)})"
        case "identity":
            start = f"torch.eye({shape})"
        case _:
            start = f"torch.{way}({shape})"
    return TorchForm(module=f"nn.Parameter({start})", call="{self}")


register(
    Operator(
        name="param",
        settings=(Setting("shape", Kind.SIZES, least=1), Setting("init", Kind.ANY, "zeros")),
        apply=_apply_param,
        torch=_torch_param,
        inputs=(),
    )
)
