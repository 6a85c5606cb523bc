"""Choosing what goes: importance, budgets, multiples, layers; and what `symnas.prune` makes of it."""

import numpy as np
import pytest
import torch
from masking import distance, inputs_of, outputs

import symnas
from symnas.compilers.torch import build
from symnas.pruning.arrays import Arrays
from symnas.sizes import Size
from symnas.slimming import Pruned, prunable

NET = """
block Residual(out)(x) = x + (x -> Conv2d(out, 3, bias = false) -> BatchNorm2d -> ReLU -> Conv2d(x.channels, 3))
net A(x: f32[N, 3, 8, 8]) = x -> Conv2d(16, 3) as stem -> BatchNorm2d -> ReLU -> Residual(12) -> Residual(20)
  -> GlobalAvgPool2d -> Flatten -> Linear(5)
"""


@pytest.fixture
def network() -> symnas.Architecture:
    """A small residual network."""
    return symnas.parse(NET).architecture()


@pytest.fixture
def weights(network: symnas.Architecture) -> Arrays:
    """Weights of it."""
    torch.manual_seed(0)
    state = build(network.graph()).double().state_dict()
    return {name: value.numpy() for name, value in state.items()}


def left(done: Pruned) -> dict[str, int]:
    """Channels of each group after."""
    return {each.group.name: each.after for each in done.changes}


def number(size: Size) -> int:
    """A size without symbols."""
    assert isinstance(size, int), size
    return size


def check_masked(done: Pruned) -> None:
    """The smaller network, read back from its program, computes what the masked one does."""
    done.check()
    assert done.weights is not None
    assert done.masked is not None
    before = done.original.graph(done.net)
    inputs = inputs_of(before, np.random.default_rng(0))
    one = outputs(before, done.masked, inputs)
    other = outputs(done.architecture.graph(done.net), done.weights, inputs)
    assert distance(one, other) < 1e-9


# -------------------------------------------------------------------------------------------- budgets


@pytest.mark.parametrize("budget", ({"keep": 0.5}, {"params": 0.4}, {"macs": 0.3}, {"params": 0.6, "macs": 0.3}))
def test_budgets_hold_and_no_more_goes(network: symnas.Architecture, weights: Arrays, budget: dict[str, float]) -> None:
    """What is left is within every share that was given, and with one unit more it would not be."""
    done = symnas.prune(network, weights, **budget)  # type: ignore[arg-type]  # the shares among the settings
    graph, before = done.graph, network.graph()
    macs = [number(each.macs) for each in (graph, before)]
    shares = {"params": graph.params / before.params, "macs": macs[0] / macs[1]}
    shares["keep"] = sum(left(done).values()) / (16 + 12 + 20)
    assert all(shares[name] <= share for name, share in budget.items())
    assert any(shares[name] > share - 0.06 for name, share in budget.items())
    check_masked(done)


def test_what_is_left_is_a_multiple(network: symnas.Architecture, weights: Arrays) -> None:
    """Groups of which anything goes keep a multiple of channels, at least one."""
    done = symnas.prune(network, weights, macs=0.4, multiple=4)
    assert all(after % 4 == 0 and after for after in left(done).values())
    check_masked(done)


def test_groups_may_lose_the_same_share(network: symnas.Architecture, weights: Arrays) -> None:
    """Alike, each group keeps the share that is asked for."""
    done = symnas.prune(network, weights, keep=0.5, alike=True)
    assert left(done) == {"stem": 8, "Residual.Conv2d": 6, "Residual.1.Conv2d": 10}
    check_masked(done)


def test_only_some_groups_go(network: symnas.Architecture, weights: Arrays) -> None:
    """Paths say where channels go, and where none do; brackets or not."""
    assert left(symnas.prune(network, weights, keep=0.5, only=["Residual[1]"])) == {
        "stem": 16, "Residual.Conv2d": 12, "Residual.1.Conv2d": 10,
    }  # fmt: skip
    assert left(symnas.prune(network, weights, keep=0.5, skip=["Resid*"])) == {
        "stem": 8, "Residual.Conv2d": 12, "Residual.1.Conv2d": 20,
    }  # fmt: skip


# ----------------------------------------------------------------------------------------- importance


def changed(weights: Arrays, name: str, places: list[int], factor: float) -> Arrays:
    """*weights* with some rows of one multiplied."""
    array = weights[name].copy()
    array[places] *= factor
    return {**weights, name: array}


