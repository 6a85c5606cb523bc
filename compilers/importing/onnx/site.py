"""One node of a model while it is read: its operands, its attributes, and the network that it is drawn into."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from symnas.compilers.importing.drawing import Drawing
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.values import Array, Flow, Known, Value, exact, sizes_of
from symnas.sizes import Size
from symnas.types import TensorType

__all__ = ["Site"]


@frozen(eq=False)
class Site:
    """A node of the operator *operator*. *inputs* are its operands, `None` where one is left out; *outputs* is how many
    of its outputs are used; *opset* is the version of ONNX's operators; *path* names its weights.

    *absorbed* takes the node that alone reads this one's output, if it adds what is known, and gives that.
    """

    operator: str
    inputs: tuple[Value | None, ...]
    attributes: Mapping[str, Any]
    outputs: int
    opset: int
    path: str
    drawing: Drawing
    absorbed: Callable[[int], Known | None]

    def has(self, place: int) -> bool:
        """Whether there is an operand at *place*."""
        return place < len(self.inputs) and self.inputs[place] is not None

    def input(self, place: int) -> Value:
        """The operand at *place*.

        Raises:
            Refused: there is none.
        """
        value = self.inputs[place] if place < len(self.inputs) else None
        if value is None:
            raise Refused(f"it lacks its operand {place}")
        return value

    def flow(self, place: int) -> Flow:
        """The operand at *place* as a tensor of the network."""
        return self.drawing.tensor(self.input(place))

    def type(self, place: int = 0) -> TensorType:
        """The type of the operand at *place*."""
        value = self.input(place)
        return value.type if isinstance(value, Flow) else TensorType(tuple(value.array.shape), value.dtype)

    def known(self, place: int, what: str) -> Known:
        """The operand at *place*, which is *what*.

        Raises:
            Refused: it depends on the inputs of the network.
        """
        value = self.input(place)
        if isinstance(value, Flow):
            raise Refused(f"its {what} depends on what flows in")
        return value

    def sizes(self, place: int, what: str) -> tuple[Size, ...]:
        """The operand at *place* as sizes; *what* it is."""
        return sizes_of(self.known(place, what))

    def numbers(self, place: int, what: str) -> tuple[int, ...]:
        """The operand at *place* as whole numbers; *what* it is.

        Raises:
            Refused: it depends on sizes that are open.
        """
        found = self.sizes(place, what)
        whole = tuple(each for each in found if isinstance(each, int))
        if len(whole) != len(found):
            raise Refused(f"its {what} depends on a size that is open")
        return whole

    def scalar(self, place: int, what: str) -> Any:
        """The operand at *place* as an exact number; *what* it is."""
        array = self.known(place, what).array
        if array.size != 1:
            raise Refused(f"its {what} is no single number")
        return exact(array.reshape(-1)[0])

    def real(self, name: str, default: float) -> Any:
        """The attribute *name* as an exact number; attributes are kept with 32 bits."""
        return exact(np.float32(self.attributes.get(name, default)))

    def whole(self, name: str, default: int) -> int:
        """The attribute *name* as a whole number."""
        return int(self.attributes.get(name, default))

    def word(self, name: str, default: str) -> str:
        """The attribute *name* as text."""
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else str(value)

    def axes(self, rank: int, place: int = 1) -> tuple[int, ...] | None:
        """The dimensions that the node is about, counted from 0: an attribute once, the operand at *place* later."""
        if "axes" in self.attributes:
            found = tuple(map(int, self.attributes["axes"]))
        elif self.has(place):
            found = self.numbers(place, "axes")
        else:
            return None
        return tuple(each % rank for each in found)

    def weight(self, place: int, what: str = "weight") -> Known:
        """The operand at *place*, weights of a layer."""
        found = self.known(place, what)
        return Known(np.asarray(found.array), found.name, trains=True)

    def layer(self, operator: str, flowing: Value, weights: Mapping[str, Known], **settings: object) -> Flow:
        """*operator* with *weights*, called as the model calls them, applied to *flowing*."""
        return self.drawing.layer(operator, self.path, weights, [flowing], settings)

    def one(self, operator: str, *operands: Value, **settings: object) -> Flow:
        """The one output of *operator* applied to *operands*."""
        return self.drawing.one(operator, *operands, **settings)


def like(known: Known, array: Array) -> Known:
    """*array*, made of the weights *known*."""
    return Known(array, known.name, known.trains)


def permuted(at: Site, value: Value, order: Sequence[int]) -> Flow:
    """*value* with its dimensions in *order*."""
    return at.one("permute", value, dims=tuple(order))
