"""The order in which the steps of a scope are written down: as its results need them."""

from collections.abc import Iterator

from symnas.graph import Scope, Step

__all__ = ["in_order"]


def in_order(scope: Scope) -> Iterator[tuple[Step, int]]:
    """The steps that the results of *scope* need, each behind what it reads, with the number of its first output."""
    makers: dict[int, tuple[Step, int]] = {}
    value = len(scope.inputs)
    for step in scope.steps:
        makers.update((value + place, (step, value)) for place in range(len(step.outputs)))
        value += len(step.outputs)
    done: set[int] = set()
    waiting: list[tuple[int, bool]] = [(each, False) for each in reversed(scope.results)]
    while waiting:
        value, ready = waiting.pop()
        if value not in makers:
            continue
        step, first = makers[value]
        if first in done:
            continue
        if ready:
            done.add(first)
            yield step, first
            continue
        waiting.append((value, True))
        waiting += [(each, False) for each in reversed(step.operands)]
