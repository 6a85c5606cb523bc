"""Symbolic values: calls that are not made yet, because something in them is undecided.

A `Symbolic` is a class or function with its arguments, which can be read, edited and built. One that stands at two
places is one object, and is built once. Editing is `editing`'s business, choosing that of `spaces`.
"""

import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from symnas.annotated.placeholders import Placeholder
from symnas.errors import SearchError, nearest

__all__ = [
    "CALL", "Function", "Symbolic", "Thunk", "arguments_of", "bound", "call", "call_of", "is_symbolic", "joined", "lacking", "name_of",
    "parts", "reachable", "refuse_lacking", "refuse_unknown", "signature_of", "spread", "unknown",
]  # fmt: skip

CALL = "_symnas_arguments"
"""The attribute by which an object of a symbolic class remembers its arguments."""

VAR_POSITIONAL, VAR_KEYWORD = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD


T_co = TypeVar("T_co", covariant=True)


class Function(Protocol[T_co]):
    """To a type checker, a function: not an object that can be called, such as a layer, which has no name of its own."""

    __name__: str

    def __call__(self, *args: Any, **kwargs: Any) -> T_co:
        """What the function gives."""
        ...


class Thunk(Protocol[T_co]):
    """To a type checker, a function that needs no arguments."""

    __name__: str

    def __call__(self) -> T_co:
        """What the function gives."""
        ...


class Symbolic:
    """*target* to be called with *arguments*, by the names of its parameters; `*args` are a list.

    Arguments are attributes: `block.kernel`, `block.kernel = 5`. The two that are not, `symnas_target` and
    `symnas_arguments`, are called so that no argument is likely to be.
    """

    symnas_target: Callable[..., Any]
    symnas_arguments: dict[str, Any]

    __slots__ = ("__weakref__", "symnas_arguments", "symnas_target")

    def __init__(self, target: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        object.__setattr__(self, "symnas_target", target)
        object.__setattr__(self, "symnas_arguments", dict(arguments))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in self.symnas_arguments:
            return self.symnas_arguments[name]
        raise AttributeError(unknown(self.symnas_target, name, self.symnas_arguments))

    def __setattr__(self, name: str, value: Any) -> None:
        from symnas.annotated.editing import edit

        edit(self, {name: value})

    def __repr__(self) -> str:
        from symnas.annotated.wording import shown

        return shown(self)

    def __bool__(self) -> bool:
        return True

    def __reduce__(self) -> tuple[Any, ...]:
        return Symbolic, (self.symnas_target, self.symnas_arguments)


def is_symbolic(value: object) -> bool:
    """Whether something in *value* is undecided."""
    if isinstance(value, Symbolic | Placeholder):
        return True
    if isinstance(value, list | tuple | dict):
        return any(is_symbolic(each) for _, each in parts(value))
    return False


def parts(value: object) -> Iterator[tuple[str, Any]]:
    """What *value* is made of, with the ends of their paths: `.kernel`, `[0]`, `["name"]`."""
    match value:
        case Symbolic():
            yield from ((f".{name}", each) for name, each in value.symnas_arguments.items())
        case list() | tuple():
            yield from ((f"[{place}]", each) for place, each in enumerate(value))
        case dict():
            yield from ((f".{key}" if _is_name(key) else f"[{key!r}]", each) for key, each in value.items())
        case Placeholder():
            yield from ((f"[{place}]", each) for place, each in enumerate(getattr(value, "candidates", ())))
            numbers = ((f".{name}", getattr(value, name, None)) for name in ("least", "most"))
            yield from ((end, each) for end, each in numbers if isinstance(each, Placeholder))
        case _:
            return


def joined(path: str, end: str) -> str:
    """The path of a part of what stands at *path*; *end* is as `parts` gives it."""
    return f"{path}{end}" if path else end.removeprefix(".")


def arguments_of(made: object) -> Mapping[str, Any] | None:
    """The arguments that an object of a symbolic class was made with, by the names of its parameters."""
    found = None if isinstance(made, Symbolic | type) else getattr(made, CALL, None)
    return found if isinstance(found, Mapping) else None  # some objects have every attribute


def call_of(value: object) -> tuple[Callable[..., Any], Mapping[str, Any]] | None:
    """What is called and with what: of a call that waits, or of an object that remembers the call that made it."""
    if isinstance(value, Symbolic):
        return value.symnas_target, value.symnas_arguments
    arguments = arguments_of(value)
    return None if arguments is None else (type(value), arguments)


def reachable(value: object) -> Iterator[tuple[str, Any]]:
    """As `parts`, and the arguments that an object was made with as well."""
    arguments = arguments_of(value)
    return parts(value) if arguments is None else ((f".{name}", each) for name, each in arguments.items())


def bound(
    target: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], *, partly: bool = False
) -> dict[str, Any]:
    """The arguments of a call by the names of the parameters; *partly* where some may still be missing.

    Raises:
        SearchError: *target* has no such parameter, or a needed one is missing.
    """
    signature = signature_of(target)
    if signature is None:
        return {**{f"_{place}": each for place, each in enumerate(args)}, **kwargs}
    open_ended = any(each.kind is VAR_KEYWORD for each in signature.parameters.values())
    for name in kwargs:
        if name not in signature.parameters and not open_ended:
            raise SearchError(unknown(target, name, signature.parameters))
    try:
        found = (signature.bind_partial if partly else signature.bind)(*args, **kwargs)
    except TypeError as error:
        raise SearchError(f"`{name_of(target)}`: {error}") from None
    given: dict[str, Any] = {}
    for name, value in found.arguments.items():
        kind = signature.parameters[name].kind
        given |= value if kind is VAR_KEYWORD else {name: list(value) if kind is VAR_POSITIONAL else value}
    return given


