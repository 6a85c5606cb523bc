"""Writing PyTorch source: literals, constructor calls with what differs from PyTorch's defaults, symbolic sizes."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from json import dumps
from math import isinf

from symnas.operators.base import TorchForm
from symnas.operators.settings import LARGEST_WHOLE, SettingValue
from symnas.sizes import Size, SymbolicSize, as_ratio, symbols_of
from symnas.types import Dtype, TensorType

__all__ = ["called", "constructed", "literal", "module", "size_text", "sizes_form", "torch_dtype"]

_DTYPES = {
    Dtype.F32: "torch.float32",
    Dtype.F16: "torch.float16",
    Dtype.BF16: "torch.bfloat16",
    Dtype.I64: "torch.int64",
    Dtype.I32: "torch.int32",
    Dtype.BOOL: "torch.bool",
}


def literal(value: SettingValue) -> str:
    """*value* as a Python literal; `(3, 3)` stays a tuple."""
    match value:
        case str():
            return dumps(value, ensure_ascii=False)
        case int() | Fraction() if not -LARGEST_WHOLE <= value <= LARGEST_WHOLE:
            return repr(float(value))  # PyTorch reads whole numbers as 64 bits
        case Fraction():
            return repr(int(value) if value.denominator == 1 else float(value))
        case tuple():
            return f"({', '.join(map(literal, value))}{',' * (len(value) == 1)})"
        case SymbolicSize():
            return size_text(value)
        case float() if isinf(value):
            return f'float("{value}")'
        case _:
            return repr(value)


def constructed(name: str, *positional: SettingValue, **named: tuple[SettingValue, SettingValue]) -> str:
    """`name(positional…, key=value…)`; each named argument comes with PyTorch's default and is left out if equal.

    Numbers that are the same in every dimension are written once.
    """
    shown = [literal(_once(each)) for each in positional]
    shown += [f"{key}={literal(once)}" for key, (value, usual) in named.items() if (once := _once(value)) != usual]
    return f"{name}({', '.join(shown)})"


def module(
    name: str, *positional: SettingValue, dtype: Dtype = Dtype.F32, **named: tuple[SettingValue, SettingValue]
) -> TorchForm:
    """An operator that is PyTorch's module *name*, with weights of *dtype*."""
    text = constructed(name, *positional, **named)
    if dtype is not Dtype.F32:
        text = f"{text[:-1]}{', ' * (text[-2] != '(')}dtype={torch_dtype(dtype)})"
    return TorchForm(module=text)


def called(
    name: str, *positional: SettingValue, operands: int = 1, **named: tuple[SettingValue, SettingValue]
) -> TorchForm:
    """A stateless operator that is PyTorch's function *name* of its operands."""
    tensors = ", ".join(f"{{{place}}}" for place in range(operands))
    text = constructed("", *positional, **named)[1:-1]
    return TorchForm(call=f"{name}({tensors}{', ' * bool(text)}{text})")


def torch_dtype(dtype: Dtype) -> str:
    """PyTorch's name of *dtype*."""
    return _DTYPES[dtype]


def size_text(size: Size) -> str:
    """*size* as a whole-number Python expression over variables called like its symbols."""
    above, below = as_ratio(size)
    return str(above) if below == 1 else f"({above}) // {below}"


def sizes_form(sizes: Iterable[Size], inputs: Sequence[TensorType]) -> tuple[str, frozenset[str]]:
    """*sizes* as Python arguments, and the symbols they read: a size that an operand has is read off the operand."""
    texts, symbols = [], set[str]()
    for size in sizes:
        text = size_text(size) if isinstance(size, int) else _read_off(size, inputs)
        if text is None:
            text = size_text(size)
            symbols |= symbols_of(size)
        texts.append(text)
    return ", ".join(texts), frozenset(symbols)


def _read_off(size: Size, inputs: Sequence[TensorType]) -> str | None:
    for place, tensor in enumerate(inputs):
        if size in tensor.shape:
            return f"{{{place}}}.shape[{tensor.shape.index(size)}]"
    return None


def _once(value: SettingValue) -> SettingValue:
    if isinstance(value, tuple) and value and value.count(value[0]) == len(value):
        return value[0]
    return value
