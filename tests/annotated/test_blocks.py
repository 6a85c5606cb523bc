"""Blocks of programs as classes of Python, and mixed with its own in values and programs."""

import copy
import pickle
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch import nn

import symnas
from symnas.errors import CompileError, SearchError, SourceError

PROGRAM = symnas.parse(
    """
let base = 4
fn half(n) = n // 2

block Unit(out, kernel = oneof(1, 3), act = ReLU, scale = range(1, 2))(x) {
  y = x -> Conv2d(scale * out, kernel) -> act
  y -> BatchNorm2d
}

cell Open(out)(x) {
  y = x -> oneof(Conv2d(out, 1), Conv2d(out, 3)) -> maybe(ReLU)
  y
}

block Plain(out, ends = [1, 2], rates = {low: 0.5}, slope = 1.5, biased = true, mode = "zeros") =
  Conv2d(half(out) * len(ends) + base, 1, bias = biased, padding_mode = mode) -> LeakyReLU(slope * rates.low)

block Both(a, b) = a + b
block Sum(weight = 1)(a, b) = weight * a + b

net Tiny(image: f32[N, 3, 8, 8]) = image -> Unit(8) -> Open(8) -> GlobalAvgPool2d -> Flatten -> Linear(10)
train { lr: range(0.1, 1.0, log = true) }
require Tiny.params <= 10K
maximize accuracy
""",
    "units.nas",
)
IMAGE = "x: f32[N, 3, 8, 8]"
X = torch.rand(2, 3, 8, 8)


def block(name: str, *inputs: str) -> Any:
    """The block *name* of the program."""
    return symnas.block_of(PROGRAM, name, *(inputs or (IMAGE,)))


def test_a_block_makes_modules() -> None:
    """Called with settings, by position or by name, it compiles: each time with fresh weights."""
    unit = block("Unit")
    made = unit(8, 3, nn.GELU, scale=2)
    assert isinstance(made, nn.Module)
    assert made(X).shape == (2, 16, 8, 8)
    assert "GELU" in symnas.compilers.torch.module.source_of(made).replace("gelu", "GELU")
    again = unit(8, 3, nn.GELU, scale=2)
    assert type(again) is type(made)
    assert not torch.equal(next(again.parameters()), next(made.parameters()))
    for each in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):  # noqa: S301 (our own)
        torch.testing.assert_close(each.eval()(X), made.eval()(X))


def test_settings_of_every_kind_are_written() -> None:
    """Numbers, truths, strings, lists, records and layers; the program's lets and functions are there."""
    made = block("Plain")(6, [1, 2, 3], {"low": 0.25}, slope=2.0, biased=False, mode="reflect")
    assert made(X).shape == (2, 3 * 3 + 4, 8, 8)
    assert list(made.state_dict()) == ["Plain.Conv2d.weight"]
    assert block("Sum", "a: f32[N, 4]", "b: f32[N, 4]")(weight=3)(torch.ones(1, 4), torch.ones(1, 4)).tolist() == [
        [4] * 4
    ]


def test_defaults_that_are_placeholders_are_decided_with_the_value() -> None:
    """A call that leaves them out waits; `oneof` and `range` of plain values become Python's."""
    value = block("Unit")(8)
    assert isinstance(value, symnas.Symbolic)
    space = symnas.space_of(value)
    assert space.size == 4
    assert {tuple(each.build()(X).shape) for each in space} == {(2, 8, 8, 8), (2, 16, 8, 8)}
    assert symnas.space_of(block("Unit")(symnas.oneof(4, 8), kernel=5, scale=1)).size == 2


def test_decisions_in_the_body_are_given_as_choices() -> None:
    """By path, placeholders among them; those that are left open are named."""
    made = block("Open")
    with pytest.raises(SearchError, match=r"`Open` leaves open: .*oneof.*maybe"):
        made(4)
    space = symnas.space_of(made(4, choices={"oneof": symnas.oneof("Conv2d", "Conv2d[1]"), "maybe": "Identity"}))
    assert [next(each.build().parameters()).shape[-1] for each in space] == [1, 3]


def test_sizes_of_inputs_may_be_settings() -> None:
    """What stands in braces in an input is a setting, or one more argument."""
    unit = block("Plain", "x: f32[N, {into}, 8, 8]")
    assert unit(6, into=5)(torch.rand(1, 5, 8, 8)).shape == (1, 10, 8, 8)
    width = symnas.oneof(3, 5)
    row = cast("Any", symnas.symbolic(nn.Sequential))(
        cast("Any", symnas.symbolic(nn.Conv2d))(3, width, 1), unit(6, into=width)
    )
    assert [each.build()(X).shape[1] for each in symnas.space_of(row)] == [10, 10]
    with pytest.raises(SearchError, match="'into'"):
        unit(6)


def test_blocks_and_classes_stand_in_one_space() -> None:
    """A model of Python's with a block of the language for some of its modules, searched like any value."""
    net = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU(), nn.Flatten(), nn.Linear(192, 2))
    unit = block("Unit")
    space = symnas.space_of(net, {"0": lambda conv: symnas.oneof(conv, unit(3, scale=1))})
    assert space.size == 1 + 2
    for searcher in ("random", "evolution"):
        search = symnas.search(space, searcher=searcher, trials=3)
        for trial in search:
            made = trial.build()
            assert made(X).shape == (2, 2)
            trial.tell(sum(each.numel() for each in made.parameters()))
        assert search.best is not None
        assert search.best.choices == {"at_0": "Unit", "at_0_Unit_kernel": "3"}


