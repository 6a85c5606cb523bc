"""What to show: an architecture's graph as nodes, with each decision at the block that its path leads to."""

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from attrs import evolve, frozen

from symnas import tree
from symnas.architecture import Architecture
from symnas.domains import show_number
from symnas.graph import Graph, Operation, Outputs, Scope, Use
from symnas.operators.registry import lookup
from symnas.picture.chips import Decision, Sources, chip, merged
from symnas.picture.folding import Edges, fold
from symnas.picture.nodes import Chip, Kind, Node, size_of

__all__ = ["Gathered", "gather"]

_MOST_BOXES = 70
"""Boxes up to which blocks are opened one level deeper."""
_DEEPEST = 8
_CHAIN = 6
"""Layers of a plain chain that are listed in one box."""
_HIDDEN = frozenset({"bias"})
"""Settings too common to be worth their room."""


@frozen
class Gathered:
    """A net as one node, and the decisions that are made once: (`let`, `cell` or `train`, chips by full path)."""

    net: Node
    once: tuple[tuple[str, tuple[Chip, ...]], ...]
    decisions: int


def gather(architecture: Architecture, net: str, *, chosen: bool) -> Gathered:
    """The network *net* of *architecture*; its choices are marked if *chosen*."""
    module = architecture.space.module
    graph = architecture.graph(net)
    decisions = [
        Decision(path, _place(path), architecture.domains[path], architecture.genotype[path], chosen)
        for path in architecture.picks
    ]
    cells = _cells(module)
    decisions.sort(key=lambda each: _natural(each.path) if _root(each.path) in cells else ())
    nets = set(architecture.space.nets) - {net}
    decisions = [each for each in decisions if _root(each.path) not in nets]
    collector = _Collector(decisions, module)
    return Gathered(_opened(collector, graph), tuple(_once(module, decisions, net, collector.sources)), len(decisions))


def _opened(collector: "_Collector", graph: Graph) -> Node:
    """The net with its blocks opened as deep as leaves it legible."""
    best = collector.net(graph, 0)
    for depth in range(1, _DEEPEST + 1):
        deeper = collector.net(graph, depth)
        if deeper == best or (size_of(deeper) > _MOST_BOXES and depth > 1):
            break
        best = deeper
    return best


def _once(module: tree.Module, decisions: list[Decision], net: str, sources: Sources) -> Iterable[tuple[str, Any]]:
    """Decisions made once, by what they belong to."""
    cells = _cells(module)
    groups: dict[str, list[Chip]] = {}
    for each in decisions:
        root = _root(each.path)
        if root != net:
            title = f"cell {root}" if root in cells else "train" if root == "train" else "let"
            groups.setdefault(title, []).append(chip(each, _after(each.path, root if title != "let" else ""), sources))
    return ((title, tuple(chips)) for title, chips in groups.items())


def _after(path: str, root: str) -> str:
    return path[len(root) + 1 :] if root and path.startswith(root + ".") else path


def _cells(module: tree.Module) -> set[str]:
    found = (each for each in module.declarations if isinstance(each, tree.Block))
    return {each.name for each in found if each.kind is tree.BlockKind.CELL}


