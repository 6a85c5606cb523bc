"""How the operators of ONNX are read, by name. The files in `operators` fill the table when a name is first asked."""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Final, TypeVar

from symnas.compilers.importing.values import Value

if TYPE_CHECKING:
    from symnas.compilers.importing.onnx.site import Site

__all__ = ["Reading", "reading", "reads"]

Reading = Callable[["Site"], "Value | tuple[Value, ...]"]
"""Draws one node of a model, and gives its outputs."""

_Written = TypeVar("_Written", bound=Reading)
_FAMILIES: Final = "symnas.compilers.importing.onnx.operators"
_READINGS: Final[dict[str, Reading]] = {}


def reads(*names: str) -> Callable[[_Written], _Written]:
    """Make a function the reading of ONNX's operators called *names*.

    Raises:
        ValueError: one of them has a reading already.
    """

    def add(function: _Written) -> _Written:
        for name in names:
            if name in _READINGS:
                raise ValueError(f"ONNX's `{name}` is read already")
            _READINGS[name] = function
        return function

    return add


def reading(operator: str) -> Reading | None:
    """How *operator* is read, if it can be."""
    if not _READINGS:
        package = import_module(_FAMILIES)
        for module in sorted(each.name for each in iter_modules(package.__path__)):
            import_module(f"{_FAMILIES}.{module}")
    return _READINGS.get(operator)
