"""`repeat(n) { layer }`: turns in a row, each a region where it may decide, the same turn again where it may not."""

from contextlib import suppress
from typing import Any

from attrs import frozen

from symnas import tree
from symnas.domains import show_count
from symnas.elaborate.applying import apply, flow, in_region
from symnas.elaborate.arithmetic import whole
from symnas.elaborate.builder import ScopeBuilder
from symnas.elaborate.code import Code, Frame, Naming, Place, compile_node, compiles, fail, weight_name
from symnas.elaborate.control import compile_body
from symnas.elaborate.regions import Run
from symnas.elaborate.templates import Nested, Template
from symnas.elaborate.values import Listing, Repeated, Tensor, Unportable, Value, describe, land, port
from symnas.spans import Span
from symnas.types import TensorType

__all__ = ["RepeatCode"]


@frozen(eq=False)
class _Turn:
    """A turn that decided nothing, ready to be taken again on inputs of the same types."""

    types: list[TensorType]
    template: Template
    value: Any
    outputs: tuple[TensorType, ...]
    captured: list[Tensor]
    span: Span

    def again(self, name: str, tensors: list[Tensor], frame: Frame) -> Value:
        """The turn once more, its weights below *name*. It costs no elaboration; how large the network becomes is seen
        when it is whole. A turn that does nothing leaves nothing behind.
        """
        given = [*tensors, *self.captured]
        if not self.template.steps:
            return land(self.value, [given[index] for index in self.template.results])

        def make(operands: tuple[int, ...]) -> Nested:
            return Nested(self.template, operands, self.outputs, name, None, self.span)

        return land(self.value, frame.builder.add(make, given, self.outputs))


class RepeatCode(Code):
    """`repeat(n) { layer }`: n in a row, decided anew each time."""

    fresh = True

    def __init__(self, count: Code, body: Code, path: str, name: str, place: Place, span: Span) -> None:
        self.count, self.body, self.path, self.name, self.span = count, body, path, name, span
        self.module = place.module
        self.absorb(count, body)
        self.needs = count.needs

    def run(self, frame: Frame) -> Value:
        value = self.count.run(frame)
        count = whole(value)
        if count is None or count < 0:
            fail("E0422", f"`repeat` takes a whole number from 0, not {describe(value)}", self.count.span)
        limits = frame.run.limits
        if count > limits.items:
            message = f"{show_count(count)} turns of `repeat`; the limit is {limits.items:,}"
            fail("E0501", message, self.count.span, limits.hint("items"))
        return Repeated(self, frame.capture(self.free), count, self.span)

    def turns(self, layer: Repeated, turn: int, last: int, tensors: list[Tensor], frame: Frame, fresh: bool) -> Value:
        """Apply the turns from *turn* up to, not including, *last*: as a region where that is possible.

        A turn of a layer that is decided already, on inputs of the same types as the turn before, is that turn again.
        """
        value: Value = tensors[0] if len(tensors) == 1 else Listing(tensors, is_tuple=True)
        before: _Turn | None = None
        while turn < last:
            name = self._named(frame, turn)
            if before is not None and frame.rules is None and before.types == [tensor.type for tensor in tensors]:
                value = before.again(name, tensors, frame)
            else:
                if fresh and (self.body.free or self.body.decides or frame.rules is not None):
                    self.module.decide(self.body.needs | self.body.applied, frame.run)
                    with suppress(Unportable):
                        return self._in_region(layer, turn, last, tensors, frame)
                if turn + 1 == last or frame.rules is not None:  # rules may tell turns apart
                    value = self.turn(layer.frame, turn, tensors, frame, name, fresh)
                else:
                    value, before = self._turn_apart(layer, turn, tensors, frame, name, fresh)
            flowing = flow(value)
            if flowing is None:
                fail("E0408", f"{describe(value)} cannot flow into a layer", self.body.span)
            tensors = flowing
            turn += 1
        return value

    def _named(self, frame: Frame, turn: int) -> str:
        name = f"{self.name}.{turn}"
        return f"{frame.name}.{name}" if frame.name else name

    def turn(
        self, names: Frame, turn: int, tensors: list[Tensor], frame: Frame, name: str, fresh: bool
    ) -> Value:  # fmt: skip
        """One turn: the body's layer is evaluated anew and applied, its weights below *name*."""
        path = f"{names.path}{self.path}[{turn}]"
        again = names.again or frame.again or not fresh
        inner = Frame(dict(names.names), path, name, frame.builder, frame.run, again, frame.rules)
        layer = self.body.run(inner)
        return apply(layer, tensors, inner, None, self.body.fresh and fresh, self.body.span)

    def _turn_apart(
        self, layer: Repeated, turn: int, tensors: list[Tensor], frame: Frame, name: str, fresh: bool
    ) -> "tuple[Value, _Turn | None]":
        """One turn in a scope of its own, which is spliced into the one around it, to be used again where it decided
        nothing.
        """
        run, builder = frame.run, ScopeBuilder(None, frame.builder)
        events = len(run.events)
        inputs = [builder.input(tensor.type, f"x{place}") for place, tensor in enumerate(tensors)]
        inner = Frame(frame.names, frame.path, "", builder, run, frame.again, frame.rules)
        value = self.turn(layer.frame, turn, inputs, inner, "", fresh)
        results: list[Tensor] = []
        ported = port(value, results)
        types = [tensor.type for tensor in tensors]
        template, outputs = builder.finish(results), tuple(tensor.type for tensor in results)
        made = _Turn(types, template, ported, outputs, list(builder.captured()), self.span)
        return made.again(name, tensors, frame), made if len(run.events) == events and self._is_alike(
            layer, turn, run
        ) else None

    def _is_alike(self, layer: Repeated, turn: int, run: Run) -> bool:
        """Whether other turns are decided like this one, which has asked nothing new: a cell used a second time knows
        what each of its turns is, and they may differ.
        """
        own = f"{layer.frame.path}{self.path}[{turn}]"
        return not any(path.startswith(own) for path in run.world)

    def _in_region(self, layer: Repeated, turn: int, last: int, tensors: list[Tensor], frame: Frame) -> Value:
        """The turns from *turn* to *last* as a region: the first and the rest where they are few, else two halves, so
        that a thousand turns nest few deep.
        """
        again = layer.frame.again or frame.again
        carrier = Frame(layer.frame.names, layer.frame.path, frame.name, frame.builder, frame.run, again, frame.rules)
        half = (turn + last) // 2

        def work(inner: Frame, extra: list[Value]) -> Value:
            given = [each for each in extra if isinstance(each, Tensor)]
            if half == turn:
                return self.turn(inner, turn, given, inner, self._named(inner, turn), fresh=True)
            parts = Repeated(self, inner, layer.count, self.span)
            value = self.turns(parts, turn, half, given, inner, fresh=True)
            flowing = flow(value)
            if flowing is None:
                fail("E0408", f"{describe(value)} cannot flow into a layer", self.body.span)
            return self.turns(parts, half, last, flowing, inner, fresh=True)

        extra: list[Value] = [*tensors]
        return in_region(
            self.module, ("repeat", self, turn, last), carrier, sorted(self.body.free), extra,
            self.module.lets_of(self.body), "a turn of `repeat`", self.span, work,
        )  # fmt: skip


@compiles(tree.Repeat)
def _repeat(node: tree.Repeat, place: Place) -> Code:
    place = place.plain()
    segment = place.naming.application("repeat")
    count = compile_node(node.count, place.named(segment))
    body = compile_body(node.body, place.inside(Naming()))
    return RepeatCode(count, body, f"{place.naming.prefix}.{segment}", weight_name(segment), place, node.span)
