"""Every layer of `torch.nn` that the language has, and functions that it writes as a few others, alone in a module."""

import re
from collections.abc import Callable

import pytest
import torch
from importing_models import flat, outputs, same
from onnx_running import random_inputs
from torch import Tensor, nn
from torch.nn import functional

import symnas
from symnas.errors import CompileError
from symnas.foreign import from_torch

IMAGE = "x: f32[N, 6, 8, 8]"
SPACES = {1: "x: f32[N, 6, 9]", 2: "x: f32[N, 6, 9, 8]", 3: "x: f32[N, 6, 5, 9, 8]"}


def _of_space() -> list[tuple[nn.Module, list[str]]]:
    found: list[tuple[nn.Module, list[str]]] = []
    for dimensions, type in SPACES.items():
        made: list[nn.Module] = [
            getattr(nn, f"{name}{dimensions}d")(*arguments)
            for name, *arguments in (
                ("MaxPool", 3), ("AvgPool", 3), ("LPPool", 2, 3), ("AdaptiveAvgPool", 2), ("AdaptiveMaxPool", 2),
                ("ConvTranspose", 6, 4, 3), ("BatchNorm", 6), ("InstanceNorm", 6), ("Dropout",), ("ZeroPad", 2),
                ("ConstantPad", 2, 0.5), ("ReflectionPad", 2), ("ReplicationPad", 2), ("CircularPad", 2),
            )
        ]  # fmt: skip
        made += [
            getattr(nn, f"Conv{dimensions}d")(6, 4, 3, padding=1, padding_mode=mode)
            for mode in ("zeros", "reflect", "replicate", "circular")
        ]
        made.append(getattr(nn, f"InstanceNorm{dimensions}d")(6, affine=True, track_running_stats=True))
        found += [(each, [type]) for each in made]
    return found


ACTIVATIONS = (
    "CELU ELU GELU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid"
    " Softmax2d Softplus Softshrink Softsign Tanh Tanhshrink GLU AlphaDropout FeatureAlphaDropout Flatten"
).split()
ROWS, STEP, TIMES = "x: i64[N, 5]", "x: f32[N, 8]", "x: f32[N, 5, 8]"

LAYERS: list[tuple[nn.Module, list[str]]] = [
    *_of_space(),
    *((getattr(nn, name)(), [IMAGE]) for name in ACTIVATIONS),
    *(
        (module, [IMAGE])
        for module in (
            nn.Threshold(0.1, 20), nn.Softmax(1), nn.Softmin(1), nn.LogSoftmax(1), nn.LayerNorm(8), nn.RMSNorm(8),
            nn.GroupNorm(3, 6), nn.Linear(8, 3), nn.Unflatten(1, (2, 3)), nn.Upsample(scale_factor=2),
            nn.Upsample(scale_factor=2, mode="bilinear"), nn.Upsample(size=(5, 7), mode="bicubic"),
            nn.Upsample(scale_factor=(2, 3)), nn.UpsamplingBilinear2d(scale_factor=2), nn.UpsamplingNearest2d(size=5),
            nn.PixelUnshuffle(2), nn.ChannelShuffle(3), nn.Unfold(3), nn.FractionalMaxPool2d(2, 3), nn.LocalResponseNorm(3),
            nn.AvgPool2d(2, divisor_override=3), nn.MaxPool2d(2, return_indices=True), nn.SyncBatchNorm(6),
        )
    ),
    (nn.PixelShuffle(2), ["x: f32[N, 8, 4, 4]"]),
    (nn.Fold((4, 4), 3), ["x: f32[N, 18, 4]"]),
    (nn.Embedding(9, 4), [ROWS]),
    (nn.EmbeddingBag(9, 4), [ROWS]),
    *((kind(8, 4, batch_first=True), [TIMES]) for kind in (nn.RNN, nn.GRU, nn.LSTM)),
    *((kind(8, 4), [STEP]) for kind in (nn.RNNCell, nn.GRUCell, nn.LSTMCell)),
    (nn.RNNCell(8, 4, bias=False, nonlinearity="relu"), [STEP, "h: f32[N, 4]"]),
    (nn.Bilinear(8, 8, 3), [STEP, "y: f32[N, 8]"]),
    (nn.CosineSimilarity(), [STEP, "y: f32[N, 8]"]),
    (nn.PairwiseDistance(), [STEP, "y: f32[N, 8]"]),
    (nn.PairwiseDistance(p=3, keepdim=True), [STEP, "y: f32[N, 8]"]),
]  # fmt: skip


