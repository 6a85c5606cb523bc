"""PyTorch modules as programs: what they compute, what their blocks and weights are called, what is refused."""

import os
import re
import warnings
from pathlib import Path

import handwritten
import numpy as np
import pytest
import torch
from importing_models import Attention, Decoder, Shared, Small, flat, outputs, same
from torch import nn

from symnas.errors import CompileError, SourceError
from symnas.foreign import from_factory, from_onnx, from_torch

GOLDENS = Path(__file__).parent / "goldens"
SMALL = "x: f32[N, 3, 16, 16]"


@pytest.mark.parametrize(
    ("module", "inputs", "given"),
    (
        (Small, [SMALL], lambda: torch.randn(2, 3, 16, 16)),
        (Attention, ["tokens: i64[N, 6]"], lambda: torch.randint(0, 20, (3, 6))),
        (Shared, ["x: f32[N, 6]"], lambda: torch.randn(4, 6)),
        (Decoder, ["tokens: i64[N, 6]"], lambda: torch.randint(0, 20, (5, 6))),
    ),
)
def test_the_program_computes_what_the_module_does(module: type[nn.Module], inputs: list[str], given: object) -> None:
    """Outputs agree to 1e-5, for a batch other than the one that was traced, and the text is what is kept."""
    torch.manual_seed(0)
    made = module().eval()
    found = from_torch(made, inputs)
    batch = given()  # type: ignore[operator]  # a function of none of pytest's types
    with torch.no_grad():
        wanted = flat(made(batch))
    same(outputs(found, [batch]), wanted)
    golden = GOLDENS / f"{module.__name__.lower()}.nas"
    if "SYMNAS_GOLDENS" in os.environ:
        golden.write_text(found.program.text, encoding="utf-8")
    assert found.program.text == golden.read_text(encoding="utf-8")


def test_open_sizes_may_have_to_be_large() -> None:
    """A network that cuts an image into patches twice has none left of a few pixels; its height and width may be open."""
    made = nn.Sequential(nn.Conv2d(3, 8, 4, stride=4), nn.GELU(), nn.Conv2d(8, 8, 4, stride=4), nn.AdaptiveAvgPool2d(1))
    found = from_torch(made, ["x: f32[N, 3, H, W]"])
    for height, width in ((16, 16), (80, 48)):
        batch = torch.randn(2, 3, height, width)
        same(outputs(found, [batch]), [made(batch)])


def test_weights_keep_the_names_of_the_state_dict() -> None:
    """Paths of modules become `as` names, numbers in lists included; for turns of a `repeat` it is said what is what."""
    module = Small()
    found = from_torch(module, [SMALL])
    assert {found.renamed.get(name, name): each.tolist() for name, each in module.state_dict().items()} == {
        name: np.asarray(each).tolist() for name, each in found.weights.items()
    }
    assert {name.partition(".")[0] for name in found.renamed} == {"layer1"}
    assert found.renamed["layer1.1.bn2.running_var"] == "repeat.1.layer1.bn2.running_var"


def test_a_block_is_written_once_for_equal_modules() -> None:
    """Both blocks of the first stage are one block of the program, repeated, and used with another width in the second."""
    text = from_torch(Small(), [SMALL]).program.text
    assert text.count("block Basic") == 2
    assert "repeat(2) { Basic(8) as layer1 }" in text
    assert "Basic(16) as layer2[1]" in text


def test_layers_that_are_applied_again_share_their_weights() -> None:
    """One module called three times has its parameters once."""
    found = from_torch(Shared(), ["x: f32[N, 6]"])
    assert found.program.architecture().graph().params == sum(each.numel() for each in Shared().parameters())


class Odd(nn.Module):
    """Operators that symnas lacks."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Two of them."""
        y: torch.Tensor = torch.fft.fft(x).real + torch.linalg.inv(x)
        return y


class Deciding(nn.Module):
    """Control flow that depends on data."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One of two functions."""
        return x + 1 if x.sum() > 0 else x - 1


class OneBatch(nn.Module):
    """A module that fixes its batch."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One thing for four rows, which is what stands for `N`, another for others."""
        return x + 1 if x.shape[0] == 4 else x - 1


class FewRows(nn.Module):
    """A module that computes otherwise from some size on."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One thing for few rows, another for many."""
        return x + 1 if x.shape[0] < 100 else x - 1


