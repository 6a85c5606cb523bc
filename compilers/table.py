"""Tables of functions by name, which the modules of a package fill when a name is first asked: one file a family."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Generic, TypeVar

__all__ = ["Table"]

Entry = TypeVar("Entry", bound=Callable[..., Any])


class Table(Generic[Entry]):
    """Functions by name, filled by the modules of *package*; others may add theirs before or after."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._entries: dict[str, Entry] = {}
        self._filled = False

    def add(self, names: tuple[str, ...], entry: Entry, taken: str) -> None:
        """Enter *entry* under each of *names*.

        Raises:
            ValueError: one of them is in the table; the message is *taken*, with the name for `{}`.
        """
        for name in names:
            if name in self._entries:
                raise ValueError(taken.format(name))
            self._entries[name] = entry

    def get(self, name: str) -> Entry | None:
        """The entry called *name*, if there is one; the package is imported if it takes that to know."""
        return self._entries.get(name) or self.entries().get(name)

    def entries(self) -> Mapping[str, Entry]:
        """All entries. The first call imports the package's modules, in the order of their names."""
        if not self._filled:
            package = import_module(self._package)
            for module in sorted(each.name for each in iter_modules(package.__path__)):
                import_module(f"{self._package}.{module}")
            self._filled = True
        return self._entries
