"""Values that expressions have while a program is elaborated, and how they travel between regions.

Numbers, strings and `none` are Python's own; lists, records, tensors and layers are here. A value that holds
nothing undecided is *portable*: `port` replaces its tensors by numbered holes, which makes it a hashable key and
lets `land` rebuild it around other tensors. That is what keeps results per (block, arguments, input types).
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from symnas.errors import NasError, SourceError
from symnas.operators.base import Operator, SettingValue
from symnas.operators.settings import show
from symnas.operators.starts import Start
from symnas.sizes import SymbolicSize
from symnas.spans import Span
from symnas.types import TensorType

if TYPE_CHECKING:
    from symnas.elaborate.builder import ScopeBuilder
    from symnas.elaborate.code import Code, Frame
    from symnas.elaborate.declarations import BlockCode
    from symnas.elaborate.marking import Marks
    from symnas.elaborate.repeating import RepeatCode

__all__ = [
    "BlockLayer", "BlockRecipe", "Chain", "Hole", "Layer", "Listing", "MovedTwice", "OperatorLayer", "Record", "Renamed",
    "Repeated", "Ruled", "SharedLayer", "Tensor", "Thunk", "Training", "Unportable", "Value", "Wrapped", "describe", "force",
    "land", "port",
]  # fmt: skip


class Thunk:
    """A binding, item or argument that has not been needed yet; evaluated at most once."""

    __slots__ = ("code", "frame", "moved", "value")

    def __init__(self, code: "Code", frame: "Frame") -> None:
        self.code = code
        self.moved = False
        self.frame: Frame | None = frame
        self.value: Value = None

    def force(self) -> "Value":
        """The value, computed now if it has not been."""
        if self.frame is not None:
            if self.moved:
                raise MovedTwice(self.code.span)
            frame, self.frame = self.frame, None
            try:
                self.value = self.code.run(frame)
            except RecursionError:
                self.frame = frame
                raise too_deep(self.code.span) from None
            except BaseException:
                self.frame = frame
                raise
        return self.value


def too_deep(span: Span) -> SourceError:
    """What stands at *span* needs so many others, one after the other, that Python's stack is full."""
    hint = "compute it in fewer steps: with `sum` over a list, say, or a `fn`"
    return SourceError.at("E0516", "this is defined through too many others, each in terms of the next", span, hint)


class MovedTwice(Exception):
    """The binding whose code stands at *span* was carried into a region, and is needed outside of it as well."""

    def __init__(self, span: Span) -> None:
        super().__init__(span)
        self.span = span


class Tensor:
    """A tensor that flows through the network being built: its type, and which value of which scope it is."""

    __slots__ = ("builder", "index", "type")

    def __init__(self, type: TensorType, builder: "ScopeBuilder", index: int) -> None:
        self.type = type
        self.builder = builder
        self.index = index


class Listing:
    """A list or, with *is_tuple*, a tuple. Items are evaluated when they are read."""

    __slots__ = ("_items", "is_tuple")

    def __init__(self, items: "Sequence[Value | Thunk]", is_tuple: bool = False) -> None:
        self._items = list(items)
        self.is_tuple = is_tuple

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> "Value":
        item = self._items[index]
        if isinstance(item, Thunk):
            item = self._items[index] = item.force()
        return item

    def all(self) -> "list[Value]":
        """Every item, evaluated."""
        return [self[index] for index in range(len(self._items))]

    def raw(self) -> "list[Value | Thunk]":
        """The items as they are, evaluated or not, for lists made of lists."""
        return self._items


class Record:
    """Labelled values, in the order written."""

    __slots__ = ("_fields",)

    def __init__(self, fields: "dict[str, Value | Thunk]") -> None:
        self._fields = dict(fields)

    def __getitem__(self, label: str) -> "Value":
        item = self._fields[label]
        if isinstance(item, Thunk):
            item = self._fields[label] = item.force()
        return item

    def __contains__(self, label: str) -> bool:
        return label in self._fields

    @property
    def labels(self) -> list[str]:
        """The labels in order."""
        return list(self._fields)

    def raw(self) -> "dict[str, Value | Thunk]":
        """The fields as they are, evaluated or not."""
        return self._fields


@frozen(eq=False)
class Training:
    """`training(value)`: an output of a net that exists only while it trains."""

    value: "Value"


# ------------------------------------------------------------------------------------------------ layers


@frozen(cache_hash=True)
class OperatorLayer:
    """An operator with its settings given: `Conv2d(64, 3)`."""

    operator: Operator = field(eq=lambda operator: operator.name)
    settings: tuple[tuple[str, SettingValue], ...]
    segment: str
    span: Span = field(eq=False, repr=False)
    setting_spans: tuple[tuple[str, Span], ...] = field(default=(), eq=False, repr=False)


