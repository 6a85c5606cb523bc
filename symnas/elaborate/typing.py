"""Tensor types in signatures: `f32[N, 3, H, W]` declares, `[N, T, D]` is matched and binds its names."""

from symnas import tree
from symnas.elaborate.code import Code, Frame, Nothing, Place, compile_node, fail
from symnas.elaborate.values import Thunk, Value
from symnas.errors import nearest
from symnas.sizes import Size, SymbolicSize, symbol
from symnas.spans import Span
from symnas.types import Dtype, TensorType

__all__ = ["TypePattern", "compile_type"]


class TypePattern:
    """A tensor type as written. A dimension is a name to bind, an expression, or `*rest`."""

    def __init__(
        self, dtype: Dtype | None, dimensions: list["Code | str | None"], span: Span, rest: bool, code: Code
    ) -> None:
        self.dtype, self.dimensions, self.span, self.rest, self.code = dtype, dimensions, span, rest, code

    def declared(self, frame: Frame) -> TensorType:
        """The type that a net's input has; names that nothing binds become symbolic sizes."""
        shape = []
        for each in self.dimensions:
            if isinstance(each, str):
                frame.names.setdefault(each, symbol(each))
                value: object = frame.names[each]
            else:
                assert each is not None
                value = each.run(frame)
            shape.append(self._size(value))
        return TensorType(tuple(shape), self.dtype or Dtype.F32)

    def _size(self, value: object) -> Size:
        if isinstance(value, SymbolicSize):
            return value
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            fail("E0426", "a size is a whole number of at least 1", self.span)
        return value

    def match(self, actual: TensorType, frame: Frame, span: Span, what: str) -> None:
        """Compare with the type that flows in, binding names to sizes."""
        if self.dtype is not None and self.dtype is not actual.dtype:
            fail("E0427", f"{what} is {self.dtype.value}; {actual.dtype.value} flows in", span)
        if self.rest:
            return
        if len(self.dimensions) != actual.rank:
            fail("E0427", f"{what} is {self.span.text}; {actual} flows in", span)
        for each, size in zip(self.dimensions, actual.shape, strict=True):
            self._match_size(each, size, actual, frame, span, what)

    def _match_size(
        self, each: "Code | str | None", size: Size, actual: TensorType, frame: Frame, span: Span, what: str
    ) -> None:
        if each is None:
            return
        if isinstance(each, str):
            if each not in frame.names:
                frame.names[each] = size
            wanted: Value | Thunk = frame.names[each]
        else:
            wanted = each.run(frame)
        if wanted != size:
            fail("E0427", f"{what} is {self.span.text} with {_name(each)} = {wanted}; {actual} flows in", span)


def _name(each: "Code | str | None") -> str:
    return each if isinstance(each, str) else each.span.text if each is not None else "_"


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
    dimensions: list[Code | str | None] = []
    code = Nothing()
    rest = any(spread for _, spread in items)
    for value, spread in items:
        if spread:
            continue
        if isinstance(value, tree.Name) and (
            value.name in place.locals.bound or value.name not in place.module.declared
        ):
            known = value.name in place.locals.bound
            dimensions.append(compile_node(value, place) if known and net else value.name)
            if value.name != "_" and not known:
                place.locals.bind(value.name, value.span)
        else:
            made = compile_node(value, place.plain())
            code.absorb(made)
            dimensions.append(made)
    return TypePattern(dtype, dimensions, node.span, rest, code)


def _dtype(node: tree.Name, place: Place) -> Dtype | None:
    known = {each.value: each for each in Dtype}
    if node.name not in known:
        close = nearest(node.name, known)
        hint = f"did you mean `{close}`?" if close else f"one of {', '.join(known)}"
        place.report("E0214", f"`{node.name}` is not a dtype", node.span, hint)
        return None
    return known[node.name]
