"""The path encoding: which sequences of operations lead from an input to the output.

White, Neiswanger and Savani, "BANANAS: Bayesian optimization with neural architectures for neural architecture search",
AAAI 2021, section 4: a feature for each path of operations, 1 if the network has it; truncated to the paths that are
most frequent among random networks, of which they show that nothing is lost by it. There the network is a cell; here it
is the net, or a block of it.

Operations that only join (sums, concatenations) are left out, and a window is told: `Conv2d(3)`.
"""

from symnas.encoding.bags import HashedBag, KnownBag, frequent
from symnas.encoding.dataflow import Flow, Node, flow_of, flows_within
from symnas.encoding.subjects import Member, Subject
from symnas.errors import SearchError

__all__ = ["HashedPaths", "OperatorPaths", "Paths"]

_MOST = 50_000
"""Different paths that a network may have up to any one of its nodes."""

_JOINS = frozenset({"add", "sum_all", "concat", "stack", "mean_all", "max_all", "Identity"})

Path = tuple[str, ...]


class OperatorPaths:
    """The paths of a net, or of the uses of one *block* in it; of at most *longest* operations."""

    def __init__(self, net: str | None, block: str | None, longest: int) -> None:
        self.net, self.block, self.longest = net, block, longest

    def features(self, architecture: Member) -> dict[str, float]:
        """1 for each path, as `Conv2d(3) -> ReLU`; `Identity` for an input that is passed on."""
        graph = architecture.graph(self.net)
        flows = [flow_of(graph)] if self.block is None else flows_within(graph, self.block)
        return {" -> ".join(path) or "Identity": 1.0 for flow in flows for path in sorted(self._paths(flow))}

    def _paths(self, flow: Flow) -> set[Path]:
        found: list[set[Path]] = []
        for node in flow.nodes:
            ways = set[Path]({()} if node.operator == "input" else ())
            for read in node.reads:
                ways |= found[read]
            step = _step(node)
            found.append({(*way, step) for way in ways if len(way) < self.longest} if step else ways)
            if len(found[-1]) > _MOST:
                remedy = 'name a block of it, `block="Cell"`' if self.block is None else "lower `longest`"
                raise SearchError(f"this network has more than {_MOST:,} different paths; {remedy}")
        return found[-1]


def _step(node: Node) -> str:
    if node.operator in ("input", "output") or node.operator in _JOINS:
        return ""
    return f"{node.operator}({node.kernel})" if node.kernel else node.operator


class Paths(KnownBag):
    """A column for each of the *length* most frequent paths; see `bags.frequent` for *draws*."""

    name = "paths"

    def __init__(
        self, space: Subject, length: int = 256, net: str | None = None, block: str | None = None, longest: int = 64,
        draws: int = 200,
    ) -> None:  # fmt: skip
        bag = OperatorPaths(net, block, longest)
        super().__init__(space, bag, frequent(space, bag, length, draws))


class HashedPaths(HashedBag):
    """All paths, hashed into *length* columns."""

    name = "paths-hashed"

    def __init__(
        self, space: Subject, length: int = 1024, net: str | None = None, block: str | None = None, longest: int = 64
    ) -> None:
        super().__init__(space, OperatorPaths(net, block, longest), length)