def test_every_operator_without_a_counterpart_is_named_at_once() -> None:
    """One message lists them all."""
    with pytest.raises(CompileError) as caught:
        from_torch(Odd(), ["x: f32[4, 4]"])
    assert "`fft_fft`" in str(caught.value)
    assert "`linalg_inv_ex`" in str(caught.value) or "`linalg_inv`" in str(caught.value)


@pytest.mark.parametrize(
    ("module", "inputs", "words"),
    (
        (Deciding(), ["x: f32[3, 4]"], "PyTorch cannot export"),
        (OneBatch(), ["x: f32[N, 3]"], "write a number instead"),
        (FewRows(), ["x: f32[N, 3]"], "computes otherwise where `N` of `x` is above 99"),
        (Small(), [], "say of what type they are"),
        (Small(), ["x: f32[N, 5, 16, 16]"], "PyTorch cannot export"),
        (object(), [SMALL], "not a `torch.nn.Module`"),
    ),
)
def test_what_cannot_be_exported_is_said(module: nn.Module, inputs: list[str], words: str) -> None:
    """Control flow on data, a fixed batch, missing and wrong inputs: a message, and what to do."""
    with pytest.raises(CompileError, match=words):
        from_torch(module, inputs)


def test_an_input_that_is_written_wrongly_has_its_place() -> None:
    """A type that is none is a mistake in the text of the option."""
    with pytest.raises(SourceError):
        from_torch(Small(), ["x: f33[N, 3]"])


def test_a_factory_must_be_allowed() -> None:
    """Nothing is imported that nobody named; the package allows what is in it."""
    with pytest.raises(CompileError, match="--allow importing_models"):
        from_factory("importing_models:Small", [SMALL])
    assert from_factory("importing_models:Small", [SMALL], allow=["importing_models"]).program.text.startswith("nas 1")


@pytest.mark.parametrize(
    ("factory", "words"),
    (
        ("importing_models:Smal", "did you mean `Small`"),
        ("importing_models:same", "fails: TypeError"),
        ("no_such_module:make", "cannot be imported"),
    ),
)
def test_a_factory_that_fails_says_how(factory: str, words: str) -> None:
    """A name that is not there, a function that raises, a module that is missing."""
    with pytest.raises(CompileError, match=words):
        from_factory(factory, [SMALL], allow=[factory.partition(":")[0]])


