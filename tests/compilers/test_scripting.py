"""`torch.jit.script` and `torch.fx` on every operator, and what TorchScript takes of networks. That whole programs go
through them is `test_tools`' business.
"""

import warnings
from collections.abc import Iterator
from io import BytesIO

import pytest
import torch
from enumerating import only
from onnx_running import agree, alone, flat, random_inputs
from operator_examples import EXAMPLES, Example
from torch import fx, nn
from when_programs import EXITS

from symnas.compilers.torch import build
from symnas.compilers.torch.module import source_of
from symnas.compilers.torch.scripting import without_lists

UNSAID = {
    "AdaptiveAvgPool2d((None, 3))": "a size that stays, beside one that does not",
    "AdaptiveAvgPool3d((None, None, 3))": "a size that stays, beside one that does not",
    "floor_divide(other=2, reversed=True)": "a number divided by a tensor, which TorchScript takes for a number",
}
"""Examples that TorchScript cannot say."""

LAYERS = """
block Unit(out)(x) = x -> Linear(out) -> BatchNorm1d -> ReLU
net Layers(x: f32[N, 4]) {
  for out in [8, 8, 4] { x = x -> Unit(out) -> repeat(2) { Unit(out) -> Dropout(0) } }
  {y: x, z: x -> Unit(2)}
}
"""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """PyTorch says that TorchScript is deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def scripted(module: nn.Module) -> nn.Module:
    """*module* in TorchScript."""
    found = torch.jit.script(module)
    assert isinstance(found, nn.Module)
    return found


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_operators_can_be_scripted(example: Example) -> None:
    """In TorchScript every operator gives what it gives, but for the few that it cannot say."""
    net, inputs = build(alone(example)).eval(), random_inputs(example.inputs, {})
    if str(example).partition("[[")[0] in UNSAID:
        with pytest.raises(RuntimeError):
            scripted(net)
        return
    compare(scripted(net), net, inputs)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_operators_can_be_traced_symbolically(example: Example) -> None:
    """`torch.fx` follows every operator, or keeps it as one call."""
    net, inputs = build(alone(example)).eval(), random_inputs(example.inputs, {})
    compare(fx.symbolic_trace(net), net, inputs)


def compare(found: nn.Module, net: nn.Module, inputs: list[torch.Tensor]) -> None:
    """Both give the same, and draw the same where they draw."""
    inputs = inputs or [torch.zeros(1)]
    torch.manual_seed(0)
    expected = flat(net(*inputs))
    torch.manual_seed(0)
    agree(flat(found(*inputs)), expected, 1e-4)


def test_scripting_changes_nothing_in_the_network() -> None:
    """A network that is scripted has the modules it had, its text, and its weights in common with what was made of it; it
    may be new, or have run.
    """
    for runs_first in (False, True):
        net, x = build(only(LAYERS)).eval(), torch.randn(3, 4)
        if runs_first:
            net(x)
        text = source_of(net)
        assert "list(self.out)" in text
        modules = {name: id(each) for name, each in net.named_modules()}
        made = scripted(net)
        assert {name: id(each) for name, each in net.named_modules()} == modules
        assert {type(each).__name__ for each in net.modules()} >= {"Unit", "Layers", "ModuleList", "ModuleDict"}
        assert source_of(net) == text
        compare(made, net, [x])
        with torch.no_grad():
            net.get_submodule("Unit.Linear").get_parameter("weight").zero_()
        compare(made, net, [x])
        assert list(made.state_dict()) == list(net.state_dict())


def test_scripted_networks_are_saved() -> None:
    """What TorchScript writes is read by itself, also where a network of the program is one part of another module."""
    part = build(only(LAYERS.replace("{y: x, z: x -> Unit(2)}", "x")))
    net, x = nn.Sequential(part, nn.Tanh()).eval(), torch.randn(3, 4)
    expected = net(x)
    file = BytesIO()
    torch.jit.save(scripted(net), file)
    file.seek(0)
    loaded = torch.jit.load(file)  # type: ignore[no-untyped-call]  # PyTorch's
    torch.testing.assert_close(loaded(x), expected)
    torch.testing.assert_close(net(x), expected)


def test_the_text_for_torchscript_only_lacks_the_lists() -> None:
    """Where a `forward` makes lists of modules, they are left out; nothing else is another."""
    lines = [
        "    def forward(self, x):",
        "        repeat = list(self.repeat)",
        '        repeat2 = list(out[1]["repeat"])',
        '        repeat3 = list(getattr(unit, "1"))',
        "        entries = list(state.items())",
        "        y = list(x)",
    ]
    changed = {
        1: "        repeat = self.repeat",
        2: '        repeat2 = out[1]["repeat"]',
        3: '        repeat3 = getattr(unit, "1")',
    }
    expected = [changed.get(place, line) for place, line in enumerate(lines)]
    assert without_lists("\n".join(lines)).split("\n") == expected


def test_what_torchscript_cannot_say_is_refused_by_it() -> None:
    """A `when` has functions in functions, and a layer that is handed into a block has a type that it does not know."""
    shared = "block Twice(f)(x) = x -> f -> f\nnet A(x: f32[N, 4]) { shared f = Linear(4)\n x -> Twice(f) -> Twice(f) }"
    for text in (EXITS, shared):
        with pytest.raises(Exception, match=r"function definitions aren't supported|Unknown type name 'nn.Module'"):
            scripted(build(only(text)))
