"""Tensor types in signatures: `f32[N, 3, H, W]` declares, `[N, T, D]` is matched and binds its names."""

from itertools import islice

from attrs import frozen

from symnas import tree
from symnas.elaborate.code import Code, Frame, Nothing, Place, compile_node, fail
from symnas.elaborate.values import Listing, Value, force
from symnas.errors import suggest
from symnas.operators.settings import LARGEST_WHOLE
from symnas.sizes import Size, SymbolicSize, symbol
from symnas.spans import Span
from symnas.types import Dtype, TensorType

__all__ = ["TypePattern", "compile_type"]


@frozen
class Rest:
    """`*name` in a type: all the dimensions that the others leave."""

    name: str


Dimension = Code | str | Rest
"""A dimension as written: an expression, a name to bind (`_` binds nothing), or the rest."""


class TypePattern:
    """A tensor type as written. A dimension is a name to bind, an expression, or `*rest`."""

    def __init__(self, dtype: Dtype | None, dimensions: "list[Dimension]", span: Span, code: Code) -> None:
        self.dtype, self.dimensions, self.span, self.code = dtype, dimensions, span, code

    def declared(self, frame: Frame) -> TensorType:
        """The type that a net's input has; names that nothing binds become symbolic sizes."""
        shape = []
        for each in self.dimensions:
            if isinstance(each, str):
                frame.names.setdefault(each, symbol(each))
                value: object = frame.names[each]
            else:
                assert isinstance(each, Code)
                value = each.run(frame)
            shape.append(self._size(value))
        return TensorType(tuple(shape), self.dtype or Dtype.F32)

    def _size(self, value: object) -> Size:
        if isinstance(value, SymbolicSize):
            return value
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            fail("E0426", "a size is a whole number of at least 1", self.span)
        if value > LARGEST_WHOLE:
            fail("E0426", f"a size is at most {LARGEST_WHOLE:,}", self.span)
        return value

    def match(self, actual: TensorType, frame: Frame, span: Span, what: str) -> None:
        """Compare with the type that flows in, binding names to sizes."""
        if self.dtype is not None and self.dtype is not actual.dtype:
            fail("E0427", f"{what} is {self.dtype.value}; {actual.dtype.value} flows in", span)
        for each, sizes in self._divided(actual, span, what):
            name = each.name if isinstance(each, Rest) else each if isinstance(each, str) else None
            if name == "_":
                continue
            if name is not None:
                frame.names.setdefault(name, Listing(sizes, is_tuple=True) if isinstance(each, Rest) else sizes[0])
            wanted = _bound(each, frame)
            if wanted != sizes:
                written = each.span.text if isinstance(each, Code) else name
                fail("E0427", f"{what} is {self.span.text} with {written} = {_shown(wanted)}; {actual} flows in", span)

    def _divided(self, actual: TensorType, span: Span, what: str) -> "list[tuple[Dimension, list[Size]]]":
        """Each dimension with the sizes that stand for it: one, or as many as the rest takes."""
        spare = actual.rank - len(self.dimensions)
        lengths = [1 + spare if isinstance(each, Rest) else 1 for each in self.dimensions]
        if sum(lengths) != actual.rank or min(lengths, default=0) < 0:
            fail("E0427", f"{what} is {self.span.text}; {actual} flows in", span)
        sizes = iter(actual.shape)
        return [(each, list(islice(sizes, length))) for each, length in zip(self.dimensions, lengths, strict=True)]

    def made(self, frame: Frame, dtype: Dtype) -> TensorType:
        """The type that is given where the names have the sizes that *frame* holds; of *dtype* unless it says another."""
        shape = [self._size(value) for each in self.dimensions for value in _bound(each, frame)]
        return TensorType(tuple(shape), self.dtype or dtype)


def _bound(each: "Dimension", frame: Frame) -> list[Value]:
    """What stands for the dimension *each*, all of whose names are bound: one value, but for the rest."""
    if isinstance(each, Code):
        return [each.run(frame)]
    value = force(frame.names[each.name if isinstance(each, Rest) else each])
    return value.all() if isinstance(value, Listing) else [value]


def _shown(values: list[Value]) -> str:
    shown = ", ".join(map(str, values))
    return shown if len(values) == 1 else f"[{shown}]"


def compile_type(node: tree.Expression, place: Place, *, net: bool = False) -> TypePattern:
    """The type written as *node*. In a net every free name is a symbolic size, in a block it is bound by matching."""
    dtype = None
    items: list[tuple[tree.Expression, bool]] = []
    if isinstance(node, tree.Index) and isinstance(node.target, tree.Name):
        dtype = _dtype(node.target, place)
        items = [(item, False) for item in node.items if not isinstance(item, tree.Slice)]
    elif isinstance(node, tree.ListOf):
        items = [(item.value, item.spread) for item in node.items]
        if net:
            place.report("E0213", "an input's type begins with its dtype", node.span, f"write `f32{node.span.text}`")
    else:
        place.report("E0213", "a tensor type is written `f32[N, 3, 32, 32]` or `[N, C, H, W]`", node.span)
    dimensions: list[Dimension] = []
    code = Nothing()
    if net or sum(spread for _, spread in items) > 1:
        for value, spread in items:
            if spread:
                hint = (
                    "a net says each of its dimensions" if net else "one `*name` is as long as all the others leave it"
                )
                place.report("E0213", "`*` cannot stand here", value.span, hint)
    for value, spread in items:
        if spread:
            name = value.name if isinstance(value, tree.Name) else "_"
            dimensions.append(Rest(name))
            if name != "_" and name not in place.locals.bound:
                place.locals.bind(name, value.span)
            continue
        if isinstance(value, tree.Name) and (value.name in place.locals.bound or not _is_let(value.name, place)):
            known = value.name in place.locals.bound
            dimensions.append(compile_node(value, place) if known and net else value.name)
            if value.name != "_" and not known:
                place.locals.bind(value.name, value.span)
        else:
            made = compile_node(value, place.plain())
            code.absorb(made)
            dimensions.append(made)
    return TypePattern(dtype, dimensions, node.span, code)


def _is_let(name: str, place: Place) -> bool:
    """Whether *name* is a value of the file: a block or layer of that name leaves it free for a size."""
    declared = place.module.declared.get(name)
    return declared is not None and declared.keyword == "let"


def _dtype(node: tree.Name, place: Place) -> Dtype | None:
    known = {each.value: each for each in Dtype}
    if node.name not in known:
        hint = suggest(node.name, known, "one of")
        place.report("E0214", f"`{node.name}` is not a dtype", node.span, hint)
        return None
    return known[node.name]
