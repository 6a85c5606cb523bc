"""Symbolic values: calls that are not made yet, because something in them is undecided.

A `Symbolic` is a class or function with its arguments, which can be read, edited and built. One that stands at two
places is one object, and is built once. Editing is `editing`'s business, choosing that of `spaces`.
"""

import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from symnas.annotated.placeholders import Placeholder
from symnas.errors import SearchError, nearest

__all__ = ["Symbolic", "bound", "call", "is_symbolic", "name_of", "parts", "shown", "signature_of", "unknown"]

VAR_POSITIONAL, VAR_KEYWORD = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD


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
        case _:
            return


def bound(target: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call by the names of the parameters.

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
        found = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise SearchError(f"`{name_of(target)}`: {error}") from None
    given: dict[str, Any] = {}
    for name, value in found.arguments.items():
        kind = signature.parameters[name].kind
        given |= value if kind is VAR_KEYWORD else {name: list(value) if kind is VAR_POSITIONAL else value}
    return given


def call(target: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Call *target* with arguments as `bound` gives them."""
    signature = signature_of(target)
    if signature is None:
        loose = {name: value for name, value in arguments.items() if not name[1:].isdigit()}
        return target(*(value for name, value in arguments.items() if name not in loose), **loose)
    given: OrderedDict[str, Any] = OrderedDict()
    for name, parameter in signature.parameters.items():
        if parameter.kind is VAR_KEYWORD:
            given[name] = {each: value for each, value in arguments.items() if each not in signature.parameters}
        elif name in arguments:
            given[name] = tuple(arguments[name]) if parameter.kind is VAR_POSITIONAL else arguments[name]
    found = inspect.BoundArguments(signature, given)
    return target(*found.args, **found.kwargs)


def signature_of(target: Callable[..., Any]) -> inspect.Signature | None:
    """How *target* is called, where it says so; a class by its `__init__`, whatever makes its objects before that."""
    try:
        if inspect.isclass(target) and target.__init__ is not object.__init__:
            found = inspect.signature(target.__init__)
            return found.replace(parameters=list(found.parameters.values())[1:])
        return inspect.signature(target)
    except (TypeError, ValueError):
        return None


def unknown(target: Callable[..., Any], name: str, names: Mapping[str, object]) -> str:
    """That *target* has no argument *name*, and which it has."""
    close = nearest(name, list(names))
    hint = f"did you mean `{close}`?" if close else f"it has {', '.join(f'`{each}`' for each in names) or 'none'}"
    return f"`{name_of(target)}` has no argument `{name}`; {hint}"


def name_of(target: object) -> str:
    """The name of a class or function, else of its type."""
    found: str = getattr(target, "__name__", type(target).__name__)
    return found


def shown(value: object) -> str:
    """*value* as one would write it."""
    match value:
        case Symbolic():
            return f"{name_of(value.symnas_target)}({', '.join(f'{name}={shown(each)}' for name, each in value.symnas_arguments.items())})"
        case list():
            return f"[{', '.join(map(shown, value))}]"
        case type():
            return value.__name__
        case _:
            return repr(value)


def _is_name(key: object) -> bool:
    return isinstance(key, str) and key.isidentifier()
