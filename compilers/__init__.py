"""Targets that a graph compiles to, by name. One folder for each; its libraries are imported when it is first used."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from symnas.errors import CompileError, nearest
from symnas.graph import Graph

__all__ = ["TARGETS", "compile", "target"]

TARGETS: Final = {"torch": "symnas.compilers.torch"}
"""Name of each target, and the package whose `build(graph, header)` makes it."""


def compile(graph: Graph, target_name: str, header: str = "") -> Any:
    """*graph* for the target *target_name*: a `torch.nn.Module` for `torch`.

    What comes back depends on the target, so its type is the target's; import the target's package for a typed call.

    Raises:
        CompileError: there is no such target, its library is missing, or the graph cannot be lowered to it.
    """
    return target(target_name)(graph, header)


def target(name: str) -> Callable[[Graph, str], Any]:
    """The function that builds for the target *name*.

    Raises:
        CompileError: there is no such target.
    """
    if name not in TARGETS:
        near = nearest(name, TARGETS)
        hint = f"; did you mean `{near}`?" if near else ""
        raise CompileError(f"no target is called `{name}`{hint} (targets: {', '.join(sorted(TARGETS))})")
    build: Callable[[Graph, str], Any] = import_module(TARGETS[name]).build
    return build