def refuse_unknown(target: Callable[..., Any], names: Iterable[str]) -> None:
    """Raises: `SearchError` where *target* has no argument that is called like one of *names*."""
    signature = signature_of(target)
    if signature is None or any(each.kind is VAR_KEYWORD for each in signature.parameters.values()):
        return
    for name in names:
        if name not in signature.parameters:
            raise SearchError(unknown(target, name, signature.parameters))


def lacking(target: Callable[..., Any], arguments: Mapping[str, Any]) -> list[str]:
    """The arguments that a call of *target* needs beside *arguments*."""
    signature = signature_of(target)
    return [] if signature is None else [
        name
        for name, parameter in signature.parameters.items()
        if parameter.default is parameter.empty and parameter.kind not in (VAR_POSITIONAL, VAR_KEYWORD)
        and name not in arguments
    ]  # fmt: skip


def refuse_lacking(target: Callable[..., Any], arguments: Mapping[str, Any], path: str = "") -> None:
    """Raises: `SearchError` where a call of *target*, which stands at *path*, needs more than *arguments*."""
    missing = lacking(target, arguments)
    if missing:
        path = path.lstrip(".")
        raise SearchError(
            f"{f'`{path}`: ' if path else ''}`{name_of(target)}` still needs {' and '.join(f'`{each}`' for each in missing)}; "
            f"give it, `symnas.edit(value, {{'{joined(path, f'.{missing[0]}')}': …}})`"
        )


def call(target: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Call *target* with arguments as `bound` gives them.

    Raises:
        SearchError: some are missing.
    """
    args, kwargs = spread(target, arguments)
    return target(*args, **kwargs)


def spread(target: Callable[..., Any], arguments: Mapping[str, Any]) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """Arguments as `bound` gives them, as *target* takes them: by position, and by name.

    Raises:
        SearchError: some are missing.
    """
    signature = signature_of(target)
    if signature is None:
        loose = {name: value for name, value in arguments.items() if not name[1:].isdigit()}
        return tuple(value for name, value in arguments.items() if name not in loose), loose
    refuse_lacking(target, arguments)
    given: OrderedDict[str, Any] = OrderedDict()
    for name, parameter in signature.parameters.items():
        if parameter.kind is VAR_KEYWORD:
            given[name] = {each: value for each, value in arguments.items() if each not in signature.parameters}
        elif name in arguments:
            given[name] = tuple(arguments[name]) if parameter.kind is VAR_POSITIONAL else arguments[name]
    found = inspect.BoundArguments(signature, given)
    return found.args, found.kwargs


def signature_of(target: Callable[..., Any]) -> inspect.Signature | None:
    """How *target* is called, where it says so; a class by its `__init__`, whatever makes its objects before that."""
    try:
        if inspect.isclass(target) and target.__init__ is not object.__init__:
            return _signature(target.__init__, 1)
        return _signature(target, 0)
    except (TypeError, ValueError):  # nothing is said, or it cannot be kept by identity
        return None


@lru_cache(4096)
def _signature(target: Callable[..., Any], given: int) -> inspect.Signature:
    """The signature of *target* without the parameters that are *given*."""
    found = inspect.signature(target)
    return found.replace(parameters=list(found.parameters.values())[given:])


def unknown(target: Callable[..., Any], name: str, names: Mapping[str, object]) -> str:
    """That *target* has no argument *name*, and which it has."""
    close = nearest(name, list(names))
    hint = f"did you mean `{close}`?" if close else f"it has {', '.join(f'`{each}`' for each in names) or 'none'}"
    return f"`{name_of(target)}` has no argument `{name}`; {hint}"


def name_of(target: object) -> str:
    """The name of a class or function, else of its type."""
    found: str = getattr(target, "__name__", type(target).__name__)
    return found


def _is_name(key: object) -> bool:
    return isinstance(key, str) and key.isidentifier()
