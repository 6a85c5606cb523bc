"""What an operation is, as text: operator, settings and types of outputs, equal for equal operations in every process.

Names take no part: sizes that are unknown are numbered in the order in which the inputs show them.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from symnas.graph import Bits, Graph
from symnas.operators.base import SettingValue
from symnas.operators.starts import Start
from symnas.sizes import Size, SymbolicSize, substitute, symbol, symbols_of
from symnas.types import TensorType

__all__ = ["Symbols", "label", "numbered", "type_text"]

Symbols = tuple[tuple[str, str], ...]
"""New names of unknown sizes, by their own."""

_WIDTHS = frozenset({"out_channels", "out_features", "hidden_size", "groups", "num_groups"})
"""Settings that are numbers of channels."""

_SEEN = frozenset({"return_indices"})
"""Settings that say how many outputs there are, which types tell."""


def numbered(graph: Graph) -> Symbols:
    """A number for each unknown size of *graph*, in the order in which its inputs show them."""
    found = [name for type in graph.scope.inputs for size in type.shape for name in sorted(symbols_of(size))]
    return tuple((name, f"s{place}") for place, name in enumerate(dict.fromkeys(found)))


def label(
    operator: str,
    settings: tuple[tuple[str, SettingValue], ...],
    outputs: tuple[TensorType, ...],
    frozen: bool,
    bits: Bits | None,
    symbols: Symbols,
    *,
    widths: bool,
) -> str:
    """What an operation is, apart from its operands; with *widths* told."""
    renamed = dict(symbols)
    told = (
        f"{name}={_value_text(value, renamed)}"
        for name, value in settings
        if (widths or name not in _WIDTHS) and name not in _SEEN
    )
    marks = (" frozen" if frozen else "") + (f" bits {bits.weights} {bits.inputs}" if bits else "")
    types = " ".join(type_text(each, symbols, widths=widths) for each in outputs)
    return f"{operator}({', '.join(told)}){marks} -> {types}"


@lru_cache(maxsize=20_000)
def type_text(type: TensorType, symbols: Symbols, *, widths: bool) -> str:
    """*type* with its unknown sizes numbered; dimension 1 left out unless *widths* are told."""
    renamed = dict(symbols)
    shape = [_size_text(size, renamed) for size in type.shape]
    if not widths and len(shape) > 1:
        shape[1] = "_"
    return f"{type.dtype.value}[{', '.join(shape)}]"


def _value_text(value: SettingValue, symbols: Mapping[str, str]) -> str:
    """A setting's value. Numbers are written by their value: a program read again holds 3/10 where 0.3 was drawn."""
    match value:
        case bool() | None | str():
            return repr(value)
        case int() | SymbolicSize():
            return _size_text(value, symbols)
        case Fraction() | float():
            return str(int(value)) if float(value).is_integer() else repr(float(value))
        case Start(way=way, number=number):
            return way if number is None else f"{way}({_value_text(number, symbols)})"
        case _:
            return f"[{', '.join(_value_text(each, symbols) for each in value)}]"


def _size_text(size: Size, symbols: Mapping[str, str]) -> str:
    if isinstance(size, int):
        return str(size)
    return str(substitute(size, {name: symbol(other) for name, other in symbols.items()}))
