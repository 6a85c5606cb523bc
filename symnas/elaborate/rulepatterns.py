"""Patterns of rules: what stands before `=>`, ready to be compared with a layer that is about to be applied.

A pattern is a call of an operator or block, alternatives of such in `oneof(…)`, or `$x` for any layer. Arguments are
compared by name with defaults filled: one that the pattern leaves out has its default, unless `$*rest` takes it.
Nodes are compared with patterns, as an edit does, in `symnas/matching.py`.
"""

from abc import ABC, abstractmethod
from functools import cached_property

from attrs import evolve, frozen

from symnas.elaborate.arithmetic import equal
from symnas.elaborate.code import Code, Frame
from symnas.elaborate.declarations import BlockCode
from symnas.elaborate.layers import delay
from symnas.elaborate.values import (
    BlockLayer,
    BlockRecipe,
    Listing,
    OperatorLayer,
    Renamed,
    Ruled,
    Thunk,
    Value,
    force,
)  # fmt: skip
from symnas.operators.base import REQUIRED, Operator, SettingValue
from symnas.spans import Span

__all__ = [
    "Bound",
    "CallPattern",
    "Called",
    "Constant",
    "Head",
    "Items",
    "Part",
    "RulePattern",
    "Variable",
    "Way",
    "as_value",
    "same",
]

Bound = dict[str, Value | Thunk]
"""What the variables of a pattern stand for, by name; `*rest.stride` is the `stride` that `$*rest` took."""

Head = Operator | BlockCode


class Called:
    """A layer as rules see it: what is called, with all its settings by name."""

    def __init__(self, layer: OperatorLayer | BlockLayer, frame: Frame) -> None:
        self.layer, self._frame = layer, frame

    @property
    def head(self) -> Head:
        """What is called."""
        return self.layer.operator if isinstance(self.layer, OperatorLayer) else self.layer.block

    @property
    def title(self) -> str:
        """Its name."""
        return self.head.name

    @cached_property
    def settings(self) -> Bound:
        """Every setting by name, defaults filled; a block's are evaluated when they are read."""
        if isinstance(self.layer, OperatorLayer):
            return {name: as_value(value) for name, value in self.layer.settings}
        frame = self._frame
        filled: Bound = dict(self.layer.arguments)
        inner = Frame(filled, self.layer.path, "", frame.builder, frame.run, frame.again)
        for parameter in self.layer.block.settings:
            if parameter.name not in filled and parameter.default is not None:
                filled[parameter.name] = delay(parameter.default, inner)
        return filled

    def settled(self) -> OperatorLayer | BlockLayer:
        """The layer, with defaults given that were evaluated for a comparison and decided something."""
        return self._with(frozenset())

    def captured(self, read: frozenset[str]) -> OperatorLayer | BlockLayer:
        """The layer, besides with those deciding defaults given that *read* names, so that all who read them agree."""
        return self._with(read)

    def _with(self, read: frozenset[str]) -> OperatorLayer | BlockLayer:
        if not isinstance(self.layer, BlockLayer) or "settings" not in self.__dict__:
            return self.layer
        more = {
            name: value
            for name, value in self.settings.items()
            if name not in self.layer.arguments and isinstance(value, Thunk) and (value.frame is None or name in read)
        }
        return evolve(self.layer, arguments={**self.layer.arguments, **more}) if more else self.layer


def as_value(value: SettingValue) -> Value:
    """A setting as the language has it: one number for all dimensions is that number."""
    if not isinstance(value, tuple):
        return value
    items = [as_value(each) for each in value]
    if items and all(isinstance(each, int) and each == items[0] for each in items):
        return items[0]
    return Listing(items, is_tuple=True)


# ------------------------------------------------------------------------------------ parts of patterns


class Part(ABC):
    """What a pattern says of one argument. *sure* parts match anything."""

    sure = False

    @abstractmethod
    def match(self, value: Value | Thunk, bound: Bound, frame: Frame, known: bool) -> bool:
        """Whether *value* matches, its variables added to *bound*; if that is *known*, values are not compared."""


