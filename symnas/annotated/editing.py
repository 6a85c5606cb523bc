"""Reading and changing symbolic values: by path (`stages[0].kernel`), by pattern, all of a change or nothing of it."""

import re
from ast import literal_eval
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from attrs import evolve

from symnas.annotated.argumenttypes import check_arguments
from symnas.annotated.placeholders import Manyof, Oneof, Placeholder, with_candidate
from symnas.annotated.values import Symbolic, call_of, joined, name_of, reachable, refuse_unknown, unknown
from symnas.errors import SearchError, nearest

__all__ = [
    "MISSING", "Changes", "Edit", "Missing", "clone", "clones", "edit", "edit_within", "get", "put", "query",
    "refuse_cycles", "segments_of", "walk",
]  # fmt: skip

T = TypeVar("T")

_SEGMENT = re.compile(r"""(?:^|\.)(\w+)|\[((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\[\]'"])+)\]""")


def walk(value: object, path: str = "") -> Iterator[tuple[str, Any]]:
    """*value* and all that it is made of, outer ones first, with their paths; the whole has the path `""`. Of an object of
    a symbolic class, that is what it was made with.

    What stands at several places comes at each of them.

    Raises:
        SearchError: *value* contains itself.
    """
    yield from _walk(value, path, {})


def _walk(value: object, path: str, within: dict[int, str]) -> Iterator[tuple[str, Any]]:
    yield path, value
    inside = list(reachable(value))
    if inside:
        _refuse_within(value, path, within, "contains")
        within[id(value)] = path
        for end, each in inside:
            yield from _walk(each, joined(path, end), within)
        del within[id(value)]


def get(value: object, path: str) -> Any:
    """What stands at *path*.

    Raises:
        SearchError: nothing does; the message says how far the path leads.
    """
    for done, segment in segments_of(path):
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
    """A copy that can be changed and decided alone. What stands at two places of *value* is one thing, or one decision,
    in the copy as well. Objects that are no symbolic values are not copied.
    """
    found: T
    (found,) = clones(value)
    return found


def clones(*values: Any) -> tuple[Any, ...]:
    """Copies as `clone` makes them, of values that may have parts in common."""
    made: dict[int, Any] = {}
    return tuple(_cloned(each, made) for each in values)


class Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()
"""Put in the place of an argument or of the value of a dictionary, it takes that away."""


class Edit:
    """A change that was made, and can be taken back."""

    def __init__(self) -> None:
        self._before: list[tuple[Any, Any, Any]] = []  # what held it, where, and what stood there
        self._touched: list[tuple[Symbolic, str]] = []

    def put(self, holder: Any, key: Any, value: object) -> None:
        """Put *value* into *holder*."""
        inside = holder.symnas_arguments if isinstance(holder, Symbolic) else holder
        if value is MISSING:
            self._before.append((inside, MISSING, dict(inside)))  # all of it: its order is to come back
            del inside[key]
        else:
            there = inside[key] if isinstance(inside, list) or key in inside else MISSING
            self._before.append((inside, key, there))
            inside[key] = value

    def touch(self, holder: Symbolic, name: str) -> None:
        """Remember that something in an argument of *holder* was changed."""
        self._touched.append((holder, name))

    def check(self) -> None:
        """Raises: `SearchError` where an argument is not of its type any more."""
        for holder, name in self._touched:
            if name in holder.symnas_arguments:
                check_arguments(holder.symnas_target, {name: holder.symnas_arguments[name]})

    def undo(self) -> None:
        """Everything as it was before."""
        while self._before:
            inside, key, value = self._before.pop()
            if key is MISSING:
                inside.clear()
                inside.update(value)
            elif value is MISSING:
                del inside[key]
            else:
                inside[key] = value


Changes = Mapping[str, Any] | Callable[[str, Any], Any]
"""What an edit does: new parts by path, or a function of path and part that gives back the part or a new one."""


def edit(value: object, changes: Changes) -> Edit:
    """Change *value* where it stands: by path (`{"stages[0].kernel": 5}`), or by a function of path and part, which gives
    back the part or what is to stand there; what that replaces is not looked into. All is changed, or nothing.

    `MISSING` takes an argument or a key away. A candidate is changed in a new placeholder, at each place of the old one,
    and an object that was made already gives way to a call that makes another.

    Raises:
        SearchError: a path leads nowhere, a call has no such argument, one is of the wrong type, or *value* would contain
            itself.
    """
    done = Edit()
    edit_within(done, value, changes)
    return done


def edit_within(done: Edit, value: object, changes: Changes) -> None:
    """As `edit`, as a further part of the change *done*; after an error, that is taken back as well."""
    try:
        pairs = _pairs(value, changes)
        for path, new in pairs:
            put(value, path, new, done)
        if any(isinstance(new, Symbolic | Placeholder | list | tuple | dict) for _, new in pairs):
            refuse_cycles(value)
        done.check()
    except BaseException:
        done.undo()
        raise


def _pairs(value: object, changes: Changes) -> list[tuple[str, Any]]:
    """What stands where after *changes*."""
    if isinstance(changes, Mapping):
        return list(changes.items())
    if not callable(changes):
        raise SearchError(f"an edit is `{{'path': new}}`, or a function of path and part; {changes!r} is neither")
    return list(_replaced(value, "", changes))


def _replaced(value: object, path: str, function: Callable[[str, Any], Any]) -> Iterator[tuple[str, Any]]:
    """The paths of what *function* replaces in *value*, and by what."""
    for end, each in reachable(value):
        place = joined(path, end)
        new = function(place, each)
        if new is each:
            yield from _replaced(each, place, function)
        else:
            yield place, new


