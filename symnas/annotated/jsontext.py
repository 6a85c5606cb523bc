"""Symbolic values as JSON: `to_json` writes everything that they are made of, `from_json` reads it and runs nothing.

Lists, dictionaries with plain keys, strings, numbers and `null` are themselves. All else is an object with one key that
begins with `$`: `{"$call": "mine:Block", "with": {"kernel": {"$oneof": [3, 5]}}}`. What stands at two places is written
once, as `{"$shared": 1, "is": …}`, and `{"$shared": 1}` from then on. What names may lead to is `names`' business.
"""

import base64
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from symnas.annotated.argumenttypes import check_arguments
from symnas.annotated.editing import refuse_cycles
from symnas.annotated.names import Known, Names
from symnas.annotated.placeholders import (
    CHOOSING,
    KINDS,
    Manyof,
    Oneof,
    Placeholder,
    Range,
    made_oneof,
    manyof,
    permutation,
    several,
    subset,
)
from symnas.annotated.placeholders import range as numbers
from symnas.annotated.values import Symbolic, call_of, joined, name_of, parts, refuse_unknown
from symnas.errors import SearchError, suggest

__all__ = ["from_json", "to_json"]


def to_json(value: object, *, known: Known = (), indent: int | None = None) -> str:
    """*value* as text: calls that wait, placeholders, lists, tuples, dictionaries, strings, numbers, bytes, members of
    enumerations, classes and functions by name. An object of a symbolic class is written as the call that made it.

    *known* may give names to anything else, `[{"float32": torch.float32}]`. *indent* is that of `json.dumps`.

    Raises:
        SearchError: *value* contains itself, or something that has no text; the message says where.
    """
    try:
        refuse_cycles(value)
        writer = _Writer(Names(known))
        writer.meet(value)
        return _dumped(writer.data(value, ""), indent)
    except RecursionError:
        raise SearchError("the value is nested too deep to be written") from None
    except ValueError as error:  # whole numbers of thousands of digits
        raise SearchError(f"the value has no text: {error}") from None


def from_json(text: str | bytes | list[Any] | dict[str, Any], *, known: Known = ()) -> Any:
    """The value that was written as *text*; or, where it was read from JSON already, as lists and dictionaries.

    Reading makes calls that wait and calls nothing. Names lead to what is marked with `symbolic`, to plain types, and to
    *known*: classes, functions, modules for the classes and functions that they show, dictionaries of names for anything.

    Raises:
        SearchError: the text is no value; a name is not known; or a call has no such argument, or one of another type.
    """
    try:
        data = json.loads(text) if isinstance(text, str | bytes | bytearray) else text
    except ValueError as error:
        raise SearchError(f"the text is no JSON: {error}") from None
    except RecursionError:
        raise SearchError("the text is nested too deep to be read") from None
    token = CHOOSING.set(None)  # inside a function that is searched, too, what is read stays undecided
    try:
        return _Reader(Names(known)).value(data, "")
    except RecursionError:
        raise SearchError("the text is nested too deep to be read") from None
    finally:
        CHOOSING.reset(token)


