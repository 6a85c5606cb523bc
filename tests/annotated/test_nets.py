"""Layers of PyTorch, symbolic or not, as nets of the language."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

import symnas
from symnas.errors import SearchError, SourceError

Row, Conv, Norm, Linear, Drop, LayerNorm = (
    cast("Any", symnas.symbolic(each))
    for each in (nn.Sequential, nn.Conv2d, nn.BatchNorm2d, nn.Linear, nn.Dropout, nn.LayerNorm)
)
IMAGE = "image: f32[N, 3, 16, 16]"

ROWS: dict[str, tuple[str, Sequence[nn.Module]]] = {
    "convolutions": ("x: f32[N, 4, 9, 9]", (
        nn.Conv2d(4, 6, (3, 1), stride=2, padding=(1, 0), bias=False), nn.Conv2d(6, 6, 3, padding="same", groups=3),
        nn.ConvTranspose2d(6, 4, 3, stride=2, output_padding=1), nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
    )),
    "norms": ("x: f32[N, 4, 6, 6]", (
        nn.BatchNorm2d(4, eps=1e-3, momentum=0.05), nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True),
        nn.LayerNorm([6, 6]), nn.LayerNorm(6, elementwise_affine=False), nn.BatchNorm2d(4, affine=False),
    )),
    "poolings": ("x: f32[N, 4, 16, 16]", (
        nn.MaxPool2d(3, stride=2, padding=1), nn.AvgPool2d(2, padding=1), nn.AdaptiveAvgPool2d((2, 3)),
        nn.AdaptiveMaxPool2d(2),
    )),
    "activations": ("x: f32[N, 4, 6]", (
        nn.ReLU(inplace=True), nn.ELU(0.5), nn.LeakyReLU(0.2), nn.GELU(approximate="tanh"), nn.Hardtanh(-2, 2.5),
        nn.PReLU(4), nn.Softplus(2.0), nn.Softmax(dim=1), nn.Threshold(0.1, 20), nn.SELU(), nn.Identity(3, wide=True),
    )),
    "lines": ("x: f32[N, 5, 8]", (
        nn.Linear(8, 6), nn.RMSNorm(6), nn.Linear(6, 2, bias=False), nn.Flatten(), nn.Unflatten(1, (2, 5)), nn.Conv1d(2, 3, 1),
        nn.ZeroPad1d((1, 2)), nn.Upsample(scale_factor=2.0, mode="linear"), nn.Dropout(0.25),
    )),
    "words": ("x: i64[N, 7]", (nn.Embedding(10, 6, padding_idx=0), nn.Linear(6, 3))),
    "nested": ("x: f32[N, 8]", (nn.Sequential(nn.Linear(8, 4), nn.Sequential(nn.Tanh())), nn.Sequential(), nn.Linear(4, 2))),
}  # fmt: skip


def example(inputs: str) -> torch.Tensor:
    """A tensor of the type that *inputs* says, of two samples."""
    shape = [2, *(int(each) for each in inputs.partition("N, ")[2].rstrip("]").split(", "))]
    return torch.randint(10, shape) if "i64" in inputs else torch.rand(shape)


def agree(row: nn.Module, program: symnas.Program, x: torch.Tensor) -> None:
    """The compiled *program* computes what *row* does, once it has its weights, which come in the same order."""
    architecture = program.architecture()
    net = symnas.compile(architecture, "torch")
    paths = [
        f"{each.path}.{weight.name}" for each in architecture.graph().operations() for weight in each.operation.weights
    ]
    net.load_state_dict(dict(zip(paths, row.state_dict().values(), strict=True)))
    torch.testing.assert_close(net.eval()(x), row.eval()(x.clone()), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_layers_is_a_net_that_computes_the_same(name: str) -> None:
    """Settings, defaults that differ, sizes that are left out: outputs agree, weights aside."""
    torch.manual_seed(0)
    inputs, layers = ROWS[name]
    row = nn.Sequential(*layers)
    agree(row, symnas.to_nas(row, inputs), example(inputs))
    named = nn.Sequential(OrderedDict((f"part{place}", each) for place, each in enumerate(layers)))
    assert symnas.to_nas(named, inputs) == symnas.to_nas(row, inputs)


class Head(nn.Sequential):
    """A row with a name of its own."""

    def __init__(self) -> None:
        super().__init__(nn.Linear(6, 2), nn.Softmax(dim=-1))


class Doubling(nn.Sequential):
    """A row that does more."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Twice what the row gives."""
        for each in self:
            x = 2 * each(x)
        return x


