"""What surrounds each operation: counts of operations together with what they read and what reads them, so many steps far.

The Weisfeiler-Lehman subtree features of Shervashidze et al., "Weisfeiler-Lehman graph kernels", JMLR 12, 2011, section 3,
as surrogates of networks take them: Ru, Wan, Dong and Osborne, "Interpretable neural architecture search via Bayesian
optimisation with Weisfeiler-Lehman kernels", ICLR 2021. Edges have a direction: what is read and what reads are told apart.

Nothing depends on the order in which a program states its steps or numbers its vertices, so one network that a space says
in several ways has one vector. For that sums of sums are one sum, and what changes nothing (`Identity`, a slice of the whole)
is not there. Operations without weights to multiply by, nor a window, belong to what they follow if nothing else reads it:
`Conv2d(3)+BatchNorm2d+ReLU` is one, so that few steps reach far.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from attrs import frozen

from symnas.encoding.bags import HashedBag, KnownBag, frequent
from symnas.encoding.dataflow import Flow, Node, flow_of
from symnas.encoding.subjects import Member, Subject

__all__ = ["HashedWeisfeilerLehman", "Surroundings", "WeisfeilerLehman"]

_SUMS = frozenset({"add", "sum_all"})
_APART = _SUMS | {"input", "output", "when"}
"""What nothing belongs to, and belongs to nothing."""


@frozen
class _Web:
    """A network as *labels* of its nodes and, for each, which nodes it *reads*; one that is read twice stands twice."""

    labels: list[str]
    reads: list[list[int]]
    params: list[int]

    @property
    def readers(self) -> list[list[int]]:
        """For each node, those that read it."""
        found: list[list[int]] = [[] for _ in self.labels]
        for reader, reads in enumerate(self.reads):
            for read in reads:
                found[read].append(reader)
        return found


class Surroundings:
    """Operations of a net by what is around them, up to *far* steps away."""

    def __init__(self, net: str | None, far: int) -> None:
        self.net, self.far = net, far

    def features(self, architecture: Member) -> dict[str, float]:
        """log(1 + count) of each operation alone, of each with its parameters, and with what it reads and what reads it
        (`ReLU <- input -> output`); what is further away is told by a digest. `depth` likewise.
        """
        flow = flow_of(architecture.graph(self.net))
        web = _web(flow)
        counts = Counter(web.labels)
        counts.update(f"{label} of {params:,}" for label, params in zip(web.labels, web.params, strict=True) if params)
        labels, readers = web.labels, web.readers
        for step in range(self.far):
            labels = [_around(labels, at, web.reads[at], readers[at], step) for at in range(len(labels))]
            counts.update(labels)
        found = {name: math.log1p(count) for name, count in sorted(counts.items())}
        return {"depth": math.log1p(flow.depth), **found}


def _around(labels: Sequence[str], at: int, reads: Sequence[int], readers: Sequence[int], step: int) -> str:
    """What a node is called that sees one step further; short, however far that is."""
    before = ", ".join(sorted(labels[each] for each in reads))
    after = ", ".join(sorted(labels[each] for each in readers))
    whole = f"{labels[at]} <- {before} -> {after}"
    return whole if step == 0 else f"{step + 1} steps: {_digest(whole)}"


@lru_cache(maxsize=100_000)
def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _web(flow: Flow) -> _Web:
    """*flow* with what belongs together as one node."""
    nodes = flow.nodes
    readers = _readers(nodes)
    web = _Web([], [], [])
    stands: list[list[int]] = []  # for each node, what stands for it in the web: several for the summands of a sum
    for number, node in enumerate(nodes):
        reads = [each for read in node.reads for each in stands[read]]
        goes_on = node.operator in _SUMS and [nodes[each].operator in _SUMS for each in readers[number]] == [True]
        if _is_idle(node, nodes) or goes_on:
            stands.append(reads)
        elif _follows(node, nodes) and len(readers[node.reads[0]]) == 1:
            web.labels[reads[0]] += f"+{node.operator}"
            web.params[reads[0]] += node.params
            stands.append(reads)
        else:
            stands.append([len(web.labels)])
            web.labels.append(_name(node))
            web.reads.append(reads)
            web.params.append(node.params)
    return web


def _readers(nodes: Sequence[Node]) -> list[list[int]]:
    """Who reads each node, passing over what is idle."""
    found: list[list[int]] = [[] for _ in nodes]
    for number in reversed(range(len(nodes))):
        handed = found[number] if _is_idle(nodes[number], nodes) else [number]
        for read in nodes[number].reads:
            found[read] += handed
    return found


def _is_idle(node: Node, nodes: Sequence[Node]) -> bool:
    """Whether it gives what it reads."""
    whole = node.operator == "slice" and [nodes[each].elements for each in node.reads] == [node.elements]
    return whole or node.operator == "Identity"


def _follows(node: Node, nodes: Sequence[Node]) -> bool:
    """Whether it is of the kind that belongs to the operation that it reads."""
    if len(node.reads) != 1 or node.macs or node.kernel or node.operator in _APART:
        return False
    before = nodes[node.reads[0]]
    return before.operator not in _APART and not _is_idle(before, nodes)


def _name(node: Node) -> str:
    if node.operator in _SUMS:
        return "sum"
    return f"{node.operator}({node.kernel})" if node.kernel else node.operator


class WeisfeilerLehman(KnownBag):
    """`depth`, and a column for each of the most frequent surroundings, *length* in all; see `bags.frequent` for *draws*."""

    name = "wl"

    def __init__(
        self, space: Subject, length: int = 256, net: str | None = None, far: int = 2, draws: int = 200
    ) -> None:
        bag = Surroundings(net, far)
        super().__init__(space, bag, frequent(space, bag, length, draws))


class HashedWeisfeilerLehman(HashedBag):
    """All surroundings and the depth, hashed into *length* columns."""

    name = "wl-hashed"

    def __init__(self, space: Subject, length: int = 1024, net: str | None = None, far: int = 2) -> None:
        super().__init__(space, Surroundings(net, far), length)
