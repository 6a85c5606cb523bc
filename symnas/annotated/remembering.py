"""What objects of symbolic classes remember of their making, so that they copy and pickle as if they remembered nothing.

An ordinary class may be given what neither copies nor pickles, because it does not keep it.
"""

import copy
import sys
from collections.abc import Mapping
from typing import Any

from symnas.annotated.modules import is_module
from symnas.annotated.values import CALL, Symbolic

__all__ = ["Remembered"]


class Remembered(dict[str, Any]):
    """The arguments that an object was made with. Its deep copy has the same ones, modules apart, which are copied with
    the object; a pickle has them if all are data, modules, or classes and functions that a name leads to, and none else.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> "Remembered":
        return Remembered({name: _copied(each, memo) for name, each in self.items()})

    def __reduce__(self) -> tuple[Any, ...]:
        return (Remembered, (dict(self),)) if _is_kept(dict(self)) else (_forgotten, ())


def _forgotten() -> None:
    return None


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    match value:
        case list() if type(value) is list:
            return [_copied(each, memo) for each in value]
        case tuple() if type(value) is tuple:
            return tuple(_copied(each, memo) for each in value)
        case dict() if type(value) is dict:
            return {key: _copied(each, memo) for key, each in value.items()}
        case _:
            return copy.deepcopy(value, memo) if is_module(value) else memo.get(id(value), value)


_DATA = (bool, int, float, complex, str, bytes, type(None))


def _is_kept(value: object) -> bool:
    match value:
        case Symbolic():
            return _is_found(value.symnas_target) and _is_kept(value.symnas_arguments)
        case list() | tuple() | set() | frozenset():
            return all(map(_is_kept, value))
        case Mapping():
            return all(map(_is_kept, value)) and all(map(_is_kept, value.values()))
        case _:
            return (
                type(value) in _DATA or is_module(value) or CALL in getattr(value, "__dict__", ()) or _is_found(value)
            )


def _is_found(thing: Any) -> bool:
    """Whether a name leads to *thing*, a class or function."""
    found: Any = sys.modules.get(getattr(thing, "__module__", None) or "")
    for word in getattr(thing, "__qualname__", "<none>").split("."):
        found = getattr(found, word, None)
    return found is thing
