"""Chosen values as Python objects: what `writing` wrote, read back with every decision made."""

from collections.abc import Callable, Mapping
from typing import Any

from symnas.annotated.values import call
from symnas.annotated.writing import DICT, FLOAT, LIST, PYTHON, SHARED, TUPLE, WITH

__all__ = ["built"]

_DATA: Mapping[str, Callable[[list[Any]], Any]] = {
    TUPLE: tuple,
    LIST: list,
    DICT: dict,
    FLOAT: lambda items: float(items[0]),
}


def built(chosen: Any, things: Mapping[str, Any]) -> Any:
    """The object that *chosen*, a recipe's value, stands for: every call made once, inner ones first."""
    return _built(chosen, things, {})


def _built(chosen: Any, things: Mapping[str, Any], shared: dict[str, Any]) -> Any:
    match chosen:
        case list():
            return [_built(each, things, shared) for each in chosen]
        case dict():
            name = chosen.get(SHARED)
            if name is None:
                return _made(chosen, things, shared)
            if name not in shared:
                shared[name] = _made(chosen, things, shared)
            return shared[name]
        case _:
            return chosen


def _made(chosen: Mapping[str, Any], things: Mapping[str, Any], shared: dict[str, Any]) -> Any:
    thing = chosen[PYTHON]
    if WITH not in chosen:
        return things[thing]
    inside = chosen[WITH]
    if isinstance(inside, dict):
        return call(things[thing], {name: _built(each, things, shared) for name, each in inside.items()})
    items = [_built(each, things, shared) for each in inside]
    return _DATA[thing](items)