@pytest.mark.parametrize("by", ("l1", "l2", "bn", "taylor"))
def test_what_is_small_goes_first(network: symnas.Architecture, weights: Arrays, by: str) -> None:
    """Channels whose weights, scales or slopes are small are those that go."""
    small = [1, 4, 7, 11]
    name = "Residual.BatchNorm2d.weight" if by == "bn" else "Residual.Conv2d.weight"
    given = changed(weights, name, small, 1e-3)
    gradients = {key: np.ones_like(value) for key, value in given.items()} if by == "taylor" else None
    if by == "taylor":
        given = {key: abs(value) for key, value in given.items()}
        others = ["Residual.Conv2d.1.weight", "Residual.BatchNorm2d.weight", "Residual.BatchNorm2d.bias"]
        given = {key: value * (1e-6 if key in others else 1) for key, value in given.items()}
    done = symnas.prune(network, given, keep=8 / 12, by=by, gradients=gradients, only=["Residual.Conv2d"])
    (group,) = (each for each in done.units.groups if each.name == "Residual.Conv2d")
    assert [place for place, unit in enumerate(group.units) if done.gone[unit]] == small


def test_random_importance_needs_no_weights(network: symnas.Architecture) -> None:
    """Without weights a network may be made smaller by chance; the same seed gives the same."""
    one, other, third = (symnas.prune(network, keep=0.5, by="random", seed=seed) for seed in (1, 1, 2))
    assert one.weights is one.masked is None
    assert np.array_equal(one.gone, other.gone)
    assert not np.array_equal(one.gone, third.gone)
    one.check()


def test_importance_is_compared_within_groups_or_as_it_is(network: symnas.Architecture, weights: Arrays) -> None:
    """A group of small weights keeps its share, unless importance is absolute."""
    given = {name: value * (1e-3 if name.startswith("Residual.1.Conv2d") else 1) for name, value in weights.items()}
    fair, absolute = (symnas.prune(network, given, keep=0.7, by="l1", absolute=each) for each in (False, True))
    assert left(fair)["Residual.1.Conv2d"] > left(absolute).get("Residual.1.Conv2d", 0)


# --------------------------------------------------------------------------------------------- layers


def test_a_residual_branch_is_left_out(network: symnas.Architecture, weights: Arrays) -> None:
    """A branch goes with all its weights: the sum is what flowed into it, as if its last weights were 0."""
    done = symnas.prune(network, weights, drop=["Residual[1]"])
    assert [each.path for each in done.layers] == ["Residual.1.Conv2d.1"]
    assert done.weights is not None
    assert not any(name.startswith("Residual.1.") for name in done.weights)
    check_masked(done)


def test_the_least_branches_are_left_out_and_channels_go_beside(network: symnas.Architecture, weights: Arrays) -> None:
    """Branches whose last weights are the least go first; what is left loses channels to the budget of the whole."""
    given = changed(weights, "Residual.Conv2d.1.weight", [*range(16)], 1e-3)
    given = changed(given, "Residual.Conv2d.1.bias", [*range(16)], 1e-3)
    done = symnas.prune(network, given, layers=1, params=0.4)
    assert [each.path for each in done.layers] == ["Residual.Conv2d.1"]
    assert done.graph.params <= 0.4 * network.params
    check_masked(done)


def test_a_branch_of_which_all_channels_go_is_left_out(network: symnas.Architecture, weights: Arrays) -> None:
    """Where the last channel of a branch would go before others, so does the branch."""
    given = {name: value * (1e-4 if name.startswith("Residual.1.") else 1) for name, value in weights.items()}
    done = symnas.prune(network, given, keep=0.4, by="l1", absolute=True)
    assert [each.path for each in done.layers] == ["Residual.1.Conv2d.1"]
    check_masked(done)


def test_a_block_that_keeps_the_type_is_passed_by() -> None:
    """A layer that is no branch can be left out, too, but no weights would make it so."""
    network = symnas.parse(
        "net A(x: f32[N, 6]) = x -> Linear(6) as a -> ReLU -> Linear(6) as b -> Linear(2)"
    ).architecture()
    torch.manual_seed(0)
    done = symnas.prune(network, build(network.graph()).state_dict(), drop=["b"])
    assert done.architecture.space.program.text.count("Linear") == 2
    with pytest.raises(symnas.CompileError, match="no weights make `b`"):
        _ = done.masked


def test_what_only_a_branch_reads_goes_with_it() -> None:
    """A block loses the input that its branch has read, and the layer that made it goes."""
    text = """
    block Two()(a, b) = a + (b -> Linear(4) as inner)
    net A(x: f32[N, 4]) {
      y = x -> Linear(5) as pre
      (x, y) -> Two -> Linear(3)
    }
    """
    network = symnas.parse(text).architecture()
    done = symnas.prune(network, symnas.compile(network).state_dict(), drop=["Two"])
    assert done.weights is not None
    assert set(done.weights) == {"Linear.weight", "Linear.bias"}
    check_masked(done)


def test_branches_are_told() -> None:
    """Those around which the sum flows are residual; others can be named all the same."""
    text = (
        "net A(x: f32[N, 6]) {\n y = x -> Linear(4)\n y + (y -> Linear(4) as a) + (x -> Linear(4) as b) -> Linear(2)\n}"
    )
    _, layers = prunable(symnas.parse(text).architecture())
    assert [(each.path, each.residual) for each in layers] == [("a", True), ("b", False)]


