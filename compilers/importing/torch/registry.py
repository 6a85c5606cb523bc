"""How the operators of PyTorch are read, by name (`conv2d` for every overload of `aten::conv2d`). The files in `operators`
fill the table when a name is first asked.
"""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from symnas.compilers.importing.torch.site import Site

__all__ = ["Reading", "reading", "reads"]

Reading = Callable[["Site"], Any]
"""Draws one call of an operator, and gives what it returns: a value, or several in a tuple."""

_Written = TypeVar("_Written", bound=Reading)
_FAMILIES: Final = "symnas.compilers.importing.torch.operators"
_READINGS: Final[dict[str, Reading]] = {}


def reads(*names: str) -> Callable[[_Written], _Written]:
    """Make a function the reading of PyTorch's operators called *names*.

    Raises:
        ValueError: one of them has a reading already.
    """

    def add(function: _Written) -> _Written:
        for name in names:
            if name in _READINGS:
                raise ValueError(f"PyTorch's `{name}` is read already")
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
