"""What a region is closed over, carried into it: decided values, and bindings that wait to be evaluated.

A binding is evaluated at most once. One that waits and is carried into a region is evaluated there, if at all; whoever
needs it afterwards as well finds it `MovedTwice`, and the program is elaborated again with that binding kept where it
is. So a cell's node of which nothing is decided yet can still be a region of its own.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from attrs import frozen

from symnas.elaborate.code import Code, Frame, Place
from symnas.elaborate.declarations import Declared
from symnas.elaborate.modules import ModuleCode
from symnas.elaborate.values import (
    Listing,
    MovedTwice,
    PortableList,
    PortableRecord,
    Record,
    Tensor,
    Thunk,
    Unportable,
    Value,
    land,
    port,
)  # fmt: skip

__all__ = ["Carrier", "apart", "is_plain", "land_moved", "one_flows"]


@frozen(cache_hash=True)
class PortableThunk:
    """A binding that waits: its code, what it is closed over, and its place relative to the region's."""

    code: Code
    names: tuple[tuple[str, Any], ...]
    path: str
    name: str


class Carrier:
    """Makes values portable for one region at *frame*; with *moving*, bindings that wait as well."""

    def __init__(self, frame: Frame, module: ModuleCode, moving: bool) -> None:
        self.frame, self.module, self.moving = frame, module, moving
        self.tensors: list[Tensor] = []
        self._thunks: list[Thunk] = []

    def port(self, value: Value | Thunk) -> Any:
        """The portable form of *value*; its tensors are numbered as the carrier's.

        Raises:
            Unportable: it cannot leave its place.
            MovedTwice: it has left it before.
        """
        if not self.moving:
            return port(value, self.tensors)
        if isinstance(value, Thunk) and value.frame is not None:
            return self._thunk(value, value.frame)
        if isinstance(value, Thunk):
            return self.port(value.value)
        if isinstance(value, Listing):
            return PortableList(tuple(self.port(item) for item in value.raw()), value.is_tuple)
        if isinstance(value, Record):
            return PortableRecord(tuple((label, self.port(item)) for label, item in value.raw().items()))
        return port(value, self.tensors)

    def _thunk(self, thunk: Thunk, inner: Frame) -> PortableThunk:
        here = self.frame
        stays = (
            not thunk.code.movable
            or inner.again
            or inner.builder is not here.builder
            or inner.rules != here.rules
            or thunk.code.span in self.module.main.kept
        )
        if stays or any(thunk is each for each in self._thunks):
            raise Unportable
        if thunk.moved:
            raise MovedTwice(thunk.code.span)
        path, name = _below(here.path, inner.path), _below(here.name, inner.name)
        self._thunks.append(thunk)
        names = tuple((each, self.port(value)) for each, value in sorted(inner.names.items()))
        return PortableThunk(thunk.code, names, path, name)

    def lets(self, lets: Iterable[Declared]) -> list[Declared]:
        """*lets*, and those that the bindings carried read, each once."""
        found = dict.fromkeys(lets)
        for thunk in self._thunks:
            found.update(dict.fromkeys(self.module.lets_of(thunk.code)))
        return list(found)

    def done(self) -> None:
        """The region has taken what was carried."""
        for thunk in self._thunks:
            thunk.moved = True


def one_flows(frame: Frame, names: Iterable[str], tensors: Iterable[Tensor] | None = None) -> bool:
    """Whether one tensor is all that flows: of *names* in force every one is decided, and among their values and
    *tensors* there is just one tensor. Then what comes after depends on its type alone, and certainly reads it, or
    nothing.
    """
    found = [*(tensors or ())]
    try:
        for name in names:
            if name in frame.names:
                port(frame.names[name], found)
    except Unportable:
        return False
    return len(found) == 1


def _below(around: str, path: str) -> str:
    """*path* relative to *around*."""
    rest = path.removeprefix(around)
    if len(rest) + len(around) != len(path) or (rest and around and rest[0] not in ".["):
        raise Unportable
    return rest


def land_moved(value: Any, tensors: Sequence[Tensor], frame: Frame) -> Value | Thunk:
    """The value that *value* is the portable form of, in a region whose root is *frame*."""
    if isinstance(value, PortableThunk):
        names = {name: land_moved(each, tensors, frame) for name, each in value.names}
        name = value.name.removeprefix(".")
        return Thunk(value.code, Frame(names, value.path, name, frame.builder, frame.run, rules=frame.rules))
    if isinstance(value, PortableList):
        return Listing([land_moved(item, tensors, frame) for item in value.items], value.is_tuple)
    if isinstance(value, PortableRecord):
        return Record({label: land_moved(item, tensors, frame) for label, item in value.fields})
    return land(value, tensors)


class _Apart(Code):
    """An expression that chooses among tensors, as a region of its own where that is possible: whichever it gives,
    what follows is the same if the types are.
    """

    def __init__(self, code: Code, module: ModuleCode, label: str) -> None:
        self.code, self.module, self.label, self.span = code, module, label, code.span
        self.absorb(code)
        self.needs, self.applied, self.tensor, self.fresh = code.needs, code.applied, code.tensor, code.fresh
        self.flowing = code.flowing
        module.main.moves = True

    def run(self, frame: Frame) -> Value:
        from symnas.elaborate.applying import deep, in_region

        def work(inner: Frame, extra: list[Value]) -> Value:
            return deep(self.code.run(inner))

        if not frame.again and not self._is_once(frame) and not self._of_numbers(frame):
            self.module.decide(self.needs, frame.run)
            try:
                return in_region(
                    self.module, ("apart", self), frame, sorted(self.free), [], self.module.lets_of(self.code),
                    self.label, self.span, work, moving=True,
                )  # fmt: skip
            except Unportable:
                pass
        return self.code.run(frame)

    def _of_numbers(self, frame: Frame) -> bool:
        """Whether all that it chooses among are numbers and words: then nothing is the same whichever it gives."""
        return all(is_plain(frame.names.get(name)) for name in self.free)

    def _is_once(self, frame: Frame) -> bool:
        """Whether the value is that of a `let`, or stands in one: its decisions are the program's, not a region's."""
        return frame.path.split(".", 1)[0].split("[", 1)[0] in self.module.main.once


_PLAIN = (int, str, Fraction)


def is_plain(value: Value | Thunk) -> bool:
    """Whether *value* is a number or a word, or a list of such."""
    if isinstance(value, Listing):
        return all(isinstance(item, _PLAIN) for item in value.raw())
    return isinstance(value, _PLAIN)


def apart(code: Code, place: Place, label: str) -> Code:
    """*code*, as a region of its own if it chooses."""
    return _Apart(code, place.module, label) if code.asks else code