def test_blocks_and_layers_stand_in_one_program() -> None:
    """A row of both is a program that has the block, its lets and functions, and none of its nets."""
    row = cast("Any", symnas.symbolic(nn.Sequential))
    unit = block("Unit", "x: f32[N, {into}, 8, 8]")
    width = symnas.oneof(4, 8, name="base")  # a name that the program has
    value = row(
        cast("Any", symnas.symbolic(nn.Conv2d))(3, width, 1),
        symnas.oneof(nn.ReLU(), unit(width, act=nn.GELU, into=width)),
        cast("Any", symnas.symbolic(nn.BatchNorm2d))(width),
        nn.Flatten(),
    )
    with pytest.raises(SearchError, match="layer `2` is made for num_features"):
        symnas.to_nas(value, IMAGE)  # the unit is twice as wide where its scale is 2
    value.args[1] = symnas.oneof(nn.ReLU(), unit(width, act=nn.GELU, scale=1, into=width))
    program = symnas.to_nas(value, IMAGE)
    assert "let base_2 = oneof(4, 8)" in program.text
    assert "oneof(ReLU, Unit(out = base_2, act = GELU, scale = 1, kernel = oneof(1, 3)))" in program.text
    assert "Tiny" not in program.text
    assert "require" not in program.text
    assert program.space().size == symnas.space_of(value).size == 2 * (1 + 2)
    for architecture, member in zip(program.space(), symnas.space_of(value), strict=True):
        net, mine = symnas.compile(architecture, "torch"), member.build()
        assert [each.shape for each in net.parameters()] == [each.shape for each in mine.parameters()]
        assert net(X).shape == mine(X).shape


def test_mistakes_are_named() -> None:
    """Unknown blocks and settings, values without a form, blocks of two programs, Python layers that are not allowed."""
    with pytest.raises(SearchError, match="the program has no block `Unti`; did you mean `Unit`"):
        block("Unti")
    with pytest.raises(SearchError, match="`block_of` takes a program"):
        symnas.block_of(cast("Any", PROGRAM.text), "Unit", IMAGE)
    with pytest.raises(SearchError, match="needs to know what flows in"):
        symnas.block_of(PROGRAM, "Unit")
    with pytest.raises(SearchError, match="`Unit` has no argument `kernle`; did you mean `kernel`"):
        block("Unit")(8, kernle=3)
    with pytest.raises(SearchError, match="for which the language has no form"):
        block("Unit")(8, 3, object(), scale=1)
    with pytest.raises(SourceError, match="Conv2d"):
        block("Plain", "x: f32[N, 3]")(8)
    row = cast("Any", symnas.symbolic(nn.Sequential))
    narrow = block("Plain", "x: f32[N, {into}, 8, 8]")
    with pytest.raises(SearchError, match=r"layer `1` is made for inputs of \[4, 8, 8\], which is what flows in in no"):
        symnas.to_nas(row(nn.ReLU(), narrow(symnas.oneof(4, 6), into=4)), IMAGE)
    with pytest.raises(SearchError, match="takes 2 inputs"):
        symnas.to_nas(row(block("Sum", "a: f32[N, 4]", "b: f32[N, 4]")(symnas.oneof(1, 2))), IMAGE)
    with pytest.raises(SearchError, match=r"leave `choices` out"):
        symnas.to_nas(block("Open")(4, choices={"maybe": symnas.oneof("ReLU", "Identity")}), IMAGE)
    other = symnas.block_of(symnas.parse("block Other(k = oneof(1, 2)) = Conv2d(3, k)"), "Other", IMAGE)
    with pytest.raises(SearchError, match="blocks of two programs"):
        symnas.to_nas(cast("Any", symnas.symbolic(nn.Sequential))(block("Plain")(symnas.oneof(2, 4)), other()), IMAGE)
    python = symnas.parse("use collections (OrderedDict(x: [*S]) -> [*S])\nblock Odd = OrderedDict")
    with pytest.raises(CompileError, match="collections"):
        symnas.block_of(python, "Odd", IMAGE)()


def test_a_block_travels() -> None:
    """Values with blocks in them go to other processes, as those of symbolic classes do, and are compared like these."""
    assert symnas.equal(block("Unit")(8), block("Unit")(8))
    assert not symnas.equal(block("Unit")(8), block("Unit", "x: f32[N, 4, 8, 8]")(8))
    value = pickle.loads(pickle.dumps(block("Unit")(8, scale=1)))  # noqa: S301 (our own)
    assert symnas.space_of(value)[1].build()(X).shape == (2, 8, 8, 8)


def test_symbolic_classes_are_layers_of_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reverse: a program uses a symbolic class as any layer of Python's; its copies are ordinary modules."""
    source = (
        "import symnas\nfrom torch import nn\n\n\n@symnas.symbolic\nclass Scaled(nn.Module):\n"
        "    def __init__(self, by=1):\n        super().__init__()\n        self.by = by\n\n"
        "    def forward(self, x):\n        return self.by * x\n"
    )
    (tmp_path / "scaling.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    program = symnas.parse(
        "use scaling (Scaled(by = 1)(x: [*S]) -> [*S])\nblock Twice(by) = Scaled(by) -> Scaled(by)\n"
        "net A(x: f32[N, 4]) = x -> Twice(oneof(2, 3))\n"
    )
    nets = [symnas.compile(each, "torch", allow=["scaling"]) for each in program.space()]
    assert [net(torch.ones(1, 4)).tolist() for net in nets] == [[[4.0] * 4], [[9.0] * 4]]
    twice: Any = symnas.block_of(program, "Twice", "x: f32[N, 4]", allow=["scaling"])
    space = symnas.space_of(twice(symnas.oneof(2, 3)))
    assert [copy.deepcopy(each.build())(torch.ones(1, 4)).tolist() for each in space] == [[[4.0] * 4], [[9.0] * 4]]
