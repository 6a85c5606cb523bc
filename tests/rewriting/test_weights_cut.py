"""Leading channels kept, kernels cut and grown around their middle, and what cannot agree or be followed."""

import numpy as np
import pytest
import torch
from carried_weights import apart, inputs_of, outputs, rebuilt, trained

import symnas
from symnas.errors import SearchError
from symnas.rewriting import rewrite
from symnas.rewriting.weights import Carried, carried

NET = """
block Unit(n)(x) = x + (x -> Conv2d(n, 3) -> BatchNorm2d -> ReLU)
net A(x: f32[N, 3, 6, 6]) =
  x -> Conv2d(8, 3) as stem -> Unit(8) -> DepthwiseConv2d(3) -> MaxPool2d(2) -> Flatten -> Linear(6) -> ReLU -> Linear(2)
"""


def carried_by(rule: str, text: str = NET) -> tuple[dict[str, np.ndarray], Carried, torch.nn.Module, torch.nn.Module]:
    """The weights before and after, and both networks in double precision."""
    old = symnas.parse(text).architecture()
    module = trained(old).double()
    state = {name: value.numpy().copy() for name, value in module.state_dict().items()}
    done = rewrite(old, rule)
    assert done.firings
    found = carried(done, state, np.random.default_rng(0))
    return state, found, module, rebuilt(done, found)


def test_slices_are_what_is_left_when_the_others_do_nothing() -> None:
    """A network cut to its leading channels gives what the whole one gives with all others removed where they are read."""
    state, found, module, narrow = carried_by("Conv2d(8, $*r) => Conv2d(5, $*r) keep slice")
    assert {each.how for each in found.fates} == {"copied", "cut"}
    assert np.array_equal(found.weights["Unit.Conv2d.weight"], state["Unit.Conv2d.weight"][:5, :5])
    assert np.array_equal(found.weights["Unit.BatchNorm2d.running_var"], state["Unit.BatchNorm2d.running_var"][:5])
    with torch.no_grad():
        masked = module.state_dict()
        masked["Unit.Conv2d.weight"][:, 5:] = 0
        masked["Linear.weight"].reshape(6, 8, 9)[:, 5:] = 0
    inputs = inputs_of(symnas.parse(NET).architecture().graph())
    assert torch.allclose(outputs(module, inputs)[0], outputs(narrow, inputs)[0])
    assert any("3 of 8 units are left out" in each for each in found.differences)


def test_a_slice_that_grows_keeps_what_there_was() -> None:
    """Leading channels are kept; what is beyond starts fresh."""
    state, found, *_ = carried_by("Linear(6) => Linear(7) keep slice")
    assert np.array_equal(found.weights["Linear.weight"][:6], state["Linear.weight"])
    assert np.array_equal(found.weights["Linear.1.weight"][:, :6], state["Linear.1.weight"])
    assert found.weights["Linear.1.weight"].shape == (2, 7)
    assert np.abs(found.weights["Linear.weight"][6]).max() > 0


@pytest.mark.parametrize("keep", ("slice", "replicate"))
@pytest.mark.parametrize("layer", (
    "Conv2d($o, 5)", "Conv2d($o, (3, 7))", "Conv2d($o, 3, padding = 1)", "Conv2d($o, 5, padding = 2, bias = true)",
))  # fmt: skip
def test_kernels_grow_around_what_they_were(keep: str, layer: str) -> None:
    """New positions are zero, so that the layer does what it did."""
    net = symnas.parse("net A(x: f32[N, 3, 9, 9]) = x -> Conv2d(4, 3) -> ReLU -> Conv2d(3, 3, 2)").architecture()
    distance, found = apart(rewrite(net, f"Conv2d($o, 3) => {layer} keep {keep}"))
    assert distance < 1e-12
    assert not found.differences


def test_kernels_grow_from_one_position_and_under_strides() -> None:
    """A kernel of one position becomes the middle; strides and dilations stay where they took their inputs."""
    text = "net A(x: f32[N, 3, 9, 9]) = x -> Conv2d(4, 1) -> Conv2d(4, 3, 2) -> DepthwiseConv2d(3, dilation = 2)"
    net = symnas.parse(text).architecture()
    grown = "Conv2d($o, 1) => Conv2d($o, 3, dilation = 2) keep replicate"
    distance, found = apart(rewrite(net, grown, "Conv2d($o, 3, 2) => Conv2d($o, 5, 2) keep replicate"))
    assert distance < 1e-12
    assert not found.differences
    distance, _ = apart(rewrite(net, "DepthwiseConv2d(3, dilation = 2) => DepthwiseConv2d(5, dilation = 2) keep slice"))
    assert distance < 1e-12


def test_kernels_are_cut_to_their_middle() -> None:
    """The middle of a kernel is kept."""
    state, found, *_ = carried_by(
        "Conv2d(4, 5) => Conv2d(4, 3) keep slice", "net A(x: f32[N, 3, 9, 9]) = x -> Conv2d(4, 5)"
    )
    assert np.array_equal(found.weights["Conv2d.weight"], state["Conv2d.weight"][:, :, 1:4, 1:4])


def test_channels_that_cannot_agree_are_told_with_their_place() -> None:
    """Where branches meet whose channels cannot be repeated alike, nothing is carried over."""
    net = symnas.parse("""
net A(x: f32[N, 4]) {
  y = x -> Linear(4)
  (a, b) = y.chunk(2, dim = 1)
  z = y + concat([x -> Linear(3), x -> Linear(1)])
  (a * b -> Linear(2)) + (z -> Linear(2))
}
""").architecture()
    done = rewrite(net, "Linear($o) where $o != 2 => Linear($o * 2) keep replicate")
    with pytest.raises(SearchError, match=r"at `add` channels meet that were repeated or left out differently"):
        carried(done, trained(net).state_dict(), np.random.default_rng(0))


def test_what_is_not_followed_is_told() -> None:
    """An operator that mixes channels by number ends what is known; what reads it is fresh, and says so."""
    text = "net A(x: f32[N, 4]) = ((x -> Linear(4)).cumsum(1)) -> Linear(2)"
    _, found, *_ = carried_by("Linear(4) => Linear(6) keep replicate", text)
    assert [str(each) for each in found.fates if each.how == "fresh"] == [
        "Linear.1.weight: fresh (`cumsum` goes along them)"
    ]
    assert found.differences == ("cumsum: `cumsum` goes along repeated channels",)


def test_means_of_unevenly_repeated_features_are_told() -> None:
    """LayerNorm over features of which some are repeated more often is another function."""
    text = "net A(x: f32[N, 4]) = x -> Linear(4) -> LayerNorm -> Linear(2)"
    _, found, *_ = carried_by("Linear(4) => Linear(6) keep replicate", text)
    assert found.differences == (
        "LayerNorm: some features are repeated more often than others, which changes their mean",
    )


def test_the_rest_of_the_settings_may_stand_behind_named_ones() -> None:
    """`$*rest` holds all that was not written, wherever it stands."""
    net = symnas.parse("net A(x: f32[N, 3, 9, 9]) = x -> Conv2d(4, 3, 2)").architecture()
    for text in ("Conv2d($o, 5, padding = 2, $*r)", "Conv2d($o, 5, $*r, padding = 2)"):
        done = rewrite(net, f"Conv2d($o, 3, padding = $_, $*r) => {text} keep slice")
        assert done.firings[0].after == "Conv2d(4, 5, stride = 2, padding = 2)"
