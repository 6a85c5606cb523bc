"""The `forward` of a generated class: its signature, its statements, what it returns.

What each step calls has been decided (`blueprints`); where submodules live too (`layout`). Statements are written by
`statements`, with what `reaching` finds.
"""

from collections.abc import Mapping
from typing import Final

from symnas.compilers.torch.calls import Forward, Inner, Line, Written
from symnas.compilers.torch.names import Names, identifier, quoted
from symnas.compilers.torch.reaching import Reach
from symnas.compilers.torch.statements import Statements
from symnas.graph import Outputs, Training, indices, lasting
from symnas.wiring import needed

__all__ = ["write_forward"]

_UNNAMED = ("x0",)
"""The input of a block that is written as a layer and names none."""


def write_forward(forward: Forward) -> Written:
    """The text of *forward*: that which was written before, where another one is alike."""
    if (alike := forward.likeness) is None:
        return _write(forward)
    if (found := _WRITTEN.get(alike)) is None:
        if len(_WRITTEN) >= _MOST_KEPT:
            _WRITTEN.clear()
        found = _WRITTEN[alike] = _write(forward)
    return found


_WRITTEN: Final[dict[object, Written]] = {}
_MOST_KEPT: Final = 2048
"""Texts are kept, as blocks of a network are often alike, and those of one space nearly always."""


def _write(forward: Forward) -> Written:
    """The text of *forward*. Names are given first to what stays (inputs, sizes, shared layers, hoisted submodules), then
    to values, whose names are free again after their last use.
    """
    fixed, scope, outputs = Names(forward.taken), forward.scope, forward.outputs
    names = ("x",) if scope.input_names == _UNNAMED else scope.input_names
    inputs = [fixed.take(identifier(name)) for name in names]
    order, always = _running_order(forward)
    lines: list[Line] = []
    reach = Reach(forward, inputs, fixed, lines)
    lines += [Line(f"{reach.borrowed[need]} = {source}") for need, source in reach.sources.items() if source]
    statements = Statements(reach, Inner(scope, forward.calls), inputs, order)
    statements.lines = lines
    statements.write(range(always))
    if outputs != lasting(outputs):
        _while_training(statements, reach, outputs, range(always, len(order)))
    _give_back(statements, lasting(outputs))
    parameters = [(name, "torch.Tensor") for name in inputs]
    parameters += [(reach.borrowed[each], each.annotation) for each in (*forward.shared, *forward.unbound)]
    return Written(tuple(parameters), _annotation(outputs), tuple(lines), tuple(reach.functions))


def _running_order(forward: Forward) -> tuple[list[int], int]:
    """The steps in the order they are written, those of training alone last, and how many are not."""
    kept = [forward.scope.results[index] for index in indices(lasting(forward.outputs))]
    always = needed([call.step for call in forward.calls], len(forward.scope.inputs), kept)
    steps = range(len(always))
    if forward.outputs == lasting(forward.outputs):
        return list(steps), len(always)
    return sorted(steps, key=lambda place: not always[place]), sum(always)


def _while_training(statements: Statements, reach: Reach, outputs: Outputs, positions: range) -> None:
    """What is done only while training: the last steps, and a return statement of its own."""
    before = statements.lines
    inner = statements.lines = reach.hoists = list[Line]()
    statements.write(positions)
    _give_back(statements, outputs)
    before += [Line("if self.training:"), *(each.indented() for each in inner)]
    statements.lines = before


def _give_back(statements: Statements, outputs: Outputs) -> None:
    """The return statement; a value that the last step makes for it alone is returned as it is made."""
    lines = statements.lines
    result = _expression(outputs, {index: statements.result(index) for index in indices(outputs)})
    if lines and isinstance(outputs, int) and lines[-1].code.startswith(f"{result} = "):
        made = lines.pop()
        lines.append(Line(f"return {made.code[len(result) + 3 :]}", made.origin))
    else:
        lines.append(Line(f"return {result}"))


def _expression(outputs: Outputs, results: Mapping[int, str]) -> str:
    match outputs:
        case int():
            return results[outputs]
        case Training():
            return _expression(outputs.outputs, results)
        case tuple():
            inner = ", ".join(_expression(each, results) for each in outputs)
            return f"({inner},)" if len(outputs) == 1 else f"({inner})"
        case dict():
            inner = ", ".join(f"{quoted(label)}: {_expression(each, results)}" for label, each in outputs.items())
            return f"{{{inner}}}"


def _annotation(outputs: Outputs) -> str:
    match outputs:
        case int():
            return "torch.Tensor"
        case Training():
            return _annotation(outputs.outputs)
        case tuple() if any(isinstance(each, Training) for each in outputs):
            return "tuple[object, ...]"
        case tuple():
            return f"tuple[{', '.join(map(_annotation, outputs)) or '()'}]"
        case dict():
            kinds = {_annotation(each) for each in outputs.values()}
            return f"dict[str, {kinds.pop() if len(kinds) == 1 else 'object'}]"
