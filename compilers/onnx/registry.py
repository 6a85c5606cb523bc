"""Lowerings by operator name: how an operator of the language is written in ONNX, or why it cannot be.

The files in `operators`, one for each family of the operator library, fill the table when a name is first asked. An
operator of your own gets its lowering in the file that registers it: `@lowers("MyLayer")`.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from symnas.compilers.table import Table
from symnas.errors import CompileError
from symnas.spans import NOWHERE, Span

if TYPE_CHECKING:
    import onnx_ir as ir

    from symnas.compilers.onnx.site import Site

__all__ = ["Lowering", "lowering", "lowerings", "lowers", "place_of"]

Lowering = Callable[["Site"], "ir.Value | tuple[ir.Value, ...]"]
"""Writes one application of an operator, and gives its outputs."""

_Written = TypeVar("_Written", bound=Lowering)
_LOWERINGS: Final = Table[Lowering]("symnas.compilers.onnx.operators")


def lowers(*names: str) -> Callable[[_Written], _Written]:
    """Make a function the ONNX lowering of the operators called *names*.

    Raises:
        ValueError: one of them has a lowering already.
    """

    def add(function: _Written) -> _Written:
        _LOWERINGS.add(names, function, "operator `{}` has an ONNX lowering already")
        return function

    return add


def lowerings() -> Mapping[str, Lowering]:
    """Every lowering by the name of its operator. Calling it the first time imports onnx-ir."""
    return _LOWERINGS.entries()


def place_of(span: Span) -> str:
    """` (mobile.nas:3:5)`, to be put behind what is wrong; empty where no text stands behind it."""
    return "" if span == NOWHERE else f" ({span})"


def lowering(operator: str, span: Span = NOWHERE) -> Lowering:
    """The lowering of *operator*, which stands at *span*.

    Raises:
        CompileError: it has none.
    """
    found = _LOWERINGS.get(operator)
    if found is None:
        raise CompileError(
            f"`{operator}` has no ONNX lowering{place_of(span)}; write one: `@symnas.compilers.onnx.lowers({operator!r})`"
        )
    return found
