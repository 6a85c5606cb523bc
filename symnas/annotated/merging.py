"""Merging: a value with the parts that others say otherwise, as a configuration is put together from several.

Editing a value where it stands, and refusing what it has not, is `editing`'s business.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from symnas.annotated.editing import Edit, clones, get, put, refuse_cycles, segments_of
from symnas.annotated.values import call_of, joined, name_of
from symnas.errors import SearchError

__all__ = ["merge"]

T = TypeVar("T")


def merge(base: T, *overrides: Mapping[Any, Any]) -> T:
    """A copy of *base* with what *overrides* say, the last having the last word.

    The keys of an override are names or paths (`"stages[0].kernel"`). A dictionary is merged into the dictionary, call or
    row that stands there; anything else replaces what does, and a dictionary takes new keys. `MISSING` takes away.

    Raises:
        SearchError: a path leads nowhere, a call has no such argument, one is of the wrong type, or the result would
            contain itself.
    """
    for each in overrides:
        if not isinstance(each, Mapping):
            raise SearchError(f"`merge` takes dictionaries after the value; {each!r} is of type {name_of(type(each))}")
    found: T
    found, *others = clones(base, *map(dict, overrides))
    done = Edit()
    for other in others:
        _merge(found, "", other, done)
    refuse_cycles(found)
    done.check()
    return found


def _merge(whole: Any, place: str, override: Mapping[Any, Any], done: Edit) -> None:
    for key, new in override.items():
        holder = get(whole, place)
        path = joined(place, _end(holder, key))
        if not isinstance(new, dict):
            put(whole, path, new, done, adding=True)
            continue
        there = _there(whole, path)
        if call_of(there) is None and not isinstance(there, dict | list | tuple):
            put(whole, path, {}, done, adding=True)
        _merge(whole, path, new, done)


def _end(holder: Any, key: Any) -> str:
    """The end of the path that *key* means below *holder*: a key that is there, else a path, else a new key."""
    if isinstance(key, str) and not (isinstance(holder, dict) and key in holder and not key.isidentifier()):
        try:
            segments_of(key)
        except SearchError:
            return f"[{key!r}]"
        return key if key.startswith("[") else f".{key}"
    return f"[{key!r}]"


def _there(whole: Any, path: str) -> Any:
    """What stands at *path*; `None` if nothing does."""
    try:
        return get(whole, path)
    except SearchError:
        return None
