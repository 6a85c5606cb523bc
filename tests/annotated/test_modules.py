"""Objects of symbolic classes that are PyTorch modules stay what they are: ordinary modules."""

import copy
import io
import pickle
from typing import Any, cast

import pytest
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import symnas
from symnas.annotated import arguments_of

MADE: list[str] = []
"""The classes of modules that were made, in order."""


@symnas.symbolic
class Unit(nn.Module):
    """A linear layer and what follows it."""

    def __init__(self, features: int, act: Any = nn.ReLU) -> None:
        super().__init__()
        MADE.append("Unit")
        self.linear = nn.Linear(features, features)
        self.act = act()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """*x* mixed."""
        found: torch.Tensor = self.act(self.linear(x))
        return found


@symnas.symbolic
class Net(nn.Module):
    """Units, one after the other."""

    def __init__(self, features: int, depth: int = 2) -> None:
        super().__init__()
        MADE.append("Net")
        self.units = nn.Sequential(*(Unit(features) for _ in range(depth)))
        self.head = nn.Linear(features, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores of three classes."""
        found: torch.Tensor = self.head(self.units(x))
        return found


class Wide(Net):
    """A subclass that is not marked itself."""

    def __init__(self) -> None:
        super().__init__(features=6, depth=1)


X = torch.rand(5, 6)


@pytest.fixture(params=["called", "built", "subclass"])
def net(request: pytest.FixtureRequest) -> Net:
    """A module of a symbolic class: called as ever, built from a space, or of a subclass."""
    torch.manual_seed(0)
    match request.param:
        case "called":
            return Net(6, depth=2)
        case "built":
            return symnas.space_of(Net(6, depth=symnas.oneof(1, 2)))[1].build()
        case _:
            return Wide()


def test_a_deep_copy_makes_nothing_anew(net: Net) -> None:
    """Copies have the weights, and no constructor runs."""
    MADE.clear()
    copied = copy.deepcopy(net)
    assert MADE == []
    assert torch.equal(copied(X), net(X))
    assert copied.head.weight is not net.head.weight
    assert type(copy.copy(net)) is type(net)


def test_saved_and_loaded(net: Net) -> None:
    """Weights alone and the whole module, by pickle and by torch; loading runs no constructor."""
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    twin = copy.deepcopy(net)
    nn.init.zeros_(twin.head.weight)
    twin.load_state_dict(torch.load(file, weights_only=True))
    MADE.clear()
    whole = io.BytesIO()
    torch.save(net, whole)
    whole.seek(0)
    loaded = torch.load(whole, weights_only=False)
    unpickled = pickle.loads(pickle.dumps(net))  # noqa: S301 (our own)
    assert MADE == []
    for each in (twin, loaded, unpickled):
        assert torch.equal(each(X), net(X))


def test_what_cannot_be_saved_as_an_argument_hinders_no_saving() -> None:
    """A module made with a function of no name pickles as it did; it has forgotten its arguments then."""
    unit = Unit(6, act=lambda: nn.Tanh())  # noqa: PLW0108 (a function of no name)
    loaded = pickle.loads(pickle.dumps(unit))  # noqa: S301 (our own)
    assert torch.equal(loaded(X), unit(X))
    assert torch.equal(copy.deepcopy(unit)(X), unit(X))


@symnas.symbolic
class Around(nn.Module):
    """Holds one of two modules that it is given."""

    def __init__(self, kept: nn.Module, other: object) -> None:
        super().__init__()
        self.kept = kept

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What the module gives."""
        found: torch.Tensor = self.kept(x)
        return found


def test_copies_remember_what_they_were_made_with() -> None:
    """Modules among the arguments are those of the copy; what cannot be copied is left as it is."""
    generator = (each for each in [1])
    around = Around(Unit(6), other=generator)
    copied = copy.deepcopy(around)
    found = arguments_of(copied)
    assert found is not None
    assert found["kept"] is copied.kept is not around.kept
    assert found["other"] is generator
    plain = pickle.loads(pickle.dumps(Around(Unit(6), other={"a": [1, nn.ReLU]})))  # noqa: S301 (our own)
    assert arguments_of(plain) == {"kept": plain.kept, "other": {"a": [1, nn.ReLU]}}
    assert arguments_of(plain.kept) == {"features": 6}
    assert arguments_of(pickle.loads(pickle.dumps(around))) is None  # noqa: S301 (our own)


def test_scripted_and_averaged(net: Net) -> None:
    """TorchScript compiles the module, and a moving average of weights follows it."""
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        scripted = torch.jit.script(net)
    torch.testing.assert_close(scripted(X), net(X))
    moving = cast("Any", torch.optim.swa_utils.get_ema_multi_avg_fn)(0.5)
    MADE.clear()
    mean = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=moving)
    assert MADE == []
    mean.update_parameters(net)
    before = net.head.weight.detach().clone()
    with torch.no_grad():
        net.head.weight.add_(1)
    mean.update_parameters(net)
    torch.testing.assert_close(mean.get_parameter("module.head.weight").detach(), before + 0.5)


def test_compiled_and_exported(net: Net) -> None:
    """`torch.compile`, `torch.export` and `torch.fx` take the module."""
    torch.testing.assert_close(torch.compile(net, backend="eager", fullgraph=True)(X), net(X))
    torch.testing.assert_close(torch.export.export(net, (X,)).module()(X), net(X))
    torch.testing.assert_close(torch.fx.symbolic_trace(net)(X), net(X))


@pytest.mark.usefixtures("group")
def test_trained_by_several_processes(net: Net) -> None:
    """`DistributedDataParallel` takes the same steps as one process; every weight is used."""
    alone = copy.deepcopy(net)
    together = DistributedDataParallel(net)
    for module in (alone, together):
        optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
        for _ in range(2):
            optimizer.zero_grad()
            module(X).sum().backward()
            optimizer.step()
    for mine, theirs in zip(alone.parameters(), together.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)
