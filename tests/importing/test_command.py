"""`symnas import` and `symnas verify` as commands: what they write, what they say."""

import json
import re
import sys
from pathlib import Path
from random import Random

import pytest
import torch
from commands import Run, runner
from importing_models import Small
from when_programs import EXITS

import symnas
from symnas.compilers.onnx import build, save
from symnas.training.verifying import verify
from symnas.training.weights import load_weights

NET = "net Tiny(x: f32[N, 4]) = x -> Linear(8) -> ReLU -> Linear(2)\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A small program in a file."""
    path = tmp_path / "tiny.nas"
    path.write_text(NET, encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", (".pt", ".npz"))
def test_a_model_becomes_a_program_and_its_weights(suffix: str, run: Run, tmp_path: Path) -> None:
    """The weights lie beside the program, and `compile` takes them; the result is the model again."""
    model = build(symnas.parse(NET).architecture().graph(), seed=3)
    save(model, tmp_path / "tiny.onnx", "tiny.data")
    program, weights = tmp_path / "out.nas", tmp_path / f"out{suffix}"
    ran = run("import", tmp_path / "tiny.onnx", "-o", program, "--weights", weights, "--name", "Mine")
    assert (ran.status, ran.out) == (0, "")
    assert "net Mine(x: f32[N, 4])" in program.read_text(encoding="utf-8")
    assert run("compile", program, "--to", "onnx", "-o", tmp_path / "again.onnx", "--weights", weights).status == 0
    assert {name: tuple(each.shape) for name, each in load_weights(weights).items()} == {
        "Linear.weight": (8, 4), "Linear.bias": (8,), "Linear.1.weight": (2, 8), "Linear.1.bias": (2,),
    }  # fmt: skip


def test_a_module_becomes_a_program(run: Run, tmp_path: Path) -> None:
    """`package.module:factory` is called, once it is allowed, and `.pt` weights load into what `compile` writes; what is
    called otherwise there is said.
    """
    program = tmp_path / "small.nas"
    words = ("import", "importing_models:Small", "--input", "image: f32[N, 3, 16, 16]", "-o", program)
    refused = run(*words)
    assert (refused.status, program.exists()) == (1, False)
    assert "--allow importing_models" in refused.err
    ran = run(*words, "--allow", "importing_models")
    assert ran.status == 0
    assert "`layer1.1` of the model is `repeat.1.layer1`\n" in ran.err
    network = symnas.compile(symnas.load(program).architecture(), "torch")
    network.load_state_dict(torch.load(tmp_path / "small.pt", weights_only=True))
    turns = {f"layer1.{turn}.": f"repeat.{turn}.layer1." for turn in range(2)}
    names = (re.sub(r"^layer1\.\d\.", lambda found: turns[found[0]], each) for each in Small().state_dict())
    assert set(network.state_dict()) == set(names)


def test_modules_of_this_folder_are_found(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factory in a file of the folder where one works needs no package."""
    (tmp_path / "models_of_mine.py").write_text("from torch import nn\ndef make():\n    return nn.Linear(3, 2)\n")
    monkeypatch.chdir(tmp_path)
    done = run("import", "models_of_mine:make", "--input", "x: f32[N, 3]", "--allow", "models_of_mine")
    assert "Linear(2)" in done.out
    del sys.modules["models_of_mine"]


def test_options_for_the_other_format_are_refused(run: Run, tmp_path: Path) -> None:
    """An ONNX model says its inputs itself."""
    ran = run("import", tmp_path / "a.onnx", "--input", "x: f32[N, 3]")
    assert ran.status == 1
    assert "an ONNX model says its inputs itself" in ran.err


def test_verify_prints_what_it_compared(run: Run, tiny: Path) -> None:
    """Parameters, MACs, gradients and outputs agree, and the status says so."""
    ran = run("verify", tiny)
    assert ran.status == 0
    rows = [line.split() for line in ran.out.splitlines()[2:]]
    assert [row[0] for row in rows] == ["parameters", "trainable", "MACs", "gradients", "outputs"]
    assert "NO" not in ran.out
    assert rows[2][1:3] == ["48", "48"]


def test_verify_answers_in_json(run: Run, tiny: Path) -> None:
    """`--json` gives the same as data."""
    found = json.loads(run("verify", tiny, "--json", "--size", "N=3").out)
    assert found["net"] == "Tiny"
    assert {each["check"]: each["agrees"] for each in found["checks"]} == dict.fromkeys(
        ("parameters", "trainable", "MACs", "gradients", "outputs"), True
    )


def test_verify_says_which_sizes_there_are(run: Run, tiny: Path) -> None:
    """A size that the network does not have is the user's mistake."""
    ran = run("verify", tiny, "--size", "H=3")
    assert ran.status == 1
    assert "the sizes it leaves open: `N`" in ran.err


@pytest.mark.parametrize(
    ("text", "what", "why"),
    (
        ("net A(x: f32[N, 5, 4]) = x -> LSTM(3)", "MACs", "does not see LSTM"),
        ("net A(x: f32[N, 4]) = x -> ReLU", "gradients", "nothing trains"),
        ("net A(x: f32[N, 4]) = x -> quantised(Linear(4), weights = 4)", "gradients", "straight through"),
        ("net A(x: f32[N, 4]) = log(0 - x * x) -> Linear(4)", "gradients", "no finite numbers"),
        ("net A(x: f32[N, 4]) = log(0 - x * x) -> Linear(4)", "outputs", "no finite numbers"),
    ),
)
def test_what_cannot_be_measured_is_not_called_equal(text: str, what: str, why: str) -> None:
    """A check that was not made says why, and neither agrees nor differs."""
    (check,) = [each for each in verify(symnas.parse(text).architecture().graph(), {}, 0) if each.what == what]
    assert check.agrees is None
    assert why in check.why


def test_attention_is_counted_by_its_products() -> None:
    """PyTorch's counter knows no fused attention of processors; by its products it finds what the program states."""
    text = """net A(x: f32[N, 5, 8]) {
      (q, k, v) = ((x -> SplitHeads(2)), (x -> SplitHeads(2)), (x -> SplitHeads(2)))
      attend(q, k, v, causal = true) -> MergeHeads -> Linear(8)
    }"""
    (check,) = [each for each in verify(symnas.parse(text).architecture().graph(), {}, 0) if each.what == "MACs"]
    assert check.stated == check.measured == f"{2 * 5 * 5 * 8 + 5 * 8 * 8}"


def test_what_the_last_bit_decides_is_said() -> None:
    """Where PyTorch's own outputs move as far with the last bit of the inputs, nothing can be told."""
    text = """net A(x: f32[N, 64]) {
      x = x -> Linear(64) -> Linear(64) -> Sigmoid
      for _ in 0..39 {
        x = 4 * x - 4 * x * x
      }
      x
    }"""
    (check,) = [each for each in verify(symnas.parse(text).architecture().graph(), {}, 0) if each.what == "outputs"]
    assert check.agrees is None
    assert "the last bit of the inputs moves PyTorch's own by" in check.why


def test_gradients_agree_where_there_are_kinks(root: Path) -> None:
    """A million weights before thousands of ReLUs: a step over some of their kinks is taken again, shorter."""
    graph = symnas.load(root / "samples" / "gan.nas").space().sample(Random(0)).graph("Discriminator")
    (check,) = [each for each in verify(graph, {}, 0) if each.what == "gradients"]
    assert check.agrees, check.why


def test_gradients_are_compared_where_a_network_makes_tensors() -> None:
    """What `zeros` and `arange` make has double precision while gradients are compared, and single precision after."""
    text = """
    cell Gate(x: [N, D], h: [N, H]) = h + tanh((x -> Linear(3)) + (h -> Linear(3)))
    net A(x: f32[N, 4, 8]) {
      (_, last) = scan(Gate, x, zeros([N, 3]))
      last + arange(3)
    }
    """
    (check,) = [each for each in verify(symnas.parse(text).architecture().graph(), {}, 0) if each.what == "gradients"]
    assert check.agrees, check.why
    assert torch.get_default_dtype() is torch.float32


class HalfTrained(torch.nn.Module):
    """A network a hundredth of which gradients do not reach."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = torch.nn.Linear(4, 8), torch.nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Two numbers for each sample."""
        hidden = self.first(x).relu()
        y: torch.Tensor = self.last(0.99 * hidden + 0.01 * hidden.detach())
        return y


def test_wrong_gradients_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    """However short the steps, a gradient that is 1% off is found."""
    monkeypatch.setattr("symnas.compilers.torch.build", lambda *_, **__: HalfTrained())
    (check,) = [each for each in verify(symnas.parse(NET).architecture().graph(), {}, 0) if each.what == "gradients"]
    assert check.agrees is False


def test_verify_counts_what_samples_decide() -> None:
    """Of 200 inputs every side is taken by some; PyTorch and one ONNX model give the same outputs, and run exactly the
    multiply-adds that the program states for that many samples on each side, fewer than at worst.
    """
    graph = symnas.parse(EXITS.replace("0.12", "0.1346")).architecture().graph()
    rows = {each.what: each for each in verify(graph, {}, 0)}
    assert all(each.agrees for each in rows.values())
    many = rows["MACs of 200 samples"]
    exits = [tuple(map(int, each)) for each in re.findall(r"(\d+) of (\d+) at", many.why)]
    assert len(exits) == len(graph.whens) == 2
    assert all(0 < taken < reached for taken, reached in exits)
    assert exits[0][1] == 200
    assert exits[1][1] == 200 - exits[0][0]
    assert many.stated == many.measured == rows["MACs of 200 samples, ONNX"].measured
    run = int(many.measured.replace(",", ""))
    assert run < 200 * int(str(graph.macs))
    first = 9 * 3 * 8 * 16 * 16 + 8 * 10
    second = 9 * 8 * 16 * 8 * 8 + 16 * 10
    third = 9 * 16 * 32 * 4 * 4 + 32 * 10
    assert run == 200 * first + exits[1][1] * second + (exits[1][1] - exits[1][0]) * third
    assert rows["outputs of 200 samples"].agrees
