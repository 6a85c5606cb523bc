"""Pruning a network that a program describes: the smaller network as a program of its own, with its weights.

What can be removed and how it is done on graphs is `symnas.pruning`'s business.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from attrs import field, frozen

from symnas.architecture import Architecture
from symnas.depth import deep_recursion
from symnas.expanding import program_of
from symnas.graph import Graph
from symnas.program import Program
from symnas.pruning.arrays import Arrays, arrays_of, check_weights
from symnas.pruning.choosing import Budget, choose, selected
from symnas.pruning.coupling import couple
from symnas.pruning.groups import Group, Units, units_of
from symnas.pruning.importance import importance
from symnas.pruning.labels import Flags
from symnas.pruning.removing import masked, removed, shrunk

__all__ = ["Change", "Pruned", "prunable", "prune"]


@frozen
class Change:
    """What went of a group: it had *before* channels where it is made first, and has *after*."""

    group: Group
    before: int
    after: int


@frozen(eq=False)
class Pruned:
    """What came of pruning a net of *original*: its *graph* now, and its *weights* by name, where some were given."""

    original: Architecture
    net: str
    units: Units = field(repr=False)
    gone: Flags = field(repr=False)
    graph: Graph = field(repr=False)
    given: Arrays | None = field(repr=False)

    @cached_property
    def weights(self) -> Arrays | None:
        """What is left of the weights, by the names of the state dict; `None` where none were given."""
        kept = self.units.kept(self.gone)
        return None if self.given is None else shrunk(self.units.coupling, kept, self.given)

    @cached_property
    def masked(self) -> Arrays | None:
        """The weights of the network as it was, with what went made 0: it computes what the smaller network does."""
        kept = self.units.kept(self.gone)
        return None if self.given is None else masked(self.units.coupling, kept, self.given)

    @cached_property
    def program(self) -> Program:
        """The new network as one program, as `symnas expand` writes it; other nets are as they were."""
        nets = self.original.space.nets
        graphs = [self.graph if name == self.net else self.original.graph(name) for name in nets]
        return program_of(self.original, graphs)

    @property
    def architecture(self) -> Architecture:
        """The new network, as the one architecture of its program."""
        return self.program.architecture()

    @property
    def changes(self) -> list[Change]:
        """What went, group by group, in the order of the network."""
        found = []
        for group in self.units.groups:
            went = int(self.gone[group.units].sum())
            found.append(Change(group, group.channels, group.channels - went * group.width))
        return found

    def check(self) -> None:
        """Make sure that the program reads back to the network: the same dataflow, the same names of weights."""
        other = self.architecture.graph(self.net)
        assert self.graph.canonical().hash == other.canonical().hash, "the program says another network than the graph"
        assert _shapes(self.graph) == _shapes(other), "the program has other weights than the graph"


def prunable(architecture: Architecture, net: str | None = None, *, statistics: bool = False) -> Units:
    """What can be removed of a net, in groups; and what stays, and why. With *statistics*, channels that `LayerNorm`
    takes statistics of may go as well, though the others then have other statistics.

    Raises:
        SearchError: there is no such net.
    """
    with deep_recursion():
        return units_of(couple(architecture.graph(net), statistics=statistics))


def prune(
    architecture: Architecture | Program,
    weights: Mapping[str, Any] | None = None,
    *,
    keep: float | None = None,
    params: float | None = None,
    macs: float | None = None,
    by: str = "l2",
    gradients: Mapping[str, Any] | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    alike: bool = False,
    multiple: int = 1,
    statistics: bool = False,
    sizes: Mapping[str, int] | None = None,
    seed: int = 0,
    net: str | None = None,
) -> Pruned:
    """The network *architecture*, or one net of it, without its least important channels, heads and groups.

    *keep*, *params* and *macs* say which share may be left, of the channels that can go, of the parameters and of the
    multiply-adds; *sizes* are symbolic sizes that these depend on. *weights* are by the names of the state dict: arrays,
    or tensors of PyTorch. Importance is *by* `l1`, `l2`, `bn`, `taylor` (with *gradients* by the same names) or `random`
    (with *seed*). Groups lose what is least important of all, or each the same share (*alike*), *only* at some paths or
    not at those to *skip*; what is left of a group is a *multiple*. With *statistics*, channels that normalisations take
    statistics of go as well.

    Raises:
        SearchError: the budget cannot be met, or something that was asked for is impossible.
        CompileError: the weights are not those of the network.
    """
    budget = Budget(keep, params, macs, sizes or {})
    budget.check()
    if isinstance(architecture, Program):
        architecture = architecture.architecture()
    net = architecture.space.net_name(net)
    units = prunable(architecture, net, statistics=statistics)
    given = None if weights is None else arrays_of(weights)
    if given is not None:
        check_weights(units.coupling, given)
    scores = importance(units, by, given, None if gradients is None else arrays_of(gradients), seed)
    groups = selected(units.groups, only, skip)
    with deep_recursion():
        gone = choose(units, scores, budget, groups=groups, alike=alike, multiple=multiple)
        graph = removed(units.coupling, units.kept(gone))
    return Pruned(architecture, net, units, gone, graph, given)


def _shapes(graph: Graph) -> set[tuple[str, object]]:
    return {
        (each.operation.shared or each.path, each.operation.weights)
        for each in graph.operations()
        if each.operation.weights
    }
