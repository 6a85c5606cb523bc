"""Layers that are made like one that was made before are what PyTorch's constructors make."""

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from symnas.compilers.torch.assembling import _maker

LAYERS = """
nn.Conv1d(4, 6, 3, bias=False)
nn.Conv2d(4, 6, (3, 5), stride=2, padding=1, dilation=2, groups=2)
nn.Conv2d(4, 6, 3, padding="same")
nn.Conv3d(2, 3, 1)
nn.ConvTranspose1d(4, 6, 3)
nn.ConvTranspose2d(4, 6, 3, stride=2, output_padding=1)
nn.ConvTranspose3d(2, 3, 2, bias=False)
nn.BatchNorm1d(5)
nn.BatchNorm2d(5, momentum=None, affine=False)
nn.BatchNorm3d(5, track_running_stats=False)
nn.InstanceNorm1d(5, affine=True)
nn.InstanceNorm2d(5)
nn.InstanceNorm3d(5, affine=True, track_running_stats=True)
nn.Linear(3, 4)
nn.Linear(3, 4, bias=False)
nn.Bilinear(3, 4, 5)
nn.LayerNorm((3, 4))
nn.LayerNorm(7, eps=0.001, elementwise_affine=False)
nn.RMSNorm(7)
nn.GroupNorm(2, 6)
nn.Embedding(9, 4, padding_idx=2)
nn.PReLU(3, init=0.5)
nn.RNNCell(3, 4)
nn.LSTMCell(3, 4, bias=False)
nn.GRUCell(3, 4)
nn.LSTM(3, 4, num_layers=2)
nn.MultiheadAttention(4, 2)
nn.Dropout(0.25)
""".strip().split("\n")
"""The last ones are made by their constructors every time."""


@pytest.fixture(autouse=True)
def nothing_met() -> Iterator[None]:
    """No layer has been made before."""
    _maker.cache_clear()
    yield
    _maker.cache_clear()


def third(text: str) -> nn.Module:
    """The third layer that is made so."""
    make: Callable[[], nn.Module] = _maker(text)
    made = [make() for _ in range(3)]
    return made[-1]


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(1)
    return make()


def said(layer: nn.Module) -> dict[str, object]:
    """All that *layer* is but for its tensors."""
    return {name: value for name, value in vars(layer).items() if name not in {"_parameters", "_buffers", "_modules"}}


def same(mine: nn.Module, theirs: nn.Module) -> None:
    assert type(mine) is type(theirs)
    assert repr(mine) == repr(theirs)
    for (name, one), (other, two) in zip(mine.state_dict().items(), theirs.state_dict().items(), strict=True):
        assert name == other
        assert one.dtype == two.dtype
        assert one.device == two.device
        assert one.is_meta or torch.equal(one, two)
    for one, two in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert type(one) is type(two) is nn.Parameter
        assert one.requires_grad
        assert two.requires_grad


@pytest.mark.parametrize("text", LAYERS)
def test_a_layer_is_what_its_constructor_makes(text: str) -> None:
    """Attributes, names, types and random numbers are those of PyTorch's constructor."""
    third(text)
    mine, theirs = seeded(_maker(text)), seeded(lambda: eval(text, {"nn": nn}))  # noqa: S307 (our own text)
    same(mine, theirs)
    if "LSTM(" not in text:  # has weak references to its weights
        assert said(mine) == said(theirs)
    assert list(mine._parameters) == list(theirs._parameters)
    assert list(mine._buffers) == list(theirs._buffers)


@pytest.mark.parametrize("text", LAYERS)
def test_layers_share_nothing_that_changes(text: str) -> None:
    """Neither tensors nor lists nor dictionaries are shared among layers of one making."""
    first, second = third(text), _maker(text)()
    mine, theirs = [[*each.parameters(), *each.buffers()] for each in (first, second)]
    assert not {id(each) for each in mine} & {id(each) for each in theirs}
    for name, value in vars(first).items():
        assert not isinstance(value, dict | list | set) or value is not vars(second)[name]


def test_defaults_are_those_of_the_moment() -> None:
    """Torch's default type and device are asked each time."""
    third("nn.BatchNorm2d(5)")
    with torch.device("meta"):
        same(_maker("nn.BatchNorm2d(5)")(), nn.BatchNorm2d(5))
    torch.set_default_dtype(torch.float64)
    try:
        same(_maker("nn.BatchNorm2d(5)")(), nn.BatchNorm2d(5))
    finally:
        torch.set_default_dtype(torch.float32)


def test_whoever_watches_what_is_registered_sees_it() -> None:
    """Hooks on the registration of parameters are called for every layer."""
    third("nn.Linear(3, 4)")
    seen: list[str] = []
    handle = register_module_parameter_registration_hook(lambda _, name, __: seen.append(name))
    try:
        _maker("nn.Linear(3, 4)")()
    finally:
        handle.remove()
    assert seen == ["weight", "bias"]


def test_whoever_registers_otherwise_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tools that put another `register_parameter` in place, to make large models without memory, are heeded; what they
    make is no model for later layers.
    """

    def on_meta(self: nn.Module, name: str, param: nn.Parameter | None) -> None:
        self._parameters[name] = None if param is None else nn.Parameter(param.to("meta"))

    with monkeypatch.context() as patched:
        patched.setattr(nn.Module, "register_parameter", on_meta)
        assert third("nn.Linear(3, 4)").weight.device.type == "meta"
    assert third("nn.Linear(3, 4)").weight.device.type == "cpu"


def test_constructors_that_others_wrap_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody has put another `__init__` in place, that is called."""
    third("nn.Linear(3, 4)")
    seen, init = list[object](), nn.Linear.__init__

    def wrapped(self: nn.Linear, inputs: int, outputs: int) -> None:
        seen.append(self)
        init(self, inputs, outputs)

    monkeypatch.setattr(nn.Linear, "__init__", wrapped)
    assert seen == []
    made = _maker("nn.Linear(3, 4)")()
    assert seen == [made]
