"""`repeat(n) { layer }`: turns in a row, each a region where it may decide, the same turn again where it may not.

A turn of a layer that is decided already is no region, for its decisions would count for each turn. It is kept all the
same, by its layer, its inputs' types and the answers to what it asks, so that other ways through the program take it.
"""

from contextlib import suppress
from typing import Any

from attrs import field, frozen

from symnas import tree
from symnas.domains import Choice, Domain, show_count
from symnas.elaborate.applying import apply, flow, in_region, is_deciding
from symnas.elaborate.arithmetic import whole
from symnas.elaborate.builder import ScopeBuilder
from symnas.elaborate.code import Code, Frame, Naming, Place, compile_node, compiles, fail, weight_name
from symnas.elaborate.control import compile_body
from symnas.elaborate.regions import Run
from symnas.elaborate.templates import Nested, Template
from symnas.elaborate.values import (
    BlockLayer,
    BlockRecipe,
    Chain,
    Listing,
    Repeated,
    Tensor,
    Thunk,
    Unportable,
    Value,
    describe,
    force,
    land,
    port,
)  # fmt: skip
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
    rows: "dict[tuple[int, int], _Turn]" = field(factory=dict)
    """This turn many times in a row, by the numbers of the first and the last."""

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

    @property
    def repeats(self) -> bool:
        """Whether it gives what it takes, so that all turns after it are like it."""
        return bool(self.template.steps) and not self.captured and list(self.outputs) == self.types

    def row(self, turn: int, last: int, name: str, frame: Frame) -> "_Turn":
        """All turns from *turn* up to, not including, *last*, called *name*, as one: made once, taken by every way."""
        found = self.rows.get((turn, last))
        if found is None:
            builder = ScopeBuilder(None)
            inner = Frame({}, "", "", builder, frame.run)
            tensors = [builder.input(type, f"x{place}") for place, type in enumerate(self.types)]
            for number in range(turn, last):
                value = self.again(f"{name}.{number}", tensors, inner)
                tensors = flow(value) or []
            template = builder.finish(tensors)
            found = self.rows[turn, last] = _Turn(self.types, template, self.value, self.outputs, [], self.span)
        return found


@frozen(eq=False)
class _Asked:
    """A decision that a turn asks; what comes of it, by choice, is the next one that it asks or the turn."""

    path: str
    domain: Domain
    persistent: bool
    next: "dict[Choice, _Asked | _Turn]" = field(factory=dict)


def _decided(value: Value | Thunk) -> Any:
    """*value* as a key: as `port` has it, and blocks that decide by the place of their decisions.

    Raises:
        Unportable: what it gives depends on more, or on where it is applied.
    """
    if isinstance(value, Thunk):
        if value.frame is not None:
            raise Unportable
        value = value.value
    if isinstance(value, Chain):
        return "chain", _decided(value.first), _decided(value.second), value.fresh
    if isinstance(value, BlockLayer) and value.block.decides:
        block = value.block
        if block.lets or block.is_cell:
            raise Unportable
        return block, value.path, value.segment, tuple((name, _decided(each)) for name, each in value.arguments.items())
    if isinstance(value, BlockRecipe) and value.block.decides:
        raise Unportable
    tensors: list[Tensor] = []
    made = port(value, tensors)
    if tensors:
        raise Unportable
    return made


_MOST_KEPT = 10_000


class _Kept:
    """Turns of one layer on inputs of the same types, by the answers to what they ask."""

    __slots__ = ("root",)

    def __init__(self) -> None:
        self.root: _Asked | _Turn | None = None

    def find(self, run: Run) -> _Turn | None:
        """The turn that the answers in *run* lead to, if it is kept; what it asks is asked."""
        node = self.root
        while isinstance(node, _Asked):
            node = node.next.get(run.ask(node.path, node.domain, node.persistent))
        return node

    def keep(self, asked: list[tuple[str, Domain, Choice, bool]], turn: _Turn) -> None:
        """Keep *turn*, which has asked that, in order."""
        parent: _Asked | None = None
        before: Choice = 0
        for path, domain, choice, persistent in asked:
            node = self.root if parent is None else parent.next.get(before)
            if not isinstance(node, _Asked):
                node = _Asked(path, domain, persistent)
                self._attach(parent, before, node)
            parent, before = node, choice
        self._attach(parent, before, turn)

    def _attach(self, parent: _Asked | None, choice: Choice, node: _Asked | _Turn) -> None:
        if parent is None:
            self.root = node
        else:
            parent.next[choice] = node


