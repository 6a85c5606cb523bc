"""The canonical form of a network: a text that two networks have in common exactly if they are the same by some rules.

The text lists the nodes that are left after the rules, each with what it is and what it reads, so equal texts are a
proof that two networks are the same; that the same networks get equal texts is `labelling`'s promise.
"""

import hashlib
from collections.abc import Iterable, Sequence

from attrs import frozen

from symnas.canonical.flow import Flow, Node, Value
from symnas.canonical.labelling import Vertex, canonical_text
from symnas.canonical.labels import numbered
from symnas.canonical.reading import read_graph
from symnas.canonical.rules import EXACT, Rule, Rules, rules_text
from symnas.graph import Graph, Outputs, Training

__all__ = ["Canonical", "canonical_form"]


@frozen
class Canonical:
    """A network as it is by *rules*. Two compare equal if they are the same network by the same rules."""

    rules: Rules
    text: str

    @property
    def hash(self) -> str:
        """SHA-256 of it in hexadecimal digits, the same in every process."""
        return hashlib.sha256(f"{rules_text(self.rules)}\n{self.text}".encode()).hexdigest()

    def __str__(self) -> str:
        return self.text


def canonical_form(graph: Graph, rules: Rules = EXACT) -> Canonical:
    """The canonical form of *graph* by *rules*."""
    flow = Flow(rules, numbered(graph))
    results = read_graph(graph, flow)
    nodes = flow.nodes
    kept = _needed(nodes, results) if Rule.DEAD in rules else list(range(len(nodes)))
    return Canonical(rules, _text(nodes, kept, results, f"outputs {_handed(graph.outputs)}"))


def _needed(nodes: Sequence[Node], results: Iterable[Value]) -> list[int]:
    """The nodes that *results* depend on, and the inputs, in order."""
    found = {number for number, node in enumerate(nodes) if node.label.startswith("input ")}
    waiting = [number for number, _ in results]
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            node = nodes[number]
            waiting += [read for read, _ in node.reads]
            if node.within is not None:
                waiting.append(node.within)
    return sorted(found)


def _text(nodes: Sequence[Node], kept: Sequence[int], results: Sequence[Value], outputs: str) -> str:
    """The nodes of *kept*, and the *outputs* that read *results*, as text."""
    places = {number: place for place, number in enumerate(kept)}
    vertices = [_vertex(nodes[number], places) for number in kept]
    handed = tuple((slot, port, places[number]) for slot, (number, port) in enumerate(results))
    return canonical_text([*vertices, Vertex(outputs, handed)])


_WITHIN = -1
"""The slot of an edge to what a node stands within."""


def _vertex(node: Node, places: dict[int, int]) -> Vertex:
    edges = [(0 if node.either else slot, port, places[read]) for slot, (read, port) in enumerate(node.reads)]
    if node.within is not None:
        edges.append((_WITHIN, 0, places[node.within]))
    return Vertex(node.label, tuple(edges))


def _handed(outputs: Outputs) -> str:
    """How results are handed out; labels of a record are how they are told apart, and stay."""
    match outputs:
        case int():
            return str(outputs)
        case Training():
            return f"training({_handed(outputs.outputs)})"
        case tuple():
            return f"({', '.join(map(_handed, outputs))})"
        case dict():
            return f"{{{', '.join(f'{name}: {_handed(each)}' for name, each in sorted(outputs.items()))}}}"
