"""Weights carried over as they are: by path, with layers that were captured, and fresh where there were none."""

from pathlib import Path

import numpy as np
import pytest
import torch
from carried_weights import trained

import symnas
from symnas.architecture import Architecture
from symnas.command import main
from symnas.errors import SearchError
from symnas.rewriting import rewrite
from symnas.rewriting.weights import carried
from symnas.training.weights import load_arrays

NET = """
block Unit(out)(x) = x -> Conv2d(out, 3, bias = false) -> BatchNorm2d -> ReLU
block Wrapped(f)(x) = x -> f -> Tanh
net Big(x: f32[N, 3, 8, 8]) {
  x = x -> Unit(4) -> repeat(2) { Unit(4) }
  x -> GlobalAvgPool2d -> Flatten -> Linear(4) -> ReLU -> Linear(2)
}
"""


def network(text: str = NET) -> Architecture:
    """The one architecture of a program."""
    return symnas.parse(text).architecture()


def outcome(rule: str, text: str = NET) -> tuple[dict[str, str], dict[str, str | None]]:
    """How each weight came to be, and what it was made of."""
    old = network(text)
    found = carried(rewrite(old, *rule.split(";")), trained(old).state_dict(), np.random.default_rng(0))
    assert [each.path for each in found.fates] == [*found.weights]
    return {each.path: each.how for each in found.fates}, {each.path: each.origin for each in found.fates}


def test_equal_paths_and_shapes_are_copied() -> None:
    """A rule that changes one activation leaves every weight as it was; the new network computes with them."""
    old = network()
    module = trained(old)
    done = rewrite(old, "Linear(4) => Linear(4)", "ReLU as $a where $a.in.rank == 2 => ReLU -> ReLU")
    found = carried(done, module.state_dict(), np.random.default_rng(0))
    assert {each.how for each in found.fates} == {"copied"}
    other = symnas.compile(done.architecture).eval()
    load_arrays(other, found.weights)
    x = torch.randn(3, 3, 8, 8)
    assert torch.equal(module(x), other(x))


def test_captured_layers_keep_their_weights_under_their_new_path() -> None:
    """What is put down elsewhere, in a block too, has the weights that it had; a block with all that is in it."""
    hows, origins = outcome("Linear($o, $*r) as $l => Wrapped($l) -> ReLU")
    assert set(hows.values()) == {"copied"}
    assert origins["Linear.Wrapped.f.weight"] == "Linear.weight"
    assert origins["Linear.1.Wrapped.f.bias"] == "Linear.1.bias"
    hows, origins = outcome("Unit(4) as $u where $u.in.channels == 4 => Wrapped($u)")
    assert set(hows.values()) == {"copied"}
    assert origins["repeat.1.Unit.f.BatchNorm2d.running_var"] == "repeat.1.Unit.BatchNorm2d.running_var"


def test_a_layer_captured_and_put_down_twice_keeps_its_weights_twice() -> None:
    """Both of the layers that stand there now begin with the weights of the one."""
    hows, origins = outcome("(Conv2d($*c) -> BatchNorm2d) as $b where $b.in == $b.out => $b -> $b")
    assert set(hows.values()) == {"copied"}
    assert origins["repeat.0.Unit.Conv2d.Conv2d.1.weight"] == "repeat.0.Unit.Conv2d.weight"


def test_layers_put_in_the_place_of_equal_names_have_weights_of_their_own() -> None:
    """Layers without weights may have one name; what a rule puts in the place of each is called apart."""
    net = "net One(x: f32[N, 4]) = x -> Linear(4) -> ReLU"
    rules = ("ReLU as $a => $a -> Tanh -> ReLU", "ReLU as $a => $a -> Linear(4)", "Linear(4) as $l => Tanh -> $l")
    done = rewrite(network(net), *rules[:2])
    done.check()
    assert [each.path for each in done.graphs[0].operations() if each.operation.weights] == [
        "Linear", "ReLU.ReLU.Linear", "ReLU.ReLU.Linear.1",
    ]  # fmt: skip
    rewrite(network(net), *rules).check()
    _, origins = outcome(";".join(rules), net)
    assert origins["Linear.Linear.weight"] == "Linear.weight"
    assert origins["ReLU.ReLU.Linear.1.Linear.1.weight"] is None


