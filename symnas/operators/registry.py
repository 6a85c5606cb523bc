"""The operators by name. A file in this folder that calls `register` is found by itself, when a name is first asked; so
are files of the user's own that the environment variable `SYMNAS_OPERATORS` lists.

Operators are described in the files of their families; the elaborator looks them up here.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Final

from symnas.errors import CompileError
from symnas.operators.base import Operator

__all__ = ["OPERATORS", "OWN", "lookup", "names", "register", "unregister"]

OWN: Final = "SYMNAS_OPERATORS"
"""The environment variable for files with operators of the user's own; several as in `PATH`."""


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

    def find(self, name: str) -> Operator | None:
        """That called *name*; the `get` of mappings takes five times as long, and every operation of a graph is asked."""
        return self._all().get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, Operator]:
        if not self._complete:
            package = import_module("symnas.operators")
            for module in sorted(each.name for each in iter_modules(package.__path__)):
                import_module(f"symnas.operators.{module}")
            self._complete = True  # files of the user's own may ask for operators
            for name in filter(None, os.environ.get(OWN, "").split(os.pathsep)):
                _run(Path(name))
        return self._known


def _run(path: Path) -> None:
    """Run the file at *path*, which registers operators.

    Raises:
        CompileError: it is not there, or fails.
    """
    name = f"symnas_operators_{path.stem}"
    module = sys.modules[name] = ModuleType(name)
    try:
        SourceFileLoader(name, str(path)).exec_module(module)
    except Exception as error:
        raise CompileError(f"{OWN} lists `{path}`, which fails: {type(error).__name__}: {error}") from error


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
    return _REGISTRY.find(name)


def names() -> list[str]:
    """Names of all operators, sorted."""
    return sorted(OPERATORS)
