"""PyTorch's tools take what is compiled: one drawn architecture of every program of the samples and the showcase, the
smallest of eight.
"""

import copy
import os
import pickle
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from random import Random

import pytest
import torch
from enumerating import only
from onnx_running import flat, random_inputs
from torch import fx, nn
from torch.nn.parallel import DistributedDataParallel
from when_programs import EXITS, FORMS, form

import symnas
from symnas.compilers.torch import build, generate
from symnas.compilers.torch.module import source_of
from symnas.graph import Graph
from symnas.sizes import symbols_of

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "samples").glob("*.nas"), *(ROOT.parent / "shared" / "language" / "showcase").glob("*.nas")])
LONG = (
    "autodeeplab",
    "autoformer",
    "bench201",
    "compress",
    "darts",
    "densenet",
    "detector",
    "efficientnet",
    "fbnet",
    "gpt",
    "hat",
    "mixer",
    "multitask",
    "nasnet",
    "ofa",
    "recurrent",
    "regnet",
    "resnet50",
    "resnext",
    "showcase/unet",
)
"""Programs of networks of a hundred operations and more, or of large images, for which PyTorch takes seconds to trace,
export and compile.
"""
SIZES = {"N": 3, "T": 5, "S": 4, "H": 32, "W": 48, "V": 6}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """PyTorch's own deprecations are not of interest, nor are the compiled networks of other tests."""
    torch._dynamo.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(each, marks=[pytest.mark.slow] if {each.stem, f"{each.parent.name}/{each.stem}"} & {*LONG} else [])
        for each in FILES
    ],
    ids=lambda each: f"{each.parent.name}-{each.stem}",
)
def test_drawn_networks_go_through_the_tools(file: Path) -> None:
    """Copied, pickled, traced, exported, compiled, scripted, in bfloat16 and on the meta device, a network gives what it
    gives; and every weight that trains has a gradient, as `DistributedDataParallel` requires.
    """
    space = symnas.load(file).space()
    if not space.nets:
        pytest.skip("a program without networks")
    drawn = [space.sample(Random(seed), symnas.Measure.DECISIONS) for seed in range(8)]
    member = min(drawn, key=lambda each: sum(1 for net in space.nets for _ in each.graph(net).operations()))
    for net in space.nets:
        check(member.graph(net))


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_decisions_by_sample_go_through_the_tools(body: str) -> None:
    """Whatever a `when` reads from around and gives, traced and exported networks decide for each sample."""
    graph = only(form(body))
    net, (x,) = prepared(graph)
    exported = torch.export.export(net, (x,)).module()
    for each in (fx.symbolic_trace(net), exported, traced(net, x), traced(net, x[:1])):
        for given in (x, -x, x * torch.tensor([[1.0], [-1.0], [1.0]])):
            same(each(given), net(given))


def test_exits_go_through_the_tools() -> None:
    """Early exits, one `when` inside the other, go through everything that other networks do."""
    check(only(EXITS))


WORDS = """
block Unit(out)(x) {
  for half in [1, 2] {
    x = x -> Linear(out) -> Linear(out)
  }
  y = x -> Linear(out) as type -> Linear(out) as half_
  scale = param([out]) as float
  y * scale
}
net Words(x: f32[N, 4]) = x -> Unit(4) -> Unit(4) -> Linear(2) as forward
"""


def test_layers_called_by_words_of_pytorch_go_through_the_tools() -> None:
    """Paths with `half`, `type`, `forward` are those of the `state_dict`, in the order of the network, and PyTorch's tools
    find the layers; weights go from one such network into another.
    """
    graph = only(WORDS)
    check(graph)
    net, (x,) = prepared(graph)
    weights = [f"{placed.path}.{each.name}" for placed in graph.operations() for each in placed.operation.weights]
    assert [each for each in net.state_dict() if "float" not in each] == [each for each in weights if each[-1] != "."]
    assert {
        "Unit.half.1.Linear.1.weight",
        "Unit.type.weight",
        "Unit.half_.weight",
        "Unit.1.float",
        "forward.bias",
    } <= {*net.state_dict()}
    other = build(graph).eval()
    other.load_state_dict(net.state_dict())
    same(other(x), net(x))
    with pytest.raises(RuntimeError, match="Missing key"):
        other.load_state_dict({key: value for key, value in net.state_dict().items() if "half" not in key})
    inside = net.get_submodule("Unit").state_dict()
    assert "half.0.Linear.weight" in inside
    net.get_submodule("Unit").load_state_dict(inside)


