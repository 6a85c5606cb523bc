"""How a `forward`, or a function beside its class, reaches what is not a value: submodules, sizes, the device, shared
layers handed in.

Names are given here to what stays for the whole function; values are `statements`' business.
"""

from collections.abc import Callable, Iterable

from symnas.compilers.torch.calls import Borrowed, Call, Device, Forward, Line, Symbol
from symnas.compilers.torch.layout import Place, step_into
from symnas.compilers.torch.names import Names, identifier, snake_case
from symnas.sizes import symbol

__all__ = ["Handed", "Reach"]


class Reach:
    """What one `forward` reaches, by which names. *hoists* takes the statements that give a submodule a variable."""

    def __init__(self, forward: Forward, inputs: list[str], fixed: Names, hoists: list[Line]) -> None:
        self.forward, self.inputs, self.fixed, self.hoists = forward, inputs, fixed, hoists
        self.functions: list[tuple[Line, ...]] = []
        needed = forward.needs
        self.sources = {need: self._source(need) for need in needed}
        borrowed: list[Borrowed] = [*forward.shared, *needed]
        self.borrowed = {each: fixed.take(identifier(each.name)) for each in borrowed}
        self.parents = {child: place for place in forward.layout.walk() for child in place.children.values()}
        self.reads = self._count_reads()
        self.hoisted: dict[Place, str] = {}
        self.wanted = {
            place: fixed.take(identifier(snake_case(self._word(place))))
            for place in forward.layout.walk()
            if self._worth_hoisting(place)
        }

    def _count_reads(self) -> dict[Place, int]:
        """How often the forward pass goes through each place on its way to a submodule."""
        reads: dict[Place, int] = {}
        for call in self.forward.calls:
            for place in call.places:
                for each in self._way(place):
                    reads[each] = reads.get(each, 0) + 1
        return reads

    def _way(self, place: Place) -> list[Place]:
        """*place* and the places around it, outermost first, without the class itself."""
        way = [place]
        while (parent := self.parents[way[-1]]) is not self.forward.layout:
            way.append(parent)
        return way[::-1]

    def _worth_hoisting(self, place: Place) -> bool:
        if self.reads.get(place, 0) < 2 or place.is_twofold:
            return False
        _, cheap = step_into(self.parents[place], place, "", parameter=place.made is not None)
        return place.is_list or not (cheap or self.parents[place].is_list)

    def _word(self, place: Place) -> str:
        return next((each.name for each in reversed(self._way(place)) if not each.name.isdigit()), "part")

    def reach(self, target: Place | Borrowed) -> str:
        """The expression for *target*; hoisted places on the way become variables when they are first reached."""
        if not isinstance(target, Place):
            return self.borrowed[target]
        way = self._way(target)
        parent, expression = self.forward.layout, "self"
        for place in way:
            if place not in self.hoisted:
                text, _ = step_into(parent, place, expression, parameter=place is target)
                expression = self._hoist(place, text)
            else:
                expression = self.hoisted[place]
            parent = place
        return expression

    def _hoist(self, place: Place, text: str) -> str:
        if place not in self.wanted:
            return text
        name = self.hoisted[place] = self.wanted[place]
        self.hoists.append(Line(f"{name} = list({text})" if place.is_list else f"{name} = {text}"))
        return name

    def _source(self, need: Symbol | Device) -> str | None:
        """Where an input shows a size or the device: `tokens.shape[1]`."""
        if isinstance(need, Device):
            return f"{self.inputs[0]}.device" if self.inputs else None
        wanted = symbol(need.name)
        for name, tensor in zip(self.inputs, self.forward.scope.inputs, strict=True):
            for dimension, size in enumerate(tensor.shape):
                if size == wanted:
                    return f"{name}.shape[{dimension}]"
        return None


class Handed:
    """What a function beside the class reaches: all of it is handed in. *borrowed* are the names of its parameters."""

    def __init__(
        self, calls: Iterable[Call], fixed: Names, functions: list[tuple[Line, ...]],
        around: Callable[[Place | Borrowed], str],
    ) -> None:  # fmt: skip
        self.fixed, self.functions = fixed, functions
        targets = dict.fromkeys(each for call in calls for each in call.reached)
        self.borrowed: dict[Place | Borrowed, str] = {each: fixed.take(_parameter(each)) for each in targets}
        self.given = [around(each) for each in targets]

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Their names and Python types."""
        return [(name, _annotation(each)) for each, name in self.borrowed.items()]

    def reach(self, target: Place | Borrowed) -> str:
        """The expression for *target*."""
        return self.borrowed[target]


def _parameter(target: Place | Borrowed) -> str:
    if isinstance(target, Place) and target.name.isdigit():
        return "layer"
    return identifier(snake_case(target.name))


def _annotation(target: Place | Borrowed) -> str:
    if isinstance(target, Place):
        return "torch.Tensor" if target.is_parameter else "nn.Module"
    return target.annotation
