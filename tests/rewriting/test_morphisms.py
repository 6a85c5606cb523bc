"""Transformations that leave what a trained network computes as it is: each checked in both precisions."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from carried_weights import inputs_of, trained

import symnas
from symnas.errors import SearchError
from symnas.rewriting.morphisms import (
    Trained,
    add_branch,
    deepen,
    factor,
    fold,
    grow_kernel,
    insert,
    merge,
    split,
    stream_of,
    widen,
    widen_stream,
)
from symnas.rewriting.weights import carried
from symnas.training.weights import load_arrays

NET = """
block Unit(n)(x) = x + (x -> Conv2d(n, 3, bias = false) -> BatchNorm2d -> ReLU -> Conv2d(n, 3))
net A(x: f32[N, 3, 8, 8]) {
  x = x -> Conv2d(4, 3) as stem -> BatchNorm2d -> ReLU -> Unit(4) -> DepthwiseConv2d(3) -> BatchNorm2d -> ReLU6
  x = x -> Conv2d(6, 3, 2, bias = false) as down -> BatchNorm2d -> Conv2d(5, 1) as up -> PReLU(init = 1) as line
  x -> Conv2d(5, (1, 3), padding = (0, 1)) as wide -> GlobalAvgPool2d -> Flatten -> Linear(7) -> ReLU as act
    -> Linear(6) as one -> LeakyReLU(1) as bent -> Linear(5) as two -> BatchNorm1d -> Tanh as tanh -> Linear(3) as last
}
"""

Change = Callable[[Trained, np.random.Generator], Trained]

CHANGES: dict[str, Change] = {
    "widen": lambda net, random: widen(net, "down", 2, random),
    "widen three times, unevenly": lambda net, random: widen(net, "Linear", 3, random, 0.5),
    "widen within a block": lambda net, random: widen(net, "Unit.Conv2d", 2, random),
    "widen a stream": lambda net, random: widen_stream(net, "stem", 2, random, 0.3),
    "deepen": lambda net, random: deepen(net, "act", random),
    "deepen a convolution": lambda net, random: deepen(net, "Unit.ReLU", random),
    "deepen with a norm": lambda net, random: deepen(net, "ReLU6", random, 5, norm=True),
    "insert": lambda net, random: insert(net, "tanh", random),
    "insert a line": lambda net, random: insert(net, "down", random, bends=True),
    "a branch": lambda net, random: add_branch(net, "up", random),
    "a branch beside a linear layer": lambda net, random: add_branch(net, "tanh", random),
    "grow": lambda net, random: grow_kernel(net, "down", 5, random),
    "grow a depthwise kernel": lambda net, random: grow_kernel(net, "DepthwiseConv2d", 7, random),
    "grow a kernel of two sizes": lambda net, random: grow_kernel(net, "wide", 3, random),
    "split": lambda net, random: split(net, "stem", random),
    "split a linear layer": lambda net, random: split(net, "Linear", random, 2),
    "factor": lambda net, random: factor(net, "two", random),
    "factor a convolution": lambda net, random: factor(net, "down", random),
    "fold": lambda net, random: fold(net, "stem", random),
    "fold in a block": lambda net, random: fold(net, "Unit.Conv2d", random),
    "fold into a depthwise convolution": lambda net, random: fold(net, "DepthwiseConv2d", random),
    "fold into a linear layer": lambda net, random: fold(net, "two", random),
    "merge": lambda net, random: merge(net, "one", random),
    "fold, then merge": lambda net, random: merge(fold(net, "down", random), "down", random),
    "deepen, then widen, split and factor what is new": lambda net, random: factor(
        split(widen(deepen(net, "act", random), "act.Linear", 2, random), "act.Linear", random),
        "act.Linear.first", random,
    ),
    "all": lambda net, random: deepen(
        widen_stream(split(grow_kernel(fold(net, "stem", random), "stem", 5, random), "down", random), "stem", 2, random),
        "ReLU6", random,
    ),
}  # fmt: skip


def begun(text: str = NET, kind: type = np.float64) -> tuple[Trained, torch.nn.Module]:
    """A trained network of *text*."""
    architecture = symnas.parse(text).architecture()
    module = trained(architecture)
    module = module.double() if kind is np.float64 else module
    state = {name: value.numpy().copy() for name, value in module.state_dict().items()}
    return Trained.of(architecture, state), module


def apart(before: torch.nn.Module, after: Trained, kind: type) -> float:
    """How far the outputs are apart, as a share of the largest."""
    module = symnas.compile(after.architecture).eval()
    module = module.double() if kind is np.float64 else module
    load_arrays(module, after.weights)
    inputs = [each.to(torch.float64 if kind is np.float64 else torch.float32) for each in inputs_of(after.graph)]
    with torch.no_grad():
        one, other = before(*inputs), module(*inputs)
    assert one.std() > 1e-3
    return float((one - other).abs().max() / one.abs().max())


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize(("kind", "least"), ((np.float64, 1e-9), (np.float32, 1e-5)))
def test_outputs_stay(name: str, kind: type, least: float) -> None:
    """In evaluation the network gives what it gave; its program and graph agree; something has changed."""
    before, module = begun(kind=kind)
    after = CHANGES[name](before, np.random.default_rng(0))
    after.rewriting.check()
    assert after.graph != before.graph
    assert apart(module, after, kind) < least
    assert {each.dtype for each in after.weights.values() if each.dtype.kind == "f"} == {np.dtype(kind)}


def test_a_stream_is_all_that_meets_in_sums() -> None:
    """The layers that write into the stream of a layer, in blocks too."""
    net, _ = begun()
    assert stream_of(net, "stem") == ("stem", "Unit.Conv2d.1")


def test_a_stream_of_layers_of_several_kinds() -> None:
    """Embeddings, positions and linear layers that meet are widened at once."""
    net, module = begun("""