def refuse_cycles(value: object) -> None:
    """Raises: `SearchError` where *value* contains itself, with the path."""
    _refuse_cycles(value, "", {})


def _refuse_cycles(value: object, path: str, within: dict[int, str]) -> None:
    inside = list(reachable(value))
    if not inside:
        return
    _refuse_within(value, path, within, "would contain")
    within[id(value)] = path
    for end, each in inside:
        _refuse_cycles(each, joined(path, end), within)
    del within[id(value)]


def _refuse_within(value: object, path: str, within: Mapping[int, str], verb: str) -> None:
    if id(value) in within:
        outer = within[id(value)]
        raise SearchError(f"`{path}` {verb} itself: it is {f'`{outer}`' if outer else 'the whole'}")


def put(value: Any, path: str, new: object, done: Edit, *, adding: bool = False) -> None:
    """Put *new* at *path* of *value*, as a part of the change *done*. *adding* allows keys that a dictionary has not."""
    segments = segments_of(path)
    if not segments:
        raise SearchError("an edit names a part of the value; the whole is no part of it")
    holder = value
    for number, (reached, segment) in enumerate(segments, 1):
        if isinstance(holder, Symbolic):
            done.touch(holder, str(segment))
        elif (call := call_of(holder)) is not None:  # made already: a call that makes another stands there
            changed = Symbolic(call[0], clone(dict(call[1])))
            put(changed, path[len(reached) :].removeprefix("."), new, done)
            _put_everywhere(value, holder, changed, done)
            return
        if number < len(segments):
            holder = _step(holder, segment, reached)
    before, last = segments[-1]
    _check_place(holder, segments[-1], new, adding=adding)
    if isinstance(holder, tuple):
        put(value, before, (*holder[:last], new, *holder[last + 1 :]), done)
    elif isinstance(holder, Placeholder):  # frozen: another one stands at all its places then
        _put_everywhere(value, holder, with_candidate(holder, last, new), done)
    else:
        done.put(holder, last, new)


def _check_place(holder: Any, segment: tuple[str, Any], new: object, *, adding: bool) -> None:
    """Refuse to put *new* into *holder* where nothing stands and nothing may, or where it cannot be taken away."""
    before, last = segment
    if isinstance(holder, Symbolic) and new is not MISSING:
        refuse_unknown(holder.symnas_target, [str(last)])
    elif not (adding and isinstance(holder, dict) and new is not MISSING):
        _step(holder, last, before)
    if isinstance(holder, list | tuple | Placeholder) and new is MISSING:
        raise SearchError(
            f"`{before}[{last}]` is an item of a row, which is not taken away alone; give {f'`{before}`' if before else 'the whole'} anew"
        )


def _put_everywhere(value: Any, old: object, new: object, done: Edit) -> None:
    """Put *new* at all places of *old* in *value*."""
    if value is old:
        raise SearchError(
            f"the whole is a `{name_of(type(value))}` that is decided or made already; change another, as `symnas.partial` "
            "gives it, or put it into a list"
        )
    for place in [place for place, each in walk(value) if each is old]:
        put(value, place, new, done)


def _step(value: Any, segment: Any, done: str) -> Any:
    """The part *segment* of *value*, which stands at the path *done*."""
    place = f"`{done}`" if done else "the whole"
    call = call_of(value)
    if call is not None:
        target, arguments = call
        if segment in arguments:
            return arguments[segment]
        raise SearchError(f"{place}: {unknown(target, str(segment), arguments)}")
    match value:
        case list() | tuple() if isinstance(segment, int):
            if segment < len(value):
                return value[segment]
            raise SearchError(f"{place} has {len(value)} items, so none is [{segment}]")
        case Oneof() | Manyof() if isinstance(segment, int) and segment < len(value.candidates):
            return value.candidates[segment]
        case Manyof() if segment in ("least", "most"):
            return getattr(value, segment)
        case dict():
            if segment in value:
                return value[segment]
            close = nearest(str(segment), [str(each) for each in value])
            raise SearchError(f"{place} has no {segment!r}" + (f"; did you mean `{close}`?" if close else ""))
        case _:
            pass
    raise SearchError(f"{place} is {name_of(value)}, which has no {segment!r}")


def segments_of(path: str) -> list[tuple[str, Any]]:
    """The steps of a path, names, numbers and keys, each with the path before it.

    Raises:
        SearchError: *path* is none.
    """
    if not isinstance(path, str):
        raise SearchError(f"a path is a text, `'stages[0].kernel'`; {path!r} is none")
    found: list[tuple[str, Any]] = []
    place = 0
    while place < len(path):
        match = _SEGMENT.match(path, place)
        try:
            name, key = match.groups() if match else (None, path)
            found.append((path[:place], literal_eval(key) if name is None else name))
        except (SyntaxError, ValueError):
            match = None
        if match is None:
            raise SearchError(f"`{path}` is no path; one is written `stages[0].kernel`")
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
        case Oneof():
            copy = evolve(value, candidates=_cloned(value.candidates, made))
        case Manyof():
            inside = (_cloned(each, made) for each in (value.candidates, value.least, value.most))
            copy = evolve(value, **dict(zip(("candidates", "least", "most"), inside, strict=True)))
        case Placeholder():
            copy = evolve(value)
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
    made[id(value)] = copy
    return copy


def _is(value: object, kind: Any) -> bool:
    if isinstance(value, Symbolic):
        target = getattr(value.symnas_target, "symnas_kind", value.symnas_target)  # what stands inside calls another
        return target is kind or (isinstance(target, type) and isinstance(kind, type) and issubclass(target, kind))
    return isinstance(kind, type) and isinstance(value, kind)
