"""Reading and changing symbolic values: by path (`stages[0].kernel`), by pattern, all of a change or nothing of it."""

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from symnas.annotated.placeholders import Manyof, Oneof, Placeholder, Range
from symnas.annotated.values import Symbolic, bound, name_of, parts, signature_of, unknown
from symnas.errors import SearchError, nearest

__all__ = ["Edit", "clone", "edit", "equal", "get", "query", "refuse_cycles", "walk"]

T = TypeVar("T")

_SEGMENT = re.compile(r"(?:^|\.)(\w+)|\[(\d+)\]|\[('[^']*')\]")


def walk(value: object, path: str = "") -> Iterator[tuple[str, Any]]:
    """*value* and all that it is made of, outer ones first, with their paths; the whole has the path `""`.

    What stands at several places comes at each of them.
    """
    yield path, value
    for end, each in parts(value):
        yield from walk(each, f"{path}{end}" if path else end.removeprefix("."))


def get(value: object, path: str) -> Any:
    """What stands at *path*.

    Raises:
        SearchError: nothing does; the message says how far the path leads.
    """
    for done, segment in _segments(path):
        value = _step(value, segment, done)
    return value


def query(
    value: object, pattern: str = "*", *, kind: type | Callable[..., Any] | None = None,
    where: Callable[[Any], bool] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What of *value* has a path like *pattern* (`stages[*].kernel`; `*` is anything, dots included), by path.

    *kind* takes instances of a type and calls of a symbolic class or function alone, *where* what it says yes to.
    """
    return {
        path: each
        for path, each in walk(value)
        if fnmatchcase(path, pattern.replace("[", "[[]"))
        and (kind is None or _is(each, kind))
        and (where is None or where(each))
    }


def clone(value: T) -> T:
    """A copy that can be changed alone. What stands at two places of *value* is one thing in the copy as well.

    Decisions stay the same ones; objects that are no symbolic values are not copied.
    """
    found: T = _cloned(value, {})
    return found


def equal(one: object, other: object) -> bool:
    """Whether two values are made of the same calls, placeholders and plain values."""
    match one, other:
        case (Symbolic(), Symbolic()):
            return one.symnas_target is other.symnas_target and _equal_parts(
                one.symnas_arguments, other.symnas_arguments
            )
        case (Oneof(), Oneof()):
            return (one.labels, one.prior) == (other.labels, other.prior) and equal(
                list(one.candidates), list(other.candidates)
            )
        case (Range(), Range()):
            return (one.low, one.high, one.step, one.log) == (other.low, other.high, other.step, other.log)
        case (Manyof(), Manyof()):
            mine, theirs = ([each.kind, each.least, each.most, *each.candidates] for each in (one, other))
            return equal(mine, theirs)
        case (list() | tuple(), list() | tuple()):
            return type(one) is type(other) and len(one) == len(other) and all(map(equal, one, other))
        case (dict(), dict()):
            return _equal_parts(one, other)
        case _:
            return type(one) is type(other) and bool(one == other)


class Edit:
    """A change that was made, and can be taken back."""

    def __init__(self) -> None:
        self._before: list[tuple[Any, Any, Any]] = []  # what held it, where, and what stood there

    def put(self, holder: Any, key: Any, value: object) -> None:
        """Put *value* into *holder*."""
        inside = holder.symnas_arguments if isinstance(holder, Symbolic) else holder
        there = inside[key] if isinstance(inside, list) or key in inside else _NOTHING
        self._before.append((inside, key, there))
        inside[key] = value

    def undo(self) -> None:
        """Everything as it was before."""
        while self._before:
            inside, key, value = self._before.pop()
            if value is _NOTHING:
                del inside[key]
            else:
                inside[key] = value


_NOTHING = object()


def edit(value: object, changes: Mapping[str, Any] | Callable[[str, Any], Any]) -> Edit:
    """Change *value* where it stands: by path (`{"stages[0].kernel": 5}`), or by a function of path and part, which gives
    back the part or what is to stand there. All is changed, or nothing.

    Raises:
        SearchError: a path leads nowhere, a call has no such argument, or *value* would contain itself.
    """
    if callable(changes):
        changes = {path: new for path, each in walk(value) if path and (new := changes(path, each)) is not each}
    done = Edit()
    try:
        for path, new in changes.items():
            _put(value, path, new, done)
        refuse_cycles(value)
    except BaseException:
        done.undo()
        raise
    return done


def refuse_cycles(value: object) -> None:
    """Raises: `SearchError` where *value* contains itself, with the path."""
    _refuse_cycles(value, "", {})


def _refuse_cycles(value: object, path: str, within: dict[int, str]) -> None:
    if not isinstance(value, Symbolic | Placeholder | list | tuple | dict):
        return
    if id(value) in within:
        raise SearchError(
            f"`{path}` would contain itself: it is {f'`{within[id(value)]}`' if within[id(value)] else 'the whole'}"
        )
    within[id(value)] = path
    for end, each in parts(value):
        _refuse_cycles(each, f"{path}{end}" if path else end.removeprefix("."), within)
    del within[id(value)]


def _put(value: Any, path: str, new: object, done: Edit) -> None:
    segments = _segments(path)
    if not segments:
        raise SearchError("an edit names a part of the value; the whole is no part of it")
    (before, last), holder = segments[-1], value
    for reached, segment in segments[:-1]:
        holder = _step(holder, segment, reached)
    if isinstance(holder, tuple):
        _step(holder, last, before)
        _put(value, before, (*holder[: int(last)], new, *holder[int(last) + 1 :]), done)
        return
    if isinstance(holder, Symbolic):
        _check_argument(holder, str(last))
    else:
        _step(holder, last, before)
    done.put(holder, last, new)


def _check_argument(holder: Symbolic, name: str) -> None:
    signature = signature_of(holder.symnas_target)
    if signature is None or name in holder.symnas_arguments:
        return
    try:
        bound(holder.symnas_target, (), {**dict.fromkeys(holder.symnas_arguments), name: None})
    except SearchError:
        raise SearchError(unknown(holder.symnas_target, name, signature.parameters)) from None


def _step(value: Any, segment: Any, done: str) -> Any:
    """The part *segment* of *value*, which stands at the path *done*."""
    place = f"`{done}`" if done else "the whole"
    match value:
        case Symbolic():
            if segment in value.symnas_arguments:
                return value.symnas_arguments[segment]
            raise SearchError(f"{place}: {unknown(value.symnas_target, str(segment), value.symnas_arguments)}")
        case list() | tuple() if isinstance(segment, int):
            if segment < len(value):
                return value[segment]
            raise SearchError(f"{place} has {len(value)} items, so none is [{segment}]")
        case Oneof() | Manyof() if isinstance(segment, int) and segment < len(value.candidates):
            return value.candidates[segment]
        case dict():
            if segment in value:
                return value[segment]
            close = nearest(str(segment), [str(each) for each in value])
            raise SearchError(f"{place} has no {segment!r}" + (f"; did you mean `{close}`?" if close else ""))
        case _:
            pass
    raise SearchError(f"{place} is {name_of(value)}, which has no {segment!r}")


def _segments(path: str) -> list[tuple[str, Any]]:
    """The steps of a path, each with the path before it."""
    found: list[tuple[str, Any]] = []
    place = 0
    while place < len(path):
        match = _SEGMENT.match(path, place)
        if match is None:
            raise SearchError(f"`{path}` is no path; one is written `stages[0].kernel`")
        name, number, key = match.groups()
        found.append((path[:place], name if name is not None else int(number) if number is not None else key[1:-1]))
        place = match.end()
    return found


def _cloned(value: Any, made: dict[int, Any]) -> Any:
    if id(value) in made:
        return made[id(value)]
    match value:
        case Symbolic():
            copy: Any = Symbolic(value.symnas_target, {})
            made[id(value)] = copy
            copy.symnas_arguments.update((name, _cloned(each, made)) for name, each in value.symnas_arguments.items())
            return copy
        case list() if type(value) is list:
            made[id(value)] = copy = []
            copy.extend(_cloned(each, made) for each in value)
            return copy
        case dict() if type(value) is dict:
            made[id(value)] = copy = {}
            copy.update((key, _cloned(each, made)) for key, each in value.items())
            return copy
        case tuple() if type(value) is tuple:
            return tuple(_cloned(each, made) for each in value)
        case _:
            return value


def _equal_parts(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
    return one.keys() == other.keys() and all(equal(each, other[key]) for key, each in one.items())


def _is(value: object, kind: Any) -> bool:
    if isinstance(value, Symbolic):
        return value.symnas_target is kind or (
            isinstance(value.symnas_target, type) and isinstance(kind, type) and issubclass(value.symnas_target, kind)
        )
    return isinstance(kind, type) and isinstance(value, kind)