@frozen(cache_hash=True)
class BlockRecipe:
    """A bare block name used as a value: decided anew wherever it is applied."""

    block: "BlockCode"
    segment: str
    suffix: str
    span: Span = field(eq=False, repr=False)


@frozen(eq=False)
class BlockLayer:
    """A block called with settings: `MBConv(24)`. Its decisions live at *path*, however often it is applied."""

    block: "BlockCode"
    arguments: "dict[str, Value | Thunk]"
    path: str
    segment: str
    span: Span


@frozen(cache_hash=True)
class Chain:
    """`a -> b` before anything flows in. *fresh* says of each part whether it was made for this chain alone."""

    first: "Layer"
    second: "Layer"
    fresh: tuple[bool, bool] = field(default=(False, False), eq=False)


@frozen(cache_hash=True)
class Renamed:
    """`layer as name` where the layer is composite: *segment* goes before the names of its parts."""

    layer: "Layer"
    segment: str


@frozen(cache_hash=True)
class Wrapped:
    """`frozen(layer)`, `quantised(layer)`: the layer, with *marks* on the operations it is made of."""

    layer: "Layer"
    marks: "Marks"


@frozen(cache_hash=True)
class Ruled:
    """A layer that a rule captured. *rules*, by their places in the net's list, are in force on what it is made of;
    those in *judged* were tried on the layer itself before.
    """

    layer: "Layer"
    rules: tuple[int, ...]
    judged: tuple[int, ...]


@frozen(eq=False)
class Repeated:
    """`repeat(n) { body }`: the body's layer is evaluated anew for each turn, in *frame*."""

    code: "RepeatCode"
    frame: "Frame"
    count: int
    span: Span


class SharedLayer:
    """A layer whose weights are made once, at *path*; the first application fixes their shapes."""

    __slots__ = ("first", "layer", "path", "span")

    def __init__(self, layer: "Layer", path: str, span: Span) -> None:
        self.layer = layer
        self.path = path
        self.span = span
        self.first: tuple[tuple[TensorType, ...], Span] | None = None


Layer = OperatorLayer | BlockRecipe | BlockLayer | Chain | Renamed | Wrapped | Ruled | Repeated | SharedLayer
LAYERS = (OperatorLayer, BlockRecipe, BlockLayer, Chain, Renamed, Wrapped, Ruled, Repeated, SharedLayer)

Value = int | Fraction | float | bool | str | None | SymbolicSize | Start | Listing | Record | Tensor | Training | Layer


def force(value: "Value | Thunk") -> Value:
    """*value*, evaluated if it was not."""
    return value.force() if isinstance(value, Thunk) else value


# ----------------------------------------------------------------------------------------------- porting


class Unportable(Exception):
    """The value holds something undecided, so what depends on it is elaborated in place."""


@frozen(cache_hash=True)
class Hole:
    """The *number*-th tensor of a portable value."""

    number: int
    type: TensorType


@frozen(cache_hash=True)
class PortableList:
    """A `Listing` without thunks."""

    items: tuple[Any, ...]
    is_tuple: bool


@frozen(cache_hash=True)
class PortableRecord:
    """A `Record` without thunks."""

    fields: tuple[tuple[str, Any], ...]


@frozen(cache_hash=True)
class PortableTraining:
    """A `Training` output."""

    value: Any


@frozen(cache_hash=True)
class PortableBlock:
    """A `BlockLayer` that decides nothing, so that only what it is called with matters."""

    block: "BlockCode"
    arguments: tuple[tuple[str, Any], ...]
    path: str = field(eq=False)
    segment: str
    span: Span = field(eq=False, repr=False)


@frozen(cache_hash=True)
class Typed:
    """A number or flag with its Python type, because `True == 1 == 1.0` must not meet in a key."""

    kind: str
    value: Any


_TYPED = frozenset({bool, float, Fraction})
"""Kinds of plain values of which equal ones may be of different kinds."""


def port(value: "Value | Thunk", tensors: list[Tensor]) -> Any:
    """The portable form of *value*; its tensors are appended to *tensors* and become holes.

    Raises:
        Unportable: *value* holds an unevaluated binding, a layer that decides, or shared weights.
    """
    return _port(value, tensors, [MOST_WALKED])


class Unwieldy(NasError, OverflowError):
    """A value holds more items, those of items included, than anyone means: lists of the same lists, and so on."""

    def __init__(self) -> None:
        super().__init__(f"lists within lists hold more than {MOST_WALKED:,} items")


MOST_WALKED = 300_000
"""Items, those of items included, of a value that is looked at as a whole."""


def walk(left: list[int], items: int) -> None:
    """So many items more of a value are looked at.

    Raises:
        Unwieldy: more than are *left*.
    """
    left[0] -= items
    if left[0] < 0:
        raise Unwieldy


