"""Whether arguments have the types that are annotated, checked when they are given, before anything is built.

A placeholder is checked by each candidate, a call that waits by its class. `int`, `float`, `str`, `bool`, `None`,
classes, `type[…]`, `Literal`, unions, callables, and lists, tuples, sets and mappings of these are checked; what is
annotated otherwise, or not at all, is not. As a type checker has it, an `int` is a `float`; numbers of other libraries
are numbers; and the default of a parameter always fits. A library for checking types would not do: inside of lists and
dictionaries, too, what is checked is not yet what it stands for.
"""

import collections.abc
import inspect
import numbers
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from attrs import evolve, frozen

from symnas.annotated.placeholders import Manyof, Oneof, Placeholder, Range
from symnas.annotated.values import VAR_KEYWORD, VAR_POSITIONAL, Symbolic, name_of, signature_of
from symnas.annotated.wording import brief
from symnas.errors import SearchError, nearest

__all__ = ["check_arguments"]

_UNIONS = (typing.Union, types.UnionType)
_TOWER: Mapping[object, type] = {int: numbers.Integral, float: numbers.Real, complex: numbers.Complex}
_KNOWN_TARGETS = 4096


@frozen
class _Misfit:
    """*value*, at the end *path* of an argument, is not what *hint* says; a candidate of *placeholder*, if it is one."""

    value: object
    hint: Any
    path: str = ""
    placeholder: Placeholder | None = None


