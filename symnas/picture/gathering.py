"""What to show: an architecture's graph as nodes, with each decision at the block that its path leads to."""

import re
from collections.abc import Iterable
from typing import Any, assert_never

from attrs import evolve, frozen

from symnas import tree
from symnas.architecture import Architecture
from symnas.graph import Branch, Graph, Loop, Operation, Outputs, Scope, Step, Training, Use
from symnas.picture.chips import Decision, Sources, chip, merged
from symnas.picture.folding import Edges, fold
from symnas.picture.layers import chain, counts, edges_of, layer
from symnas.picture.nodes import Chip, Kind, Node, size_of
from symnas.picture.placing import shared_out, spelled
from symnas.picture.prices import prices
from symnas.picture.weighing import Weighing
from symnas.space import Space

__all__ = ["Gathered", "gather"]

_MOST_BOXES = 70
"""Boxes up to which blocks are opened one level deeper."""
_DEEPEST = 8


@frozen
class Gathered:
    """A net as one node, and the decisions that are made once: (`let`, `cell` or `train`, chips by full path)."""

    net: Node
    once: tuple[tuple[str, tuple[Chip, ...]], ...]
    decisions: int


def gather(architecture: Architecture, net: str, *, chosen: bool, counted: Space | None = None) -> Gathered:
    """The network *net* of *architecture*; its choices are marked if *chosen*, else those that the program picks.

    A space of the same program that is *counted* tells in how many ways blocks can be decided.
    """
    module = architecture.space.module
    graph = architecture.graph(net)
    picked, priced = architecture.space.picked, prices(architecture)
    decisions = [
        Decision(
            path, _place(path), architecture.domains[path], architecture.genotype[path],
            chosen or (picked is not None and picked.has(path)), priced.get(path, {}),
        )
        for path in architecture.picks
    ]  # fmt: skip
    cells = _cells(module)
    decisions.sort(key=lambda each: _natural(each.path) if _root(each.path) in cells else ())
    nets = set(architecture.space.nets) - {net}
    decisions = [each for each in decisions if _root(each.path) not in nets]
    collector = _Collector(decisions, module, Weighing(counted))
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

    def __init__(self, decisions: list[Decision], module: tree.Module, weighing: Weighing) -> None:
        self.sources = Sources(module)
        self.weighing = weighing
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
            Kind.BLOCK, graph.name, chips=chips, children=(*inside, output), edges=tuple(sorted(edges)), path=graph.name,
            ways=self.weighing.ways(graph.name),
        )  # fmt: skip

    def _inside(
        self, scope: Scope, decisions: list[Decision], inputs: list[Node], depth: int, path: str
    ) -> tuple[list[Node], Edges, tuple[Chip, ...]]:
        """Nodes of a scope's inputs and steps, the edges to the output that will follow, and the chips of the scope."""
        own, below, beside = shared_out(decisions, scope.steps)
        nodes = list(inputs)
        for place, step in enumerate(scope.steps):
            nodes.append(self._step(step, below.get(place, []), depth, path))
        edges = edges_of(scope)
        last = len(nodes)
        folded, moved, places = fold([*nodes, Node(Kind.PORT, "")], edges)
        for place, decision in beside:
            target = places[len(inputs) + place]
            made = chip(decision, _label(decision), self.sources)
            folded[target] = evolve(folded[target], chips=merged((made, *folded[target].chips)))
        del folded[places[last]]
        return folded, moved, merged(chip(each, _label(each), self.sources) for each in own)

    def _step(self, step: Step, decisions: list[Decision], depth: int, path: str) -> Node:
        place = f"{path}.{spelled(step.name)}"
        shape = ", ".join(str(each) for each in step.outputs)
        match step:
            case Operation():
                return evolve(layer(step), chips=self._chips(decisions), path=place)
            case Use():
                cell = step.scope.block in self.cells
                own = self.by_root.get(step.scope.block, []) if cell else decisions
                ways = self.weighing.ways(step.scope.block if cell else place) if own else ""
                base = Node(Kind.CLOSED, step.scope.block, shape=shape, cell=cell, ways=ways, path=place)
                return self._scoped(base, step.scope, own, depth, step.scope.block if cell else place)
            case Loop():
                base = Node(Kind.CLOSED, "scan", f"(over = {step.over})", shape, path=place)
                return self._scoped(base, step.body, decisions, depth, path)
            case Branch():
                return self._when(Node(Kind.BLOCK, "when", shape=shape, path=place), step, decisions, depth, path)
            case _:
                assert_never(step)

    def _scoped(self, base: Node, scope: Scope, decisions: list[Decision], depth: int, path: str) -> Node:
        """*base* with the inside of *scope*, as a box with lines or opened."""
        lines = chain(scope)
        if lines or depth <= 0:
            return evolve(base, lines=lines or counts(scope), chips=self._chips(decisions))
        ports = [Node(Kind.PORT, name if len(scope.inputs) > 1 else "") for name in scope.input_names]
        inside, edges, chips = self._inside(scope, decisions, ports, depth - 1, path)
        children = (*inside, Node(Kind.PORT, ""))
        return evolve(base, kind=Kind.BLOCK, chips=chips, children=children, edges=tuple(sorted(edges)))

    def _when(self, base: Node, step: Branch, decisions: list[Decision], depth: int, path: str) -> Node:
        """Both sides of a `when`, side by side."""
        sides = []
        for title, side in (("then", step.then), ("else", step.otherwise)):
            names = tuple(each.name for each in side.scope.every_step())
            inner = [
                each
                for each in decisions
                if each.place in names or each.place.startswith(tuple(f"{n}." for n in names))
            ]
            sides.append(self._scoped(Node(Kind.CLOSED, title), side.scope, inner, depth - 1, path))
        children = (Node(Kind.PORT, ""), *sides, Node(Kind.PORT, ""))
        return evolve(base, children=children, edges=((0, 1), (0, 2), (1, 3), (2, 3)))

    def _chips(self, decisions: list[Decision]) -> tuple[Chip, ...]:
        return merged(chip(each, _label(each), self.sources) for each in decisions)


def _outputs(outputs: Outputs, shapes: list[str]) -> list[str]:
    match outputs:
        case int():
            return [shapes[outputs]]
        case Training():
            return [f"{each} while training" for each in _outputs(outputs.outputs, shapes)]
        case tuple():
            return [text for each in outputs for text in _outputs(each, shapes)]
        case dict():
            return [f"{label}: {', '.join(_outputs(each, shapes))}" for label, each in outputs.items()]


def _label(decision: Decision) -> str:
    """The decision's name as its path spells what is left of it: `n.0.Edge.oneof` is `n[0].Edge.oneof`."""
    return spelled(decision.place)