class Variable(Part):
    """`$x`: anything, the same thing each time; `$_` anything each time."""

    sure = True

    def __init__(self, name: str) -> None:
        self.name = name

    def match(self, value: Value | Thunk, bound: Bound, frame: Frame, known: bool) -> bool:
        if self.name != "_" and self.name in bound:
            return known or same(force(bound[self.name]), force(value))
        bound[self.name] = value
        return True


class Constant(Part):
    """A value: `3`, `false`, `width`."""

    def __init__(self, code: Code) -> None:
        self.code = code

    def match(self, value: Value | Thunk, bound: Bound, frame: Frame, known: bool) -> bool:
        return known or same(self.code.run(Frame({}, "", "", frame.builder, frame.run)), force(value))


class Items(Part):
    """A list or tuple of parts, among which one `$*rest` may stand."""

    def __init__(self, parts: list[Part | str]) -> None:
        self.parts = parts

    def match(self, value: Value | Thunk, bound: Bound, frame: Frame, known: bool) -> bool:
        listing = force(value)
        if not isinstance(listing, Listing):
            return False
        items = listing.raw()
        place = next((number for number, each in enumerate(self.parts) if isinstance(each, str)), None)
        if place is None:
            return len(items) == len(self.parts) and self._all(self.parts, items, bound, frame, known)
        after = len(self.parts) - place - 1
        if len(items) < place + after:
            return False
        end = len(items) - after
        rest = Variable(f"*{self.parts[place]}")
        return (
            self._all(self.parts[:place], items[:place], bound, frame, known)
            and rest.match(Listing(items[place:end]), bound, frame, known)
            and self._all(self.parts[place + 1 :], items[end:], bound, frame, known)
        )

    @staticmethod
    def _all(
        parts: list[Part | str], items: list[Value | Thunk], bound: Bound, frame: Frame, known: bool
    ) -> bool:  # fmt: skip
        pairs = zip(parts, items, strict=True)
        return all(isinstance(part, Part) and part.match(item, bound, frame, known) for part, item in pairs)


class CallPattern(Part):
    """A call of *head*. *rest* is the name of its `$*rest`; a *bare* name means whatever the arguments are."""

    def __init__(self, head: Head, parts: dict[str, Part], rest: str | None, bare: bool) -> None:
        self.head, self.parts, self.rest, self.bare = head, parts, rest, bare

    @property
    def names(self) -> tuple[str, ...]:
        """The settings of what is called."""
        return tuple(setting.name for setting in self.head.settings)

    @property
    def left(self) -> tuple[str, ...]:
        """The settings that the pattern does not write."""
        return tuple(name for name in self.names if name not in self.parts)

    @property
    def complete(self) -> bool:
        """Whether it matches every call of its head, repeated variables apart."""
        return all(part.sure for part in self.parts.values()) and (self.bare or self.rest is not None or not self.left)

    def concerns(self, layer: OperatorLayer | BlockLayer) -> bool:
        """Whether *layer* is a call of the head."""
        if isinstance(layer, OperatorLayer):
            return isinstance(self.head, Operator) and layer.operator.name == self.head.name
        return layer.block is self.head

    def match(self, value: Value | Thunk, bound: Bound, frame: Frame, known: bool) -> bool:
        layer = force(value)
        while isinstance(layer, (Ruled, Renamed)):
            layer = layer.layer
        if isinstance(layer, BlockRecipe):
            layer = BlockLayer(layer.block, {}, frame.path + layer.suffix, layer.segment, layer.span)
        if not isinstance(layer, (OperatorLayer, BlockLayer)) or not self.concerns(layer):
            return False
        return self.match_call(Called(layer, frame), bound, frame, known)

    def match_call(self, called: Called, bound: Bound, frame: Frame, known: bool) -> bool:
        """Whether *called*, a call of the head, matches."""
        if self.bare:
            return True
        settings = called.settings
        for name, part in self.parts.items():
            if name not in settings or not part.match(settings[name], bound, frame, known):
                return False
        if self.rest is not None:
            for name in self.left:
                if name in settings:
                    bound[f"*{self.rest}.{name}"] = settings[name]
            return True
        return known or all(self._is_default(name, called, frame) for name in self.left)

    def _is_default(self, name: str, called: Called, frame: Frame) -> bool:
        if isinstance(called.layer, OperatorLayer):
            setting = next(each for each in called.layer.operator.settings if each.name == name)
            default = setting.default
            return default is not REQUIRED and same(as_value(default), force(called.settings[name]))
        if name not in called.layer.arguments:
            return True
        parameter = next(each for each in called.layer.block.settings if each.name == name)
        if parameter.default is None or parameter.default.decides or parameter.default.free:
            return False
        default_value = parameter.default.run(Frame({}, "", "", frame.builder, frame.run))
        return same(default_value, force(called.layer.arguments[name]))