class Pair(nn.Module):
    """A residual pair of layers of any width."""

    def __init__(self, width: int, activation: nn.Module) -> None:
        super().__init__()
        self.wide, self.act, self.narrow = nn.Linear(width, 2 * width), activation, nn.Linear(2 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The pair, around which *x* goes."""
        y: torch.Tensor = x + self.narrow(self.act(self.wide(x)))
        return y


class Stage(nn.Module):
    """Two pairs, then half the width."""

    def __init__(self, width: int, activation: nn.Module) -> None:
        super().__init__()
        self.one, self.two = Pair(width, activation), Pair(width, activation)
        self.down = nn.Linear(width, width // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Half as many features."""
        y: torch.Tensor = self.down(self.two(self.one(x)).tanh())
        return y


def test_modules_that_differ_in_numbers_are_one_block() -> None:
    """Stages of other widths are one block with settings, and so are the blocks in them; another activation is another
    block. Weights keep their names.
    """
    widths = ((32, nn.ReLU()), (16, nn.ReLU()), (8, nn.SiLU()))
    module = nn.Sequential(*(Stage(width, activation) for width, activation in widths)).eval()
    found = from_torch(module, ["x: f32[N, 32]"], "Net")
    text = found.program.text
    assert re.findall(r"block (\w+)(?:\((.*?)\))?", text) == [
        ("Pair", "out_features, out_features_2"),
        ("Stage", "out_features, out_features_2, out_features_3"),
        ("Pair_3", ""),
        ("Stage_3", ""),
    ]
    assert re.search(r"Stage\(64, 32, 16\)\s+-> Stage\(32, 16, 8\) as \S+\s+-> Stage_3 as", text)
    assert len(found.weights) == len(module.state_dict())
    x = torch.randn(3, 32)
    same(outputs(found, [x]), flat(module(x)))


class Dilated(nn.Module):
    """A convolution along one side whose steps grow, scaled by a weight for each channel."""

    def __init__(self, channels: int, step: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, channels, (3, 1), padding=(step, 0), dilation=(step, 1))
        self.scale = nn.Parameter(torch.rand(channels, 1, 1))
        self.drop = nn.Dropout(0.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Both."""
        y: torch.Tensor = self.drop(self.conv(x)) * self.scale
        return y


class Pyramid(nn.Module):
    """Several of them beside one another."""

    def __init__(self) -> None:
        super().__init__()
        self.levels = nn.ModuleList(Dilated(channels, step) for channels, step in ((4, 2), (8, 4), (16, 8)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What they give, as channels."""
        return torch.cat([level(x) for level in self.levels], 1)


def test_numbers_in_lists_are_settings_of_blocks() -> None:
    """Blocks that differ in numbers of lists are one; a setting is called as a layer calls it, and what drops nothing is
    left out.
    """
    found = from_torch(Pyramid(), [SMALL])
    text = found.program.text
    assert "block Dilated(out_channels, padding)(x)" in text
    assert "Conv2d(out_channels, [3, 1], padding = [padding, 0], dilation = [padding, 1])" in text
    assert "param([out_channels, 1, 1])" in text
    assert "Dilated(16, 8) as levels[2]" in text
    assert "Dropout" not in text
    x = torch.randn(2, 3, 16, 16)
    module = Pyramid()
    with torch.no_grad():
        same(outputs(from_torch(module, [SMALL]), [x]), [module(x)])


def test_a_residual_network_is_a_few_blocks() -> None:
    """The sixteen blocks of ResNet-50 are written three times: the first, those that keep the size, those that halve it."""
    module = handwritten.ResNet50().eval()
    found = from_torch(module, ["image: f32[N, 3, 64, 64]"])
    assert re.findall(r"block (\w+)\((.*?)\)", found.program.text) == [
        ("Bottleneck", ""),
        ("Bottleneck_2", "out_channels, out_channels_2"),
        ("Bottleneck_3", "out_channels, out_channels_2"),
    ]
    assert re.findall(r"repeat\((.*?)\) { (\w+)\((.*?)\) as (\w+) }", found.program.text) == [
        ("2", "Bottleneck_2", "64, 256", "layer1"),
        ("3", "Bottleneck_2", "128, 512", "layer2"),
        ("5", "Bottleneck_2", "256, 1024", "layer3"),
        ("2", "Bottleneck_2", "512, 2048", "layer4"),
    ]
    assert {*found.weights} == {found.renamed.get(each, each) for each in module.state_dict()}
    x = torch.randn(1, 3, 64, 64)
    same(outputs(found, [x]), flat(module(x)))


@pytest.mark.parametrize("bias", (False, True))
def test_a_tied_embedding_is_one_weight(bias: bool, tmp_path: Path) -> None:
    """Scores by the table of an embedding read it from there, of a module and of the ONNX model that PyTorch writes of it,
    where the table stands twice; so does a table inside a block.
    """
    for module, inside in ((Tied(bias), False), (nn.Sequential(Tied(bias), nn.Softmax(-1)), True)):
        module.eval()
        x = torch.randint(0, 20, (2, 5))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch's own deprecations
            torch.onnx.export(module, (x,), tmp_path / "tied.onnx", dynamo=False)
        wanted = flat(module(x))
        for found in (from_torch(module, ["x: i64[N, 5]"], "Net"), from_onnx(tmp_path / "tied.onnx", "Net")):
            assert found.program.text.count("Embedding(20, 8)") == 1
            assert "Linear(20" not in found.program.text
            assert sum(np.asarray(each).size for each in found.weights.values()) == 160 + 72 + 20 * bias
            assert inside or "emb.weight" in found.weights
            same(outputs(found, [x]), wanted)


class Tied(nn.Module):
    """A language model of one layer, whose scores are by the table of its embedding."""

    def __init__(self, bias: bool) -> None:
        super().__init__()
        self.emb, self.fc, self.head = nn.Embedding(20, 8), nn.Linear(8, 8), nn.Linear(8, 20, bias=bias)
        self.head.weight = self.emb.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores of the next word."""
        y: torch.Tensor = self.head(self.fc(self.emb(x)).relu())
        return y


class Listed(nn.Module):
    """Lists of layers: of blocks in turn, of sequences, and of single layers."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Pair(8, (nn.ReLU(), nn.SiLU())[turn % 2]) for turn in range(6)])
        self.rows = nn.ModuleList([nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8), nn.ReLU()) for _ in range(12)])
        self.tail = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One after the other."""
        for each in (*self.blocks, *self.rows):
            x = each(x)
        y: torch.Tensor = self.tail(x)
        return y


class Two(nn.Module):
    """A layer of two tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.both = nn.Bilinear(6, 4, 5)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Their products."""
        z: torch.Tensor = self.both(x, y)
        return z


def test_a_layer_of_two_tensors_is_imported() -> None:
    """`nn.Bilinear` is `Bilinear`, its weights under their names."""
    module, given = Two().eval(), [torch.randn(3, 6), torch.randn(3, 4)]
    found = from_torch(module, ["x: f32[N, 6]", "y: f32[N, 4]"])
    assert "Bilinear(5) as both" in found.program.text
    assert {*found.weights} == {*module.state_dict()}
    same(outputs(found, given), flat(module(*given)))


class Counted(nn.Module):
    """Blocks and layers whose names count."""

    def __init__(self) -> None:
        super().__init__()
        self.unit1, self.unit2, self.unit3 = (Pair(8, nn.ReLU()) for _ in range(3))
        self.fc1, self.fc2 = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One after the other."""
        y: torch.Tensor = self.fc2(self.fc1(self.unit3(self.unit2(self.unit1(x)))))
        return y