def test_the_written_file_needs_no_symnas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of a file that was kept copy and pickle by its name, words of PyTorch and decisions by sample included."""
    monkeypatch.syspath_prepend(tmp_path)
    for name, graph in {"kept_words": only(WORDS), "kept_exits": only(EXITS)}.items():
        (tmp_path / f"{name}.py").write_text(generate(graph), encoding="utf-8")
        kind = getattr(import_module(name), graph.name)
        net, inputs = prepared(graph)
        kept = kind().eval()
        kept.load_state_dict(net.state_dict())
        for each in (kept, copy.deepcopy(kept), unpickled(pickle.dumps(kept))):
            assert type(each) is kind
            assert list(each.state_dict()) == list(net.state_dict())
            same(each(*inputs), net(*inputs))
        del sys.modules[name]


@pytest.mark.usefixtures("group")
def test_distributed_training_takes_every_step() -> None:
    """`DistributedDataParallel` in its strict setting, in which every weight must be used, trains as one process does."""
    for text in (WORDS, EXITS):
        graph = only(text)
        net, inputs = prepared(graph)
        alone = copy.deepcopy(net.train())
        together = DistributedDataParallel(net)
        for module in (alone, together):
            optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
            for _ in range(2):
                optimizer.zero_grad()
                torch.autograd.backward(total(module(*inputs)))
                optimizer.step()
        for mine, theirs in zip(alone.parameters(), together.parameters(), strict=True):
            torch.testing.assert_close(mine, theirs)


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("SYMNAS_INDUCTOR"), reason="needs a C++ compiler: SYMNAS_INDUCTOR=1 tries it")
def test_networks_compile_to_machine_code() -> None:
    """`torch.compile` as it is, with its own backend, gives the network's outputs."""
    for text in (WORDS, EXITS):
        net, inputs = prepared(only(text))
        with torch.no_grad():
            same(torch.compile(net)(*inputs), net(*inputs))


# ------------------------------------------------------------------------------------------- what is checked


def check(graph: Graph) -> None:
    """Every tool on the network of *graph*."""
    net, inputs = prepared(graph)
    with torch.no_grad():
        expected = net(*inputs)
        same(copy.deepcopy(net)(*inputs), expected)
        same(unpickled(pickle.dumps(net))(*inputs), expected)
        same(fx.symbolic_trace(net)(*inputs), expected)
        same(torch.export.export(net, tuple(inputs)).module()(*inputs), expected)
        recurrent = any(isinstance(each, nn.RNNBase) for each in net.modules())  # dynamo leaves these to PyTorch
        same(torch.compile(net, backend="eager", fullgraph=not recurrent)(*inputs), expected)
        same(traced(net, *inputs)(*inputs), expected)
        check_scripting(net, inputs, expected)
        with torch.autocast("cpu", torch.bfloat16):
            mixed = flat(net(*inputs))
        assert [each.shape for each in mixed] == [each.shape for each in flat(expected)]
    check_meta(net, inputs, flat(expected))
    check_training(graph, inputs)


def traced(net: nn.Module, *inputs: torch.Tensor) -> nn.Module:
    """*net* as PyTorch's older tracing records it; *strict* refuses records, which the language has."""
    found = torch.jit.trace(net, inputs, strict=False)  # type: ignore[no-untyped-call]  # PyTorch's
    assert isinstance(found, nn.Module)
    return found


def check_scripting(net: nn.Module, inputs: Sequence[torch.Tensor], expected: object) -> None:
    """TorchScript says every network without a `when` whose blocks and `scan`s are handed no layers."""
    if re.search(r"class When\(|def (forward|steps_of_\w+)\(.*: nn\.Module[,)]", source_of(net)) is None:
        same(torch.jit.script(net)(*inputs), expected)


def check_meta(net: nn.Module, inputs: Sequence[torch.Tensor], expected: Sequence[torch.Tensor]) -> None:
    """Made on the meta device, the network costs no memory and gives the shapes that it gives."""
    with torch.device("meta"):
        twin = type(net)().eval()
    assert {each.device.type for each in (*twin.parameters(), *twin.buffers())} <= {"meta"}
    found = flat(twin(*(each.to("meta") for each in inputs)))
    assert [(each.shape, each.dtype) for each in found] == [(each.shape, each.dtype) for each in expected]
    assert list(twin.state_dict()) == list(net.state_dict())


def check_training(graph: Graph, inputs: Sequence[torch.Tensor]) -> None:
    """While training every weight that trains is used, and weights are in one order in every build."""
    net, twin = build(graph), build(graph)
    assert [name for name, _ in net.named_parameters()] == [name for name, _ in twin.named_parameters()]
    torch.autograd.backward(total(net(*inputs)))
    assert [name for name, each in net.named_parameters() if each.requires_grad and each.grad is None] == []


def prepared(graph: Graph) -> tuple[nn.Module, list[torch.Tensor]]:
    """The network of *graph*, ready to predict, and inputs for it."""
    symbols = sorted(frozenset[str]().union(*(symbols_of(size) for each in graph.scope.inputs for size in each.shape)))
    return build(graph).eval(), random_inputs(graph.scope.inputs, {name: SIZES[name] for name in symbols})


def total(result: object) -> torch.Tensor:
    """The sum of all numbers that a network gives while it trains."""
    return torch.stack([each.sum() for each in flat(result) if each.is_floating_point()]).sum()


def unpickled(data: bytes) -> nn.Module:
    """The network whose pickle *data* is."""
    module = pickle.loads(data)  # noqa: S301 (our own)
    assert isinstance(module, nn.Module)
    return module


def same(found: object, expected: object) -> None:
    """All tensors of two results are equal to what 32 bits hold."""
    torch.testing.assert_close(flat(found), flat(expected), rtol=1e-4, atol=1e-4, equal_nan=True)