FUNCTIONS_OF = {
    "CosineSimilarity": "cosine_similarity", "PairwiseDistance": "pairwise_distance", "Unflatten": "unflatten",
}  # fmt: skip
WRITTEN_OUT = {
    "Softmin", "Softmax2d", "Tanhshrink", "LPPool2d", "CircularPad2d", "AdaptiveMaxPool2d", "UpsamplingBilinear2d",
    "UpsamplingNearest2d", "SyncBatchNorm",
}  # fmt: skip
"""What PyTorch hands over as something else, of the same outputs."""


def _agrees(module: nn.Module, inputs: list[str]) -> str:
    """The text of the program that *module* becomes, which computes what it does, for the same draws."""
    module.eval()
    found = from_torch(module, inputs)
    types = symnas.parse(found.program.text).architecture().graph().scope.inputs
    given = random_inputs(types, {"N": 4}, most=9)
    torch.manual_seed(0)
    with torch.no_grad():
        wanted = flat(module(*given))
    torch.manual_seed(0)
    same(outputs(found, given), wanted)
    return found.program.text


@pytest.mark.parametrize(("module", "inputs"), LAYERS, ids=[repr(each) for each, _ in LAYERS])
def test_a_layer_is_imported_as_what_it_is(module: nn.Module, inputs: list[str]) -> None:
    """By its name, in a net that is called otherwise, as it would hide the layer."""
    text, name = _agrees(module, inputs), type(module).__name__
    word = re.sub("[123]d$", "", name)
    if word not in WRITTEN_OUT and word + "2d" not in WRITTEN_OUT:
        assert f"-> {name}" in text or f"{FUNCTIONS_OF.get(name, name)}(" in text, text


