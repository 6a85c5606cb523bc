"""How the operators of ONNX are read, by name. The files in `operators` fill the table when a name is first asked."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from symnas.compilers.importing.values import Value
from symnas.compilers.table import Table

if TYPE_CHECKING:
    from symnas.compilers.importing.onnx.site import Site

__all__ = ["Reading", "reading", "reads"]

Reading = Callable[["Site"], "Value | tuple[Value, ...]"]
"""Draws one node of a model, and gives its outputs."""

_Written = TypeVar("_Written", bound=Reading)
_READINGS: Final = Table[Reading]("symnas.compilers.importing.onnx.operators")


def reads(*names: str) -> Callable[[_Written], _Written]:
    """Make a function the reading of ONNX's operators called *names*.

    Raises:
        ValueError: one of them has a reading already.
    """

    def add(function: _Written) -> _Written:
        _READINGS.add(names, function, "ONNX's `{}` is read already")
        return function

    return add


def reading(operator: str) -> Reading | None:
    """How *operator* is read, if it can be."""
    return _READINGS.get(operator)