def same(left: Value, right: Value) -> bool:
    """Whether two arguments are the same thing: values, or layers that are called alike."""
    while isinstance(left, (Ruled, Renamed)):
        left = left.layer
    while isinstance(right, (Ruled, Renamed)):
        right = right.layer
    if isinstance(left, BlockLayer) and isinstance(right, BlockLayer):
        mine, theirs = left.arguments, right.arguments
        same_names = left.block is right.block and mine.keys() == theirs.keys()
        return same_names and all(same(force(mine[name]), force(theirs[name])) for name in sorted(mine))
    if isinstance(left, Listing) and isinstance(right, Listing):
        return len(left) == len(right) and all(map(same, left.all(), right.all()))
    return equal(left, right)


# ------------------------------------------------------------------------------------- whole patterns


class RulePattern:
    """A rule's pattern: *calls* are its alternatives, none of them for `$x`, which is any layer. *whole* is the name of
    the whole match. Where several layers make a match, *ways* say which, and the calls are those of all.
    """

    def __init__(
        self, calls: tuple[CallPattern, ...], whole: str | None, variables: dict[str, Span], sure: bool,
        ways: "tuple[Way, ...]" = (),
    ) -> None:  # fmt: skip
        self.calls, self.whole, self.variables, self.sure = calls, whole, variables, sure
        self.single = not ways
        """Whether one layer makes a match."""
        self.ways = ways or (Way((self,)),)

    @property
    def wholes(self) -> frozenset[str]:
        """The names of the whole match and of its stages."""
        stages = [each for way in self.ways for each in way.stages]
        return frozenset(each.whole for each in (self, *stages) if each.whole is not None)

    @property
    def joins(self) -> bool:
        """Whether several tensors flow in, in one of its ways."""
        return any(each.joins for each in self.ways)

    @property
    def tails(self) -> frozenset[str]:
        """The names of what follows to the end."""
        return frozenset(each.tail for each in self.ways if each.tail is not None)

    @property
    def rest(self) -> dict[str, tuple[str, ...]]:
        """The settings that each `$*rest` takes."""
        return {each.rest: each.left for each in self.calls if each.rest is not None}

    def concerns(self, layer: OperatorLayer | BlockLayer) -> bool:
        """Whether *layer* calls what the pattern calls."""
        return not self.calls or any(each.concerns(layer) for each in self.calls)

    def match(self, called: Called, frame: Frame, known: bool, before: Bound | None = None) -> Bound | None:
        """What the variables stand for if *called* matches, which may be *known* beforehand; those that stages *before*
        it have bound stand for the same.
        """
        if not self.calls:
            return {**(before or {})}
        for each in self.calls:
            bound: Bound = {**(before or {})}
            if each.concerns(called.layer) and each.match_call(called, bound, frame, known):
                return bound
        return None


@frozen(eq=False)
class Way:
    """Layers that make a match together, by a pattern for each: *stages*. In a chain each takes what the one before it
    gives. Where several tensors flow in, *links* say of each stage what it takes: what a stage before it gives, by its
    number, or a tensor from outside, by the variable for it; the last stage gives what the match gives. *inputs* are those
    variables, in the order in which they are met. *tail* is the `$*rest` behind a chain: all that follows, to the end.
    """

    stages: tuple[RulePattern, ...]
    links: tuple[tuple[int | str, ...], ...] = ()
    inputs: tuple[str, ...] = ()
    tail: str | None = None

    @property
    def joins(self) -> bool:
        """Whether it is no chain."""
        return bool(self.links)