class Calling(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        """What the function gives."""
        return self.function(x)


FUNCTIONS: dict[str, Callable[[Tensor], object]] = {
    "log10": lambda x: torch.log10(x.abs() + 1),
    "exp2": torch.exp2,
    "frac": torch.frac,
    "erfc": torch.erfc,
    "logit": lambda x: torch.logit(torch.sigmoid(x), 0.1),
    "isfinite": lambda x: (x / x.clamp(min=0)).isfinite().float(),
    "isinf": lambda x: (x / x.clamp(min=0)).isinf().float(),
    "lerp": lambda x: torch.lerp(x, x + 1, 0.3),
    "hypot": lambda x: torch.hypot(x, x + 1),
    "logaddexp": lambda x: torch.logaddexp(x, 2 * x),
    "outer": lambda x: torch.outer(x[0, 0, 0], x[0, 0, 1]) + 0 * x,
    "count_nonzero": lambda x: x.clamp(min=0).count_nonzero(1),
    "aminmax": lambda x: x.aminmax(dim=1)[0],
    "cdist": lambda x: torch.cdist(x[:, 0], x[:, 1, :3]),
    "cdist, p=1": lambda x: torch.cdist(x[:, 0], x[:, 1, :3], p=1.0),
    "cdist, p=inf": lambda x: torch.cdist(x[:, 0], x[:, 1, :3], p=float("inf")),
    "norm of order 3": lambda x: torch.linalg.vector_norm(x, 3, dim=1),
    "greatest norm": lambda x: torch.linalg.vector_norm(x, float("inf"), dim=(1, 2)),
    "linalg.norm": lambda x: torch.linalg.norm(x, dim=1),
    "grid_sample": lambda x: functional.grid_sample(
        x, x[:, :2].tanh().permute(0, 2, 3, 1), "nearest", "border", align_corners=True
    ),
    "affine_grid": lambda x: functional.affine_grid(x[:, 0, :2, :3], [x.shape[0], 6, 5, 4], align_corners=False),
    "rrelu": functional.rrelu,
    "fix": torch.fix,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_imported_by_others(name: str) -> None:
    """What the language has no name for, it can write."""
    _agrees(Calling(FUNCTIONS[name]), [IMAGE])  # type: ignore[arg-type]  # functions of one tensor


def test_places_along_a_dimension_are_gathered() -> None:
    """`take_along_dim`, which PyTorch exports for one size alone; what is one wide is spread."""
    _agrees(Calling(lambda x: x.take_along_dim(x.argsort(1), 1)), ["x: f32[4, 6]"])
    _agrees(Calling(lambda x: x.take_along_dim(torch.tensor([[[0, 2]]]), 2)), ["x: f32[3, 4, 5]"])
    _agrees(Calling(lambda x: x.take_along_dim(x.argsort(2)[:, :1], 2)), ["x: f32[3, 4, 5]"])
    _agrees(Calling(lambda x: x[:1].take_along_dim(x.argsort(1), 1)), ["x: f32[4, 6]"])


def test_what_has_no_counterpart_is_counted_once() -> None:
    """Each place is said once."""
    with pytest.raises(CompileError, match=r"\n  `erfinv`: symnas has no counterpart$"):
        from_torch(Calling(torch.erfinv), [IMAGE])


class Unpooled(nn.Module):
    """Pools lines, images or volumes, and puts the maxima back; says how often each bag's vectors are alike."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.pool = getattr(nn, f"MaxPool{dimensions}d")(3, 2, 1, return_indices=True)
        self.unpool = getattr(nn, f"MaxUnpool{dimensions}d")(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Of the size that flowed in."""
        most, places = self.pool(x)
        back: Tensor = self.unpool(most, places, output_size=x.shape)
        return back


class Bagged(nn.Module):
    """Vectors of rows of indices, weighed and not, and what they have in common."""

    def __init__(self) -> None:
        super().__init__()
        self.plain = nn.EmbeddingBag(9, 4, padding_idx=0)
        self.weighed = nn.EmbeddingBag(9, 4, mode="sum")
        self.alike, self.apart = nn.CosineSimilarity(), nn.PairwiseDistance(p=3)

    def forward(self, rows: Tensor, weights: Tensor) -> tuple[Tensor, ...]:
        """Their likeness and distance, and functions of what they are."""
        one, other = self.plain(rows), self.weighed(rows, per_sample_weights=weights)
        hot = functional.one_hot(rows % 3, 3).sum(1).float()
        moved = one.scatter(1, rows[:, :1] % 4, other[:, :1]).scatter_add(1, rows % 4, weights)
        halves = torch.div(rows, 2, rounding_mode="trunc"), torch.div(one, 0.3, rounding_mode="trunc")
        return self.alike(one, other), self.apart(one, other), hot.fmod(1.5), moved, *halves


class Windowed(nn.Module):
    """Windows written out, and added up again, of what is divided by its surroundings; regions that are drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LocalResponseNorm(4, alpha=0.5, beta=0.25, k=2.0)
        self.pool = nn.FractionalMaxPool2d(2, output_ratio=0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Of half the size."""
        windows = functional.unfold(functional.normalize(self.norm(x)), 3, padding=1)
        pooled: Tensor = self.pool(functional.fold(windows, x.shape[-2:], 3, padding=1))
        return pooled


@pytest.mark.parametrize(
    ("module", "inputs", "words"),
    (
        (Unpooled(1), ["x: f32[N, 3, 9]"], ["MaxPool1d", "MaxUnpool2d"]),
        (Unpooled(2), ["x: f32[N, 3, 9, 8]"], ["MaxPool2d", "MaxUnpool2d(3, stride = 2, output_size = [9, 8])"]),
        (Unpooled(3), ["x: f32[N, 3, 5, 9, 8]"], ["MaxPool3d", "MaxUnpool3d(3, stride = 2"]),
        (
            Bagged(),
            ["rows: i64[N, 5]", "weights: f32[N, 5]"],
            ["EmbeddingBag(9, 4, padding_idx = 0)", "cosine_similarity(", "pairwise_distance(", "one_hot(", "fmod(",
             "scatter(", "scatter_add(", "trunc("],
        ),
        (
            Windowed(),
            [IMAGE],
            ["LocalResponseNorm(4, alpha = 0.5, beta = 0.25, k = 2)", "normalize(", "Fold(", "FractionalMaxPool2d("],
        ),
    ),
    ids=("1d", "2d", "3d", "bags", "windows"),
)  # fmt: skip
def test_layers_that_say_places_are_imported(module: nn.Module, inputs: list[str], words: list[str]) -> None:
    """As what they are in the language, with the same outputs, for the same draws."""
    text = _agrees(module, inputs)
    assert not [word for word in words if word not in text], text
