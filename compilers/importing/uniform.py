"""Tensors that hold one number everywhere, as masks that mask nothing do: what they do to others is known while reading.

Models make them for inputs of every length (`full`, expanded to a batch that is open), so they are no constants.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from symnas.compilers.importing.values import Flow
from symnas.operators.settings import SettingValue
from symnas.types import Dtype, TensorType

__all__ = ["Uniform"]

_MADE: Final = {"zeros": 0, "ones": 1}
_MOVING: Final = frozenset("expand reshape transpose permute unsqueeze squeeze flatten unflatten slice".split())
"""Operators that give the elements of their one tensor, in other places."""


class Uniform:
    """The tensors of a network that are known to hold one number, by their places."""

    def __init__(self) -> None:
        self._numbers: dict[int, SettingValue] = {}

    def learn(
        self, operator: str, settings: Mapping[str, SettingValue], operands: Sequence[Flow], made: Flow
    ) -> None:  # fmt: skip
        """Keep what *made*, which *operator* makes of *operands*, holds, if that is one number."""
        first = self._numbers.get(operands[0].number) if operands else None
        if operator in _MADE:
            self._numbers[made.number] = _MADE[operator]
        elif operator == "full":
            self._numbers[made.number] = settings["fill_value"]
        elif first is not None and operator in _MOVING and len(operands) == 1:
            self._numbers[made.number] = first
        elif first is not None and operator == "cast" and made.type.dtype is Dtype.BOOL:
            self._numbers[made.number] = int(first != 0)
        elif first is not None and operator == "logical_not":
            self._numbers[made.number] = int(first == 0)

    def number(self, flow: Flow) -> SettingValue:
        """What *flow* holds everywhere; `None` if that is not known, or not one number."""
        return self._numbers.get(flow.number)

    def unchanged(self, operator: str, operands: Sequence[Flow], outputs: Sequence[TensorType]) -> Flow | None:
        """The one of *operands* that *operator* gives as it is: nothing is masked, added, or taken times 1."""
        if len(operands) != 2 or len(outputs) != 1:
            return None
        one, other = operands
        neutral = {"add": 0, "sub": 0, "mul": 1, "div": 1, "masked_fill": 0}.get(operator)
        if neutral is None:
            return None
        if one.type == outputs[0] and self._numbers.get(other.number) == neutral:
            return one
        turned = operator in ("add", "mul") and self._numbers.get(one.number) == neutral
        return other if turned and other.type == outputs[0] else None