# --------------------------------------------------------------------------------------------- results


def test_tensors_of_pytorch_are_taken(network: symnas.Architecture) -> None:
    """A state dict is taken as it is, and what comes back loads into the compiled network."""
    done = symnas.prune(network, symnas.compile(network).state_dict(), keep=0.5)
    assert done.weights is not None
    module = symnas.compile(done.architecture)
    module.load_state_dict({name: torch.from_numpy(value) for name, value in done.weights.items()})
    assert sum(each.numel() for each in module.parameters()) == done.graph.params < network.params


def test_what_was_pruned_is_pruned_again(network: symnas.Architecture, weights: Arrays) -> None:
    """The smaller network and its weights are a network like any other."""
    once = symnas.prune(network, weights, keep=0.7, layers=1)
    twice = symnas.prune(once.architecture, once.weights, keep=0.5, multiple=2)
    assert twice.graph.params < once.graph.params < network.params
    check_masked(twice)


def test_one_net_of_several_is_pruned() -> None:
    """The others stay as they are."""
    text = "net A(x: f32[N, 3]) = x -> Linear(8) -> Linear(2)\nnet B(x: f32[N, 3]) = x -> Linear(8) -> Linear(2)"
    architecture = symnas.parse(text).architecture()
    done = symnas.prune(architecture, keep=0.5, by="random", net="B")
    assert [done.architecture.graph(name).params for name in ("A", "B")] == [50, 4 * 4 + 2 * 5]


def test_settings_that_only_some_shapes_have_go() -> None:
    """A weight that started as the identity is no square any more."""
    text = "net A(x: f32[N, 3]) = x -> Linear(8) -> Linear(8, init = identity) -> Linear(2)"
    done = symnas.prune(symnas.parse(text), keep=0.5, by="random")
    done.check()
    assert "identity" not in done.program.text


ERRORS = [
    ({}, "say how much may be left"),
    ({"keep": 0}, "`keep` is a share"),
    ({"macs": 1.5}, "`macs` is a share"),
    ({"params": 0.001}, "the budget cannot be met: at least"),
    ({"keep": 0.5, "by": "size"}, "there is no importance `size`; there are l1, l2"),
    ({"keep": 0.5, "by": "taylor"}, "needs the gradients"),
    ({"keep": 0.5, "by": "taylor", "gradients": {}}, "the gradients lack that of `"),
    ({"keep": 0.5, "only": ["Resid"]}, "nothing can be removed at `Resid`"),
    ({"drop": ["stm"]}, "nothing can be left out at `stm`"),
    ({"layers": 3}, "3 residual branches cannot go; there are 2"),
    ({"keep": 0.5, "multiple": 0}, "`multiple` is a whole number"),
    ({"keep": 0.5, "net": "B"}, "B"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "message"), ERRORS, ids=lambda each: str(each)[:40])
def test_mistakes_are_told(
    network: symnas.Architecture, weights: Arrays, settings: dict[str, object], message: str
) -> None:
    """What is asked for and impossible says so, and what to do."""
    with pytest.raises(symnas.SearchError, match=message):
        symnas.prune(network, weights, **settings)  # type: ignore[arg-type]  # settings that may be wrong


def test_weights_of_another_network_are_refused(network: symnas.Architecture, weights: Arrays) -> None:
    """A weight that is missing, or has another shape, is named."""
    with pytest.raises(symnas.CompileError, match=r"the weights lack `Linear.bias`"):
        symnas.prune(network, {name: value for name, value in weights.items() if name != "Linear.bias"}, keep=0.5)
    with pytest.raises(symnas.CompileError, match=r"`Linear.bias` is \[4\] in the weights; the network has \[5\]"):
        symnas.prune(network, {**weights, "Linear.bias": np.zeros(4)}, keep=0.5)
    with pytest.raises(symnas.CompileError, match=r"`Linear.bias` among the weights is no array"):
        symnas.prune(network, {**weights, "Linear.bias": "zeros"}, keep=0.5)


def test_symbolic_costs_need_sizes() -> None:
    """MACs that depend on the height of images are a number once it is given."""
    program = symnas.parse("net A(x: f32[N, 3, H, 8]) = x -> Conv2d(8, 3) -> Conv2d(4, 3)")
    with pytest.raises(symnas.SearchError, match="give sizes: H=…"):
        symnas.prune(program, macs=0.5, by="random")
    done = symnas.prune(program, macs=0.5, by="random", sizes={"H": 8})
    assert done.graph.params < 400


def test_a_network_of_which_nothing_goes_says_why() -> None:
    """Where all channels stay, the commonest reason is told."""
    program = symnas.parse("net A(x: f32[N, 4]) = x -> Linear(4) -> Softmax -> Linear(4)")
    with pytest.raises(symnas.SearchError, match="nothing of `A` can be removed; most of it stays because `Softmax`"):
        symnas.prune(program, keep=0.5, by="random")
