"""The operators by name. A file in this folder that calls `register` is found by itself, when a name is first asked.

Operators are described in the files of their families; the elaborator looks them up here.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from symnas.operators.base import Operator

__all__ = ["OPERATORS", "lookup", "names", "register", "unregister"]


class _Registry(Mapping[str, Operator]):
    """Every operator of the language; the families are imported on first use."""

    def __init__(self) -> None:
        self._known: dict[str, Operator] = {}
        self._complete = False

    def add(self, operator: Operator) -> Operator:
        """Make *operator* known under its name, which must be free."""
        if operator.name in self._known:
            raise ValueError(f"operator `{operator.name}` is registered already")
        self._known[operator.name] = operator
        return operator

    def take_out(self, name: str) -> None:
        """Forget the operator called *name*."""
        del self._known[name]

    def __getitem__(self, name: str) -> Operator:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, Operator]:
        if not self._complete:
            package = import_module("symnas.operators")
            for module in sorted(each.name for each in iter_modules(package.__path__)):
                import_module(f"symnas.operators.{module}")
            self._complete = True
        return self._known


_REGISTRY: Final = _Registry()
OPERATORS: Final[Mapping[str, Operator]] = _REGISTRY
"""Every operator of the language by name."""


def register(operator: Operator) -> Operator:
    """Add *operator* to the language and return it.

    Raises:
        ValueError: another operator has its name.
    """
    return _REGISTRY.add(operator)


def unregister(name: str) -> None:
    """Take the operator called *name* out of the language again: for tests, and to define one anew in a notebook.

    Raises:
        KeyError: there is none.
    """
    _REGISTRY.take_out(name)


def lookup(name: str) -> Operator | None:
    """The operator called *name*, if there is one."""
    return OPERATORS.get(name)


def names() -> list[str]:
    """Names of all operators, sorted."""
    return sorted(OPERATORS)
