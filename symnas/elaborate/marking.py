"""What `frozen(…)` and `quantised(…)` say of the operations inside a layer, put on the graph once the layer is applied.

The layer is elaborated as if it stood alone, so that its regions, counts and weight names are those of the bare layer.
"""

from functools import lru_cache

from attrs import evolve, frozen

from symnas.graph import Bits, Operation, Scope, Step, Use, map_scopes
from symnas.operators.registry import lookup
from symnas.operators.standing import STANDS_IN

__all__ = ["Marks", "marked"]


@frozen
class Marks:
    """What is said of a layer: its weights do not train, it computes with so many bits. What is said further in, nearer
    to an operation, holds for it.
    """

    frozen: bool = False
    bits: Bits | None = None


def marked(step: Step, marks: Marks) -> Step:
    """*step* with *marks* on every operation in it that they concern."""
    match step:
        case Operation():
            return _operation(step, marks)
        case Use():
            return evolve(step, scope=_scope(step.scope, marks))
        case _:
            return map_scopes(step, lambda scope: _scope(scope, marks))


def _operation(step: Operation, marks: Marks) -> Operation:
    frozen = step.frozen or (marks.frozen and step.trains is not None)
    bits = step.bits
    if bits is None and marks.bits is not None and _multiplies(step.operator):
        bits = marks.bits
    return step if (frozen, bits) == (step.frozen, step.bits) else evolve(step, frozen=frozen, bits=bits)


@lru_cache(maxsize=4096)
def _scope(scope: Scope, marks: Marks) -> Scope:
    """*scope* marked; kept, so that equal scopes stay one object."""
    return evolve(scope, steps=tuple(marked(step, marks) for step in scope.steps))


def _multiplies(operator: str) -> bool:
    if operator.startswith(STANDS_IN):
        return True  # what it stands in for is marked then, as far as it multiplies
    known = lookup(operator)
    return known is not None and known.multiplies