net A(x: i64[N, 5]) {
  x = (x -> Embedding(7, 4)) + param([1, 5, 4], init = normal(0.5))
  x = x + (x -> LayerNorm -> Linear(6) -> GELU -> Linear(4))
  x.mean(1) -> Linear(3)
}
""")
    after = widen_stream(net, "Embedding", 2, np.random.default_rng(0))
    assert {each.path: each.operation.outputs[0].shape[-1] for each in after.layers}["Linear.1"] == 8
    one, other = module(*inputs_of(net.graph)), None
    built = symnas.compile(after.architecture).double().eval()
    load_arrays(built, after.weights)
    other = built(*inputs_of(net.graph))
    assert torch.allclose(one, other, rtol=1e-9)


def test_a_stream_flows_through_depthwise_convolutions() -> None:
    """Convolutions with a group for each channel have as many groups more; what gates their channels is as wide."""
    text = """
net A(x: f32[N, 3, 6, 6]) {
  y = x -> Conv2d(8, 1) as up -> ReLU -> Conv2d(8, 3, groups = 8) as each -> BatchNorm2d
  gate = y -> GlobalAvgPool2d -> Conv2d(2, 1) -> ReLU -> Conv2d(8, 1) as gate -> Sigmoid
  y * gate -> Conv2d(3, 1)
}
"""
    net, module = begun(text)
    assert set(stream_of(net, "each")) == {"up", "each", "gate"}
    for path in ("up", "each", "gate"):
        after = widen_stream(net, path, 2, np.random.default_rng(0), 0.3)
        assert {each.path: each.operation.outputs[0].shape[1] for each in after.layers}["each"] == 16
        assert apart(module, after, np.float64) < 1e-9


def test_a_widened_network_learns_other_things_in_its_copies() -> None:
    """Shares that differ give the copies of a unit different gradients; equal ones do not."""
    gradients = []
    for noise in (0.0, 0.5):
        net, _ = begun("net A(x: f32[N, 3]) = x -> Linear(2) -> Tanh -> Linear(2)")
        after = widen(net, "Linear", 2, np.random.default_rng(0), noise)
        module = symnas.compile(after.architecture).double()
        load_arrays(module, after.weights)
        module(*inputs_of(after.graph)).square().sum().backward()
        gradient = module.get_parameter("Linear.weight").grad
        assert gradient is not None
        gradients.append(bool(torch.allclose(gradient[:2], gradient[2:])))
    assert gradients == [True, False]


REFUSED: list[tuple[str, Change, str]] = [
    ("no layer", lambda net, random: widen(net, "stm", 2, random), r"a layer with units is wanted; at `stm` is nothing; try `stem`"),
    ("another layer", lambda net, random: widen(net, "act", 2, random), r"at `act` is a `ReLU`"),
    ("no times", lambda net, random: widen(net, "stem", 1, random), r"2 or more times as wide; 1 was given"),
    ("what the net gives", lambda net, random: widen(net, "last", 2, random), r"it gives \[N, 6\] for \[N, 3\]"),
    ("the result", lambda net, random: widen_stream(net, "last", 2, random), r"the units of `last` stay as they are: "),
    ("no idempotent", lambda net, random: deepen(net, "tanh", random), r"changes nothing of what it gave is wanted"),
    ("an even step", lambda net, random: grow_kernel(net, "down", 4, random), r"grows by an even number of positions; 4"),
    ("too few", lambda net, random: split(net, "two", random, 5), r"`two` has 5 units"),
    ("no norm behind", lambda net, random: fold(net, "up", random), r"no rule matches at `up`"),
    ("what bends", lambda net, random: merge(net, "Linear", random), r"no rule matches at `Linear`"),
    ("two windows", lambda net, random: merge(fold(net, "stem", random), "stem", random), r"no rule matches at `stem`"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_done_is_refused(change: Change, message: str) -> None:
    """The message says what was asked for, what is there, and what might be meant."""
    net, _ = begun()
    with pytest.raises(SearchError, match=message):
        change(net, np.random.default_rng(0))


def test_a_slope_that_is_not_one_bends() -> None:
    """Layers around an activation merge only once its slope has become 1."""
    net, _ = begun("net A(x: f32[N, 3]) = x -> Linear(4) -> PReLU(init = 1) -> Linear(2)")
    with pytest.raises(SearchError, match=r"`PReLU` bends: its slope is not 1"):
        merge(net, "Linear", np.random.default_rng(0))
    net.weights["PReLU.weight"][:] = 1
    assert [each.path for each in merge(net, "Linear", np.random.default_rng(0)).layers] == ["Linear"]


def test_what_would_change_the_function_is_refused() -> None:
    """A layer whose repeated units are read by what does not do the same with them is not widened."""
    net, _ = begun("net A(x: f32[N, 3]) = x -> Linear(4) -> Softmax(1) -> Linear(2)")
    with pytest.raises(SearchError, match=r"would not do what it did: Softmax: `Softmax` goes along repeated channels"):
        widen(net, "Linear", 2, np.random.default_rng(0))


def test_weights_made_by_rules_of_the_library() -> None:
    """Batch norms are folded by whatever carries out `fuse_convolution`; low ranks are the nearest that there are."""
    net, module = begun()
    text = "rule fuse_convolution: Conv2d($o, bias = $_, $*r) -> BatchNorm2d => Conv2d($o, $*r)"
    done = symnas.rewrite(net.network, text)
    found = carried(done, net.weights, np.random.default_rng(0))
    assert apart(module, Trained(done, found.weights), np.float64) < 1e-9
    assert {each.how for each in found.fates} == {"copied", "made"}
    text = "rule low_rank: Linear(7, $*r) => Linear(2, bias = false) -> Linear(7, $*r)"
    done = symnas.rewrite(net.network, text)
    found = carried(done, net.weights, np.random.default_rng(0))
    near = found.weights["Linear.Linear.1.weight"] @ found.weights["Linear.Linear.weight"]
    values = np.linalg.svd(net.weights["Linear.weight"])[1]
    distance = np.linalg.norm(near - net.weights["Linear.weight"])
    assert distance == pytest.approx(np.linalg.norm(values[2:]))
