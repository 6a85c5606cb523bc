"""Weights carried through a rewriting, from pass to pass.

How one pass carries them is told by the rule's `keep`, and carried out by `tracing`. What is not carried over starts as
its layer says, drawn from a generator that is handed in.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from symnas.arrays import Array, array_of
from symnas.errors import SearchError, nearest
from symnas.graph import Graph, join
from symnas.operators.python import is_python
from symnas.rewriting.passing import Passage
from symnas.rewriting.running import Rewriting
from symnas.rewriting.weights.fates import HOWS, Fate
from symnas.rewriting.weights.lineage import layers
from symnas.rewriting.weights.making import made_weights
from symnas.rewriting.weights.tracing import Tracing, real_kind

__all__ = ["Array", "Carried", "Weights", "carried", "carried_through"]

Weights = Mapping[str, Array]
"""Arrays by the names that `state_dict` has for them."""


@frozen
class Carried:
    """The *weights* of a rewritten network, in the order of its layers, and what became of each."""

    weights: dict[str, Array] = field(repr=False)
    fates: tuple[Fate, ...]
    differences: tuple[str, ...] = ()
    """Where what was carried over does not do what it did, as far as that is known."""

    @property
    def report(self) -> str:
        """How many weights were copied, cut, repeated, made, are fresh; then all that were not copied, a line each."""
        counts = [(how, sum(each.how == how for each in self.fates)) for how in HOWS]
        lines = [", ".join(f"{count} {how}" for how, count in counts if count)]
        return "".join(f"{line}\n" for line in [*lines, *(str(each) for each in self.fates if each.how != "copied")])


def carried(
    rewriting: Rewriting,
    weights: Mapping[str, Any],
    random: np.random.Generator | int,
    net: str | None = None,
    noise: float = 0.0,
) -> Carried:
    """*weights* of the network before *rewriting* (arrays, or tensors of PyTorch), carried over to what it has become:
    those of *net*, where the program has several. What is fresh is drawn from *random*, a generator or the
    seed of one. Channels that are repeated do the
    same until training tells them apart; *noise*, below 1, has their shares differ by up to this part of each, which
    changes nothing of what they do together.

    Raises:
        SearchError: names or shapes are not those of the network before; there is no such net; channels that were
            repeated differently meet.
    """
    before = rewriting.original.graph(net)
    found = {path: array_of(each) for path, each in weights.items()}
    check_weights(before, found)
    return carried_through(
        [each for each in rewriting.passages if each.before.name == before.name],
        found,
        np.random.default_rng(random),
        noise,
    )


def carried_through(
    passages: Sequence[Passage], weights: Weights, random: np.random.Generator, noise: float = 0.0
) -> Carried:
    """*weights* carried through *passages* over one network, as `carried` does."""
    found = dict(weights)
    fates = {path: Fate(path, "copied", path) for path in found}
    differences: dict[str, None] = {}
    for passage in passages:
        tracing = Tracing(passage, found, random, noise)
        tracing.run()
        made = made_weights(passage, found)
        kind = real_kind(found)
        found, latest = tracing.made()
        found |= {path: each.astype(kind) for path, each in made.items()}
        differences |= tracing.differences
        latest = [Fate(each.path, "made", each.origin) if each.path in made else each for each in latest]
        fates = {each.path: each.after(fates[each.origin]) if each.origin else each for each in latest}
    return Carried(found, tuple(fates.values()), tuple(differences))


def check_weights(graph: Graph, weights: Weights) -> None:
    """Refuse *weights* that are not those of *graph*: others by name, or of another shape.

    Raises:
        SearchError: that.
    """
    wanted = {join(each.path, weight.name): weight for each in layers(graph) for weight in each.operation.weights}
    missing = [path for path in wanted if path not in weights]
    python = tuple(f"{each.path}." for each in layers(graph) if is_python(each.operation.operator))
    strange = [path for path in weights if path not in wanted and not path.startswith(python)]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise SearchError(f"the weights are not those of `{graph.name}`: they lack `{missing[0]}`{more}")
    if strange:
        close = nearest(strange[0], wanted)
        hint = f"; did you mean `{close}`?" if close else ""
        raise SearchError(f"`{graph.name}` has no weight `{strange[0]}`{hint}")
    for path, weight in wanted.items():
        if weights[path].shape != weight.shape:
            given, right = list(weights[path].shape), list(weight.shape)
            raise SearchError(f"the weight `{path}` of `{graph.name}` is {right}; {given} was given")
