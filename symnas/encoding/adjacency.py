"""The adjacency encoding: the matrix of who reads whom, what each node does, and what it costs.

Nodes stand in the order in which they run, inputs first and the output last; the network is padded to the largest of its
space. Two programs that state the same network in another order have other matrices.
"""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from symnas.encoding.base import MOST_COLUMNS, Encoding, Mask, Vector, too_long
from symnas.encoding.dataflow import Flow, flow_of
from symnas.encoding.subjects import Member, Subject
from symnas.errors import SearchError

__all__ = ["Adjacency", "GraphArrays"]

NODE_FEATURES = ("log params", "log macs", "log elements")
"""Numbers of each node: log(1 + x) of its parameters, multiply-adds and elements given, unknown sizes at 1."""


@frozen(eq=False)
class GraphArrays:
    """A network as arrays, padded to *n* nodes: what a graph network reads."""

    adjacency: Vector = field()
    """Shape (n, n): [i, j] is 1 where node j reads node i, so it is upper triangular."""
    operators: Vector = field()
    """Shape (n, operators): one-hot, in the order of `Adjacency.operators`; all 0 for padding."""
    features: Vector = field()
    """Shape (n, 3): see `NODE_FEATURES`."""
    present: Mask = field()
    """Shape (n,): which nodes there are."""


class Adjacency(Encoding):
    """The upper triangle of the matrix, row by row, then operators and numbers of each node.

    *nodes* is the number of nodes to pad to, inputs and output included; the most that the space has, if not given,
    for which it must be countable. *operators* that are not of the space have no column.
    """

    name = "adjacency"

    def __init__(self, space: Subject, net: str | None = None, nodes: int | None = None) -> None:
        extent = space.extent(net)
        self.net = net
        inputs = len(space[0].graph(net).scope.inputs)
        self.nodes = extent.layers + inputs + 1 if nodes is None else nodes
        self.operators = ("input", "output", *sorted(extent.operators))
        self._places = {operator: place for place, operator in enumerate(self.operators)}
        columns = self.nodes * (self.nodes - 1) // 2 + self.nodes * (len(self.operators) + len(NODE_FEATURES))
        if columns > MOST_COLUMNS:
            raise too_long(columns)
        super().__init__(space, self._named())

    def _named(self) -> Iterator[str]:
        for reader in range(self.nodes):
            yield from (f"{reader} -> {later}" for later in range(reader + 1, self.nodes))
        for node in range(self.nodes):
            yield from (f"{node}={operator}" for operator in self.operators)
        for node in range(self.nodes):
            yield from (f"{node} {feature}" for feature in NODE_FEATURES)

    def graph(self, architecture: Member) -> GraphArrays:
        """The network of *architecture* as arrays.

        Raises:
            SearchError: it has more nodes than the encoding.
        """
        nodes = self._flow(architecture).nodes
        adjacency = np.zeros((self.nodes, self.nodes))
        operators = np.zeros((self.nodes, len(self.operators)))
        features = np.zeros((self.nodes, len(NODE_FEATURES)))
        for number, node in enumerate(nodes):
            adjacency[list(node.reads), number] = 1.0
            operators[number, self._places[node.operator]] = 1.0
            features[number] = [math.log1p(each) for each in (node.params, node.macs, node.elements)]
        return GraphArrays(adjacency, operators, features, np.arange(self.nodes) < len(nodes))

    def _flow(self, architecture: Member) -> Flow:
        flow = flow_of(architecture.graph(self.net))
        if len(flow.nodes) > self.nodes:
            raise SearchError(f"a network of {len(flow.nodes):,} nodes does not fit into {self.nodes:,}; set `nodes`")
        return flow

    def encode(self, architecture: Member) -> Vector:
        """See `Encoding.encode`."""
        arrays = self.graph(architecture)
        return self._joined(arrays.adjacency, arrays.operators, arrays.features)

    def mask(self, architecture: Member) -> Mask:
        """The columns of nodes that there are, and of edges between them."""
        present = self.graph(architecture).present
        both = present[:, None] & present[None, :]
        wide = [np.repeat(present[:, None], width, axis=1) for width in (len(self.operators), len(NODE_FEATURES))]
        return self._joined(both, *wide).astype(np.bool_)

    def _joined(self, adjacency: npt.NDArray[np.generic], *others: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
        upper = adjacency[np.triu_indices(self.nodes, 1)]
        return np.concatenate([upper, *(each.ravel() for each in others)]).astype(np.float64)