def _dumped(data: object, indent: int | None) -> str:
    """*data* as text that a file can hold: halves of characters, which it cannot, are escaped as all others are then."""
    text = json.dumps(data, indent=indent, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(data, indent=indent, allow_nan=False)
    return text


def _at(path: str, error: SearchError) -> SearchError:
    return SearchError(f"{f'`{path}`' if path else 'the whole'}: {error}")


# ------------------------------------------------------------------------------------------------ writing


class _Writer:
    """Writes one value."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._met: Counter[int] = Counter()
        self._alive: list[object] = []
        self._numbers: dict[int, int] = {}

    def meet(self, value: Any) -> None:
        """Count how often everything that may be shared is met."""
        call = call_of(value)
        if call is None and not isinstance(value, Placeholder | list | tuple | dict):
            return
        if not isinstance(value, tuple):
            self._alive.append(value)
            self._met[id(value)] += 1
            if self._met[id(value)] > 1:
                return
        for each in call[1].values() if call else (each for _, each in parts(value)):
            self.meet(each)

    def data(self, value: Any, path: str) -> Any:
        """*value*, which stands at *path*, as JSON has it."""
        if self._met[id(value)] <= 1:
            return self._alone(value, path)
        number = self._numbers.get(id(value))
        if number is not None:
            return {"$shared": number}
        number = self._numbers[id(value)] = len(self._numbers) + 1
        return {"$shared": number, "is": self._alone(value, path)}

    def _alone(self, value: Any, path: str) -> Any:
        match value:
            case None | bool():
                return value
            case int() | str() if type(value) in (int, str):
                return value
            case float() if type(value) is float:
                return value if math.isfinite(value) else {"$float": repr(value)}
            case bytes() if type(value) is bytes:
                return {"$bytes": base64.b64encode(value).decode()}
            case Placeholder():
                return self._placeholder(value, path)
            case list() if type(value) is list:
                return self._items(value, path)
            case tuple() if type(value) is tuple:
                return {"$tuple": self._items(value, path)}
            case dict() if type(value) is dict:
                return self._dict(value, path)
            case _:
                return self._named(value, path)

    def _items(self, value: Iterable[Any], path: str) -> list[Any]:
        return [self.data(each, f"{path}[{place}]") for place, each in enumerate(value)]

    def _dict(self, value: dict[Any, Any], path: str) -> dict[str, Any]:
        ends = [(key, joined(path, end), each) for key, (end, each) in zip(value, parts(value), strict=True)]
        if all(type(key) is str and not key.startswith("$") for key in value):
            return {key: self.data(each, place) for key, place, each in ends}
        return {"$dict": [[self._alone(key, place), self.data(each, place)] for key, place, each in ends]}

    def _named(self, value: Any, path: str) -> dict[str, Any]:
        call = call_of(value)
        try:
            if call is None:
                wrapper = self._names.wrapper_name(value)
                return {"$symbolic": wrapper} if wrapper is not None else {"$name": self._names.name(value)}
            target = self._names.name(call[0])
        except SearchError as error:
            raise _at(path, error) from None
        return {
            "$call": target,
            "with": {name: self.data(each, joined(path, f".{name}")) for name, each in call[1].items()},
        }

    def _placeholder(self, value: Placeholder, path: str) -> dict[str, Any]:
        match value:
            case Oneof():
                found: dict[str, Any] = {"$oneof": self._items(value.candidates, path)}
                found |= {} if value.labels is None else {"labels": list(value.labels)}
                found |= {} if value.prior is None else {"prior": list(map(str, value.prior))}
            case Range():
                found = {"$range": self._items((value.low, value.high), path)}
                found |= {} if value.step is None else {"step": self._alone(value.step, path)}
                found |= {"log": True} if value.log else {}
            case Manyof():
                found = {f"${value.kind}": self._items(value.candidates, path)}
                ends = {"least": value.least, "most": value.most}
                found |= {name: self.data(each, f"{path}.{name}") for name, each in ends.items() if each is not None}
            case _:
                raise _at(path, SearchError(f"placeholders of type {name_of(type(value))} have no text"))
        return found if value.name is None else {**found, "name": value.name}


# ------------------------------------------------------------------------------------------------ reading

_Data = Mapping[str, Any]


class _Reader:
    """Reads one value."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._shared: dict[int, Any] = {}

    def value(self, data: Any, path: str) -> Any:
        """What *data* stands for at *path*."""
        match data:
            case None | bool() | int() | float() | str():
                return data
            case list():
                return self._items(data, path)
            case dict():
                tag = next((key for key in data if isinstance(key, str) and key.startswith("$")), None)
                if tag is None:
                    return {key: self.value(each, joined(path, f".{key}")) for key, each in data.items()}
                try:
                    return self._tagged(tag, data, path)
                except (AttributeError, IndexError, KeyError, TypeError, ValueError):
                    raise _at(path, SearchError(f"`{tag}` is not written like this: {_short(data)}")) from None
            case _:
                raise _at(path, SearchError(f"what is of type {name_of(type(data))} is no JSON"))

    def _items(self, data: Iterable[Any], path: str) -> list[Any]:
        return [self.value(each, f"{path}[{place}]") for place, each in enumerate(data)]

    def _tagged(self, tag: str, data: _Data, path: str) -> Any:
        if tag not in _FORMS:
            raise _at(path, SearchError(f"there is no `{tag}`; {suggest(tag, _FORMS, 'there are')}"))
        extra = next((key for key in data if key not in (tag, *_FORMS[tag])), None)
        if extra is not None:
            raise _at(path, SearchError(f"`{tag}` has no `{extra}`; {suggest(extra, _FORMS[tag])}"))
        return _READ[tag](self, data, path)

    def call(self, data: _Data, path: str) -> Symbolic:
        """`{"$call": "mine:Block", "with": {…}}`."""
        given = {name: self.value(each, joined(path, f".{name}")) for name, each in data["with"].items()}
        try:
            target = self._names.target(data["$call"])
            refuse_unknown(target, given)
            check_arguments(target, given)
        except SearchError as error:
            raise _at(path, error) from None
        return Symbolic(target, given)

    def placeholder(self, data: _Data, path: str) -> Any:
        """`{"$oneof": [3, 5], "name": "kernel"}` and the others."""
        tag, given = next(iter(data.items()))
        candidates, name = self._items(given, path), data.get("name")
        if not isinstance(name, str | None) or not isinstance(data.get("log", False), bool):
            raise TypeError(name)
        settings = {key: self.value(each, path) for key, each in data.items() if key not in (tag, "labels", "name")}
        try:
            return _PLACEHOLDERS[tag](candidates, name, data.get("labels"), settings)
        except SearchError as error:
            raise _at(path, error) from None

    def thing(self, data: _Data, path: str) -> Any:
        """`{"$name": "torch.nn:ReLU"}`."""
        try:
            return self._names.wrapper(data["$symbolic"]) if "$symbolic" in data else self._names.thing(data["$name"])
        except SearchError as error:
            raise _at(path, error) from None

    def shared(self, data: _Data, path: str) -> Any:
        """`{"$shared": 1, "is": …}`, and `{"$shared": 1}` from then on."""
        number = data["$shared"]
        if "is" in data:
            self._shared[number] = self.value(data["is"], path)
        elif number not in self._shared:
            raise _at(path, SearchError(f"what is shared as {number} was not written before"))
        return self._shared[number]

    def items(self, data: _Data, path: str) -> tuple[Any, ...]:
        """`{"$tuple": […]}`."""
        return tuple(self._items(data["$tuple"], path))

    def pairs(self, data: _Data, path: str) -> dict[Any, Any]:
        """`{"$dict": [[key, value], …]}`."""
        return {self.value(key, path): self.value(each, f"{path}[{key!r}]") for key, each in data["$dict"]}


_NUMBERED = (*(f"${kind}" for kind in KINDS.values()), "$several", "$subset")


def _manyof(
    distinct: bool, sorted: bool, given: list[Any], name: str | None, _: object, settings: dict[str, Any]
) -> Any:
    return manyof(settings["least"], given, distinct=distinct, sorted=sorted, name=name)


_FORMS: Mapping[str, tuple[str, ...]] = {
    "$call": ("with",),
    "$name": (),
    "$symbolic": (),
    "$oneof": ("labels", "prior", "name"),
    "$range": ("step", "log", "name"),
    **dict.fromkeys(_NUMBERED, ("least", "most", "name")),
    "$permutation": ("name",),
    "$tuple": (),
    "$dict": (),
    "$float": (),
    "$bytes": (),
    "$shared": ("is",),
}
"""What begins with `$`, and the other keys of such an object."""

_READ: Mapping[str, Callable[[_Reader, _Data, str], Any]] = {
    **dict.fromkeys(("$oneof", "$range", *_NUMBERED, "$permutation"), _Reader.placeholder),
    "$call": _Reader.call,
    "$name": _Reader.thing,
    "$symbolic": _Reader.thing,
    "$tuple": _Reader.items,
    "$dict": _Reader.pairs,
    "$shared": _Reader.shared,
    "$float": lambda _, data, __: float(data["$float"]),
    "$bytes": lambda _, data, __: base64.b64decode(data["$bytes"], validate=True),
}


_PLACEHOLDERS: Mapping[str, Callable[[list[Any], str | None, list[str] | None, dict[str, Any]], Any]] = {
    "$oneof": lambda given, name, labels, settings: made_oneof(
        tuple(given), None if labels is None else tuple(map(str, labels)), settings.get("prior"), name
    ),
    "$range": lambda ends, name, _, settings: numbers(*ends, name=name, **settings),
    **{f"${kind}": partial(_manyof, distinct, sorted) for (distinct, sorted), kind in KINDS.items()},
    "$several": lambda given, name, _, settings: several(settings["least"], *given, name=name),
    "$subset": lambda given, name, _, settings: subset(given, settings["least"], settings["most"], name=name),
    "$permutation": lambda given, name, _, __: permutation(given, name=name),
}


def _short(data: object) -> str:
    text = json.dumps(data, ensure_ascii=False, default=repr)
    return text if len(text) <= 80 else f"{text[:79]}…"
