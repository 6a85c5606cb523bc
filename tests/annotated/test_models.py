"""PyTorch models as they stand, with some of their modules replaced."""

import copy
import io
from random import Random
from typing import Any, cast

import pytest
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import symnas
from symnas.errors import SearchError


class Separable(nn.Module):
    """A convolution of each channel alone, and one across channels."""

    def __init__(self, channels: int, kernel: int = 3) -> None:
        super().__init__()
        self.deep = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=channels)
        self.wide = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """*x* convolved."""
        found: torch.Tensor = self.wide(self.deep(x))
        return found


class Residual(nn.Module):
    """*inner*, and what flows in added."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """*x* and what it becomes."""
        found: torch.Tensor = x + self.inner(x)
        return found


class Unit(nn.Module):
    """A convolution and what follows it."""

    def __init__(self, act: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.act = act

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """*x* convolved."""
        found: torch.Tensor = self.act(self.norm(self.conv(x)))
        return found


class Net(nn.Module):
    """Three units, of which the last two share their activation."""

    def __init__(self) -> None:
        super().__init__()
        act = nn.ReLU()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.body = nn.Sequential(Unit(nn.ReLU()), Unit(act), Unit(act))
        self.head = nn.Linear(8, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores of ten classes for images *x*."""
        found: torch.Tensor = self.head(self.body(self.stem(x)).mean((2, 3)))
        return found


X = torch.rand(2, 3, 6, 6)


@pytest.fixture
def net() -> Any:
    """A model that was trained for a while, ready to predict."""
    torch.manual_seed(0)
    net = Net()
    for _ in range(3):
        net(torch.rand(4, 3, 6, 6))  # batch statistics
    return net.eval()


