"""`when c { a } else { b }`: which side gives a value is decided while the network runs, for each sample.

Both sides are elaborated where the `when` stands, with its paths and names; which steps each side has for itself is
found when the scope is finished (`sinking`).
"""

from collections.abc import Iterator

from symnas import tree
from symnas.elaborate.applying import deep
from symnas.elaborate.code import Code, Frame, Place, compile_node, compiles, fail, weight_name
from symnas.elaborate.control import compile_body
from symnas.elaborate.values import Listing, Record, Tensor, Value, describe, land, port
from symnas.errors import Note
from symnas.sizes import Size, SymbolicSize, symbol, symbols_of
from symnas.spans import Span
from symnas.types import Dtype

__all__ = ["WhenCode"]


class WhenCode(Code):
    """`when condition { then } else { otherwise }`."""

    forks = True

    def __init__(self, condition: Code, then: Code, otherwise: Code, segment: str, span: Span) -> None:
        self.condition, self.then, self.otherwise, self.span = condition, then, otherwise, span
        self.name = weight_name(segment)
        self.absorb(condition, then, otherwise)
        self.needs = condition.needs | then.needs | otherwise.needs
        self.tensor = then.tensor and otherwise.tensor

    def run(self, frame: Frame) -> Value:
        condition = self.condition.run(frame)
        rows = _rows(condition, self.condition.span)
        assert isinstance(condition, Tensor)
        first, second = deep(self.then.run(frame)), deep(self.otherwise.run(frame))
        then = list(_tensors(first, rows, self.then.span))
        otherwise = list(_tensors(second, rows, self.otherwise.span))
        ported = port(first, [])
        if ported != port(second, []):
            note = Note(f"this side gives {_shown(second)}", self.otherwise.span)
            message = f"this side gives {_shown(first)}, the other {_shown(second)}"
            fail("E0441", message, self.then.span, "both sides of a `when` give the same types", (note,))
        name = f"{frame.name}.{self.name}" if frame.name else self.name
        return land(ported, frame.builder.turn_off(condition, then, otherwise, rows, name, self.span))


def _rows(condition: Value, span: Span) -> Size:
    """How many samples *condition* decides for: the size, open until the network runs, of a `bool[N]`."""
    if not isinstance(condition, Tensor):
        hint = "use `if` for what is known at build time" if isinstance(condition, bool) else None
        fail("E0442", f"the condition of `when` is a tensor `bool[N]`, not {describe(condition)}", span, hint)
    type = condition.type
    if type.dtype is not Dtype.BOOL or type.rank != 1:
        hint = "compare: `x.amax(1) > 0.5`" if type.dtype is not Dtype.BOOL else "one truth value for each sample"
        shown = f"{type.dtype.value}[{', '.join(map(str, type.shape))}]"
        fail("E0442", f"the condition of `when` is a tensor `bool[N]`, not {shown}", span, hint)
    (size,) = type.shape
    if not isinstance(size, SymbolicSize) or [size] != [symbol(name) for name in sorted(size.symbols)]:
        message = f"`when` decides for each sample, and the batch size is {size} here"
        fail("E0442", message, span, "leave the batch size open: `f32[N, …]`")
    return size


def _tensors(value: Value, rows: Size, span: Span) -> Iterator[Tensor]:
    """The tensors that a side gives, each with a row for each sample."""
    match value:
        case Tensor():
            elsewhere = any(symbols_of(size) & symbols_of(rows) for size in value.type.shape[1:])
            if elsewhere or value.type.shape[:1] != (rows,):
                message = f"each side of a `when` gives a row for each sample, `[{rows}, …]`, not {value.type}"
                fail("E0441", message, span)
            yield value
        case Listing() if len(value):
            for item in value.all():
                yield from _tensors(item, rows, span)
        case Record() if value.labels:
            for label in value.labels:
                yield from _tensors(value[label], rows, span)
        case _:
            hint = "apply the layer in both sides: `when c { x -> a } else { x -> b }`"
            message = f"`when` chooses between tensors, not {describe(value)}"
            fail("E0441", message, span, hint if describe(value) == "a layer" else None)


def _shown(value: Value) -> str:
    """The types in *value*, in its form."""
    match value:
        case Tensor():
            return str(value.type)
        case Listing():
            return f"({', '.join(map(_shown, value.all()))})"
        case Record():
            return f"{{{', '.join(f'{label}: {_shown(value[label])}' for label in value.labels)}}}"
        case _:
            return describe(value)


@compiles(tree.When)
def _when(node: tree.When, place: Place) -> Code:
    segment = place.naming.application("when")
    place = place.plain()
    condition = compile_node(node.condition, place)
    then = compile_body(node.then, place)
    return WhenCode(condition, then, compile_node(node.otherwise, place), segment, node.span)
