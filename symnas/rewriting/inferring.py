"""Steps of a graph on inputs of other types: what a change makes of everything that comes after it.

Settings stay as they are, types, weights and costs are worked out anew by the operators; blocks are gone into. What
does not fit is the same mistake as in a program.
"""

from collections.abc import Callable, Sequence

from attrs import evolve

from symnas.elaborate.atoms import operator_fault
from symnas.errors import SourceError
from symnas.graph import READ_WEIGHT, Branch, Loop, Operation, Scope, Step, Use
from symnas.openings import is_open
from symnas.operators.base import Operator, OperatorError
from symnas.sizes import UnknownSize
from symnas.types import TensorType

__all__ = ["Inference", "Types", "results_of"]

Types = tuple[TensorType, ...]
"""What flows into a step, or out of it."""


class Inference:
    """Works out types; a scope is worked out once for each row of input types."""

    def __init__(self, operator: Callable[[str], Operator | None]) -> None:
        self._operator = operator
        self._known: dict[tuple[Scope, Types], Scope] = {}

    def step(self, step: Step, types: Types) -> Step:
        """*step* whose operands have *types*.

        Raises:
            SourceError: they do not fit.
        """
        if is_open(step):
            return step
        match step:
            case Operation():
                return self._operation(step, types)
            case Use():
                scope = self.scope(step.scope, types)
                return evolve(step, scope=scope, outputs=results_of(scope))
            case Branch():
                return self._branch(step, types)
            case Loop():
                return self._loop(step, types)

    def scope(self, scope: Scope, inputs: Types) -> Scope:
        """*scope* whose inputs have the types *inputs*."""
        if inputs == scope.inputs:
            return scope
        key = scope, inputs
        if key not in self._known:
            types = list(inputs)
            steps = []
            for step in scope.steps:
                made = self.step(step, tuple(types[each] for each in step.operands))
                steps.append(made)
                types += made.outputs
            self._known[key] = evolve(scope, inputs=inputs, steps=tuple(steps))
        return self._known[key]

    def _operation(self, step: Operation, types: Types) -> Operation:
        if step.operator == READ_WEIGHT:  # that the weight stays as it is, is looked at in the whole network
            return step
        operator = self._operator(step.operator)
        if operator is None:
            message = f"`{step.operator}` is not known here, so neither is what it gives for {_shown(types)}"
            raise SourceError.at("E0403", message, step.span, "rewrite what keeps the shape")
        try:
            applied = operator.apply(dict(step.settings), types)
        except OperatorError as error:
            raise operator_fault(error, step.span, {}) from None
        except UnknownSize as error:
            names = " and ".join(f"`{each}`" for each in sorted(error.symbols))
            raise SourceError.at("E0401", f"{names} is unknown at build time", step.span) from None
        if len(applied.outputs) != len(step.outputs):
            raise SourceError.at("E0403", f"`{step.operator}` gives {len(applied.outputs)} tensors now", step.span)
        return evolve(step, outputs=applied.outputs, weights=applied.weights, macs=applied.macs)

    @staticmethod
    def flowing(step: Branch | Loop, types: Types) -> tuple[Types, ...]:
        """What flows into each of the scopes in *step*, into which *types* flow."""
        if isinstance(step, Branch):
            count = len(step.then.operands)
            return types[1 : 1 + count], types[1 + count :]
        over, sequences = step.over, step.sequences
        taken = [evolve(each, shape=(*each.shape[:over], *each.shape[over + 1 :])) for each in types[:sequences]]
        return ((*taken, *types[sequences:]),)

    def _branch(self, step: Branch, types: Types) -> Branch:
        first, second = self.flowing(step, types)
        then, otherwise = self.scope(step.then.scope, first), self.scope(step.otherwise.scope, second)
        if results_of(then) != results_of(otherwise):
            message = (
                f"one side of `when` gives {_shown(results_of(then))} now, the other {_shown(results_of(otherwise))}"
            )
            raise SourceError.at("E0442", message, step.span, "rewrite both sides alike")
        return evolve(
            step, then=evolve(step.then, scope=then), otherwise=evolve(step.otherwise, scope=otherwise),
            outputs=results_of(then),
        )  # fmt: skip

    def _loop(self, step: Loop, types: Types) -> Loop:
        over, sequences = step.over, step.sequences
        body = self.scope(step.body, *self.flowing(step, types))
        results = results_of(body)
        stacked, states = results[: len(results) - step.states], results[len(results) - step.states :]
        if states != types[sequences : sequences + step.states]:
            message = f"the state of `scan` becomes {_shown(states)}, and begins as {_shown(types[sequences:][: step.states])}"
            raise SourceError.at("E0443", message, step.span, "rewrite what keeps the shape of the state")
        wide = tuple(evolve(each, shape=(*each.shape[:over], step.length, *each.shape[over:])) for each in stacked)
        return evolve(step, body=body, outputs=(*wide, *states))


def results_of(scope: Scope) -> Types:
    """The types that *scope* gives."""
    types = scope.value_types()
    return tuple(types[each] for each in scope.results)


def _shown(types: Sequence[TensorType]) -> str:
    return ", ".join(map(str, types)) or "nothing"
