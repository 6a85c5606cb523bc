"""Chosen values as Python objects: what `writing` wrote, read back with every decision made."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from symnas.annotated.modules import around
from symnas.annotated.values import call
from symnas.annotated.writing import CHOSEN, DICT, FLOAT, LIST, MET, PYTHON, SHARED, TUPLE, WITH

__all__ = ["built"]


@frozen
class _Chosen:
    """What was chosen, and pairs of names and values of what was decided inside it."""

    value: Any
    inside: list[Any]


def _met(pairs: list[Any]) -> dict[str, Any]:
    """All that was decided, by name."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if isinstance(value, _Chosen):
            found |= {name: value.value, **_met(value.inside)}
        else:
            found[name] = value
    return found


_DATA: Mapping[str, Callable[[list[Any]], Any]] = {
    TUPLE: tuple,
    LIST: list,
    DICT: dict,
    FLOAT: lambda items: float(items[0]),
    MET: _met,
    CHOSEN: lambda items: _Chosen(items[0], items[1:]),
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
        target = things[thing]
        within = around(target, things)
        met = shared if within is things else {}
        return call(target, {name: _built(each, within, met) for name, each in inside.items()})
    items = [_built(each, things, shared) for each in inside]
    return _DATA[thing](items)