def test_a_row_by_another_name() -> None:
    """A subclass of `nn.Sequential` is a row if it calls its parts as that does."""
    row = nn.Sequential(nn.Linear(6, 6), Head())
    agree(row, symnas.to_nas(row, "x: f32[N, 6]"), torch.rand(2, 6))
    with pytest.raises(SearchError, match="`1` is `Doubling`, which is no layer of the language"):
        symnas.to_nas(nn.Sequential(nn.Linear(6, 6), Doubling(nn.ReLU())), "x: f32[N, 6]")


def space() -> Any:
    """A symbolic row with decisions of every kind."""
    width = symnas.oneof(4, 8, name="width")
    return Row(
        Conv(3, width, symnas.oneof(3, 5), padding="same"),
        Norm(width),
        symnas.oneof(nn.ReLU(), nn.GELU(), nn.Sequential(nn.Tanh(), nn.SELU())),
        symnas.oneof(Row(Conv(width, width, 1), symnas.symbolic(nn.ELU)(symnas.oneof(0.5, 1.0))), nn.Identity()),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        symnas.oneof({"plain": nn.Identity(), "dropped": Drop(symnas.oneof(0.1, 0.5))}, prior={"plain": 0.75}),
        Linear(width, 10, bias=symnas.oneof(True, False)),
    )


def test_placeholders_become_the_languages() -> None:
    """The program reads as one would write it, and has as many members."""
    program = symnas.to_nas(space(), IMAGE, name="Tiny")
    assert program.text == (
        "nas 1\n\nlet width = oneof(4, 8)\n\nnet Tiny(image: f32[N, 3, 16, 16]) =\n"
        '  image -> Conv2d(width, oneof(3, 5), padding = "same") -> BatchNorm2d\n'
        "    -> oneof(ReLU, GELU, Tanh -> SELU)\n"
        "    -> maybe(Conv2d(width, 1, padding = 0) -> ELU(alpha = oneof(0.5, 1))) -> AdaptiveAvgPool2d(1)\n"
        "    -> Flatten\n"
        "    -> oneof(\n"
        "      *{plain: Identity, dropped: Dropout(p = oneof(0.1, 0.5))},\n"
        "      prior = {plain: 3 / 4, dropped: 1 / 4}\n"
        "    ) -> Linear(10, bias = oneof(true, false))\n"
    )
    assert program.space().size == symnas.space_of(space()).size == 2 * 2 * 3 * 3 * 3 * 2


def test_every_member_computes_what_python_builds() -> None:
    """The members of the program, in order, are those of the symbolic value."""
    program = symnas.to_nas(space(), IMAGE)
    x = example(IMAGE)
    built = [member.build() for member in symnas.space_of(space())]
    for architecture, row in zip(program.space(), built, strict=True):
        net = symnas.compile(architecture, "torch")
        assert sum(each.numel() for each in net.parameters()) == sum(each.numel() for each in row.parameters())
    for number in (0, 100, 215):
        agree(built[number], symnas.parse(program.space()[number].text), x)


def test_what_stands_twice_is_one() -> None:
    """A layer with weights that stands at two places is shared, one without is a value; so are placeholders."""
    act, line = nn.ReLU(), nn.Linear(8, 8)
    row = nn.Sequential(line, act, line, act)
    program = symnas.to_nas(row, "x: f32[N, 8]")
    assert program.text.splitlines()[2:5:2] == ["shared linear = Linear(8)", "let relu_2 = ReLU"]
    net = symnas.compile(program.architecture(), "torch")
    assert sum(each.numel() for each in net.parameters()) == 8 * 8 + 8
    either = symnas.oneof(nn.Linear(8, 8), nn.Sequential(nn.Linear(8, 8), nn.Tanh()), name="line")
    program = symnas.to_nas(Row(either, either), "x: f32[N, 8]")
    assert "shared line = oneof(Linear(8), Linear(8) -> Tanh)" in program.text
    assert program.space().size == 2