def _root(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _natural(path: str) -> tuple[Any, ...]:
    """A key that sorts numbers in a path as numbers."""
    return tuple((part.isdigit(), int(part) if part.isdigit() else part) for part in re.split(r"(\d+)", path))


def _place(path: str) -> str:
    """A decision's path below its root, in the spelling of weights: `Net.x[0].B[1].k` is at `x.0.B.1.k`."""
    return re.sub(r"\[(\d+)\]", r".\1", path).partition(".")[2]


class _Collector:
    """Turns scopes into nodes."""

    def __init__(self, decisions: list[Decision], module: tree.Module) -> None:
        self.sources = Sources(module)
        self.cells = _cells(module)
        self.by_root: dict[str, list[Decision]] = {}
        for each in decisions:
            self.by_root.setdefault(_root(each.path), []).append(each)

    def net(self, graph: Graph, depth: int) -> Node:
        """The whole network, its blocks opened *depth* levels deep."""
        scope = graph.scope
        inputs = [
            Node(Kind.INPUT, name, shape=str(type)) for name, type in zip(scope.input_names, scope.inputs, strict=True)
        ]
        types = scope.value_types()
        results = [str(types[index]) for index in scope.results]
        shown = ", ".join(_outputs(graph.outputs, results))
        inside, edges, chips = self._inside(scope, self.by_root.get(graph.name, []), inputs, depth, graph.name)
        output = Node(Kind.OUTPUT, "output", shape=shown)
        return Node(
            Kind.BLOCK, graph.name, chips=chips, children=(*inside, output), edges=tuple(sorted(edges)), path=graph.name
        )

    def _inside(
        self, scope: Scope, decisions: list[Decision], inputs: list[Node], depth: int, path: str
    ) -> tuple[list[Node], Edges, tuple[Chip, ...]]:
        """Nodes of a scope's inputs and steps, the edges to the output that will follow, and the chips of the scope."""
        own, below, beside = _shared_out(decisions, scope.steps)
        nodes = list(inputs)
        for place, step in enumerate(scope.steps):
            nodes.append(self._step(step, below.get(place, []), depth, path))
        edges = _edges(scope)
        last = len(nodes)
        folded, moved, places = fold([*nodes, Node(Kind.PORT, "")], edges)
        for place, decision in beside:
            target = places[len(inputs) + place]
            made = chip(decision, _label(decision), self.sources)
            folded[target] = evolve(folded[target], chips=merged((made, *folded[target].chips)))
        del folded[places[last]]
        return folded, moved, merged(chip(each, _label(each), self.sources) for each in own)

    def _step(self, step: Operation | Use, decisions: list[Decision], depth: int, path: str) -> Node:
        spelled = f"{path}.{_spelled(step.name)}"
        if isinstance(step, Operation):
            return evolve(
                _layer(step), chips=merged(chip(each, _label(each), self.sources) for each in decisions), path=spelled
            )
        scope = step.scope
        cell = scope.block in self.cells
        if cell:
            decisions = self.by_root.get(scope.block, [])
        shape = ", ".join(str(each) for each in step.outputs)
        base = Node(Kind.CLOSED, scope.block, shape=shape, cell=cell, path=spelled)
        lines = _chain(scope)
        if lines or depth <= 0:
            chips = merged(chip(each, _label(each), self.sources) for each in decisions)
            return evolve(base, lines=lines or _counts(scope), chips=chips)
        ports = [Node(Kind.PORT, name if len(scope.inputs) > 1 else "") for name in scope.input_names]
        inside, edges, chips = self._inside(scope, decisions, ports, depth - 1, spelled)
        children = (*inside, Node(Kind.PORT, ""))
        return evolve(base, kind=Kind.BLOCK, chips=chips, children=children, edges=tuple(sorted(edges)))


def _shared_out(
    decisions: list[Decision], steps: Sequence[Operation | Use]
) -> tuple[list[Decision], dict[int, list[Decision]], list[tuple[int, Decision]]]:
    """*decisions* of a scope as its own, those below each step, and those that stand beside a step.

    A decision stands beside the first step of the loop that its path names, and `maybe` beside the block it makes.
    """
    names = {step.name: place for place, step in reversed(list(enumerate(steps)))}
    loops: dict[str, int] = {}
    for place, step in enumerate(steps):
        parts = step.name.split(".")
        for length in range(1, len(parts)):
            loops.setdefault(".".join(parts[:length]), place)
    own: list[Decision] = []
    below: dict[int, list[Decision]] = {}
    beside: list[tuple[int, Decision]] = []
    for each in decisions:
        parts = each.place.split(".")
        for length in range(len(parts), 0, -1):
            head = ".".join(parts[:length])
            if head in names:
                below.setdefault(names[head], []).append(evolve(each, place=".".join(parts[length:]) or parts[-1]))
                break
            if head in loops:
                beside.append((loops[head], evolve(each, place=".".join(parts[length:]) or parts[-1])))
                break
        else:
            made = _made_by(each, steps)
            if made is None:
                made = _set_by(each, decisions, steps)
            if made is None:
                own.append(each)
            else:
                beside.append((made, each))
    return own, below, beside


def _made_by(decision: Decision, steps: Sequence[Operation | Use]) -> int | None:
    """The step that a `maybe` of the scope itself makes."""
    if not re.fullmatch(r"maybe(\.\d+)?", decision.place):
        return None
    labels = set(getattr(decision.domain, "labels", ()))
    found = [place for place, step in enumerate(steps) if isinstance(step, Use) and step.scope.block in labels]
    turn = int(decision.place.partition(".")[2] or 0)
    return found[turn] if turn < len(found) else None


def _set_by(decision: Decision, decisions: list[Decision], steps: Sequence[Operation | Use]) -> int | None:
    """The layer whose setting the decision fills, where as many layers have that setting as it has decisions."""
    name, _, turn = decision.place.partition(".")
    if turn and not turn.isdigit():
        return None
    filled = [each for each in decisions if re.fullmatch(re.escape(name) + r"(\.\d+)?", each.place)]
    having = [
        (place, dict(step.settings)[name])
        for place, step in enumerate(steps)
        if isinstance(step, Operation) and name in dict(step.settings)
    ]
    if len(filled) != len(having) or int(turn or 0) >= len(having):
        return None
    place, value = having[int(turn or 0)]
    return place if _value(value) == decision.domain.show(decision.choice) else None


def _label(decision: Decision) -> str:
    """The decision's name as its path spells what is left of it: `n.0.Edge.oneof` is `n[0].Edge.oneof`."""
    return _spelled(decision.place)


def _spelled(place: str) -> str:
    return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", place)


def _edges(scope: Scope) -> Edges:
    """Who reads whom: inputs first, then steps; the place after the last step is the scope's result."""
    made_by = list(range(len(scope.inputs)))
    edges: Edges = set()
    for place, step in enumerate(scope.steps, len(scope.inputs)):
        edges.update((made_by[index], place) for index in step.operands)
        made_by.extend([place] * len(step.outputs))
    last = len(scope.inputs) + len(scope.steps)
    edges.update((made_by[index], last) for index in scope.results)
    return edges


def _outputs(outputs: Outputs, shapes: list[str]) -> list[str]:
    match outputs:
        case int():
            return [shapes[outputs]]
        case tuple():
            return [text for each in outputs for text in _outputs(each, shapes)]
        case dict():
            return [f"{label}: {', '.join(_outputs(each, shapes))}" for label, each in outputs.items()]


def _layer(step: Operation) -> Node:
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
        shown.append(f"{name} = {_value(value)}" if named else _value(value))
    return f"({', '.join(shown)})" if shown else ""


def _value(value: object) -> str:
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
            shown = [":".join("" if each is None else _value(each) for each in (start, stop))]
            return ":".join(shown if step is None else [*shown, _value(step)])
        case tuple():
            return f"({', '.join(map(_value, value))})"
        case _:
            return str(value)


def _chain(scope: Scope) -> tuple[str, ...]:
    """The layers of a scope that is a plain chain of few, a line each; empty for any other scope."""
    if not scope.steps or any(isinstance(step, Use) for step in scope.steps):
        return ()
    nodes = [Node(Kind.PORT, "")] * len(scope.inputs)
    nodes += [_layer(step) for step in scope.steps if isinstance(step, Operation)]
    edges = _edges(scope)
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


def _counts(scope: Scope) -> tuple[str, ...]:
    layers, params = _totals(scope)
    noun = "layer" if layers == 1 else "layers"
    return (f"{layers:,} {noun}, {params:,} parameters",)


def _totals(scope: Scope) -> tuple[int, int]:
    layers = params = 0
    for step in scope.steps:
        inner = (1, step.params) if isinstance(step, Operation) else _totals(step.scope)
        layers, params = layers + inner[0], params + inner[1]
    return layers, params
