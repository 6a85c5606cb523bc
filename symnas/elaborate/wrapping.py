"""What says something of a layer's weights: how they start (`normal(0.02)`), that they do not train (`frozen(layer)`),
in how many bits they are kept (`quantised(layer, weights = 8, inputs = 8)`).

How the operations in a wrapped layer are marked is `marking`'s business, what PyTorch makes of it the compiler's.
"""

from fractions import Fraction

from symnas import tree
from symnas.elaborate.applying import is_layer, marked_apart
from symnas.elaborate.arithmetic import whole
from symnas.elaborate.code import Code, Frame, Nothing, Place, fail
from symnas.elaborate.layers import FUNCTIONS, PLACEHOLDERS, WRAPPERS, OperatorCall
from symnas.elaborate.marking import Marks
from symnas.elaborate.placeholders import named_arguments
from symnas.elaborate.values import Value, Wrapped, describe
from symnas.graph import Bits
from symnas.operators.starts import STARTS, Start
from symnas.spans import Span

__all__ = ["StartCode", "WrapCode"]

_UNROUNDED = 32

# ------------------------------------------------------------------------------------- how weights start


class StartCode(Code):
    """`normal(0.02)`, `fill(1)`, `uniform(0.1)`: a way for weights to start that takes a number."""

    def __init__(self, way: str, setting: str, number: Code, span: Span) -> None:
        self.way, self.setting, self.number, self.span = way, setting, number, span
        self.absorb(number)
        self.needs = number.needs

    def run(self, frame: Frame) -> Value:
        value = self.number.run(frame)
        if isinstance(value, bool) or not isinstance(value, (int, Fraction, float)):
            fail("E0305", f"`{self.setting}` of `{self.way}` takes a number, not {describe(value)}", self.number.span)
        if value < 0 and self.way != "fill":
            message = f"`{self.setting}` of `{self.way}` must be at least 0, not {describe(value)}"
            fail("E0305", message, self.number.span, "weights spread around 0 by that much")
        return Start(self.way, value)


def _start(node: tree.Call, place: Place) -> Code:
    assert isinstance(node.function, tree.Name)
    way = node.function.name
    setting = STARTS[way]
    if setting is None:
        place.report("E0304", f"`{way}` takes nothing", node.span, f"write `{way}`")
        return Nothing()
    arguments = named_arguments(node, (setting,), 1, place.plain(), (setting,))
    if setting not in arguments:
        if not node.arguments:  # others were reported
            place.report("E0303", f"`{way}` needs its setting `{setting}`", node.span, f"write `{way}(0.02)`")
        return Nothing()
    return StartCode(way, setting, arguments[setting], node.span)


for _way, _setting in STARTS.items():
    if _way not in ("zeros", "ones"):  # called, those are tensors
        PLACEHOLDERS[_way] = _start
        FUNCTIONS[_way] = (lambda *_: None, (_setting,) if _setting is not None else ())


# --------------------------------------------------------------------------------------- frozen, quantised


class WrapCode(Code):
    """`frozen(layer)`, or `quantised(layer, weights = 8, inputs = 8)`, which has *bits*: the layer, marked."""

    def __init__(self, word: str, layer: Code, bits: dict[str, Code] | None, span: Span) -> None:
        self.word, self.layer, self.bits, self.span = word, layer, bits, span
        settings = [*(bits or {}).values()]
        self.absorb(layer, *settings)
        self.needs = layer.needs.union(*(each.needs for each in settings))
        self.applied, self.fresh = layer.applied, layer.fresh

    def run(self, frame: Frame) -> Value:
        if self.bits is None and isinstance(self.layer, OperatorCall) and not self.layer.operator.inputs:
            return marked_apart(self.layer.run, frame, Marks(frozen=True), self.span)  # `param`, a weight by itself
        layer = self.layer.run(frame)
        if not is_layer(layer):
            hint = f"wrap the layer that it comes from: `x -> {self.word}(Linear(8))`"
            fail("E0409", f"`{self.word}` takes a layer; this is {describe(layer)}", self.layer.span, hint)
        if self.bits is None:
            return Wrapped(layer, Marks(frozen=True))
        return Wrapped(layer, Marks(bits=Bits(self._count("weights", frame), self._count("inputs", frame))))

    def _count(self, name: str, frame: Frame) -> int:
        code = (self.bits or {}).get(name)
        if code is None:
            return 8
        value = code.run(frame)
        bits = whole(value)
        if bits is None or not 1 <= bits <= _UNROUNDED:
            message = f"`{name}` of `{self.word}` is a whole number of bits from 1 to 32, not {describe(value)}"
            fail("E0305", message, code.span, "32 bits are not rounded")
        return bits


def _wrap(node: tree.Call, place: Place) -> Code:
    assert isinstance(node.function, tree.Name)
    word = node.function.name
    _, names = FUNCTIONS[word]
    bits = names[1:]
    arguments = named_arguments(node, names, len(names), place.plain(), bits)
    layer = arguments.pop("layer", None)
    if layer is None:
        if all(argument.name in names for argument in node.arguments):  # others were reported
            place.report("E0303", f"`{word}` needs a layer", node.span, f"write `{word}(Conv2d(64, 3))`")
        return Nothing()
    return WrapCode(word, layer, arguments if bits else None, node.span)


for _word, _names in (("frozen", ("layer",)), ("quantised", ("layer", "weights", "inputs"))):
    PLACEHOLDERS[_word] = _wrap
    FUNCTIONS[_word] = (lambda *_: None, _names)
    WRAPPERS.add(_word)
