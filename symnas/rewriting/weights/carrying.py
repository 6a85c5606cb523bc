"""Weights carried through a rewriting, from pass to pass.

How one pass carries them is told by the rule's `keep`: `same` copies what has equal path and shape. What is not carried
over starts as its layer says, drawn from a generator that is handed in.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from attrs import field, frozen

from symnas.arrays import Array, array_of
from symnas.errors import SearchError, nearest
from symnas.graph import Graph, Operation, Scope, Use, join, scopes_within
from symnas.rewriting.passing import Passage
from symnas.rewriting.running import Rewriting
from symnas.rewriting.weights.fates import HOWS, Fate
from symnas.rewriting.weights.lineage import ROOT, Ancestry, Lineage, layers
from symnas.starting import started

__all__ = ["Array", "Carried", "Weights", "carried"]

Weights = Mapping[str, Array]
"""Arrays by the names that `state_dict` has for them."""


@frozen
class Carried:
    """The *weights* of a rewritten network, in the order of its layers, and what became of each."""

    weights: dict[str, Array] = field(repr=False)
    fates: tuple[Fate, ...]

    @property
    def report(self) -> str:
        """How many weights were copied, cut, repeated, made, are fresh; then all that were not copied, a line each."""
        counts = [(how, sum(each.how == how for each in self.fates)) for how in HOWS]
        lines = [", ".join(f"{count} {how}" for how, count in counts if count)]
        return "".join(f"{line}\n" for line in [*lines, *(str(each) for each in self.fates if each.how != "copied")])


def carried(
    rewriting: Rewriting, weights: Mapping[str, Any], random: np.random.Generator, net: str | None = None
) -> Carried:
    """*weights* of the network before *rewriting* (arrays, or tensors of PyTorch), carried over to what it has become:
    those of *net*, where the program has several. What is fresh is drawn from *random*.

    Raises:
        SearchError: names or shapes are not those of the network before; there is no such net.
    """
    before = rewriting.original.graph(net)
    found = {path: array_of(each) for path, each in weights.items()}
    check_weights(before, found)
    fates = {path: Fate(path, "copied", path) for path in found}
    for passage in rewriting.passages:
        if passage.before.name == before.name:
            found, latest = _passed(passage, found, random)
            fates = {each.path: each.after(fates[each.origin]) if each.origin else each for each in latest}
    return Carried(found, tuple(fates.values()))


def check_weights(graph: Graph, weights: Weights) -> None:
    """Refuse *weights* that are not those of *graph*: others by name, or of another shape.

    Raises:
        SearchError: that.
    """
    wanted = {join(each.path, weight.name): weight for each in layers(graph) for weight in each.operation.weights}
    missing = [path for path in wanted if path not in weights]
    strange = [path for path in weights if path not in wanted]
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


def _passed(passage: Passage, weights: Weights, random: np.random.Generator) -> tuple[dict[str, Array], list[Fate]]:
    """*weights* after *passage*, and what each was made of."""
    lineage = Lineage(passage)
    found: dict[str, Array] = {}
    fates: list[Fate] = []
    for path, operation, ancestry in _walk(passage.after.scope, "", ROOT, lineage):
        for weight in operation.weights:
            name, origin = join(path, weight.name), join(ancestry.origin, weight.name)
            if name in found:
                continue
            old = weights.get(origin)
            if old is not None and old.shape == weight.shape:
                found[name] = old
                fates.append(Fate(name, "copied", origin))
            else:
                found[name] = started(operation, weight, random)
                why = "" if old is None else f"it was {list(old.shape)}"
                fates.append(Fate(name, "fresh", None, why))
    return found, fates


def _walk(
    scope: Scope, prefix: str, around: Ancestry, lineage: Lineage
) -> Iterator[tuple[str, Operation, Ancestry]]:  # fmt: skip
    for step in scope.steps:
        path = step.shared or join(prefix, step.name)
        ancestry = lineage.step(path, step.name, step.shared, around)
        if isinstance(step, Operation):
            yield path, step, ancestry
        elif isinstance(step, Use):
            yield from _walk(step.scope, path, ancestry, lineage)
        for inner in scopes_within(step):
            yield from _walk(inner, prefix, around, lineage)
