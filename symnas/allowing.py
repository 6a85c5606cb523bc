"""Python that is not ours: what a network or a search needs of it, and whether it may be imported.

Reading a program imports nothing. Building a network and searching import what the user allowed by name, and here is
the one place where that is done.
"""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from symnas.errors import CompileError, nearest
from symnas.graph import Graph
from symnas.operators.python import is_python, module_of

__all__ = ["check_allowed", "check_layers", "function_of", "import_allowed", "importable_from", "python_layers"]


def python_layers(graph: Graph) -> dict[str, str]:
    """The Python layers that *graph* applies, by full name (`my.layers.Roll`), with the module that each comes from."""
    names = {placed.operation.operator for placed in graph.operations()}
    return {name: module_of(name)[0] for name in sorted(names) if is_python(name)}


def check_allowed(modules: Iterable[str], allow: Collection[str], what: str) -> None:
    """Refuse to import *modules* that are not among those allowed; *what* needs them.

    Raises:
        CompileError: one of them is not allowed; the message names the option that would allow it.
    """
    missing = sorted(set(modules) - set(allow))
    if missing:
        options = " ".join(f"--allow {each}" for each in missing)
        listed = ", ".join(f'"{each}"' for each in missing)
        named = " and ".join(f"`{each}`" for each in missing)
        raise CompileError(
            f"{what} runs Python of {named}, which nobody has allowed: read it first, then allow it with `{options}`"
            f" (in Python, `allow=[{listed}]`)"
        )


def check_layers(graph: Graph, allow: Collection[str]) -> None:
    """Import the Python layers of *graph*, each of whose modules must be allowed.

    Raises:
        CompileError: a module is not allowed, cannot be imported, or lacks the layer.
    """
    layers = python_layers(graph)
    check_allowed(layers.values(), allow, f"`{graph.name}`")
    for name, module in layers.items():
        _taken(module, module_of(name)[1])


def function_of(module: str, name: str, allow: Collection[str]) -> Callable[..., Any]:
    """The function *name* of the Python module *module*, which must be allowed.

    Raises:
        CompileError: it is not allowed, cannot be imported, or has no such function.
    """
    check_allowed([module], allow, f"`{name}`")
    found: Callable[..., Any] = _taken(module, name)
    return found


def import_allowed(modules: Iterable[str]) -> None:
    """Import *modules*, which the user allowed by name, for what they declare.

    Raises:
        CompileError: one cannot be imported.
    """
    for module in modules:
        _imported(module)


def _taken(module: str, name: str) -> Any:
    found = _imported(module)
    if not callable(value := getattr(found, name, None)):
        close = nearest(name, [each for each in vars(found) if not each.startswith("_")])
        hint = f"; did you mean `{close}`?" if close else ""
        raise CompileError(f"the Python module `{module}` has no `{name}` that can be called{hint}")
    return value


def _imported(module: str) -> ModuleType:
    try:
        return import_module(module)
    except Exception as error:
        raise CompileError(
            f"the Python module `{module}` cannot be imported: {type(error).__name__}: {error}"
        ) from error


@contextmanager
def importable_from(folder: Path | None) -> Iterator[None]:
    """Within it, Python finds modules in *folder* as well: the folder of the .nas file, after all others."""
    if folder is None:
        yield
        return
    entry = str(folder.resolve())
    sys.path.append(entry)
    try:
        yield
    finally:
        sys.path.remove(entry)
