"""Whether two symbolic values are made alike, and where they are not: what `equal` and `symnas.diff` say of them.

Names of decisions and the order of arguments are no difference, and an object that was made is what made it. What stands at two places of one value and is two things
in the other is one, because it is decided once in the one and twice in the other.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from symnas.annotated.placeholders import Manyof, Oneof, Placeholder, Range
from symnas.annotated.values import Symbolic, call_of, joined, reachable
from symnas.annotated.wording import shown
from symnas.differing import Difference, Kind

__all__ = ["equal", "value_differences"]


def equal(one: object, other: object) -> bool:
    """Whether two values are made of the same calls, placeholders and plain values, shared at the same places.

    An object of a symbolic class counts as the call that made it, whatever became of it since. Numbers of different types differ (`1` and `1.0`), floats that are written alike do not, NaN included.
    """
    return one is other or next(_Comparison().found(one, other, "", ""), None) is None


def value_differences(one: object, other: object) -> list[Difference]:
    """What differs between two values, by path: of the first where it is in both or only there."""
    return [_told(each) for each in _Comparison().found(one, other, "", "")]


@frozen
class _Absent:
    """Stands for nothing."""


@frozen
class _Same:
    """Stands for what stands at *path*, too; `None` if it stands nowhere else."""

    path: str | None

    def __repr__(self) -> str:
        return "one of its own" if self.path is None else f"the same as `{self.path}`"


_ABSENT = _Absent()
_Gap = tuple[str, object, object]
"""The path, and what stands there in the one and the other."""


class _Comparison:
    """One comparison of two values, with what was found to stand for each other."""

    def __init__(self) -> None:
        self._places: tuple[dict[int, str], dict[int, str]] = ({}, {})  # of the one and the other, by identity

    def found(self, one: Any, other: Any, path: str, path_other: str) -> Iterator[_Gap]:
        """The differences of what stands at *path* of the one and at *path_other* of the other."""
        if one is not other and not _alike_alone(one, other):
            yield path, one, other
            return
        if isinstance(one, Placeholder) or call_of(one) is not None:
            mine, theirs = self._places
            before = mine.get(id(one)), theirs.get(id(other))
            if before != (None, None):
                if before[0] != before[1]:
                    yield path, _Same(before[0]), _Same(before[1])
                return
            mine[id(one)] = theirs[id(other)] = path or "the whole"
        if isinstance(one, Placeholder) and not _alike_plainly(one, other):
            yield path, one, other
            return
        if isinstance(one, list | tuple | Placeholder):
            yield from self._rows(_items(one), _items(other), path, path_other)
        elif isinstance(one, dict) or call_of(one) is not None:
            yield from self._named(one, other, path, path_other)

    def _named(self, one: Any, other: Any, path: str, path_other: str) -> Iterator[_Gap]:
        mine, theirs = _fields(one), _fields(other)
        for key, (end, each) in mine.items():
            if key in theirs:
                yield from self.found(each, theirs[key][1], joined(path, end), joined(path_other, end))
            else:
                yield joined(path, end), each, _ABSENT
        yield from ((joined(path_other, end), _ABSENT, each) for key, (end, each) in theirs.items() if key not in mine)

    def _rows(self, one: Sequence[Any], other: Sequence[Any], path: str, path_other: str) -> Iterator[_Gap]:
        """Of two rows of different lengths, what they begin and end with alike is passed over."""
        begin = end = 0
        most = min(len(one), len(other)) if len(one) != len(other) else 0
        while begin < most and equal(one[begin], other[begin]):
            begin += 1
        while end < most - begin and equal(one[-1 - end], other[-1 - end]):
            end += 1
        paired = min(len(one), len(other)) - end
        pairs = [(place, place) for place in range(paired)]
        pairs += [(len(one) - place, len(other) - place) for place in range(end, 0, -1)]
        for mine, theirs in pairs:
            yield from self.found(one[mine], other[theirs], f"{path}[{mine}]", f"{path_other}[{theirs}]")
        yield from ((f"{path}[{place}]", one[place], _ABSENT) for place in range(paired, len(one) - end))
        yield from ((f"{path_other}[{place}]", _ABSENT, other[place]) for place in range(paired, len(other) - end))


def _alike_alone(one: Any, other: Any) -> bool:
    """Whether two things are alike but for their parts."""
    call, call_other = call_of(one), call_of(other)
    if call is not None or call_other is not None:
        return call is not None and call_other is not None and bool(call[0] == call_other[0])
    if type(one) is not type(other):
        return False
    match one:
        case Oneof():
            return (one.labels, one.prior) == (other.labels, other.prior)
        case Range():
            mine, theirs = ([each.low, each.high, each.step, each.log] for each in (one, other))
            return all(map(_alike_alone, mine, theirs))
        case Manyof():
            return bool(one.kind == other.kind)
        case Placeholder():
            return False
        case float():
            return repr(one) == repr(other)
        case list() | tuple() | dict():
            return True
        case _:
            try:
                return bool(one == other)
            except (RuntimeError, TypeError, ValueError):  # arrays and tensors compare item by item
                return False


def _alike_plainly(one: Placeholder, other: Placeholder) -> bool:
    """Whether two placeholders need no look into their candidates, or a look is worth it."""
    mine, theirs = _items(one), _items(other)
    plain = not any(isinstance(each, Symbolic | Placeholder | list | tuple | dict) for each in (*mine, *theirs))
    return not plain or (len(mine) == len(theirs) and all(map(_alike_alone, mine, theirs)))


def _items(row: Any) -> Sequence[Any]:
    match row:
        case Oneof():
            return row.candidates
        case Manyof():
            return (*row.candidates, row.least, row.most)
        case list() | tuple():
            return row
        case _:
            return ()


def _fields(value: Any) -> dict[object, tuple[str, Any]]:
    """The parts of a call or a record with the ends of their paths; keys of different types differ."""
    call = call_of(value)
    keys = value if call is None else call[1]
    return {(type(key), key): part for key, part in zip(keys, reachable(value), strict=True)}


def _told(gap: _Gap) -> Difference:
    path, one, other = gap
    path = path or "the whole"
    if other is _ABSENT:
        return Difference(path, Kind.REMOVED, before=shown(one))
    if one is _ABSENT:
        return Difference(path, Kind.ADDED, after=shown(other))
    return Difference(path, Kind.CHANGED, shown(one), shown(other))