def test_blocks_that_are_counted_are_repeated() -> None:
    """`unit1`, `unit2` are a row of `unit`s; `fc1` and `fc2` may be called so for a reason."""
    module, x = Counted().eval(), torch.randn(3, 8)
    found = from_torch(module, ["x: f32[N, 8]"])
    assert "repeat(3) { Pair as unit } -> Linear(8) as fc1 -> Linear(8) as fc2" in found.program.text
    assert found.renamed["unit3.wide.bias"] == "repeat.2.unit.wide.bias"
    same(outputs(found, [x]), flat(module(x)))


class Masked(nn.Module):
    """A block after the other, each told what to mask, which is nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Attending() for _ in range(3)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """With a mask for the batch as it is."""
        mask = torch.ones(1, 1, 5, dtype=torch.bool).expand(x.shape[0], 5, 5)
        for each in self.layers:
            x = each(x, mask)
        return x + torch.zeros(1, 5, 8)


class Attending(nn.Module):
    """Attention without heads, as transformers write it."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.out = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """What is looked at, through *mask*."""
        q = self.query(x)
        y: torch.Tensor = x + self.out(nn.functional.scaled_dot_product_attention(q, x, x, attn_mask=mask))
        return y


def test_masks_that_mask_nothing_are_left_out() -> None:
    """What is known to change nothing is no input of blocks, so that they are a row."""
    torch.manual_seed(0)
    module, x = Masked().eval(), torch.randn(2, 5, 8)
    found = from_torch(module, ["x: f32[N, 5, 8]"])
    assert "masked_fill" not in found.program.text
    assert re.search(r"= x\s*-> repeat\(3\) { Attending(\(N\))? as layers }\n", found.program.text)
    same(outputs(found, [x]), flat(module(x)))


class Tapped(nn.Module):
    """Equal layers that are no row: one is read twice, two have names, two share their weights."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Pair(8, nn.ReLU()) for _ in range(4)])
        self.one, self.two, self.same = Pair(8, nn.ReLU()), Pair(8, nn.ReLU()), nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What the second layer gives is added at the end."""
        tapped = x = self.layers[1](self.layers[0](x))
        x = self.two(self.one(self.layers[3](self.layers[2](x))))
        y: torch.Tensor = self.same(self.same(x)) + tapped
        return y


def test_rows_of_equal_layers_are_repeated() -> None:
    """Items of one list, or several in turn, that feed one another are a `repeat`, in blocks too; their weights load."""
    torch.manual_seed(0)
    module, x = Listed().eval(), torch.randn(3, 8)
    found = from_torch(
        nn.Sequential(module, nn.Linear(4, 8), *(Pair(8, nn.GELU()) for _ in range(3))).eval(), ["x: f32[N, 8]"]
    )
    text = re.sub(r"\s+", " ", found.program.text)
    assert "repeat(3) { Pair as blocks -> Pair_2 as blocks[1] }" in text
    assert "repeat(12) { Linear(8) as rows[0] -> LayerNorm as rows[1] -> ReLU }" in text
    assert "repeat(2) { Linear(8) as tail -> Tanh } -> Linear(4) as tail[4]" in text
    assert "repeat(3) { Pair_3 as Pair }" in text
    names = from_torch(module, ["x: f32[N, 8]"])
    assert {names.renamed.get(each, each) for each in module.state_dict()} == {*names.weights}
    same(outputs(names, [x]), flat(module(x)))


def test_what_is_no_row_stays_as_it_is() -> None:
    """A value that is read elsewhere ends a row; layers with names of their own, and shared ones, are in none."""
    torch.manual_seed(0)
    module, x = Tapped().eval(), torch.randn(3, 8)
    found = from_torch(module, ["x: f32[N, 8]"])
    assert found.program.text.count("repeat(2) { Pair as layers }") == 2
    assert "Pair as one" in found.program.text
    assert found.renamed["layers.3.wide.weight"] == "repeat.1.1.layers.wide.weight"
    same(outputs(found, [x]), flat(module(x)))


class Deep(nn.Module):
    """So many pairs of a width, then half as many features."""

    def __init__(self, width: int, pairs: int) -> None:
        super().__init__()
        self.pairs = nn.ModuleList([Pair(width, nn.ReLU()) for _ in range(pairs)])
        self.down = nn.Linear(width, width // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Half as many features."""
        for each in self.pairs:
            x = each(x)
        y: torch.Tensor = self.down(x.tanh())
        return y