def _port(value: "Value | Thunk", tensors: list[Tensor], left: list[int]) -> Any:
    kind = type(value)
    if kind is Tensor:
        assert isinstance(value, Tensor)
        tensors.append(value)
        return Hole(len(tensors) - 1, value.type)
    if kind is int or kind is str or value is None:
        return value
    if kind in _TYPED:  # `isinstance` takes its time with fractions
        return Typed(kind.__name__, value)
    if isinstance(value, Thunk):
        if value.frame is not None:
            raise Unportable
        return _port(value.value, tensors, left)
    if isinstance(value, Listing):
        walk(left, len(value))
        return PortableList(tuple(_port(item, tensors, left) for item in value.raw()), value.is_tuple)
    if isinstance(value, Record):
        walk(left, len(value.raw()))
        return PortableRecord(tuple((label, _port(item, tensors, left)) for label, item in value.raw().items()))
    if isinstance(value, Training):
        return PortableTraining(_port(value.value, tensors, left))
    return _port_layer(value, tensors, left)


def _port_layer(value: Any, tensors: list[Tensor], left: list[int]) -> Any:
    walk(left, 1)
    if isinstance(value, BlockRecipe) and (value.block.lets or value.block.in_place):
        raise Unportable  # the region's key would not say what it reads through the block
    if isinstance(value, (SymbolicSize, Start, OperatorLayer, BlockRecipe)):
        return value
    if isinstance(value, Chain):
        return Chain(_port_layer(value.first, tensors, left), _port_layer(value.second, tensors, left), value.fresh)
    if isinstance(value, Renamed):
        return Renamed(_port_layer(value.layer, tensors, left), value.segment)
    if isinstance(value, Wrapped):
        return Wrapped(_port_layer(value.layer, tensors, left), value.marks)
    if isinstance(value, Ruled):
        return Ruled(_port_layer(value.layer, tensors, left), value.rules, value.judged)
    if isinstance(value, BlockLayer) and not value.block.decides:
        arguments = tuple((name, _port(item, tensors, left)) for name, item in value.arguments.items())
        return PortableBlock(value.block, arguments, value.path, value.segment, value.span)
    raise Unportable


def land(value: Any, tensors: Sequence[Tensor]) -> Value:
    """The value that *value* is the portable form of, around other tensors of the same types."""
    kind = type(value)
    if kind is int or kind is str or kind is OperatorLayer:
        plain: Value = value
        return plain
    if isinstance(value, Hole):
        return tensors[value.number]
    if isinstance(value, Typed):
        number: Value = value.value
        return number
    if isinstance(value, PortableList):
        return Listing([land(item, tensors) for item in value.items], value.is_tuple)
    if isinstance(value, PortableRecord):
        return Record({label: land(item, tensors) for label, item in value.fields})
    if isinstance(value, PortableTraining):
        return Training(land(value.value, tensors))
    if isinstance(value, PortableBlock):
        arguments: dict[str, Value | Thunk] = {name: land(item, tensors) for name, item in value.arguments}
        return BlockLayer(value.block, arguments, value.path, value.segment, value.span)
    if isinstance(value, Chain):
        return Chain(land(value.first, tensors), land(value.second, tensors), value.fresh)  # type: ignore[arg-type]  # layers stay
    if isinstance(value, Renamed):
        return Renamed(land(value.layer, tensors), value.segment)  # type: ignore[arg-type]  # a layer stays one
    if isinstance(value, Wrapped):
        return Wrapped(land(value.layer, tensors), value.marks)  # type: ignore[arg-type]  # a layer stays one
    if isinstance(value, Ruled):
        return Ruled(land(value.layer, tensors), value.rules, value.judged)  # type: ignore[arg-type]  # a layer stays one
    known: Value = value  # numbers, strings, layers without tensors
    return known


_READABLE = 60
"""Characters of a number or string that a message quotes."""


def describe(value: Value) -> str:
    """What kind of value this is, for messages: "a layer", "the number 3", "a tensor [N, 3, 32, 32]"."""
    from symnas.domains import show_number

    match value:
        case bool():
            return "true" if value else "false"
        case int() | Fraction() | float():
            shown = show_number(value)
            return f"the number {shown}" if len(shown) <= _READABLE else f"a number of {len(shown):,} characters"
        case str():
            return f'the string "{value if len(value) <= _READABLE else value[:_READABLE] + "…"}"'
        case None:
            return "`none`"
        case SymbolicSize():
            return f"the size {value}"
        case Start():
            return f"the initialisation {show(value)}"
        case Tensor():
            return f"a tensor {value.type}"
        case Listing():
            return "a tuple" if value.is_tuple else "a list"
        case Record():
            return "a record"
        case Training():
            return "an output of training alone"
        case _:
            return "a layer"
