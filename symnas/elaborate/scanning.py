"""`scan(Cell, x, h0, over = 1)`: a layer applied at each step along a dimension, with a state that goes from step to step.

A scan is one application: the layer is decided once and its weights are made once, whatever the length, which may be a
symbolic size. The layer stands, with its paths and names, as if it were applied once where the `scan` is.
"""

from symnas import tree
from symnas.elaborate.applying import Site, apply, deep, flow, is_layer
from symnas.elaborate.arithmetic import whole
from symnas.elaborate.atoms import OperatorName, RecipeName
from symnas.elaborate.builder import ScopeBuilder
from symnas.elaborate.code import Code, Frame, Nothing, Place, fail, weight_name
from symnas.elaborate.layers import FUNCTIONS, PLACEHOLDERS
from symnas.elaborate.placeholders import named_arguments
from symnas.elaborate.templates import Turns
from symnas.elaborate.values import Listing, Tensor, Value, describe, land, port
from symnas.errors import Note
from symnas.sizes import Size
from symnas.spans import Span
from symnas.types import TensorType

__all__ = ["ScanCode"]

_NAMES = ("cell", "x", "state", "over")


class ScanCode(Code):
    """`scan(cell, x, state, over = 1)`."""

    def __init__(self, arguments: dict[str, Code], site: Site | None, segment: str, span: Span) -> None:
        self.cell, self.sequence, self.state = (arguments[name] for name in _NAMES[:3])
        self.over = arguments.get("over")
        self.site, self.name, self.span = site, weight_name(segment), span
        self.absorb(*arguments.values())
        self.needs = frozenset().union(self.cell.applied, *(each.needs for each in arguments.values()))

    def run(self, frame: Frame) -> Value:
        sequences = self._tensors(self.sequence, frame, "what `scan` steps through")
        starts = self._tensors(self.state, frame, "the state that `scan` starts from")
        layer = self.cell.run(frame)
        if not is_layer(layer):
            fail("E0409", f"`scan` applies a layer at each step; {describe(layer)} is no layer", self.cell.span)
        over = self._over(sequences, frame)
        length = self._length(sequences, over)
        body = ScopeBuilder(None, frame.builder)
        items = [body.input(_without(each.type, over), "step") for each in sequences]
        states = [body.input(each.type, "state") for each in starts]
        inner = Frame(frame.names, frame.path, frame.name, body, frame.run, frame.again, frame.rules)
        value = deep(apply(layer, [*items, *states], inner, self.site, self.cell.fresh, self.cell.span))
        output, last = self._taken_apart(value, states)
        return self._close(frame, body, output, last, (sequences, starts), over, length)

    def _tensors(self, code: Code, frame: Frame, what: str) -> list[Tensor]:
        value = code.run(frame)
        tensors = flow(value)
        if tensors is None:
            fail("E0443", f"{what} is a tensor or a tuple of tensors, not {describe(value)}", code.span)
        return tensors

    def _over(self, sequences: list[Tensor], frame: Frame) -> int:
        """The dimension along which the sequences are taken apart."""
        value = self.over.run(frame) if self.over is not None else 1
        span = self.over.span if self.over is not None else self.span
        rank = min(each.type.rank for each in sequences)
        over = whole(value)
        if over is None or not -rank <= over < rank:
            message = f"`over` is a dimension of {sequences[0].type}, 0 to {rank - 1}, not {describe(value)}"
            fail("E0444", message, span)
        return over % rank

    def _length(self, sequences: list[Tensor], over: int) -> Size:
        lengths = [each.type.shape[over] for each in sequences]
        for each, length in zip(sequences, lengths, strict=True):
            if length != lengths[0]:
                message = f"sequences of one `scan` are equally long; {sequences[0].type} and {each.type} are not"
                fail("E0444", message, self.sequence.span)
        return lengths[0]

    def _taken_apart(self, value: Value, states: list[Tensor]) -> tuple[Value, Value]:
        """What a step gives and the next state: the items of a pair whose second is a state, else both the same."""
        if isinstance(value, Listing) and len(value) == 2 and _matches(value[1], states):
            return value[0], value[1]
        if _matches(value, states):
            return value, value
        second = value[1] if isinstance(value, Listing) and len(value) == 2 else value
        before = ", ".join(str(each.type) for each in states)
        after = ", ".join(str(each.type) for each in flow(second) or ()) or describe(second)
        message = f"the state changes its type from step to step: {before} goes in, {after} comes out"
        hint = "a step gives the next state, or a tuple of an output and the next state"
        fail("E0445", message, self.cell.span, hint, (Note("the first state is this", self.state.span),))

    def _close(
        self, frame: Frame, body: ScopeBuilder, output: Value, last: Value, given: tuple[list[Tensor], list[Tensor]],
        over: int, length: Size,
    ) -> Value:  # fmt: skip
        """Finish the body as a step of the frame's scope: the outputs stacked, then the last state."""
        made: list[Tensor] = []
        ported = port(output, made)
        ends: list[Tensor] = []
        ported_last = port(last, ends)
        stacked = tuple(self._stacked(each.type, over, length) for each in made)
        template = body.finish([*made, *ends])
        outputs = (*stacked, *(each.type for each in ends))
        sequences, starts = given
        name = f"{frame.name}.{self.name}" if frame.name else self.name

        def make(operands: tuple[int, ...]) -> Turns:
            return Turns(template, operands, len(sequences), len(starts), over, length, outputs, name, self.span)

        tensors = frame.builder.add(make, [*sequences, *starts, *body.captured()], outputs)
        parts: list[Value] = [land(ported, tensors), land(ported_last, tensors[len(made) :])]
        return Listing(parts, is_tuple=True)

    def _stacked(self, type: TensorType, over: int, length: Size) -> TensorType:
        if over > type.rank:
            fail("E0444", f"a step gives {type}, which cannot be stacked along dimension {over}", self.span)
        return type.with_shape(*type.shape[:over], length, *type.shape[over:])


def _without(type: TensorType, over: int) -> TensorType:
    return type.with_shape(*type.shape[:over], *type.shape[over + 1 :])


def _matches(value: Value, states: list[Tensor]) -> bool:
    """Whether *value* can be the next state."""
    tensors = flow(value)
    return tensors is not None and [each.type for each in tensors] == [each.type for each in states]


def _scan(node: tree.Call, place: Place) -> Code:
    place = place.plain()
    arguments = named_arguments(node, _NAMES, 3, place)
    missing = [name for name in _NAMES[:3] if name not in arguments]
    if missing:
        place.report("E0511", f"`scan` needs `{missing[0]}`", node.span, "write `scan(cell, x, state, over = 1)`")
        return Nothing()
    cell = next((each.value for each in node.arguments if each.name in (None, "cell")), None)
    site = None
    if isinstance(cell, tree.Name) and not isinstance(arguments["cell"], RecipeName | OperatorName):
        site = Site(place.naming.prefix, place.naming.application(cell.name))
    return ScanCode(arguments, site, place.naming.application("scan"), node.span)


PLACEHOLDERS["scan"] = _scan
FUNCTIONS["scan"] = (lambda *_: None, _NAMES)
