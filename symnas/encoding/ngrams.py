"""n-grams of operations along the edges of the network, and its depth.

Negrinho and Gordon, "DeepArchitect: automatically designing and training deep architectures", 2017, section 5: the
surrogate of their sequential model-based search is linear in n-grams of module types and the depth. Counts are given as
log(1 + count), since repeated blocks multiply them.
"""

import math
from collections import Counter

from symnas.encoding.bags import HashedBag, KnownBag, frequent
from symnas.encoding.dataflow import Flow, flow_of
from symnas.encoding.subjects import Member, Subject

__all__ = ["HashedNgrams", "Ngrams", "OperatorNgrams"]

Gram = tuple[str, ...]


class OperatorNgrams:
    """Sequences of 1 to *longest* operations that read each other, by type."""

    def __init__(self, net: str | None, longest: int) -> None:
        self.net, self.longest = net, longest

    def features(self, architecture: Member) -> dict[str, float]:
        """log(1 + count) of each n-gram, as `Conv2d > ReLU`; and `depth`, likewise."""
        flow = flow_of(architecture.graph(self.net))
        found = {" > ".join(gram): math.log1p(count) for gram, count in sorted(self._counts(flow).items())}
        return {"depth": math.log1p(flow.depth), **found}

    def _counts(self, flow: Flow) -> Counter[Gram]:
        """How often each sequence occurs; *ending* counts those that end in each node, by length."""
        ending: list[Counter[Gram]] = []
        total = Counter[Gram]()
        for node in flow.nodes:
            own = Counter[Gram]()
            if node.operator not in ("input", "output"):
                own[node.operator,] = 1
                for read in node.reads:
                    for gram, count in ending[read].items():
                        if len(gram) < self.longest:
                            own[*gram, node.operator] += count
            ending.append(own)
            total.update(own)
        return total


class Ngrams(KnownBag):
    """`depth`, and a column for each of the most frequent n-grams, *length* in all; see `bags.frequent` for *draws*."""

    name = "ngrams"

    def __init__(
        self, space: Subject, length: int = 256, net: str | None = None, longest: int = 3, draws: int = 200
    ) -> None:
        bag = OperatorNgrams(net, longest)
        super().__init__(space, bag, frequent(space, bag, length, draws))


class HashedNgrams(HashedBag):
    """All n-grams and the depth, hashed into *length* columns."""

    name = "ngrams-hashed"

    def __init__(self, space: Subject, length: int = 1024, net: str | None = None, longest: int = 3) -> None:
        super().__init__(space, OperatorNgrams(net, longest), length)
