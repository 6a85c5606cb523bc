"""A network with its weights, as transformations take and give it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from symnas.architecture import Architecture
from symnas.arrays import Array, array_of
from symnas.errors import SearchError, near
from symnas.graph import Graph, Operation, Scope, Step, Use, join, map_scopes
from symnas.operators.base import SettingValue
from symnas.operators.starts import Start
from symnas.program import Program
from symnas.rewriting.reading import rule
from symnas.rewriting.running import Rewriting, rewrite
from symnas.rewriting.weights.carrying import carried_through, check_weights
from symnas.rewriting.weights.fates import Fate
from symnas.rewriting.weights.lineage import Layer, layers

__all__ = ["Random", "Trained", "carried_on", "morphed", "settled"]

Random = np.random.Generator


@frozen(eq=False)
class Trained:
    """A *network* of one net, with its *weights* by their names in its `state_dict`; *fates* tell what the last
    transformation made of them.
    """

    network: Architecture | Rewriting
    weights: Mapping[str, Array] = field(repr=False)
    fates: tuple[Fate, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, network: Architecture | Program | Rewriting, weights: Mapping[str, Any]) -> "Trained":
        """*network* with *weights*, arrays or tensors of PyTorch.

        Raises:
            SearchError: they are not its weights, or it has several nets.
        """
        given = network.architecture() if isinstance(network, Program) else network
        made = cls(given, {name: array_of(each) for name, each in weights.items()})
        check_weights(made.graph, made.weights)
        return made

    @property
    def rewriting(self) -> Rewriting:
        """The network as what rules have made of one, nothing at first."""
        if isinstance(self.network, Rewriting):
            return self.network
        return Rewriting(self.network, (self.graph,), ())

    @property
    def graph(self) -> Graph:
        """Its dataflow."""
        if isinstance(self.network, Architecture):
            return self.network.graph()
        if len(self.network.graphs) != 1:
            raise SearchError("the program has several nets: transform them one at a time")
        return self.network.graphs[0]

    @property
    def program(self) -> Program:
        """The network as one program."""
        if isinstance(self.network, Architecture):
            from symnas.expanding import expand

            return expand(self.network)
        return self.network.program

    @property
    def architecture(self) -> Architecture:
        """The network as the one architecture of its program."""
        return self.network if isinstance(self.network, Architecture) else self.network.architecture

    @cached_property
    def layers(self) -> list[Layer]:
        """Its layers in the order in which they run."""
        return list(layers(self.graph))

    def layer(self, path: str, kinds: Sequence[str], what: str) -> Layer:
        """The layer at *path*, whose operator begins with one of *kinds*.

        Raises:
            SearchError: there is none, or it is none of these; *what* says what is asked for.
        """
        found = [each for each in self.layers if each.path == path]
        fitting = [each for each in found if each.operation.operator.startswith(tuple(kinds))]
        if not fitting:
            known = [each.path for each in self.layers if each.operation.operator.startswith(tuple(kinds))]
            there = f"a `{found[0].operation.operator}`" if found else "nothing"
            shown = ", ".join(f"`{each}`" for each in near(path, known) or known[:3])
            raise SearchError(f"{what}; at `{path}` is {there}" + (f"; try {shown}" if shown else ""))
        if fitting[0].operation.shared is not None:
            raise SearchError(f"{what}; `{path}` is shared, and rules leave it as it is")
        return fitting[0]


def morphed(
    before: Trained, text: str, at: str | Sequence[str], name: str, random: Random, noise: float = 0.0
) -> Trained:
    """*before* with the rule *text*, called *name*, carried out *at* layers.

    Raises:
        SearchError: the network would not do what it did; the message says where.
        SourceError: the shapes do not fit.
    """
    return carried_on(before, rewrite(before.network, rule(text, name), at=at), random, noise)


def carried_on(before: Trained, done: Rewriting, random: Random, noise: float = 0.0) -> Trained:
    """*done*, which goes on from the network of *before*, with its weights carried over.

    Raises:
        SearchError: the network would not do what it did; the message says where.
    """
    known = len(before.network.passages) if isinstance(before.network, Rewriting) else 0
    found = carried_through(done.passages[known:], before.weights, random, noise)
    lost = [str(each) for each in found.fates if each.how == "fresh" and each.why]
    if lost or found.differences:
        raise SearchError(f"the network would not do what it did: {(*found.differences, *lost)[0]}")
    return Trained(done, found.weights, found.fates)


def settled(after: Trained) -> Trained:
    """*after* without what says how the layers that were put down last start, `init`: their weights are there, and what
    may be an identity now, is none once it is made wider or cut.
    """
    assert isinstance(after.network, Rewriting)
    new = [each for firing in after.network.passages[-1].firings for each in firing.put if each.origin is None]
    put = frozenset(each.path for each in new)
    graph = evolve(after.graph, scope=_started_anyhow(after.graph.scope, "", put, False))
    return evolve(after, network=evolve(after.network, graphs=(graph,)))


def _started_anyhow(scope: Scope, prefix: str, put: frozenset[str], inside: bool) -> Scope:
    """*scope*, which stands at *prefix*, *inside* of what was put down or not."""

    def change(step: Step) -> Step:
        path = step.shared or join(prefix, step.name)
        new = inside or path in put
        if isinstance(step, Operation):
            return evolve(step, settings=tuple(map(_anyhow, step.settings))) if new else step
        if isinstance(step, Use):
            return evolve(step, scope=_started_anyhow(step.scope, path, put, new))
        return map_scopes(step, lambda each: _started_anyhow(each, prefix, put, inside))

    made = tuple(map(change, scope.steps))
    return scope if made == scope.steps else evolve(scope, steps=made)


def _anyhow(setting: tuple[str, SettingValue]) -> tuple[str, SettingValue]:
    return (setting[0], None) if isinstance(setting[1], Start) else setting
