"""`assert same(A, B)`: that two nets compute the same function, as far as their dataflow shows it.

Equal dataflow, whatever blocks and weights are called, is a proof. Networks that are written differently may still
compute the same, as after folding a normalisation: that is tried on numbers, not here.
"""

from attrs import evolve, frozen

from symnas import tree
from symnas.elaborate.declarations import NetCode
from symnas.elaborate.modules import ModuleCode
from symnas.errors import suggest
from symnas.graph import Graph, Operation, Scope, Use, join
from symnas.spans import Span

__all__ = ["Same", "compile_sames", "is_same", "same_flow"]


@frozen
class Same:
    """The claim that the nets *first* and *second* compute the same."""

    first: str
    second: str
    span: Span


def is_same(node: tree.Expression) -> bool:
    """Whether a claim is of this kind."""
    return isinstance(node, tree.Call) and node.function == tree.Name("same")


def compile_sames(module: ModuleCode) -> list[Same]:
    """The claims of the file; mistakes go to the module."""
    found = []
    for each in module.node.declarations:
        if isinstance(each, tree.Assert) and isinstance(each.condition, tree.Call) and is_same(each.condition):
            names = _nets(each.condition, module)
            if names is not None:
                found.append(Same(*names, each.span))
    return found


def _nets(node: tree.Call, module: ModuleCode) -> tuple[str, str] | None:
    arguments = [each.value for each in node.arguments if each.name is None and not each.spread]
    if len(arguments) != 2 or len(node.arguments) != 2:
        module.report("E0266", "`same` compares two nets", node.span, "write `same(Small, Big)`")
        return None
    names = []
    for each in arguments:
        declared = module.declared.get(each.name) if isinstance(each, tree.Name) else None
        if not isinstance(declared, NetCode):
            known = [net.name for net in module.nets]
            hint = suggest(each.span.text, known, "the nets are")
            module.report("E0266", f"`same` compares two nets; `{each.span.text}` is none", each.span, hint)
            return None
        names.append(declared.name)
    first, second = names
    return first, second


# ------------------------------------------------------------------------------------------------ dataflow


def same_flow(first: Graph, second: Graph) -> bool:
    """Whether the networks do the same operations in the same order, with weights of the same shapes in them."""
    return first.outputs == second.outputs and _Flow(first.scope).steps == _Flow(second.scope).steps


class _Flow:
    """The operations of a network in order, names of blocks and weights left out."""

    def __init__(self, scope: Scope) -> None:
        self.steps: list[object] = [scope.inputs]
        self._count = len(scope.inputs)
        self._weights: dict[str, int] = {}
        self.steps.append(tuple(self._walk(scope, list(range(self._count)), "")))

    def _walk(self, scope: Scope, values: list[int], prefix: str) -> list[int]:
        """Add the steps of *scope*, whose inputs are *values*; gives its results."""
        for step in scope.steps:
            operands = tuple(values[index] for index in step.operands)
            if isinstance(step, Use):
                values.extend(self._walk(step.scope, list(operands), step.shared or join(prefix, step.name)))
                continue
            if isinstance(step, Operation):
                owner = step.shared or join(prefix, step.name)
                number = self._weights.setdefault(owner, len(self._weights)) if step.weights else 0
                self.steps.append((evolve(step, operands=operands, name="", shared=None), number))
            else:
                self.steps.append((operands, step))
            values.extend(range(self._count, self._count + len(step.outputs)))
            self._count += len(step.outputs)
        return [values[index] for index in scope.results]
