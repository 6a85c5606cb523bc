"""How the operators of PyTorch are read, by name (`conv2d` for every overload of `aten::conv2d`). The files in `operators`
fill the table when a name is first asked.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from symnas.compilers.table import Table

if TYPE_CHECKING:
    from symnas.compilers.importing.torch.site import Site

__all__ = ["Reading", "reading", "reads"]

Reading = Callable[["Site"], Any]
"""Draws one call of an operator, and gives what it returns: a value, or several in a tuple."""

_Written = TypeVar("_Written", bound=Reading)
_READINGS: Final = Table[Reading]("symnas.compilers.importing.torch.operators")


def reads(*names: str) -> Callable[[_Written], _Written]:
    """Make a function the reading of PyTorch's operators called *names*.

    Raises:
        ValueError: one of them has a reading already.
    """

    def add(function: _Written) -> _Written:
        _READINGS.add(names, function, "PyTorch's `{}` is read already")
        return function

    return add


def reading(operator: str) -> Reading | None:
    """How *operator* is read, if it can be."""
    return _READINGS.get(operator)