def state(module: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of all that *module* has learned."""
    return {name: each.clone() for name, each in module.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """Whether two models have learned the same."""
    return one.keys() == other.keys() and all(torch.equal(each, other[name]) for name, each in one.items())


def test_what_is_not_replaced_keeps_its_weights(net: Any) -> None:
    """A member is a copy of the model: weights, buffers, modes, gradients that are off; the model stays as it was."""
    net.stem.weight.requires_grad_(requires_grad=False)
    before, modules = state(net), dict(net.named_modules())
    expected = net(X)
    make = symnas.symbolic(Separable)
    space = symnas.space_of(net, {"body.*.conv": lambda conv: symnas.oneof(conv, make(8, symnas.oneof(3, 5)))})
    assert space.size == 3**3
    assert set(space[0].choices) == {"body_0_conv", "body_1_conv", "body_2_conv"}
    assert torch.equal(space[0].build()(X), expected)
    for member in space:
        built = member.build()
        kinds = [member.choices[f"body_{place}_conv"] for place in range(3)]
        assert [type(each.conv).__name__ for each in built.body] == [kind.partition("(")[0] for kind in kinds]
        assert not built.training
        assert not any(each.training for each in built.modules())
        assert not built.stem.weight.requires_grad
        assert built.body[1].act is built.body[2].act is not built.body[0].act
        left = {name: each for name, each in state(built).items() if name in before and ".conv." not in name}
        assert same(left, {name: before[name] for name in left})
        built(X)
        with torch.no_grad():
            for each in built.parameters():
                each.fill_(7)
    assert same(before, state(net))
    assert modules == dict(net.named_modules())


def test_modules_are_meant_by_path_type_condition_or_themselves(net: Any) -> None:
    """Each kind of key means what it says; an exact path comes before what else would mean it."""
    for key in ("body.0.act", "body[0].act", net.body[0].act):
        assert type(symnas.space_of(net, {key: nn.GELU()})[0].build().body[0].act) is nn.GELU
    wide = symnas.space_of(net, {lambda each: getattr(each, "out_features", 0) == 10: nn.Linear(8, 3)})
    assert wide[0].build()(X).shape == (2, 3)
    space = symnas.space_of(net, {nn.ReLU: lambda act: symnas.oneof(act, nn.GELU()), "body.0.act": nn.SiLU()})
    assert space.size == 2
    assert type(space[1].build().body[0].act) is nn.SiLU
    assert type(space[1].build().body[2].act) is nn.GELU


def test_a_shared_module_is_decided_once_and_stays_shared(net: Any) -> None:
    """What stands at two paths is one module before and after, meant by either path."""
    space = symnas.space_of(net, {"body.2.act": lambda act: symnas.oneof(act, nn.PReLU())})
    assert space.size == 2
    built = space[1].build()
    assert type(built.body[1].act) is nn.PReLU
    assert built.body[1].act is built.body[2].act


def test_one_placeholder_at_many_places_is_decided_once(net: Any) -> None:
    """The places choose together, and each has a module of its own."""
    space = symnas.space_of(net, {"*.conv": symnas.oneof(nn.Identity(), nn.Conv2d(8, 8, 1))})
    assert space.size == 2
    built = space[1].build()
    assert built.body[0].conv is not built.body[1].conv
    assert torch.equal(built.body[0].conv.weight, built.body[1].conv.weight)


def test_ready_modules_keep_their_weights_and_functions_make_new_ones(net: Any) -> None:
    """A module is copied for each build; a class or function without arguments is called."""
    ready = nn.Linear(8, 4)
    space = symnas.space_of(net, {"head": symnas.oneof(ready, lambda: nn.Linear(8, 4))})
    one, two = space[0].build(), space[0].build()
    assert torch.equal(one.head.weight, ready.weight)
    assert one.head is not two.head
    assert not torch.equal(space[1].build().head.weight, space[1].build().head.weight)
    assert type(symnas.space_of(net, {nn.ReLU: nn.GELU})[0].build().body[0].act) is nn.GELU


def test_none_removes_a_module(net: Any) -> None:
    """What is removed leaves `nn.Identity`; `maybe` leaves it open."""
    assert type(symnas.space_of(net, {"body.1": None})[0].build().body[1]) is nn.Identity
    space = symnas.space_of(net, {"body.*.norm": symnas.maybe})
    assert space.size == 2**3
    assert {(each.choices["body_0_norm"], type(each.build().body[0].norm)) for each in space} == {
        ("BatchNorm2d", nn.BatchNorm2d),
        ("none", nn.Identity),
    }
    assert all(each.build()(X).shape == (2, 10) for each in space)


def test_a_module_may_stay_inside_of_another(net: Any) -> None:
    """What wraps a module holds the copy's, with the weights that it learned, in the mode that it was in."""
    wrap = symnas.symbolic(Residual)
    space = symnas.space_of(net, {"body.0.conv": lambda conv: symnas.oneof(conv, wrap(conv), name="wrapped")})
    assert set(space[0].choices) == {"wrapped"}
    built = space[1].build()
    assert torch.equal(built.body[0].conv.inner.weight, net.body[0].conv.weight)
    assert built.body[0].conv.inner is not net.body[0].conv
    assert not built.body[0].conv.training
    late = symnas.space_of(net, {"body.0.conv": symnas.oneof(nn.Identity(), Residual)})
    assert torch.equal(late[1].build().body[0].conv.inner.weight, net.body[0].conv.weight)


def test_modules_inside_are_decided_where_the_outer_one_stays(net: Any) -> None:
    """Blocks that may be left out, with convolutions that may be others: those of a block left out are not decided."""
    space = symnas.space_of(
        net, {Unit: symnas.maybe, "*.conv": lambda conv: symnas.oneof(conv, Separable(8), Separable(8, 5))}
    )
    assert space.size == (1 + 3) ** 3
    for member in space:
        built = member.build()
        assert built(X).shape == (2, 10)
        kept = [name for name in member.choices if name.endswith("conv")]
        assert len(kept) == sum(isinstance(each, Unit) for each in built.body)
    wrap = symnas.symbolic(Residual)
    nested = symnas.space_of(net, {"body.0": wrap, "body.0.conv": lambda conv: symnas.oneof(conv, Separable(8))})
    assert type(nested[1].build().body[0].inner.conv) is Separable


def test_a_shared_module_inside_of_one_block_is_replaced_in_all(net: Any) -> None:
    """What also stands outside of a replaced module is decided beside it."""
    space = symnas.space_of(net, {"body.1": symnas.maybe, "body.1.act": lambda act: symnas.oneof(act, nn.GELU())})
    assert space.size == 4
    kinds = {(type(each.body[1]).__name__, type(each.body[2].act).__name__) for each in (m.build() for m in space)}
    assert kinds == {("Unit", "ReLU"), ("Unit", "GELU"), ("Identity", "ReLU"), ("Identity", "GELU")}


def test_tied_weights_stay_tied(net: Any) -> None:
    """A weight that two modules share is one in what is built, replaced neighbours or not."""
    net.body[1].conv.weight = net.body[0].conv.weight
    built = symnas.space_of(net, {"stem": nn.Conv2d(3, 8, 1)})[0].build()
    assert built.body[0].conv.weight is built.body[1].conv.weight
    assert built.body[0].conv.weight is not net.body[0].conv.weight


def test_hooks_stay(net: Any) -> None:
    """Hooks of what stays are called, as those of any deep copy are."""
    seen: list[str] = []
    net.head.register_forward_hook(lambda *_: seen.append("head"))
    symnas.space_of(net, {"stem": nn.Conv2d(3, 8, 1)})[0].build()(X)
    assert seen == ["head"]


@pytest.mark.parametrize(("changes", "message"), (
    ({"body.*.cnv": None}, "no module has a path like `body.*.cnv`; `cnv`: did you mean `conv`?"),
    ({"body.head": None}, "no module has a path like `body.head`; there is head"),
    ({nn.LSTM: None}, "no module of the model is meant by the type `LSTM`"),
    ({Net: None}, "no module of the model is meant by the type `Net`; the model itself is no part of it"),
    ({"head": nn.Linear}, "`head`: `Linear` needs more than the module that stands there; call it"),
    (["head"], "`changes` is a dictionary"),
    ({3: None}, "3 is none of these"),
    ({"*.conv": nn.Identity(), nn.Conv2d: None}, "`body.0.conv` is meant by `*.conv` and by the type `Conv2d`"),
    ({"body.0": nn.Identity(), "body.0.conv": None}, "`body.0.conv` lies in `body.0`, which is always replaced"),
))  # fmt: skip
def test_what_cannot_be_meant_is_refused(net: Any, changes: Any, message: str) -> None:
    """Before anything is searched, with the remedy."""
    with pytest.raises(SearchError) as error:
        symnas.space_of(net, changes)
    assert message in str(error.value)


def test_what_is_no_module_is_refused(net: Any) -> None:
    """A model that is none before, a candidate that is none when it is built."""
    with pytest.raises(SearchError, match="this is dict"):
        symnas.space_of({}, {"a": None})
    with pytest.raises(SearchError, match=r"`head` becomes int, which is no module"):
        symnas.space_of(net, {"head": symnas.oneof(3, 4)})[0].build()
    with pytest.raises(SearchError, match=r"`head`: `Linear` needs more than the module"):
        symnas.space_of(net, {"head": symnas.oneof(nn.Linear, nn.ReLU)})[0].build()


def test_a_model_is_searched_with_its_recipe(net: Any) -> None:
    """A model with replacements is a value among others, under any searcher."""
    value: Any = {
        "net": symnas.replacing(net, {"*.act": symnas.oneof(nn.ReLU, nn.GELU, nn.SiLU)}),
        "lr": symnas.oneof(1, 2),
    }
    assert symnas.space_of(value).size == 6
    for searcher in ("random", "evolution", "mcts"):
        search = symnas.search(value, searcher=searcher, trials=6)
        for trial in search:
            made = trial.build()
            trial.tell(made["lr"] + isinstance(made["net"].body[1].act, nn.GELU))
        assert search.best is not None
        assert type(search.best.build()["net"].body[0].act) is nn.GELU


def test_built_models_are_ordinary_modules(net: Any) -> None:
    """They copy, save and load, whole and by weights, and are scripted where the original is."""
    space = symnas.space_of(net, {"*.conv": lambda conv: symnas.oneof(conv, Separable(8))})
    for built in (space[0].build(), space.sample(Random(3)).build()):
        expected = built(X)
        assert torch.equal(copy.deepcopy(built)(X), expected)
        file = io.BytesIO()
        torch.save(built, file)
        file.seek(0)
        assert torch.equal(torch.load(file, weights_only=False)(X), expected)
        twin = copy.deepcopy(built)
        with torch.no_grad():
            for each in twin.parameters():
                each.zero_()
        twin.load_state_dict(built.state_dict())
        assert torch.equal(twin(X), expected)
        with pytest.warns(DeprecationWarning, match="torch.jit"):
            torch.testing.assert_close(torch.jit.script(built)(X), expected)
        moving = cast("Any", torch.optim.swa_utils.get_ema_multi_avg_fn)(0.9)
        mean = torch.optim.swa_utils.AveragedModel(built, multi_avg_fn=moving)
        mean.update_parameters(built)
        assert torch.equal(mean(X), expected)


@pytest.mark.usefixtures("group")
def test_built_models_train_in_several_processes(net: Any) -> None:
    """`DistributedDataParallel` takes the same steps as one process; weights that are frozen stay so."""
    net.stem.requires_grad_(requires_grad=False)
    space = symnas.space_of(net.train(), {"*.conv": lambda conv: symnas.oneof(conv, Separable(8))})
    built = space[5].build()
    alone = copy.deepcopy(built)
    for module in (alone, DistributedDataParallel(built)):
        optimizer = torch.optim.SGD((each for each in module.parameters() if each.requires_grad), lr=0.1)
        for _ in range(2):
            optimizer.zero_grad()
            module(X).sum().backward()
            optimizer.step()
    for mine, theirs in zip(alone.parameters(), built.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)
    assert torch.equal(built.stem.weight, net.stem.weight)
    torch.testing.assert_close(torch.compile(cast("nn.Module", built.eval()), backend="eager")(X), built(X))


class Parts(nn.Module):
    """Modules in lists, dictionaries and containers of PyTorch's, one with a weight that is computed."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = nn.ModuleList([nn.Linear(8, 8), nn.utils.parametrizations.weight_norm(nn.Linear(8, 8))])
        self.named = nn.ModuleDict({"line": nn.Linear(8, 8), "act": nn.ReLU()})
        self.attention = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """*x* through all of it."""
        for each in (*self.lines, *self.named.values()):
            x = each(x)
        found: torch.Tensor = self.attention(x)
        return found


def test_containers_and_computed_weights() -> None:
    """Modules are replaced wherever PyTorch holds them; what computes a weight is copied with it."""
    net, x = Parts().eval(), torch.rand(2, 3, 8)
    space = symnas.space_of(net, {
        "lines[*]": lambda line: symnas.oneof(line, nn.Sequential(line, nn.Tanh())) if isinstance(line, nn.Linear) else line,
        net.named["line"]: symnas.oneof(nn.Identity(), nn.Linear(8, 8)),
        "attention.linear1": lambda line: symnas.oneof(line, nn.Linear(8, 16)),
    })  # fmt: skip
    assert space.size == 16
    torch.testing.assert_close(symnas.space_of(net, {})[0].build()(x), net(x))
    assert all(each.build()(x).shape == x.shape for each in space)


def test_modules_in_containers_are_copied_too(net: Any) -> None:
    """Modules of the model in lists, tuples and dictionaries of a candidate are those of the copy."""

    def row(parts: Any, named: dict[str, nn.Module], repeat: int) -> nn.Module:
        return nn.Sequential(*parts, *named.values(), *(nn.Identity() for _ in range(repeat)))

    made = symnas.symbolic(row)
    space = symnas.space_of(
        net, {"body.0.act": lambda act: made((act, [act][0]), {"last": act}, repeat=symnas.oneof(0, 1))}
    )
    built = space[0].build().body[0].act
    assert built[0] is built[1] is built[2]
    assert all(each is not net.body[0].act for each in built)


def test_decisions_are_called_by_paths() -> None:
    """What is replaced gives its decision the name; numbers alone get a word before them."""
    net = nn.Sequential(nn.ReLU(), nn.Sequential(nn.ReLU()))
    space = symnas.space_of(
        net, {nn.ReLU: lambda act: symnas.oneof(act, symnas.symbolic(nn.ELU)(symnas.oneof(0.5, 2.0)))}
    )
    assert set(space[8].choices) == {"at_0", "at_0_ELU_alpha", "at_1_0", "at_1_0_ELU_alpha"}
    assert type(symnas.space_of(net, {"[1][0]": nn.GELU})[0].build().get_submodule("1.0")) is nn.GELU
