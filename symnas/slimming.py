"""Pruning a network that a program describes: the smaller network as a program of its own, with its weights.

What can be removed and how it is done on graphs is `symnas.pruning`'s business.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from attrs import field, frozen

from symnas.architecture import Architecture
from symnas.depth import deep_recursion
from symnas.errors import CompileError
from symnas.expanding import program_of
from symnas.graph import Graph, join
from symnas.operators.base import Weight
from symnas.program import Program
from symnas.pruning.arrays import Arrays, arrays_of, check_weights
from symnas.pruning.choosing import Budget, choose, selected
from symnas.pruning.coupling import couple
from symnas.pruning.dropping import Layer, branches, dropped, layer_at
from symnas.pruning.groups import Group, Units, units_of
from symnas.pruning.importance import importance, least_important
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
    """What came of pruning a net of *original*: its *graph* now. *units* are those of the net without the *layers* that
    were left out, and *gone* says which of them are.
    """

    original: Architecture
    net: str
    layers: tuple[Layer, ...]
    units: Units = field(repr=False)
    gone: Flags = field(repr=False)
    graph: Graph = field(repr=False)
    given: Arrays | None = field(repr=False)
    """The weights that were given."""

    @cached_property
    def weights(self) -> Arrays | None:
        """What is left of the weights, by the names of the state dict; `None` where none were given."""
        if self.given is None:
            return None
        before, after = (_names(each) for each in (self.original.graph(self.net), self.units.coupling.graph))
        left = {name: value for name, value in self.given.items() if name in after or name not in before}
        return shrunk(self.units.coupling, self.units.kept(self.gone), left)

    @cached_property
    def masked(self) -> Arrays | None:
        """The weights of the network as it was, with what went made 0: it computes what the smaller network does.

        Raises:
            CompileError: a layer was left out that is no branch.
        """
        if self.given is None:
            return None
        found = dict(masked(self.units.coupling, self.units.kept(self.gone), self.given))
        for layer in self.layers:
            if not layer.zeroed:
                raise CompileError(f"no weights make `{layer.path}` give what it takes, so nothing can be masked")
            for name in layer.zeroed:
                found[name] = found[name] * 0
        return found

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


def prunable(
    architecture: Architecture, net: str | None = None, *, statistics: bool = False
) -> tuple[Units, tuple[Layer, ...]]:
    """What can be removed of a net: units in groups, with what stays and why, and residual branches. With *statistics*,
    channels that `LayerNorm` takes statistics of may go as well, though the others then have other statistics.

    Raises:
        SearchError: there is no such net.
    """
    with deep_recursion():
        graph = architecture.graph(net)
        return units_of(couple(graph, statistics=statistics)), tuple(branches(graph))


def prune(
    architecture: Architecture | Program,
    weights: Mapping[str, Any] | None = None,
    *,
    keep: float | None = None,
    params: float | None = None,
    macs: float | None = None,
    by: str = "l2",
    absolute: bool | None = None,
    gradients: Mapping[str, Any] | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    alike: bool = False,
    multiple: int = 1,
    drop: Sequence[str] = (),
    layers: int = 0,
    statistics: bool = False,
    sizes: Mapping[str, int] | None = None,
    seed: int = 0,
    net: str | None = None,
) -> Pruned:
    """The network *architecture*, or one net of it, without its least important channels, heads, groups and layers.

    *keep*, *params* and *macs* say which share may be left, of the channels that can go, of the parameters and of the
    multiply-adds of the whole network; *sizes* are symbolic sizes that these depend on. *weights* are by the names of the
    state dict: arrays, or tensors of PyTorch. Importance is *by* `l1`, `l2`, `bn`, `taylor` (with *gradients* by the same
    names) or `random` (with *seed*), *absolute* (as `bn` and `taylor` are if nothing is said) or over the mean of the
    group (as the others are). Groups lose what is least important of all,
    or each the same share (*alike*), *only* at some paths or not at those to *skip*; what is left of a group is a
    *multiple*. With *statistics*, channels that normalisations take statistics of go as well.

    Before, the layers at the paths *drop* go, and the *layers* least important branches; a branch of which all channels of
    a group would go, does so too.

    Raises:
        SearchError: the budget cannot be met, or something that was asked for is impossible.
        CompileError: the weights are not those of the network.
    """
    budget = Budget(keep, params, macs, sizes or {})
    budget.check(needed=not (drop or layers))
    if isinstance(architecture, Program):
        architecture = architecture.architecture()
    net = architecture.space.net_name(net)
    given = None if weights is None else arrays_of(weights)
    slopes = None if gradients is None else arrays_of(gradients)
    with deep_recursion():
        whole = architecture.graph(net)
        if given is not None:
            check_weights(whole, given)
        known = branches(whole) if drop or layers else []
        left_out = [layer_at(whole, each, known) for each in drop]
        rest = [each for each in known if each not in left_out]
        left_out += least_important(rest, layers, by, given, slopes, seed) if layers else []
        units = units_of(couple(dropped(whole, left_out), statistics=statistics))
        if budget == Budget(sizes=budget.sizes):
            return _made(architecture, net, left_out, units, units.none(), given)
        scores = importance(units, by, given, slopes, seed, absolute=absolute)
        groups = selected(units.groups, only, skip)
        choice = choose(units, scores, budget, groups=groups, alike=alike, multiple=multiple, whole=whole)
        emptied = _emptied(whole, choice.emptied)
        if not emptied:
            return _made(architecture, net, left_out, units, choice.gone, given)
        left_out += [each for each in emptied if each not in left_out]
        less = units_of(couple(dropped(whole, left_out), statistics=statistics))
        return _made(architecture, net, left_out, less, _moved(units, choice.gone, less), given)


def _made(
    architecture: Architecture, net: str, layers: Sequence[Layer], units: Units, gone: Flags, given: Arrays | None
) -> Pruned:
    graph = removed(units.coupling, units.kept(gone))
    return Pruned(architecture, net, tuple(layers), units, gone, graph, given)


def _emptied(graph: Graph, groups: Sequence[Group]) -> list[Layer]:
    """The branches that hold one of *groups*, the innermost of each."""
    found: list[Layer] = []
    known = [each for each in branches(graph) if each.residual] if groups else []
    before = _names(graph)
    for group in groups:
        around = [each for each in known if group.name.startswith(each.scope)]
        for layer in sorted(around, key=lambda each: -len(each.path)):
            lost = {each.rpartition(".")[0] for each in before - _names(dropped(graph, [layer]))}
            if lost.issuperset(group.made):
                found.append(layer)
                break
    return list(dict.fromkeys(found))


def _moved(units: Units, gone: Flags, less: Units) -> Flags:
    """What is *gone* of *units* in the same network with fewer layers."""
    kept, found = units.kept(gone), less.none()
    for path, weighed in less.coupling.weights.items():
        for before, axis in zip(units.coupling.weights[path].axes, weighed.axes, strict=True):
            if before is not None and axis is not None:
                found[less.coupling.channels.of(axis[~kept[before]])] = True
    return found


def _names(graph: Graph) -> set[str]:
    return {join(path, weight.name) for path, weights in _shapes(graph) for weight in weights}


def _shapes(graph: Graph) -> set[tuple[str, tuple[Weight, ...]]]:
    return {
        (each.operation.shared or each.path, each.operation.weights)
        for each in graph.operations()
        if each.operation.weights
    }
