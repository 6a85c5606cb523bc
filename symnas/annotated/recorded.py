"""Calls that a constructor or function makes inside, as parts of a symbolic value, and building it with changes of them.

They are found by `tracing`; `calling` makes them otherwise.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any

from attrs import frozen

from symnas.annotated.calling import Call, Change, Replaced, Trace
from symnas.annotated.modules import is_module
from symnas.annotated.values import bound, name_of, signature_of
from symnas.errors import SearchError, suggest

__all__ = ["INSIDE", "Inner", "Traced", "has_identity", "paths_of"]

INSIDE = "inside"
"""The argument that has the calls."""


class Inner:
    """What is called by a call that *target* made inside, by the *key* of that, with *arguments*. It makes nothing: the
    one that it stands in does.
    """

    def __init__(self, key: str, target: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        self.key, self.target, self.arguments = key, target, dict(arguments)
        self.__name__ = name_of(target)
        self.__signature__ = signature_of(target)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Inner) and (self.key, self.target) == (other.key, other.target) and (
            _same(self.arguments, other.arguments)
        )  # fmt: skip

    def __hash__(self) -> int:
        return hash((self.key, self.target))

    @property
    def symnas_kind(self) -> Callable[..., Any]:
        """What is really called."""
        return self.target

    def __call__(self, *args: Any, **kwargs: Any) -> "_Planned":
        """The call, not made yet."""
        return _Planned(self, bound(self.target, args, kwargs, partly=True))


@frozen(eq=False)
class _Planned:
    """The call *inner*, to be made with *arguments*."""

    inner: Inner
    arguments: Mapping[str, Any]

    def change(self) -> Change | None:
        """What is other than it was recorded."""
        before = self.inner.arguments
        other = {
            name: each for name, each in self.arguments.items() if name not in before or not _same(each, before[name])
        }
        removed = frozenset(before) - frozenset(self.arguments)
        return Change(self.inner.target, other, removed) if other or removed else None


class Traced:
    """*function*, to be called with the calls that it makes itself, which are changed as they say: *inner*, by where what
    they give is found.
    """

    def __init__(self, function: Callable[..., Any], inner: Mapping[str, Inner]) -> None:
        self.function, self.inner = function, dict(inner)
        self.__name__ = name_of(function)
        self.__signature__ = _with_inside(function)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Traced) and (self.function, self.inner) == (other.function, other.inner)

    def __hash__(self) -> int:
        return hash((self.function, *self.inner))

    @property
    def symnas_kind(self) -> Callable[..., Any]:
        """What is really called."""
        return self.function

    def __call__(self, *args: Any, inside: Mapping[str, Any], **kwargs: Any) -> Any:
        """What the function gives, its own calls changed as *inside* has them.

        Raises:
            SearchError: a change came to nothing, or to another place than it was meant for.
        """
        trace = Trace(self.function, dict(self._changes(inside)))
        made = trace.run(bound(self.function, args, kwargs))
        if trace.changes:
            self._check(trace, made)
        return made

    def _changes(self, inside: Mapping[str, Any]) -> Iterator[tuple[str, Change | Replaced]]:
        for path, value in inside.items():
            inner = self.inner.get(path)
            if inner is None:
                hint = suggest(path, self.inner, f"`{self.__name__}` makes")
                raise SearchError(f"`{self.__name__}` makes nothing that is found at `{path}`; {hint}")
            if not isinstance(value, _Planned):
                yield inner.key, Replaced(inner.target, value)
            elif value.inner is not inner:
                raise SearchError(
                    f"`{path}` and `{_path_of(value.inner, self.inner)}` are made apart; make a value anew"
                )
            elif (change := value.change()) is not None:
                yield inner.key, change

    def _check(self, trace: Trace, made: Any) -> None:
        """Refuse changes that came to nothing, or elsewhere than where they were meant."""
        places = dict(zip((each.key for each in trace.calls), paths_of(made, trace.calls), strict=True))
        for path, inner in self.inner.items():
            if inner.key not in trace.changes:
                continue
            if inner.key not in trace.changed:
                raise SearchError(
                    f"`{path}` was changed, but `{self.__name__}` does not make it with these arguments; leave it as it is, "
                    "or trace with these"
                )
            if has_identity(trace.changed[inner.key]) and places[inner.key] != path:
                raise SearchError(
                    f"what was changed as `{path}` is found at `{places[inner.key]}` with these arguments of "
                    f"`{self.__name__}`; trace with these"
                )


def _with_inside(function: Callable[..., Any]) -> Signature:
    signature = signature_of(function)
    if signature is None:
        raise SearchError(f"`{name_of(function)}` cannot be traced: it does not say what arguments it takes")
    if INSIDE in signature.parameters:
        raise SearchError(f"`{name_of(function)}` cannot be traced: it has an argument `{INSIDE}` of its own")
    own = list(signature.parameters.values())
    end = next((place for place, each in enumerate(own) if each.kind is Parameter.VAR_KEYWORD), len(own))
    return signature.replace(parameters=[*own[:end], Parameter(INSIDE, Parameter.KEYWORD_ONLY), *own[end:]])


def _path_of(inner: Inner, known: Mapping[str, Inner]) -> str:
    return next((path for path, each in known.items() if each is inner), inner.key)


def _same(one: Any, other: Any) -> bool:
    """Whether two arguments are the same to a call; where that cannot be told, they are if they are one object."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    match one:
        case list() | tuple():
            return len(one) == len(other) and all(map(_same, one, other))
        case dict():
            return one.keys() == other.keys() and all(_same(each, other[key]) for key, each in one.items())
        case _:
            try:
                return bool(one == other)
            except (TypeError, ValueError, RuntimeError):  # arrays
                return False


