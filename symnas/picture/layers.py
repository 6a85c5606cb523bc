"""Layers and plain chains of them as text: a layer with the settings that say something, a chain line by line."""

from fractions import Fraction

from symnas.domains import show_number
from symnas.graph import Operation, Scope, Use
from symnas.operators.registry import lookup
from symnas.picture.folding import Edges, fold
from symnas.picture.nodes import Kind, Node

__all__ = ["chain", "counts", "edges_of", "layer", "value_text"]

_CHAIN = 6
"""Layers of a plain chain that are listed in one box."""
_HIDDEN = frozenset({"bias"})
"""Settings too common to be worth their room."""


def edges_of(scope: Scope) -> Edges:
    """Who reads whom: inputs first, then steps; the place after the last step is the scope's result."""
    made_by = list(range(len(scope.inputs)))
    edges: Edges = set()
    for place, step in enumerate(scope.steps, len(scope.inputs)):
        edges.update((made_by[index], place) for index in step.operands)
        made_by.extend([place] * len(step.outputs))
    last = len(scope.inputs) + len(scope.steps)
    edges.update((made_by[index], last) for index in scope.results)
    return edges


def layer(step: Operation) -> Node:
    """One operator applied."""
    kind = Kind.JOIN if len(set(step.operands)) > 1 else Kind.LAYER
    shape = ", ".join(str(each) for each in step.outputs)
    return Node(kind, step.operator, _settings(step), shape)


def _settings(step: Operation) -> str:
    """Settings that say something: those demanded, by position, then those that differ from their default."""
    operator = lookup(step.operator)
    usual = {each.name: each for each in operator.settings} if operator else {}
    shown: list[str] = []
    named = False
    for name, value in step.settings:
        setting = usual.get(name)
        if name in _HIDDEN or value is None or (setting is not None and setting.default == value):
            named = True
            continue
        shown.append(f"{name} = {value_text(value)}" if named else value_text(value))
    return f"({', '.join(shown)})" if shown else ""


def value_text(value: object) -> str:
    """A setting's value as the language writes it."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case Fraction() | float():
            return show_number(value)
        case None:
            return "none"
        case (start, stop, step) if None in value:  # a slice
            shown = [":".join("" if each is None else value_text(each) for each in (start, stop))]
            return ":".join(shown if step is None else [*shown, value_text(step)])
        case tuple():
            return f"({', '.join(map(value_text, value))})"
        case _:
            return str(value)


def chain(scope: Scope) -> tuple[str, ...]:
    """The layers of a scope that is a plain chain of few, a line each; empty for any other scope."""
    if not scope.steps or not all(isinstance(step, Operation) for step in scope.steps):
        return ()
    nodes = [Node(Kind.PORT, "")] * len(scope.inputs)
    nodes += [layer(step) for step in scope.steps if isinstance(step, Operation)]
    edges = edges_of(scope)
    plain = {(place, place + 1) for place in range(len(nodes))}
    if edges != plain:
        return ()
    lines: list[str] = []
    for node in fold([*nodes, Node(Kind.PORT, "")], edges)[0]:
        inner = node.children if node.kind is Kind.RUN else (node,)
        texts = [f"{each.title}{each.settings}" for each in inner if each.kind is not Kind.PORT]
        mark = f" × {node.times}" if node.times > 1 else ""
        lines += [text + (mark if place == len(texts) - 1 else "") for place, text in enumerate(texts)]
        if mark and len(texts) > 1:
            lines[-len(texts) :] = [f"{' → '.join(each.title for each in inner if each.title)}{mark}"]
    return tuple(lines) if len(lines) <= _CHAIN else ()


def counts(scope: Scope) -> tuple[str, ...]:
    """How much is in a scope that is not drawn."""
    layers, params = _totals(scope)
    noun = "layer" if layers == 1 else "layers"
    return (f"{layers:,} {noun}, {params:,} parameters",)


def _totals(scope: Scope) -> tuple[int, int]:
    layers = params = 0
    for step in scope.every_step():
        if isinstance(step, Operation):
            layers, params = layers + 1, params + step.params
        elif isinstance(step, Use):
            inner = _totals(step.scope)
            layers, params = layers + inner[0], params + inner[1]
    return layers, params
