"""Steps of a graph that are not decided: in their place stands an expression of the language, placeholders and all.

Rules that decide put them into the graph of one network (`symnas.rewriting`), and `flattening` writes them down; nothing
else can be done with such a graph. Layers that the network had stay what they are: they are *parts* of the step, and
`$p0`, `$p1`, … in the expression. `$flowing` there is what flows in, `$flowing0`, … each of several tensors. The types that the step gives are those that flowed there
before it was put there.
"""

from collections.abc import Sequence
from functools import lru_cache

from attrs import evolve, frozen

from symnas import tree
from symnas.grammar import dump, parse_expression
from symnas.graph import Operation, Scope, Step, Use
from symnas.sizes import SymbolicSize
from symnas.types import TensorType

__all__ = ["FLOWING", "Opening", "any_open", "flowing", "is_open", "open_step", "opening", "part", "reads_flow"]

_WRITES = "written.$"
"""The operator that holds the text; a dot, as in a Python layer's name, which no file can write so."""
FLOWING = "flowing"
"""The variable for what flows in."""


@frozen
class Opening:
    """What stands in a step: *expression*, with *parts* for its variables: a layer that is *applied* to what flows in, or
    what is made of it.
    """

    expression: tree.Expression
    parts: tuple[Operation | Use, ...]
    applied: bool = True


def open_step(
    found: Opening, name: str, inputs: Sequence[TensorType], outputs: tuple[TensorType, ...], title: str,
    symbols: Sequence[SymbolicSize] = (),
) -> Use:  # fmt: skip
    """A step called *name* that gives *outputs* for *inputs*, which is written as *found* says and told as *title*. Its
    expression reads *symbols*.
    """
    flowing = tuple(range(len(inputs)))
    settings = (("text", dump(found.expression)), ("symbols", tuple(symbols)), ("applied", found.applied))
    text = Operation(_WRITES, settings, flowing, outputs, "")
    first = len(inputs) + sum(len(each.outputs) for each in found.parts)
    parts = tuple(evolve(each, operands=()) for each in found.parts)
    names = tuple(f"x{place}" for place in flowing)
    scope = Scope(title, tuple(inputs), names, (*parts, text), tuple(range(first, first + len(outputs))))
    return Use(scope, flowing, outputs, name)


def is_open(step: Step) -> bool:
    """Whether *step* is not decided."""
    if not isinstance(step, Use) or not step.scope.steps:
        return False
    last = step.scope.steps[-1]
    return isinstance(last, Operation) and last.operator == _WRITES


def any_open(scope: Scope) -> bool:
    """Whether a step in *scope*, or in what is in it, is not decided."""
    waiting, seen = [scope], {id(scope)}
    while waiting:
        for step in waiting.pop().every_step():
            if is_open(step):
                return True
            if isinstance(step, Use) and id(step.scope) not in seen:
                seen.add(id(step.scope))
                waiting.append(step.scope)
    return False


def opening(step: Step) -> Opening | None:
    """What stands in *step*, if it is not decided."""
    if not isinstance(step, Use) or not is_open(step):
        return None
    *parts, last = step.scope.steps
    assert isinstance(last, Operation)
    settings = dict(last.settings)
    layers = tuple(each for each in parts if isinstance(each, Operation | Use))
    return Opening(_parsed(str(settings["text"])), layers, bool(settings["applied"]))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> tree.Expression:
    return parse_expression(text)


def part(number: int) -> tree.PatternVariable:
    """What stands for part *number* in an expression."""
    return tree.PatternVariable(f"p{number}")


def flowing(number: int) -> tree.PatternVariable:
    """What stands for tensor *number* of those that flow in."""
    return tree.PatternVariable(f"{FLOWING}{number}")


def reads_flow(step: Step) -> bool:
    """Whether *step* is not decided and its expression asks for what flows in."""
    found = opening(step)
    return found is not None and _reads(found.expression)


def _reads(node: tree.Node) -> bool:
    if isinstance(node, tree.PatternVariable):
        return node.name.startswith(FLOWING)
    return any(map(_reads, tree.children(node)))
