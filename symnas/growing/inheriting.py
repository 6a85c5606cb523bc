"""Weights of a network that rules have made, from those of the network that they were made of.

For evaluators of one's own there are two calls: `inherit` puts into a new network what carries over from the trial that it
goes on from, `keep` leaves its weights to those that go on from it. What carries over of a weight is told by the rule's
`keep`, and is `symnas.rewriting.weights`' business.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from symnas.errors import SearchError
from symnas.growing.space import Grown
from symnas.study.runs import Run
from symnas.training.continuing import load_state, save_state
from symnas.training.weights import HasWeights, load_arrays, state_of

if TYPE_CHECKING:
    from numpy.random import Generator

__all__ = ["Inheritance", "inherit", "inheritance", "keep"]


@frozen(eq=False)
class Inheritance:
    """Weights by net and name, as they are carried over into one network. *epochs* have made them, over all ancestors;
    those in *fresh* nobody has trained.
    """

    weights: Mapping[str, Mapping[str, Any]]
    epochs: float = 0.0
    fresh: frozenset[tuple[str, str]] = frozenset()

    @property
    def share(self) -> float:
        """Which share of all numbers was carried over, 0 to 1."""
        sizes = {(net, name): _size(each) for net, named in self.weights.items() for name, each in named.items()}
        return 1 - sum(sizes[each] for each in self.fresh) / max(1, sum(sizes.values()))


def inherit(module: HasWeights | Mapping[str, HasWeights], architecture: Grown, run: Run) -> Inheritance | None:
    """Put into *module*, the network of *architecture*, the weights that carry over from the trial that *run* goes on from,
    and tell what they were; `None`, and nothing is done, where there is none. Of a program with several nets, the modules
    by name.

    Raises:
        SearchError: they cannot be read, or are not those of an ancestor.
    """
    found = inheritance(architecture, run)
    if found is not None:
        for net, each in _by_net(module, architecture).items():
            load_arrays(each, found.weights[net])
    return found


def keep(
    module: HasWeights | Mapping[str, HasWeights], architecture: Grown, run: Run, epochs: float = 0.0
) -> None:  # fmt: skip
    """Leave the weights of *module* to trials that go on from *run*; *epochs* of training have made them, those of all
    ancestors included.
    """
    weights = {net: state_of(each) for net, each in _by_net(module, architecture).items()}
    save_state({"moves": architecture.genotype.to_json(), "weights": weights, "epochs": epochs}, run.folder)


def inheritance(architecture: Grown, run: Run) -> Inheritance | None:
    """What `keep` left in the trial that *run* goes on from, carried over into *architecture*; `None` where there is none.
    What is fresh is drawn by the trial's seed.

    Raises:
        SearchError: it cannot be read, or comes from a network that is no ancestor of this one.
    """
    from numpy.random import default_rng

    state = None if run.inherited is None else load_state(run.inherited)
    if state is None:
        return None
    line, below = list[Grown](), architecture
    while below.genotype.to_json() != state["moves"]:
        if below.parent is None:
            moves = ", ".join(state["moves"])
            raise SearchError(f"the weights in {run.inherited} are those of `{moves}`, no ancestor of {architecture!r}")
        line.append(below)
        below = below.parent
    found, random = Inheritance(state["weights"], state["epochs"]), default_rng(run.seed)
    for each in reversed(line):
        found = _carried(each, found, random)
    return found


def _carried(grown: Grown, before: Inheritance, random: "Generator") -> Inheritance:
    """What was the parent's as the last move of *grown* carries it over."""
    from symnas.rewriting.weights import carried

    assert grown.done is not None, "it was made by a move"
    weights, fresh = dict[str, Mapping[str, Any]](), set[tuple[str, str]]()
    for net, named in before.weights.items():
        found = carried(grown.done, named, random, net)
        weights[net] = found.weights
        fresh |= {(net, each.path) for each in found.fates if each.origin is None or (net, each.origin) in before.fresh}
    return evolve(before, weights=weights, fresh=frozenset(fresh))


def _by_net(module: HasWeights | Mapping[str, HasWeights], architecture: Grown) -> Mapping[str, HasWeights]:
    if isinstance(module, Mapping):
        wrong = sorted(module.keys() ^ set(architecture.space.nets))
        if wrong:
            raise SearchError(f"modules are given by the names of all nets; `{wrong[0]}` is too many, or missing")
        return module
    return {architecture.space.net_name(None): module}


def _size(array: Any) -> int:
    """How many numbers there are in an array or tensor."""
    size = array.size
    return int(size if isinstance(size, int) else array.numel())