class RepeatCode(Code):
    """`repeat(n) { layer }`: n in a row, decided anew each time."""

    fresh = True

    def __init__(self, count: Code, body: Code, path: str, name: str, place: Place, span: Span) -> None:
        self.count, self.body, self.path, self.name, self.span = count, body, path, name, span
        self.module = place.module
        self.absorb(count, body)
        self.needs = count.needs
        self._kept: dict[Any, _Kept] = {}

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
        decided = self._decided(layer, frame) if turn < last else None
        while turn < last:
            name = self._named(frame, turn)
            if before is not None and frame.rules is None and before.types == [tensor.type for tensor in tensors]:
                if before.repeats and turn + 1 < last:
                    return before.row(turn, last, self.name, frame).again(frame.name, tensors, frame)
                value = before.again(name, tensors, frame)
            elif (kept := self._kept_turns(decided, layer, tensors, frame, fresh)) is not None:
                value, before = self._turn_kept(kept, layer, turn, tensors, frame, name, fresh)
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
        run = frame.run
        events = len(run.events)
        made = self._turn_alone(layer, turn, tensors, frame, fresh)
        alike = len(run.events) == events and self._is_alike(layer, turn, run)
        return made.again(name, tensors, frame), made if alike else None

    def _turn_alone(
        self, layer: Repeated, turn: int, tensors: list[Tensor], frame: Frame, fresh: bool
    ) -> _Turn:  # fmt: skip
        """One turn in a scope of its own."""
        run, builder = frame.run, ScopeBuilder(None, frame.builder)
        inputs = [builder.input(tensor.type, f"x{place}") for place, tensor in enumerate(tensors)]
        inner = Frame(frame.names, frame.path, "", builder, run, frame.again, frame.rules)
        value = self.turn(layer.frame, turn, inputs, inner, "", fresh)
        results: list[Tensor] = []
        ported = port(value, results)
        types = [tensor.type for tensor in tensors]
        template, outputs = builder.finish(results), tuple(tensor.type for tensor in results)
        return _Turn(types, template, ported, outputs, list(builder.captured()), self.span)

    def _decided(self, layer: Repeated, frame: Frame) -> Any:
        """What the body is now, as a key; `None` where it is a layer that decides nothing more, or a turn may depend on
        more.
        """
        run = frame.run
        if run.forgiving or frame.rules is not None or self.body.decides or self.module.lets_of(self.body):
            return None
        names = layer.frame.names
        for name in sorted(self.body.needs & names.keys()):
            force(names[name])  # the turn certainly needs it
        read = {name: names[name] for name in sorted(self.body.free) if name in names}
        if not any(map(is_deciding, read.values())):
            return None
        try:
            return tuple((name, _decided(value)) for name, value in read.items())
        except Unportable:
            return None

    def _kept_turns(
        self, decided: Any, layer: Repeated, tensors: list[Tensor], frame: Frame, fresh: bool
    ) -> _Kept | None:  # fmt: skip
        """The turns kept of what the body is now, *decided*, on inputs of these types."""
        if decided is None:
            return None
        again = layer.frame.again or frame.again or not fresh
        key = (decided, tuple(tensor.type for tensor in tensors), again, fresh)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = _Kept()
        return found

    def _turn_kept(
        self, kept: _Kept, layer: Repeated, turn: int, tensors: list[Tensor], frame: Frame, name: str,
        fresh: bool,
    ) -> "tuple[Value, _Turn | None]":  # fmt: skip
        """One turn, taken from *kept* or kept there; regions invoked in it are of this run alone, and end that."""
        run = frame.run
        found = kept.find(run)
        if found is not None:
            return found.again(name, tensors, frame), found
        holes, outer = run.holes, run.heard
        own: list[tuple[str, Domain, Choice, bool]] = []
        run.heard = own
        try:
            made = self._turn_alone(layer, turn, tensors, frame, fresh)
        finally:
            run.heard = outer
            if outer is not None:
                outer.extend(own)
        if run.holes != holes:
            return made.again(name, tensors, frame), None
        kept.keep(own, made)
        return made.again(name, tensors, frame), made

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