def check_arguments(target: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Check *arguments*, by the names of the parameters of *target*, or those of them that are given.

    Raises:
        SearchError: one is of the wrong type; the message names the candidate of a placeholder that is.
    """
    annotated = _annotated(target)
    for name, value in arguments.items():
        parameter = annotated.get(name, annotated.get(_OTHERS))
        if parameter is None or value is parameter.default:
            continue
        many = parameter.kind is VAR_POSITIONAL and isinstance(value, list)
        misfit = _misfit(value, list[parameter.annotation] if many else parameter.annotation)  # type: ignore[name-defined]  # it is data
        if misfit is not None:
            raise SearchError(_message(target, name, misfit))


_OTHERS = "**"


@lru_cache(_KNOWN_TARGETS)
def _annotated(target: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters of *target* whose annotations are known, by name; that for all other names is called `**`."""
    signature = signature_of(target)
    if signature is None:
        return {}
    function: Any = target.__init__ if isinstance(target, type) else target  # type: ignore[misc]  # it is only read
    found: dict[str, inspect.Parameter] = {}
    for name, parameter in signature.parameters.items():
        if parameter.annotation is parameter.empty:
            continue
        hint = _evaluated(parameter.annotation, function)
        if hint is not Any:
            found[_OTHERS if parameter.kind is VAR_KEYWORD else name] = parameter.replace(annotation=hint)
    return found


def _evaluated(annotation: object, function: Any) -> Any:
    """What *annotation* says, be it written as text; `Any` where its names are known to type checkers alone."""
    there = getattr(inspect.unwrap(function), "__globals__", {})
    try:
        return typing.get_type_hints(types.SimpleNamespace(__annotations__={"it": annotation}), there)["it"]
    except Exception:  # noqa: BLE001 (whatever an annotation says that is no type)
        return Any


# ----------------------------------------------------------------------------------------------- what fits


def _misfit(value: Any, hint: Any) -> _Misfit | None:
    """What of *value* does not fit *hint*."""
    match value:
        case Oneof(candidates=candidates):
            return _first(value, candidates, hint)
        case Range(low=low, high=high):
            return _first(value, (low, high) if value.is_whole else (float(low), float(high)), hint)
        case Manyof(candidates=candidates):
            found = _misfit(list(candidates), hint)
            return found and evolve(found, placeholder=value)
        case Placeholder():
            return None
        case _:
            return _misfit_plain(value, hint)


def _first(placeholder: Placeholder, candidates: tuple[object, ...], hint: Any) -> _Misfit | None:
    found = next(filter(None, (_misfit(each, hint) for each in candidates)), None)
    if found is None or found.placeholder is not None:  # one of its own is nearer
        return found
    return evolve(found, placeholder=placeholder)


def _misfit_plain(value: Any, hint: Any) -> _Misfit | None:
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    wrong = _Misfit(value, hint)
    if hint is Any:
        return None
    if origin in _UNIONS:
        found = [_misfit(value, each) for each in inside]
        deeper = [each for each in found if each is not None and each.path]
        return None if None in found else deeper[0] if len(deeper) == 1 else wrong
    if origin is typing.Literal:
        return None if any(type(value) is type(each) and value == each for each in inside) else wrong
    if origin is typing.Annotated:
        return _misfit(value, inside[0])
    if type(hint).__name__ == "TypeAliasType":  # `type Width = int`, which newer versions of Python have
        return _misfit(value, hint.__value__)
    if isinstance(hint, typing.NewType):
        return _misfit(value, hint.__supertype__)
    if origin is type:
        return None if _is_subclass(getattr(value, "__wrapped__", value), inside[0]) else wrong
    kind = hint if origin is None else origin
    if kind is None:
        kind = types.NoneType
    if kind is collections.abc.Callable:
        return None if callable(value) or isinstance(value, Symbolic) else wrong
    if not isinstance(kind, type):
        return None
    if not _is_instance(value, kind):
        return wrong
    return next(_inner(value, kind, inside), None) if inside else None


def _inner(value: Any, kind: type, inside: tuple[Any, ...]) -> Iterator[_Misfit]:
    """What of the items of *value*, of a *kind* of collection, does not fit."""
    if issubclass(kind, tuple):
        pairs = zip(value, inside[:1] * len(value) if inside[1:] == (...,) else inside, strict=False)
        if inside[1:] != (...,) and len(value) != len(inside):
            yield _Misfit(value, tuple[inside])  # type: ignore[valid-type]  # it is data
            return
        rows = [(f"[{place}]", item, hint) for place, (item, hint) in enumerate(pairs)]
    elif isinstance(value, Mapping) and len(inside) == 2:
        rows = [(f"[{key!r}]", item, inside[1]) for key, item in value.items()]
        rows += [(f"[{key!r}]", key, inside[0]) for key in value]
    elif isinstance(value, list | tuple | set | frozenset | str) and len(inside) == 1:
        rows = [(f"[{place}]", item, inside[0]) for place, item in enumerate(value)]
    else:
        return
    for end, item, hint in rows:
        found = _misfit(item, hint)
        if found is not None:
            yield evolve(found, path=end + found.path)


def _is_instance(value: object, kind: type) -> bool:
    if isinstance(value, Symbolic):  # what a function will give is not known
        return not isinstance(value.symnas_target, type) or _is_subclass(value.symnas_target, kind)
    try:
        return isinstance(value, _TOWER.get(kind, kind))
    except TypeError:  # a protocol that cannot be checked
        return True


def _is_subclass(value: object, kind: object) -> bool:
    """Whether *value* is a class below *kind*, or nobody can say."""
    if typing.get_origin(kind) in _UNIONS:
        return any(_is_subclass(value, each) for each in typing.get_args(kind))
    if not isinstance(kind, type) or kind == Any:
        return True
    try:
        return isinstance(value, type) and issubclass(value, kind)
    except TypeError:
        return True


# ------------------------------------------------------------------------------------------------- messages


def _message(target: object, name: str, misfit: _Misfit) -> str:
    given = f"`{brief(misfit.value)}`"
    if misfit.placeholder is not None:
        given = f"the candidate {given} of `{brief(misfit.placeholder)}`"
    about = f"is {_kind(misfit.value)}"
    if typing.get_origin(misfit.hint) is typing.Literal:
        words = [each for each in typing.get_args(misfit.hint) if isinstance(each, str)]
        close = nearest(misfit.value, words) if isinstance(misfit.value, str) else None
        about = "is none of them" + (f"; did you mean `{close}`?" if close else "")
    return f"`{name_of(target)}` needs `{_hint(misfit.hint)}` for `{name}{misfit.path}`; {given} {about}"


def _kind(value: object) -> str:
    if isinstance(value, Symbolic):
        return f"a call of `{name_of(value.symnas_target)}`"
    return "a class" if isinstance(value, type) else f"of type {name_of(type(value))}"


def _hint(hint: Any) -> str:
    """An annotation as one would write it."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in _UNIONS:
        return " | ".join(map(_hint, inside))
    if hint is types.NoneType:
        return "None"
    if origin is typing.Literal:
        return " or ".join(map(repr, inside))
    if isinstance(hint, type) and not inside:
        return hint.__name__
    if origin != collections.abc.Callable and isinstance(origin, type):
        return f"{origin.__name__}[{', '.join('...' if each is ... else _hint(each) for each in inside)}]"
    return str(hint).replace("typing.", "").replace("collections.abc.", "")
