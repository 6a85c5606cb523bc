"""The functions that follow channels, by the operators that they are for."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from symnas.operators.python import is_python
from symnas.rewriting.weights.site import Site, State

__all__ = ["Follow", "follow", "follows"]

Follow = Callable[[Site], list[State]]
"""What comes out of an operation; on the way, it says what becomes of the weights."""

_KNOWN: dict[str, Follow] = {}


def follows(*operators: str) -> Callable[[Follow], Follow]:
    """Have a function be for *operators*."""

    def register(function: Follow) -> Follow:
        _KNOWN.update(dict.fromkeys(operators, function))
        return function

    return register


def follow(site: Site) -> list[State]:
    """What comes out of the operation at *site*."""
    _load()
    known = _KNOWN.get(site.operation.operator)
    if known is not None:
        return known(site)
    if is_python(site.operation.operator):
        site.tracing.python(site)
    site.as_they_are()
    if site.plain:
        return site.unchanged()
    lost = site.lost
    if lost is None:
        site.differs(f"how `{site.operation.operator}` treats repeated channels is not known")
    return site.opaque(lost.why if lost else f"not followed through `{site.operation.operator}` at `{site.path}`")


@cache
def _load() -> None:
    package = import_module("symnas.rewriting.weights.following")
    for module in sorted(each.name for each in iter_modules(package.__path__)):
        import_module(f"{package.__name__}.{module}")