# ------------------------------------------------------------------------------------------------ paths


def paths_of(root: object, calls: Sequence[Call]) -> list[str]:
    """Where in *root* what each of *calls* made is found: `stages.0`, through attributes, modules, lists and dictionaries;
    what is not found there is called by what was called, within what made it.
    """
    wanted = {id(each.made) for each in calls if has_identity(each.made)}
    found = {number: path for number, path in _found(root, wanted).items() if path}
    by_key: dict[str, str] = {}
    for each in calls:
        path = found.get(id(each.made)) if has_identity(each.made) else None
        above = by_key.get(each.key.rpartition("/")[0])
        name = f"{above}.{name_of(each.target)}" if above else name_of(each.target)
        taken, number = set(by_key.values()), 2
        path = path if path is not None and path not in taken else name
        start = path
        while path in taken:
            path, number = f"{start}_{number}", number + 1
        by_key[each.key] = path
    return list(by_key.values())


def _found(root: object, wanted: set[int]) -> dict[int, str]:
    """Paths of the objects *wanted*, by identity, the shortest of each."""
    paths = {id(root): ""}
    pending: deque[object] = deque([root])
    while pending:
        value = pending.popleft()
        for name, each in _attributes(value):
            if id(each) not in paths and has_identity(each):
                paths[id(each)] = f"{paths[id(value)]}.{name}".removeprefix(".")
                if id(each) in wanted or is_module(each) or isinstance(each, list | tuple | dict):
                    pending.append(each)
    return {number: paths[number] for number in wanted if number in paths}


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    match value:
        case list() | tuple():
            yield from ((str(place), each) for place, each in enumerate(value))
        case dict():
            yield from ((str(key), each) for key, each in value.items())
        case _:
            if is_module(value):
                yield from value.named_children()
            yield from (
                (name, each) for name, each in getattr(value, "__dict__", {}).items() if not name.startswith("_")
            )


def has_identity(value: object) -> bool:
    """Whether *value* is one that was made, not a number or the like that others are too."""
    return not isinstance(value, bool | int | float | complex | str | bytes | type | None)
