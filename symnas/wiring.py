"""Which steps of a scope its results depend on, by the numbers of its values alone."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from symnas.types import TensorType

__all__ = ["Wired", "needed"]


class Wired(Protocol):
    """What numbering values needs to know of a step."""

    @property
    def operands(self) -> tuple[int, ...]:
        """The values that it reads."""

    @property
    def outputs(self) -> tuple[TensorType, ...]:
        """The types of the values that it makes."""


def needed(steps: Sequence[Wired], inputs: int, results: Iterable[int]) -> list[bool]:
    """For each of *steps*, in a scope of *inputs* inputs, whether *results* depend on it."""
    wanted = set(results)
    value = inputs + sum(len(step.outputs) for step in steps)
    found: list[bool] = []
    for step in reversed(steps):
        value -= len(step.outputs)
        found.append(any(value + place in wanted for place in range(len(step.outputs))))
        if found[-1]:
            wanted.update(step.operands)
    return found[::-1]
