"""No network twice: what tells in a study that two architectures are the same network, trained the same way.

What makes two networks the same is `symnas.canonical`'s business; what becomes of a trial that repeats one, `loop`'s.
"""

import hashlib
import json
import re
from enum import Enum

from symnas.architecture import Architecture
from symnas.errors import NasError, SearchError

__all__ = ["Unique", "network_of", "trained", "unique_of"]


class Unique(Enum):
    """What a study evaluates once: a genotype, or a network under whatever names."""

    GENOTYPE = "genotype"
    GRAPH = "graph"


def unique_of(word: str) -> Unique:
    """What is called *word*.

    Raises:
        SearchError: nothing is.
    """
    try:
        return Unique(word)
    except ValueError:
        raise SearchError(f"`unique` is `graph` or `genotype`, not `{word}`") from None


def network_of(architecture: object) -> str:
    """A digest that architectures have in common if an evaluation cannot tell them apart: networks that are the same by
    the rules that are exact, of the same costs, with the same recipe. Empty where there is no network to look at,
    because the choices make none.

    Costs take part as they may be objectives, and differ between networks that compute the same: a layer on zeros alone
    has parameters. So do the decisions that a `require` on what is measured reads.

    Raises:
        SearchError: this is no architecture of a program.
    """
    if not isinstance(architecture, Architecture):
        raise SearchError("`unique` = `graph` needs a space of networks; in others, compare genotypes")
    try:
        graphs = [architecture.graph(name) for name in architecture.space.nets]
        costs = [[str(each) for each in (graph.params, graph.trainable, graph.macs, graph.memory)] for graph in graphs]
        told = [architecture.canonical_hash(), costs, architecture.recipe, _limits(architecture)]
    except NasError:
        return ""
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=repr).encode()).hexdigest()


def trained(network: str, fidelity: int | None, below: str) -> str:
    """A digest of *network* trained to *fidelity*, going on from what has the digest *below*, if anything."""
    if not network or (fidelity is None and not below):
        return network
    return hashlib.sha256(f"{network}/{fidelity}/{below}".encode()).hexdigest()


def _limits(architecture: Architecture) -> dict[str, object]:
    """The decisions of `let`s that a `require` on what is measured reads."""
    read = {let.name for claim in architecture.space.elaboration.measured for let in claim.lets}
    return {path: choice for path, choice in architecture.genotype.items() if re.split(r"[.\[]", path)[0] in read}
