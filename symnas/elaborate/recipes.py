"""Settings of `train`: values that an evaluator reads, and nothing else in a program does.

A setting is a region of its own, and so is each item or field in it that decides by itself: nothing depends on what is
chosen there, so that their ways multiply instead of being tried one with another.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from attrs import frozen

from symnas.elaborate.code import Frame
from symnas.elaborate.declarations import LetCode
from symnas.elaborate.fragments import Fragment
from symnas.elaborate.modules import ModuleCode
from symnas.elaborate.moving import Carrier, land_moved
from symnas.elaborate.placeholders import value_label
from symnas.elaborate.regions import Region, Run
from symnas.elaborate.values import (
    LAYERS,
    MOST_WALKED,
    Listing,
    Record,
    Thunk,
    Unportable,
    Unwieldy,
    Value,
    force,
    walk,
)  # fmt: skip
from symnas.errors import SourceError

__all__ = ["Plain", "filled", "setting"]


@frozen
class Part:
    """Stands for what the fragment's part of this *number* gives."""

    number: int


def setting(module: ModuleCode, run: Run, let: LetCode) -> Any:
    """The value of a setting as the recipe gives it to Python, parts of the run's fragment left open for `filled`."""
    if let.settled(run) or module.lets_of(let.code):  # a `let` that it reads is decided once, in the root
        return _Setting(module, run, let).made(let.value(run))

    def value(inner: Run) -> Value:
        return let.code.run(Frame({}, let.name, "", inner.builder, inner))

    try:
        return _part(module, run, let, ("train", let), value)
    except Unportable:
        return _Setting(module, run, let).made(let.value(run))


def filled(value: Any, fragment: Fragment) -> Any:
    """*value*, the setting of a region, with what *fragment*'s parts give."""
    match value:
        case Part(number=number):
            part = fragment.parts[number]
            return filled(part.payload, part)
        case list():
            return [filled(item, fragment) for item in value]
        case tuple():
            return tuple(filled(item, fragment) for item in value)
        case dict():
            return {label: filled(item, fragment) for label, item in value.items()}
        case _:
            return value


def _part(module: ModuleCode, run: Run, let: LetCode, key: tuple[Any, ...], value: Callable[[Run], Value]) -> Part:
    """*value* as a region of its own, in which decisions have their whole paths: the run's next part.

    Raises:
        Unportable: it has to be elaborated in place.
    """
    picked = run.picked

    def evaluate(inner: Run) -> tuple[None, Any]:
        inner.picked = picked
        return None, _Setting(module, inner, let).made(value(inner))

    region = module.regions.get(key)
    if region is None:
        region = module.regions[key] = Region(f"`{let.name}`", evaluate, once=True)
    number = run.holes
    run.invoke(region, let.name, run.builder, let.name, [], let.span)
    return Part(number)


class Plain:
    """Values of the language as plain Python."""

    def __init__(self) -> None:
        self.left = [MOST_WALKED]

    def value(self, value: Value) -> Any:
        """Exact numbers become floats where they are not whole, layers what they are called.

        Raises:
            OverflowError: it holds too many items, or numbers that Python has not.
        """
        if isinstance(value, Fraction):
            return float(value)
        if isinstance(value, Listing):
            walk(self.left, len(value))
            items = [self.item(item) for item in value.raw()]
            return tuple(items) if value.is_tuple else items
        if isinstance(value, Record):
            walk(self.left, len(value.labels))
            return {label: self.item(item) for label, item in value.raw().items()}
        if isinstance(value, LAYERS):
            return value_label(value, 0)
        return value

    def item(self, item: Value | Thunk) -> Any:
        """An item of a list, or a field."""
        return self.value(force(item))


class _Setting(Plain):
    """Makes the value of the setting *let* plain Python, in *run*; what decides by itself in it is left open."""

    def __init__(self, module: ModuleCode, run: Run, let: LetCode) -> None:
        super().__init__()
        self.module, self.run, self.let = module, run, let

    def made(self, value: Value) -> Any:
        """*value*, the whole setting.

        Raises:
            SourceError: it holds too many items, or numbers that Python has not.
        """
        try:
            return self.value(value)
        except Unwieldy as error:
            raise SourceError.at("E0502", str(error), self.let.span) from None
        except OverflowError:
            raise SourceError.at("E0406", f"`{self.let.name}` is beyond the numbers of Python", self.let.span) from None

    def item(self, item: Value | Thunk) -> Any:
        """As it is, or as a part."""
        if isinstance(item, Thunk) and item.frame is not None and item.code.decides:
            try:
                return self._apart(item)
            except Unportable:
                pass
        return super().item(item)

    def _apart(self, item: Thunk) -> Part:
        """*item* as a region.

        Raises:
            Unportable: it depends on what is decided elsewhere.
        """
        carrier = Carrier(Frame({}, "", "", self.run.builder, self.run), self.module, moving=True)
        carried = carrier.port(item)
        if carrier.tensors or carrier.lets(self.module.lets_of(item.code)):
            raise Unportable

        def value(inner: Run) -> Value:
            return force(land_moved(carried, (), Frame({}, "", "", inner.builder, inner)))

        part = _part(self.module, self.run, self.let, ("part", self.let, carried), value)
        carrier.done()
        return part
