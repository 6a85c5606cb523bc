"""Modules built from graphs: they compute what they should, and PyTorch's tools take them like any other module."""

import copy
import inspect
import pickle
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path

import handwritten
import pytest
import torch
from enumerating import only
from graphs import Block, digits_cnn, resnet50, tensor
from torch import fx, nn

from symnas.compilers.torch import build
from symnas.compilers.torch import module as modules
from symnas.compilers.torch.module import source_of
from symnas.errors import CompileError
from symnas.graph import Graph
from symnas.spans import Source, Span


@pytest.fixture
def net() -> nn.Module:
    """A small network in evaluation mode."""
    torch.manual_seed(0)
    return build(digits_cnn()).eval()


@pytest.fixture
def images() -> torch.Tensor:
    """A batch for it."""
    return torch.randn(3, 1, 8, 8)


@pytest.fixture
def published() -> tuple[nn.Module, nn.Module]:
    """The compiled ResNet-50 with the weights of a hand-written one, both in evaluation mode."""
    torch.manual_seed(0)
    by_hand, generated = handwritten.ResNet50(), build(resnet50())
    values = by_hand.state_dict()
    for name, value in values.items():  # statistics as after training, so that normalisation does something
        if name.endswith("running_mean"):
            value.normal_(std=0.1)
        elif name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
    generated.load_state_dict(dict(zip(generated.state_dict(), values.values(), strict=True)))
    return generated.eval(), by_hand.eval()


def same(first: nn.Module, second: nn.Module, x: torch.Tensor) -> None:
    torch.testing.assert_close(first(x), second(x), rtol=0, atol=0)


def unpickled(data: bytes) -> nn.Module:
    module = pickle.loads(data)  # noqa: S301 (our own)
    assert isinstance(module, nn.Module)
    return module


# ------------------------------------------------------------------------------------------- agreement


def test_resnet50_has_the_published_weights() -> None:
    """25,557,032 parameters, and the shapes of `state_dict` in the published order."""
    graph = resnet50()
    generated, by_hand = build(graph), handwritten.ResNet50()
    shapes = [tuple(value.shape) for value in by_hand.state_dict().values()]
    assert [tuple(value.shape) for value in generated.state_dict().values()] == shapes
    assert sum(each.numel() for each in generated.parameters()) == graph.params == 25_557_032


def test_resnet50_computes_what_the_hand_written_one_does(published: tuple[nn.Module, nn.Module]) -> None:
    """With the same weights the outputs agree to 1e-5, at sizes that halve evenly and at odd ones."""
    generated, by_hand = published
    with torch.inference_mode():
        for height, width in [(64, 64), (75, 97)]:
            x = torch.randn(2, 3, height, width)
            torch.testing.assert_close(generated(x), by_hand(x), rtol=1e-5, atol=1e-5)


def test_training_gives_the_same_gradients_as_by_hand(images: torch.Tensor) -> None:
    """In training mode, gradients and running statistics agree with the hand-written network's."""
    by_hand, generated = handwritten.Digits(), build(digits_cnn())
    generated.load_state_dict(dict(zip(generated.state_dict(), by_hand.state_dict().values(), strict=True)))
    for each in (generated, by_hand):
        each(images).square().sum().backward()
    for mine, theirs in zip(generated.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)
    for statistic, expected in zip(generated.buffers(), by_hand.buffers(), strict=True):
        torch.testing.assert_close(statistic, expected)


def test_the_order_of_weights_is_that_of_the_graph(net: nn.Module) -> None:
    """`state_dict` lists weights as the network runs, under the language's paths."""
    expected = [
        f"{placed.path}.{weight.name}" for placed in digits_cnn().operations() for weight in placed.operation.weights
    ]
    assert [key for key in net.state_dict() if "num_batches" not in key] == [
        key for key in expected if "num_batches" not in key
    ]


def test_networks_share_nothing(images: torch.Tensor) -> None:
    """Two builds of one graph are two networks of one class, before and after they first run; so are, from then on, those
    of graphs with one text.
    """
    graph = digits_cnn()
    net, other, alike = build(graph), build(graph), build(digits_cnn())
    assert type(other) is type(net)
    assert not {id(each) for each in net.parameters()} & {id(each) for each in other.parameters()}
    for each in (net, other, alike):
        each(images)
    assert type(net) is type(other) is type(alike) is type(build(graph))


# ------------------------------------------------------------------------------------------- copying


def test_modules_copy(net: nn.Module, images: torch.Tensor) -> None:
    """`copy.deepcopy` gives an independent network that computes the same."""
    twin = copy.deepcopy(net)
    same(twin, net, images)
    with torch.no_grad():
        next(twin.parameters()).zero_()
    assert not torch.equal(twin(images), net(images))


