"""Names of classes and functions in texts: `package.module:Class`, and what a name that is read may lead to.

A name leads to what was marked with `symnas.symbolic` in this process and to classes below that, to what the reader passes as *known*, or to a
plain type of Python. Nothing is ever imported to read a name, nor looked for anywhere else.
"""

import enum
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any
from weakref import WeakSet

from symnas.annotated.values import name_of
from symnas.errors import SearchError, suggest

__all__ = ["Known", "Names", "mark", "target_of", "text_name"]

Known = Iterable[Any] | Mapping[str, Any] | ModuleType | Callable[..., Any]
"""What a reader trusts: classes, functions, modules for those that they show, dictionaries of names for anything; one of
them, or several.
"""

_PLAIN = (bool, bytes, complex, dict, float, frozenset, int, list, set, str, tuple)

_MARKED: dict[str, Any] = {}
"""What was marked, by name; the newest where a name was marked again, as in a notebook."""


_WRAPPERS: WeakSet[Any] = WeakSet()
"""What was made to stand for classes and functions that stay as they are."""


def mark(thing: Any) -> None:
    """Remember *thing*, a symbolic class or function: its name may be read from now on."""
    _MARKED[text_name(thing)] = thing
    if inspect.isfunction(thing):
        _WRAPPERS.add(thing)


def text_name(thing: Any) -> str:
    """How *thing*, a class or function, is called in a text."""
    return f"{thing.__module__}:{thing.__qualname__}"


def target_of(thing: Any) -> Any:
    """What calls of *thing* are calls of: itself, or what it stands for where its name leads to that."""
    wraps = inspect.isfunction(thing) and thing in _WRAPPERS and _led_to(thing) is not thing
    return thing.__wrapped__ if wraps else thing


class Names:
    """What names lead to, and the names of things."""

    def __init__(self, known: Known = ()) -> None:
        several = isinstance(known, Iterable) and not isinstance(known, Mapping | type)
        self._things: dict[str, Any] = {text_name(each): each for each in _PLAIN}
        self._given: dict[int, tuple[str, Any]] = {}
        for each in known if several else (known,):  # type: ignore[union-attr]  # they are several
            match each:
                case Mapping():
                    self._things |= each
                    self._given |= {id(thing): (name, thing) for name, thing in each.items()}
                case ModuleType():
                    self._things |= {
                        text_name(thing): thing
                        for name, thing in vars(each).items()
                        if not name.startswith("_") and _is_nameable(thing)
                    }
                case _ if _is_nameable(each):
                    self._things[text_name(each)] = target_of(each)
                case _:
                    raise SearchError(
                        f"`known` lists classes, functions and modules; {each!r} is of type {name_of(type(each))}: give it a name, "
                        "`known=[{'name': it}]`"
                    )

    def name(self, thing: Any) -> str:
        """The name that leads to *thing*.

        Raises:
            SearchError: none does, or it leads to something else.
        """
        if id(thing) in self._given:
            return self._given[id(thing)][0]
        if isinstance(thing, enum.Enum):
            return f"{self.name(type(thing))}.{thing.name}"
        if not _is_nameable(thing):
            raise SearchError(
                f"what is of type {name_of(type(thing))} has no text; make its class symbolic, or give it a name, "
                "`known=[{'name': it}]`, to write it and to read it"
            )
        name = text_name(thing)
        if any(thing is each for each in (_led_to(thing), self._things.get(name), target_of(_MARKED.get(name)))):
            return name
        if "<" in name:
            raise SearchError(
                f"no name leads to `{name}`; define it outside of functions, make it symbolic, or list it in `known`"
            )
        raise SearchError(f"the name `{name}` leads to something else by now; make the value anew")

    def wrapper_name(self, thing: Any) -> str | None:
        """The name of *thing* where it is what `symbolic` made of a class or function that is called so itself."""
        if not inspect.isfunction(thing) or target_of(thing) is thing:
            return None
        return text_name(thing)

    def wrapper(self, name: str) -> Any:
        """What `symbolic` made of the class or function called *name*.

        Raises:
            SearchError: that is not known.
        """
        if name not in _MARKED:
            raise self._unknown(name)
        return _MARKED[name]

    def thing(self, name: str) -> Any:
        """What *name* leads to.

        Raises:
            SearchError: that is not known.
        """
        if name in self._things:
            return self._things[name]
        if name in _MARKED:
            return target_of(_MARKED[name])
        for below in (each for marked in list(_MARKED.values()) for each in _below(marked)):
            if text_name(below) == name:
                return below
        holder, _, member = name.rpartition(".")
        kind = self._things.get(holder)
        if isinstance(kind, enum.EnumMeta) and member in kind.__members__:
            return kind[member]
        raise self._unknown(name)

    def target(self, name: str) -> Callable[..., Any]:
        """What is called by *name*; plain types are not.

        Raises:
            SearchError: that is not known, or cannot be called.
        """
        found = self.thing(name)
        if not callable(found) or any(found is each for each in _PLAIN):
            raise SearchError(f"`{name}` is no symbolic class or function, so calls of it are not read")
        return found  # type: ignore[no-any-return]  # it can be called

    def _unknown(self, name: str) -> SearchError:
        module = name.partition(":")[0]
        if ":" not in name or module in sys.modules:
            hint = suggest(name, [*self._things, *_MARKED], "known are", many=True)
            more = f"; {hint}" if hint and hint.startswith("did") else ""
            return SearchError(
                f"`{name}` is not known here{more}; reading trusts what is marked with `symnas.symbolic`, and what is passed, "
                "`known=[…]`"
            )
        return SearchError(
            f"`{name}` is not known here, and reading imports nothing: import `{module}`, where it is marked with "
            "`symnas.symbolic`, or pass it, `known=[…]`"
        )


def _below(marked: Any) -> Iterator[type]:
    """The classes below *marked*, where it is a class: they take placeholders as it does."""
    below: list[type] = type.__subclasses__(marked) if isinstance(marked, type) else []
    for each in below:
        yield each
        yield from _below(each)


def _is_nameable(thing: object) -> bool:
    """Whether *thing* is a class or function with a name of its own."""
    kinds = isinstance(thing, type) or inspect.isfunction(thing) or inspect.isbuiltin(thing)
    return kinds and isinstance(getattr(thing, "__module__", None), str) and "<lambda>" not in thing.__qualname__  # type: ignore[attr-defined]  # classes and functions have one


def _led_to(thing: Any) -> Any:
    """What the name of *thing* leads to in its module."""
    found: Any = sys.modules.get(thing.__module__)
    for part in thing.__qualname__.split("."):
        found = getattr(found, part, None)
    return found
