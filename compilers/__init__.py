"""Targets that a graph compiles to, by name. One folder for each; its libraries are imported when it is first used."""

from collections.abc import Callable, Collection
from importlib import import_module
from inspect import Parameter, signature
from typing import Any, Final

from symnas.errors import CompileError, nearest, suggest
from symnas.graph import Graph

__all__ = ["TARGETS", "compile", "target"]

TARGETS: Final = {"onnx": "symnas.compilers.onnx", "torch": "symnas.compilers.torch"}
"""Name of each target, and the package whose `build(graph, header, allow, **options)` makes it."""


def compile(graph: Graph, target_name: str, header: str = "", allow: Collection[str] = (), **options: Any) -> Any:
    """*graph* for the target *target_name*: a `torch.nn.Module` for `torch`, an `onnx_ir.Model` for `onnx`.

    *options* are those of the target's `build`; `torch` has none. What comes back depends on the target, so its type is the target's; import the target's package for a typed call.

    Raises:
        CompileError: there is no such target or option, its library is missing, the graph cannot be lowered to it, or it has
            layers of a Python module that is not in *allow*.
    """
    build = target(target_name)
    known = [each.name for each in signature(build).parameters.values() if each.kind is Parameter.KEYWORD_ONLY]
    for name in options:
        if name not in known:
            raise CompileError(f"`{target_name}` has no option `{name}`; {suggest(name, known, 'it has')}")
    return build(graph, header, allow, **options)


def target(name: str) -> Callable[..., Any]:
    """The function that builds for the target *name*.

    Raises:
        CompileError: there is no such target.
    """
    if name not in TARGETS:
        near = nearest(name, TARGETS)
        hint = f"; did you mean `{near}`?" if near else ""
        raise CompileError(f"no target is called `{name}`{hint} (targets: {', '.join(sorted(TARGETS))})")
    build: Callable[..., Any] = import_module(TARGETS[name]).build
    return build
