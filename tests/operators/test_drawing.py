"""What networks draw: fresh at every forward pass, in both targets; the same where outputs are compared."""

from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from onnx_running import checked
from torch import nn

import symnas
from symnas.compilers.onnx import build as build_onnx
from symnas.compilers.onnx import save
from symnas.compilers.torch import build
from symnas.foreign import from_onnx, from_torch
from symnas.graph import Graph
from symnas.training.verifying import verify

KINDS = {
    "rand(N, 50, 40)": (1 / 2, 1 / 12**0.5),
    "rand(7, 50, 40)": (1 / 2, 1 / 12**0.5),
    "randn(N, 50, 40)": (0.0, 1.0),
    "randn(7, 50, 40)": (0.0, 1.0),
    "rand_like(x)": (1 / 2, 1 / 12**0.5),
    "randn_like(x)": (0.0, 1.0),
}
"""What draws, with mean and standard deviation of what it draws."""


def graph_of(body: str) -> Graph:
    """The graph of a net of one tensor."""
    return symnas.parse(f"net A(x: f32[N, 50, 40]) = {body}\n").architecture().graph()


@pytest.mark.parametrize("training", (False, True))
@pytest.mark.parametrize("kind", KINDS)
def test_each_pass_draws_anew_until_it_is_seeded(kind: str, training: bool) -> None:
    """Training or not, as PyTorch draws: by its generator."""
    module, x = build(graph_of(kind)).train(training), torch.zeros(7, 50, 40)
    first = module(x)
    assert not torch.equal(first, module(x))
    torch.manual_seed(3)
    seeded = module(x)
    torch.manual_seed(3)
    assert torch.equal(seeded, module(x))


@pytest.mark.parametrize("kind", KINDS)
def test_onnx_draws_from_the_same_distribution(kind: str) -> None:
    """Anew at each run; mean, spread and quantiles of 14,000 numbers are those of PyTorch's."""
    graph = graph_of(kind)
    session = onnxruntime.InferenceSession(checked(build_onnx(graph)), providers=["CPUExecutionProvider"])
    x = np.zeros((7, 50, 40), np.float32)
    found, again = (session.run(None, {"x": x} if session.get_inputs() else {})[0] for _ in range(2))
    assert not np.array_equal(found, again)
    assert found.shape == again.shape == x.shape
    theirs = build(graph)(torch.zeros(7, 50, 40)).numpy()
    mean, spread = KINDS[kind]
    for drawn in (found, again, theirs):
        assert abs(drawn.mean() - mean) < 6 * spread / drawn.size**0.5
        assert abs(drawn.std() - spread) < 6 * spread / drawn.size**0.5
    steps = np.linspace(0.05, 0.95, 19)
    assert np.abs(np.quantile(found, steps) - np.quantile(theirs, steps)).max() < 0.1 * spread


@pytest.mark.parametrize("kind", ("randint(-2, 5, [N, 50, 40])", "randint(-2, 5, [7, 50, 40])"))
def test_whole_numbers_are_drawn_as_often(kind: str) -> None:
    """Each of them, from the least to below the greatest, in both targets, anew at each run; and a model that draws so is
    imported.
    """
    graph = graph_of(kind)
    model = checked(build_onnx(graph))
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    x = np.zeros((7, 50, 40), np.float32)
    found, again = (session.run(None, {"x": x} if session.get_inputs() else {})[0] for _ in range(2))
    assert not np.array_equal(found, again)
    expected = found.size / 7
    for drawn in (found, again, build(graph)(torch.zeros(7, 50, 40)).numpy()):
        numbers, counts = np.unique(drawn, return_counts=True)
        assert drawn.dtype == np.int64
        assert numbers.tolist() == [*range(-2, 5)]
        assert (abs(counts - expected) < 6 * expected**0.5).all()


def test_an_onnx_model_that_draws_whole_numbers_is_imported(tmp_path: Path) -> None:
    """As real ones that are rounded down, which ONNX has alone."""
    save(build_onnx(graph_of("randint(-2, 5, [7, 50, 40])")), tmp_path / "drawn.onnx", "weights")
    drawn = build(from_onnx(tmp_path / "drawn.onnx").program.architecture().graph())(torch.zeros(7, 50, 40))
    assert drawn.unique().tolist() == [*range(-2, 5)]


