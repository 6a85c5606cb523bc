"""What stands left of `=` and after `for`: names, tuples of names, and `_`."""

from symnas import tree
from symnas.elaborate.code import Place, fail
from symnas.elaborate.values import Listing, Thunk, Value, describe, force
from symnas.errors import Note
from symnas.spans import Span

__all__ = ["PatternCode", "compile_pattern"]


class PatternCode:
    """A pattern ready to bind. *names* are all it binds, *first* the one that paths use."""

    def __init__(self, name: str | None, parts: list["PatternCode"], span: Span) -> None:
        self.name, self.parts, self.span = name, parts, span
        self.names: frozenset[str] = (
            frozenset((name,)) if name is not None else frozenset().union(*(part.names for part in parts))
        )
        self.first: str = name if name is not None else (parts[0].first if parts else "_")

    def bind(self, value: Value | Thunk, names: dict[str, Value | Thunk]) -> None:
        """Put *value*, or its parts, into *names*."""
        if self.name is not None:
            names[self.name] = value
            return
        known = force(value)
        if not isinstance(known, Listing):
            fail("E0421", f"{describe(known)} cannot be taken apart into {len(self.parts)}", self.span)
        if len(known) != len(self.parts):
            fail("E0421", f"{len(known)} values for {len(self.parts)} names", self.span)
        for part, item in zip(self.parts, known.raw(), strict=True):
            part.bind(item, names)


def compile_pattern(pattern: tree.Pattern, place: Place, tensor: bool = False) -> PatternCode:
    """The code of *pattern*; its names are bound in the place's locals from here on, as tensors with *tensor*."""
    if isinstance(pattern, tree.TuplePattern):
        return PatternCode(None, [compile_pattern(part, place) for part in pattern.items], pattern.span)
    if pattern.name != "_" and pattern.name not in place.locals.bound:
        declared = place.module.declared.get(pattern.name)
        if declared is not None:
            line = place.module.written(pattern.name).line
            place.report(
                "E0202", f"`{pattern.name}` is the top-level `{declared.keyword}` of line {line}", pattern.span,
                "rename one of them", (Note("it is declared here", place.module.written(pattern.name)),),
            )  # fmt: skip
    if pattern.name != "_":
        place.locals.bind(pattern.name, pattern.span, tensor)
    return PatternCode(pattern.name, [], pattern.span)