def test_depths_are_settings_of_blocks() -> None:
    """Blocks that differ in how often they repeat, and in numbers of layers, are one."""
    torch.manual_seed(0)
    module, x = nn.Sequential(Deep(32, 2), Deep(16, 6), Deep(8, 3)).eval(), torch.randn(3, 32)
    found = from_torch(module, ["x: f32[N, 32]"])
    assert "repeat(turns) { Pair(out_features, out_features_2) as pairs }" in found.program.text
    assert re.search(r"Deep\(2, .*Deep\(6, .*Deep\(3, ", found.program.text)
    same(outputs(found, [x]), flat(module(x)))


class Decoding(nn.Module):
    """Layers that are all given what their model makes once: a mask for the batch as it is, and a table of positions."""

    def __init__(self, reach: int) -> None:
        super().__init__()
        self.reach = reach
        self.layers = nn.ModuleList([Turning() for _ in range(3)])
        self.register_buffer("rates", torch.tensor([1.0, 0.3, 0.1, 0.02]), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Each step sees those that are at most so far behind it."""
        steps = torch.arange(5)
        behind = steps[:, None] - steps[None]
        mask = ((behind >= 0) & (behind <= self.reach))[None].expand(x.shape[0], 5, 5)
        samples = torch.arange(x.shape[0])[:, None, None]
        mask = mask[samples, steps[None, :, None], steps[None, None]]  # as `vmap` leaves it
        angles: torch.Tensor = steps[:, None] * self.rates  # type: ignore[operator]  # a buffer is a tensor
        for each in self.layers:
            x = each(x, mask, angles.cos())
        return x


class Turning(nn.Module):
    """Attention whose queries are turned by a table, through a mask."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.out = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: torch.Tensor, mask: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
        """What is looked at."""
        q = self.query(x) * table.unsqueeze(0)
        q, k, v = (each[:, None] for each in (q, x, x))
        y: torch.Tensor = x + self.out(
            nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None])[:, 0]
        )
        return y


@pytest.mark.parametrize(("reach", "given"), ((2, 2), (5, 1)))
def test_what_every_layer_is_given_is_lent_to_a_row(reach: int, given: int) -> None:
    """Masks and tables are made once, beside the row, and given to each turn; they hold for every batch, and a mask that
    hides what comes later is `causal`.
    """
    torch.manual_seed(0)
    module, x = Decoding(reach).eval(), torch.randn(7, 5, 4)
    found = from_torch(module, ["x: f32[N, 5, 4]"])
    lent = re.search(r"repeat\(3\) { Turning\((.*?)\) as layers }", found.program.text)
    assert lent is not None
    assert len([each for each in lent[1].split(", ") if each != "N"]) == given
    assert ("causal = true" in found.program.text) == (reach == 5)
    assert sum("layers" not in name for name in found.weights) == given
    assert {found.renamed[each] for each in module.state_dict()} <= {*found.weights}
    same(outputs(found, [x]), flat(module(x)))