def test_draws_may_be_inputs_of_the_model() -> None:
    """With `fed` the ONNX model draws nothing: what it would draw flows in, called by where it is drawn."""
    graph = graph_of("x + randn_like(x) + (rand(N, 50, 40) as noise)")
    model = build_onnx(graph, fed=True)
    assert [each.name for each in model.graph.inputs] == ["x", "randn_like", "noise"]
    assert not any("Random" in node.op_type for node in model.graph.all_nodes())
    assert sum("Random" in node.op_type for node in build_onnx(graph).graph.all_nodes()) == 2
    ir.to_proto(model)


def test_verify_compares_with_the_same_draws() -> None:
    """It says so; within a `when` or a `scan`, which draw as often as they run, it says that it does not compare."""
    drawing = graph_of("x + randn_like(x) -> Linear(40) -> Tanh")
    checks = {each.what: each for each in verify(drawing, {"N": 2}, 0)}
    assert all(each.agrees for each in checks.values())
    assert checks["outputs"].why.endswith(", with the same draws")
    inside = graph_of("when x.mean(dim = [1, 2]) > 0 { x + randn_like(x) } else { x }")
    checks = {each.what: each for each in verify(inside, {"N": 2}, 0)}
    assert checks["outputs"].agrees is None
    assert "within a `when` or `scan`, as often as that runs" in checks["outputs"].why


def test_two_draws_are_not_one() -> None:
    """Noise that is drawn twice is another network than noise that is drawn once and used twice."""
    twice = graph_of("randn_like(x) * randn_like(x)")
    once = symnas.parse("net A(x: f32[N, 50, 40]) {\n  y = randn_like(x)\n  y * y\n}\n").architecture().graph()
    assert twice.canonical() != once.canonical()
    assert twice.canonical() == graph_of("randn_like(x) * randn_like(x)").canonical()


def test_a_rewritten_net_is_compared_with_the_same_draws() -> None:
    """`assert same` of a net that draws holds by what is drawn, not by chance."""
    text = """
rule swap: Tanh => Identity
net A(x: f32[N, 8]) = x + randn_like(x) -> Linear(8) -> ReLU
net B = A with swap
assert same(A, B)
"""
    from symnas.training.comparing import same_checks

    architecture = symnas.parse(text).architecture()
    checks = same_checks(architecture, "A", {"N": 3}, 0, ())
    assert [each.agrees for each in checks] == [True]


class Noisy(nn.Module):
    """Draws all that PyTorch calls so."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of one place for each sample, and of all."""
        noise = torch.randn(x.shape[0], 50, 1) + torch.rand_like(x) * torch.rand(50, 40)
        noise = noise + torch.randint(5, (x.shape[0], 1, 1)) * torch.randint(-2, 3, (40,), dtype=torch.int32)
        return x + noise + torch.bernoulli(torch.sigmoid(x)) + torch.randn_like(x)


def test_a_module_that_draws_is_imported() -> None:
    """Its program draws the same with the same seed, as it draws in the same order."""
    found = from_torch(Noisy(), ["x: f32[N, 50, 40]"])
    assert "randn(N, 50, 1)" in found.program.text
    module, x = build(symnas.parse(found.program.text).architecture().graph()), torch.randn(3, 50, 40)
    torch.manual_seed(5)
    ours = module(x)
    torch.manual_seed(5)
    torch.testing.assert_close(ours, Noisy()(x))


@pytest.mark.parametrize("kind", KINDS)
def test_an_onnx_model_that_draws_is_imported(kind: str, tmp_path: Path) -> None:
    """As what it was written of, whatever its sizes."""
    save(build_onnx(graph_of(kind)), tmp_path / "drawn.onnx", "weights")
    assert kind.partition("(")[0].removesuffix("_like") in from_onnx(tmp_path / "drawn.onnx").program.text


def test_what_onnx_says_of_its_draws_is_kept(tmp_path: Path) -> None:
    """Bounds, mean and scale; probabilities."""
    nodes = [
        helper.make_node("RandomUniformLike", ["x"], ["a"], low=2.0, high=4.0),
        helper.make_node("RandomNormal", [], ["b"], mean=-1.0, scale=0.5, shape=[100, 100]),
        helper.make_node("Sigmoid", ["x"], ["p"]),
        helper.make_node("Bernoulli", ["p"], ["c"]),
        helper.make_node("Sum", ["a", "b", "c"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ("N", 100, 100)) for name in "xy"]
    graph = helper.make_graph(nodes, "made", ends[:1], ends[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)]), tmp_path / "drawn.onnx")
    module = build(from_onnx(tmp_path / "drawn.onnx").program.architecture().graph())
    y = module(torch.zeros(2, 100, 100))
    assert abs(y.mean() - (3 - 1 + 0.5)) < 0.05
    assert abs(y.var() - (4 / 12 + 0.25 + 0.25)) < 0.05
