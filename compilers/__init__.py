"""Targets that a graph compiles to, by name. One folder for each; its libraries are imported when it is first used."""

from collections.abc import Callable, Collection
from importlib import import_module
from typing import Any, Final

from symnas.errors import CompileError, nearest
from symnas.graph import Graph

__all__ = ["TARGETS", "compile", "target"]

TARGETS: Final = {"torch": "symnas.compilers.torch"}
"""Name of each target, and the package whose `build(graph, header, allow)` makes it."""


def compile(graph: Graph, target_name: str, header: str = "", allow: Collection[str] = ()) -> Any:
    """*graph* for the target *target_name*: a `torch.nn.Module` for `torch`.

    What comes back depends on the target, so its type is the target's; import the target's package for a typed call.

    Raises:
        CompileError: there is no such target, its library is missing, the graph cannot be lowered to it, or it has
            layers of a Python module that is not in *allow*.
    """
    return target(target_name)(graph, header, allow)


def target(name: str) -> Callable[[Graph, str, Collection[str]], Any]:
    """The function that builds for the target *name*.

    Raises:
        CompileError: there is no such target.
    """
    if name not in TARGETS:
        near = nearest(name, TARGETS)
        hint = f"; did you mean `{near}`?" if near else ""
        raise CompileError(f"no target is called `{name}`{hint} (targets: {', '.join(sorted(TARGETS))})")
    build: Callable[[Graph, str, Collection[str]], Any] = import_module(TARGETS[name]).build
    return build