@pytest.mark.parametrize(("value", "message"), (
    (Row(Conv(3, symnas.oneof(8, 16), 3), Conv(8, 4, 3)), "layer `1` is made for in_channels = 8, which is what flows in in 1 of 2"),
    (nn.Sequential(nn.Flatten(), nn.Linear(3, 3)), "layer `1` is made for in_features = 3, which is what flows in in no"),
    (Row(symnas.maybe(nn.ReLU())), "`0` may be None, which PyTorch does not call; let it be `nn.Identity()`"),
    (nn.Sequential(nn.Sequential(nn.BatchNorm2d(4))), "layer `0.0` is made for num_features = 4"),
    (nn.Sequential(nn.ReLU(), nn.LSTM(3, 3)), "`1` is PyTorch's `LSTM`, which is no layer of the language that stands in a row"),
    (Row(symnas.oneof(nn.ReLU, nn.Tanh)), "`0` is ReLU, for which the language has no form; make a layer of it, `ReLU()`"),
    (Row(nn.ReLU(), symnas.oneof(nn.Tanh(), ROWS)), "`1` is dict, for which the language has no form"),
    (Row(Conv(3, 4, symnas.oneof(1, 3), device="cpu")), "`0`: the language's `Conv2d` has no setting `device`"),
    (nn.Sequential(nn.BatchNorm2d(3, bias=False)), "`0`: the language's `BatchNorm2d` has no setting `bias`"),
))  # fmt: skip
def test_what_the_language_lacks_is_refused(value: object, message: str) -> None:
    """By the path of the layer, before anything is built."""
    with pytest.raises(SearchError) as error:
        symnas.to_nas(value, IMAGE)
    assert message in str(error.value)


def test_layers_that_do_not_fit_are_refused() -> None:
    """A row that can be no network is refused as the program would be, and so is an input that is written wrongly."""
    with pytest.raises(SourceError, match="MaxPool2d"):
        symnas.to_nas(nn.Sequential(nn.MaxPool2d(32)), IMAGE)
    with pytest.raises(SourceError):
        symnas.to_nas(nn.ReLU(), "image: f32[N, 3")
    with pytest.raises(SearchError, match="needs to know what flows in"):
        symnas.to_nas(nn.ReLU())
    for name in ("two words", "ReLU", "net"):
        with pytest.raises(SearchError, match=f"a net cannot be called `{name}`"):
            symnas.to_nas(nn.ReLU(), IMAGE, name=name)


LEAVES: st.SearchStrategy[Callable[[], Any]] = st.sampled_from(
    [
        nn.ReLU,
        lambda: nn.Linear(6, 6),
        lambda: symnas.symbolic(nn.ELU)(symnas.oneof(0.5, 1.0, 2.0)),
        lambda: Linear(6, 6, bias=symnas.oneof(True, False)),
        lambda: nn.Sequential(nn.LayerNorm(6), nn.Tanh()),
    ]
)


@st.composite
def rows(draw: st.DrawFn, depth: int = 2) -> Any:
    """A row of layers that keep six features, with placeholders at any depth."""
    kind = draw(st.sampled_from(["leaf", "row", "oneof", "labelled"] if depth else ["leaf"]))
    if kind == "leaf":
        return draw(LEAVES)()
    parts = draw(st.lists(rows(depth - 1), min_size=1, max_size=3, unique_by=repr))
    if kind == "row":
        return Row(*parts)
    labelled = {f"part{place}": each for place, each in enumerate(parts)}
    try:
        return symnas.oneof(labelled) if kind == "labelled" else symnas.oneof(*parts)
    except SearchError:  # the same candidate twice
        return parts[0]


@settings(max_examples=60)
@given(st.lists(rows(), min_size=1, max_size=3))
def test_a_row_and_its_program_have_the_same_members(parts: list[Any]) -> None:
    """However layers and placeholders nest: as many members, in one order, with the same weights and outputs."""
    value = Row(*parts)
    x = torch.rand(3, 6)
    try:
        program = symnas.to_nas(value, "x: f32[N, 6]")
    except SourceError as error:
        assume("E0507" not in str(error))  # two candidates that read the same
        raise
    space = program.space()
    values = symnas.space_of(value)
    assert space.size == values.size
    for number in range(min(space.size, 3)):
        architecture, row = space[number], values[number].build()
        paths = [
            f"{each.path}.{weight.name}"
            for each in architecture.graph().operations()
            for weight in each.operation.weights
        ]
        net = symnas.compile(architecture, "torch")
        net.load_state_dict(dict(zip(paths, row.state_dict().values(), strict=True)))
        torch.testing.assert_close(net.eval()(x), row.eval()(x))