def test_modules_pickle(net: nn.Module, images: torch.Tensor) -> None:
    """A pickle holds the text once and gives back the network, blocks inside it too."""
    data = pickle.dumps(net)
    assert data.count(b"def forward") == source_of(net).count("def forward")
    same(unpickled(data), net, images)
    block = net.get_submodule("width.0.ConvBN")
    same(unpickled(pickle.dumps(block)), block, images)


def test_saved_modules_load_in_another_process(net: nn.Module, images: torch.Tensor, tmp_path: Path) -> None:
    """`torch.save` of a whole network is read by a process that has never seen its program."""
    torch.save((net, images, net(images)), tmp_path / "net.pt")
    script = (
        "import sys, torch\n"
        "net, x, y = torch.load(sys.argv[1], weights_only=False)\n"
        "assert not net.training\n"
        "torch.testing.assert_close(net(x), y)\n"
        "print(type(net).__name__)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "net.pt")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "Digits\n"


def test_modules_outlive_the_cache_of_texts(
    net: nn.Module, images: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When its text has made room for others, a network still runs, copies and pickles, and the text is run again."""
    monkeypatch.setattr(modules, "_KEPT", 1)
    net(images)
    for width in (2, 3):
        build(digits_cnn([width]))(images)
    assert type(net).__module__ not in sys.modules
    same(copy.deepcopy(net), net, images)
    same(unpickled(pickle.dumps(net)), net, images)


def test_classes_of_the_user_can_inherit(net: nn.Module) -> None:
    """A subclass of a built class copies as Python does it."""
    kind = type("Mine", (type(net),), {})
    twin = copy.deepcopy(kind())
    assert type(twin) is kind
    assert isinstance(twin, nn.Module)
    assert source_of(twin) == source_of(net)


# ------------------------------------------------------------------------------------------- before the text

BLOCK = "width.0.ConvBN"

USES: dict[str, Callable[[nn.Module, torch.Tensor], object]] = {
    "a call": lambda net, x: net(x),
    "copying": lambda net, _: copy.deepcopy(net),
    "a shallow copy": lambda net, _: copy.copy(net),
    "pickling": lambda net, _: pickle.dumps(net),
    "its text": lambda net, _: inspect.getsource(type(net)),
    "the text of forward": lambda net, _: inspect.getsource(type(net).forward),
    "torch.fx": lambda net, _: fx.symbolic_trace(net),
    "torch.fx on a block": lambda net, _: fx.symbolic_trace(net.get_submodule(BLOCK)),
    "torch.compile": lambda net, x: torch.compile(net, backend="eager", fullgraph=True)(x),
    "torch.compile around it": lambda net, x: torch.compile(lambda x: net(x) + 1, backend="eager", fullgraph=True)(x),
    "torch.export": lambda net, x: torch.export.export(net, (x,)),
    "strict torch.export": lambda net, x: torch.export.export(net, (x,), strict=True),
    "torch.jit.trace": torch.jit.trace,
    "functional_call": lambda net, x: torch.func.functional_call(net, dict(net.named_parameters()), (x,)),
    "replicas": lambda net, x: net._replicate_for_data_parallel()(x),  # type: ignore[no-untyped-call]  # PyTorch's
    "a hook": lambda net, _: net.get_submodule(BLOCK).register_forward_hook(lambda *_: None),
    "printing": lambda net, _: repr(net),
    "another one": lambda net, x: type(net)()(x),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.filterwarnings("ignore")  # PyTorch's own deprecations
def test_every_use_may_be_the_first(use: str, images: torch.Tensor) -> None:
    """A network whose text nothing has needed yet takes every use, and computes what one that ran before does."""
    torch.manual_seed(0)
    net = build(digits_cnn()).eval()
    USES[use](net, images)
    torch.manual_seed(0)
    other = build(digits_cnn()).eval()
    other(images)
    same(net, other, images)
    assert type(net) is type(other)
    assert repr(net) == repr(other)


UNITS = """
block Unit(out, kernel)(x) {
  y = x -> Conv2d(out, kernel, padding = kernel // 2) -> (if kernel == 3 { ReLU } else { BatchNorm2d })
  if y.shape == x.shape { x + y } else { y }
}
block Join(mix)(x, y) = if mix { x * y -> Conv2d(4, 1) } else { x + y }
block Add(f)(x) = x + (x -> f)
net Units(image: f32[N, 1, 8, 8]) {
  shared kept = Conv2d(4, 3)
  x = image -> Unit(4, 3) -> Unit(4, 3) -> Unit(4, 5) -> Add(ReLU) -> kept -> Add(kept)
  y = (x, x -> ReLU) -> Join(true)
  (x, y) -> Join(false) -> Unit(4, 1) -> GlobalAvgPool2d -> Flatten -> Linear(2)
}
"""
"""Blocks that are several classes each: by what they compute, by where channels change, by what they are handed."""

UNITS_TAKE = {"Unit": 1, "Unit.1": 1, "Unit.2": 1, "Unit.3": 1, "Add": 1, "Join": 2, "Join.1": 2}
"""How many tensors the blocks take."""

TAKEN: dict[str, Callable[[nn.Module, tuple[torch.Tensor, ...]], Callable[..., object]]] = {
    "torch.fx": lambda block, _: fx.symbolic_trace(block),
    "torch.export": lambda block, inputs: torch.export.export(block, inputs).module(),
    "torch.compile": lambda block, _: torch.compile(block, backend="eager", fullgraph=True),
    "torch.jit.trace": torch.jit.trace,
    "forward of its class": lambda block, _: partial(type(block).forward, block),
}


@pytest.mark.parametrize("use", TAKEN)
@pytest.mark.filterwarnings("ignore")  # PyTorch's own deprecations
def test_a_block_of_several_classes_may_be_taken_out_first(use: str) -> None:
    """A block that nothing has called yet is its own class to every tool, though others of its name are other classes."""
    torch._dynamo.reset()
    known = build(only(UNITS)).eval()
    for path, count in UNITS_TAKE.items():
        inputs = tuple(torch.randn(2, 1 if path == "Unit" else 4, 8, 8) for _ in range(count))
        net = build(only(UNITS)).eval()
        net.load_state_dict(known.state_dict())
        taken = TAKEN[use](net.get_submodule(path), inputs)
        torch.testing.assert_close(taken(*inputs), known.get_submodule(path)(*inputs))


def test_the_text_of_a_block_of_several_classes_is_that_of_the_network() -> None:
    """`source_of` a block that nothing has called yet gives the file that it is in."""
    net = build(only(UNITS))
    assert {source_of(net.get_submodule(path)) for path in UNITS_TAKE} == {source_of(net)}


def test_threads_may_be_first_together(images: torch.Tensor) -> None:
    """A network that several threads call at once, none having called it before, answers all of them."""
    for width in range(2, 8):
        net = build(digits_cnn([width])).eval()
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _, net=net: net(images), range(16)))
        for each in found:
            torch.testing.assert_close(each, net(images))


def test_layers_made_straight_from_the_graph_are_those_of_the_text() -> None:
    """The class in the text makes the same layers in the same order: one seed gives one network."""
    graph = resnet50([1, 2, 2])
    torch.manual_seed(0)
    straight = build(graph)
    drawn = torch.rand(1)
    straight(torch.zeros(2, 3, 64, 64))
    torch.manual_seed(0)
    by_text = type(straight)()
    assert torch.rand(1) == drawn
    assert [name for name, _ in straight.named_modules()] == [name for name, _ in by_text.named_modules()]
    for (name, mine), (other, theirs) in zip(straight.named_parameters(), by_text.named_parameters(), strict=True):
        assert name == other
        assert torch.equal(mine, theirs)


def test_shapes_of_weights_need_no_text() -> None:
    """Counting, moving, saving and loading weights writes no text."""
    net = build(digits_cnn())
    written = len(sys.modules)
    net.load_state_dict(net.eval().double().requires_grad_(requires_grad=False).state_dict())
    assert sum(each.numel() for each in net.parameters()) == digits_cnn().params
    assert len(sys.modules) == written


# ------------------------------------------------------------------------------------------- PyTorch's tools


def test_networks_export_with_dynamic_shapes() -> None:
    """`torch.export` takes batch, height and width as dynamic where the program leaves them open."""
    generated = build(resnet50([1, 2])).eval()
    sizes = {0: torch.export.Dim.DYNAMIC, 2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
    exported = torch.export.export(generated, (torch.randn(2, 3, 64, 64),), dynamic_shapes=(sizes,))
    x = torch.randn(3, 3, 96, 80)
    with torch.inference_mode():
        torch.testing.assert_close(exported.module()(x), generated(x), rtol=1e-5, atol=1e-5)


def test_networks_export_with_a_dynamic_batch_in_strict_mode(net: nn.Module, images: torch.Tensor) -> None:
    """Strict export, which reads the bytecode of the generated text, works too."""
    sizes = ({0: torch.export.Dim("batch", min=2)},)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own deprecations
        exported = torch.export.export(net, (images,), dynamic_shapes=sizes, strict=True)
    x = torch.randn(5, 1, 8, 8)
    torch.testing.assert_close(exported.module()(x), net(x))


def test_networks_trace_symbolically(net: nn.Module, images: torch.Tensor) -> None:
    """`torch.fx` sees the layers under their weight paths."""
    traced = fx.symbolic_trace(net)
    targets = {node.target for node in traced.graph.nodes if node.op == "call_module"}
    assert "width.0.ConvBN.1.Conv2d" in targets
    torch.testing.assert_close(traced(images), net(images))


def test_networks_go_through_torch_compile(net: nn.Module, images: torch.Tensor) -> None:
    """Dynamo captures the whole forward pass as one graph."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own deprecations
        compiled = torch.compile(net, backend="eager", fullgraph=True)
        torch.testing.assert_close(compiled(images), net(images))


def test_shared_layers_go_through_the_tools() -> None:
    """A layer handed into a nested block is traced, exported and compiled like one of its own."""
    inner = Block("Inner", x=tensor("N", 4))
    scope = inner.scope(inner.apply("Linear", 0, out_features=4, shared="f"))
    outer = Block("Net", x=tensor("N", 4))
    y = outer.use(scope, outer.apply("Linear", 0, out_features=4, name="f", shared="f"))
    net, x = build(outer.graph(y)), torch.randn(3, 4)
    torch.testing.assert_close(fx.symbolic_trace(net)(x), net(x))
    exported = torch.export.export(net, (x,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    torch.testing.assert_close(exported.module()(torch.cat([x, x])), net(torch.cat([x, x])))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own deprecations
        torch.testing.assert_close(torch.compile(net, backend="eager", fullgraph=True)(x), net(x))


def test_networks_live_on_the_meta_device() -> None:
    """Built there, a network costs no memory; `to_empty` gives it some."""
    with torch.device("meta"):
        net = build(resnet50())
    assert {each.device.type for each in net.parameters()} == {"meta"}
    assert net(torch.empty(2, 3, 64, 64, device="meta")).shape == (2, 1000)


def test_layers_can_be_replaced_and_hooked(net: nn.Module, images: torch.Tensor) -> None:
    """A new head, or a hook on an inner block, takes effect: nothing is cached behind the module's back."""
    net.Linear = nn.Linear(32, 3)
    assert net(images).shape == (3, 3)
    seen: list[torch.Size] = []
    net.get_submodule("width.1.ConvBN").register_forward_hook(lambda _, __, output: seen.append(output.shape))
    net(images)
    assert seen == [torch.Size([3, 32, 4, 4])]


def test_weights_load_without_trust(net: nn.Module, images: torch.Tensor) -> None:
    """Weights are plain tensors, which `weights_only=True` reads."""
    file = BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    other = build(digits_cnn())
    other.load_state_dict(torch.load(file, weights_only=True))
    same(other.eval(), net, images)


# ------------------------------------------------------------------------------------------- mistakes


def broken() -> Graph:
    """A network that PyTorch refuses at run time when it is given the wrong number of features."""
    source = Source("models/broken.nas", "\n\nx -> Linear(3)\n")
    net = Block("Broken", x=tensor("N", 4))
    return net.graph(net.apply("Linear", 0, out_features=3, span=Span(source, 7, 16)))


def test_tracebacks_show_the_generated_line() -> None:
    """An error inside the network shows the generated line, and with it the line of the .nas file."""
    net = build(broken())
    with pytest.raises(RuntimeError) as caught:
        net(torch.zeros(2, 5))
    shown = "".join(traceback.format_exception(caught.value))
    assert "return self.Linear(x)  # broken.nas:3" in shown
    assert "Broken.py, generated by symnas" in shown


def test_the_text_of_a_network_can_be_had(net: nn.Module) -> None:
    """`source_of` gives the text, Python's `inspect` finds the code, and a foreign module is refused."""
    assert source_of(net).startswith('"""Digits as plain PyTorch')
    assert "def forward(self, image" in inspect.getsource(type(net).forward)
    with pytest.raises(CompileError, match="`Linear` was not built by symnas"):
        source_of(nn.Linear(1, 1))


def test_what_pytorch_refuses_to_make_is_a_compile_error() -> None:
    """No traceback of PyTorch reaches the user of the command line."""
    net = Block("Huge", x=tensor("N", 10**9))
    with pytest.raises(CompileError, match="PyTorch refuses `Huge`: RuntimeError"):
        build(net.graph(net.apply("Linear", 0, out_features=10**9)))