def test_paths_are_followed_through_several_rules() -> None:
    """What one rule has moved, and another wraps again, is still the layer that it was."""
    hows, origins = outcome("Linear(2) as $l => $l -> Tanh;Linear(2) as $l => ReLU -> $l;Linear(4) => Linear(4)")
    assert set(hows.values()) == {"copied"}
    assert origins["Linear.1.Linear.1.Linear.1.weight"] == "Linear.1.weight"


def test_what_has_no_predecessor_is_fresh() -> None:
    """New layers, and those whose shape is another, start as PyTorch starts them, or as the program says."""
    hows, _ = outcome("Unit(4) as $u where $u.in.channels == 4 => $u -> Conv2d(4, 1, init = zeros)")
    assert {path for path, how in hows.items() if how == "fresh"} == {
        f"repeat.{turn}.Unit.Conv2d.{name}" for turn in range(2) for name in ("weight", "bias")
    }
    old = network()
    done = rewrite(old, "Linear(4) => Linear(5)")
    found = carried(done, trained(old).state_dict(), np.random.default_rng(0))
    assert [str(each) for each in found.fates if each.how == "fresh"] == [
        "Linear.weight: fresh (it was [4, 4])", "Linear.bias: fresh (it was [4])",
        "Linear.1.weight: fresh (`Linear` is fresh)",
    ]  # fmt: skip
    assert np.abs(found.weights["Linear.weight"]).max() <= 0.5
    again = carried(done, trained(old).state_dict(), np.random.default_rng(0))
    assert all(np.array_equal(found.weights[path], again.weights[path]) for path in found.weights)


def test_weights_of_another_network_are_refused() -> None:
    """Names and shapes are those of the network before."""
    old = network()
    done = rewrite(old, "Linear(4) => Linear(4)")
    state = dict(trained(old).state_dict())
    random = np.random.default_rng(0)
    with pytest.raises(SearchError, match=r"`Big` has no weight `Linear.2.weight`; did you mean `Linear.1.weight`"):
        carried(done, state | {"Linear.2.weight": torch.zeros(1)}, random)
    with pytest.raises(SearchError, match=r"the weight `Linear.bias` of `Big` is \[4\]; \[3\] was given"):
        carried(done, state | {"Linear.bias": torch.zeros(3)}, random)
    del state["Linear.bias"]
    with pytest.raises(SearchError, match=r"the weights are not those of `Big`: they lack `Linear.bias`"):
        carried(done, state, random)


@pytest.mark.parametrize("suffix", (".pt", ".npz"))
def test_the_command_writes_weights_beside_the_program(
    tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`symnas rewrite --weights in.pt -o out.nas` writes out.pt, which the network of out.nas takes."""
    (tmp_path / "in.nas").write_text(NET + "rule act: ReLU => Tanh\nrule more: Linear(2) as $l => $l -> Linear(2)\n")
    module = trained(network())
    state = module.state_dict()
    if suffix == ".pt":
        torch.save(state, tmp_path / "in.pt")
    else:
        np.savez(tmp_path / "in.npz", **{name: value.numpy() for name, value in state.items()})
    given, output = str(tmp_path / f"in{suffix}"), str(tmp_path / "out.nas")
    assert main(["rewrite", str(tmp_path / "in.nas"), "--weights", given, "-o", output]) == 0
    said = capsys.readouterr().err
    assert "22 copied, 2 fresh" in said
    assert "Linear.1.Linear.weight: fresh" in said
    written = tmp_path / f"out{suffix}"
    found = torch.load(written) if suffix == ".pt" else {k: torch.from_numpy(v) for k, v in np.load(written).items()}
    other = symnas.compile(symnas.load(output).architecture())
    other.load_state_dict(found)
    assert torch.equal(found["Linear.1.Linear.1.weight"], state["Linear.1.weight"])


def test_the_command_refuses_to_write_weights_over_those_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written where the new weights would take the place of the old, or where there is no file to name them."""
    path = tmp_path / "in.nas"
    path.write_text(NET + "rule act: ReLU => Tanh\n")
    torch.save(trained(network()).state_dict(), tmp_path / "in.pt")
    before = path.read_bytes(), (tmp_path / "in.pt").read_bytes()
    assert main(["rewrite", str(path), "--weights", str(tmp_path / "in.pt"), "-o", str(path)]) == 1
    assert main(["rewrite", str(path), "--weights", str(tmp_path / "in.pt")]) == 1
    said = capsys.readouterr().err
    assert "the new weights would take the place of" in said
    assert "say where, `-o out.nas`" in said
    assert (path.read_bytes(), (tmp_path / "in.pt").read_bytes()) == before
