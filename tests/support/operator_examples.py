"""One or more uses of every operator: arguments as the language hands them over, and the types of the inputs.

7 stands for the batch everywhere, 13 and 18 for heights and widths, so that tests can make those sizes symbolic.
"""

from fractions import Fraction

from attrs import field, frozen

from symnas.operators import Operator, SettingValue, lookup
from symnas.operators.starts import Start
from symnas.types import Dtype, TensorType

__all__ = ["EXAMPLES", "NAME_SIZES", "Example"]

NAME_SIZES = (
    "expand", "reshape", "zeros", "ones", "full", "arange", "param", "rand", "randn", "randint", "affine_grid",
)  # fmt: skip
"""Operators whose settings name sizes: where those are made unknown, they have tests of their own."""


@frozen
class Example:
    """An operator with written arguments, applied to inputs."""

    name: str
    positional: tuple[object, ...] = ()
    inputs: tuple[TensorType, ...] = ()
    named: dict[str, object] = field(factory=dict)

    @property
    def operator(self) -> Operator:
        """The operator of that name."""
        found = lookup(self.name)
        assert found is not None, self.name
        return found

    @property
    def settings(self) -> dict[str, SettingValue]:
        """The bound settings."""
        return self.operator.bind(self.positional, self.named)

    def __str__(self) -> str:
        shown = [*map(str, self.positional), *(f"{name}={value}" for name, value in self.named.items())]
        return f"{self.name}({', '.join(shown)})[{' '.join(map(str, self.inputs))}]".replace("/", ":")


def f32(*shape: int) -> TensorType:
    """A tensor of real numbers."""
    return TensorType(shape)


def i64(*shape: int) -> TensorType:
    """A tensor of whole numbers."""
    return TensorType(shape, Dtype.I64)


def mask(*shape: int) -> TensorType:
    """A tensor of truth values."""
    return TensorType(shape, Dtype.BOOL)


ROW, LINE, IMAGE, VOLUME = f32(7, 12), f32(7, 12, 13), f32(7, 12, 13, 18), f32(7, 12, 13, 18, 9)
HALF = TensorType((7, 12, 13, 18), Dtype.F16)
SPATIAL = {1: LINE, 2: IMAGE, 3: VOLUME}


def use(name: str, *positional: object, on: TensorType | tuple[TensorType, ...] = IMAGE, **named: object) -> Example:
    """An example; *on* is its input, or its inputs."""
    return Example(name, positional, on if isinstance(on, tuple) else (on,), named)


def _windows() -> list[Example]:
    found = []
    for dimensions, tensor in SPATIAL.items():
        conv, deep, back = f"Conv{dimensions}d", f"DepthwiseConv{dimensions}d", f"ConvTranspose{dimensions}d"
        found += [
            use(conv, 8, 3, on=tensor),
            use(conv, 8, 5, on=tensor, stride=2, bias=False),
            use(conv, 8, 3, on=tensor, dilation=2, groups=4),
            use(conv, 8, (3,) * (dimensions - 1) + (1,), 2, 0, on=tensor),
            use(conv, 8, 3, on=tensor, padding="same", padding_mode="reflect"),
            use(conv, 8, 3, on=tensor, padding="valid"),
            use(conv, 8, 3, on=tensor, padding_mode="circular"),
            use(deep, 3, on=tensor),
            use(deep, 5, on=tensor, stride=2, dilation=2, bias=False),
            use(back, 8, 3, on=tensor),
            use(back, 8, 4, on=tensor, stride=2, padding=1, groups=2, bias=False),
            use(back, 8, 3, on=tensor, stride=3, output_padding=2, dilation=2),
            use(f"MaxPool{dimensions}d", 3, on=tensor, stride=2),
            use(f"MaxPool{dimensions}d", 2, on=tensor, ceil_mode=True),
            use(f"MaxPool{dimensions}d", 3, on=tensor, stride=1, dilation=2),
            use(f"MaxPool{dimensions}d", 3, 2, on=tensor, return_indices=True),
            use(f"MaxPool{dimensions}d", 4, 3, 2, ceil_mode=True, on=tensor, return_indices=True),
            use(f"MaxPool{dimensions}d", 3, 1, 1, 2, on=tensor, return_indices=True),
            use(f"MaxUnpool{dimensions}d", 2, on=(tensor, TensorType(tensor.shape, Dtype.I64))),
            use(
                f"MaxUnpool{dimensions}d",
                3,
                2,
                output_size=tuple(2 * size for size in (13, 18, 9)[:dimensions]),
                on=(tensor, TensorType(tensor.shape, Dtype.I64)),
            ),
            use(f"AvgPool{dimensions}d", 3, on=tensor, stride=1),
            use(f"AvgPool{dimensions}d", 4, on=tensor, padding=2, ceil_mode=True, count_include_pad=True),
            use(f"AvgPool{dimensions}d", 2, on=tensor),
            use(f"LPPool{dimensions}d", 2, 3, on=tensor),
            use(f"LPPool{dimensions}d", 4, 2, 3, True, on=tensor),
            use(f"AdaptiveAvgPool{dimensions}d", 4, on=tensor),
            use(f"AdaptiveMaxPool{dimensions}d", (5,) * dimensions, on=tensor),
            use(f"AdaptiveAvgPool{dimensions}d", (None,) * (dimensions - 1) + (3,), on=tensor),
            use(f"GlobalAvgPool{dimensions}d", on=tensor),
            use(f"GlobalMaxPool{dimensions}d", on=tensor),
            use(f"BatchNorm{dimensions}d", on=tensor),
            use(f"BatchNorm{dimensions}d", on=tensor, eps=Fraction(1, 1000), momentum=None, affine=False),
            use(f"BatchNorm{dimensions}d", on=tensor, track_running_stats=False),
            use(f"InstanceNorm{dimensions}d", on=tensor),
            use(f"InstanceNorm{dimensions}d", on=tensor, affine=True, track_running_stats=True),
            use(f"Dropout{dimensions}d", Fraction(1, 4), on=tensor),
            use(f"ZeroPad{dimensions}d", 2, on=tensor),
            use(f"ConstantPad{dimensions}d", tuple(range(2 * dimensions)), Fraction(1, 2), on=tensor),
            use(f"ReflectionPad{dimensions}d", 2, on=tensor),
            use(f"ReplicationPad{dimensions}d", tuple(range(2 * dimensions)), on=tensor),
            use(f"CircularPad{dimensions}d", 2, on=tensor),
        ]
    return found


_ACTIVATIONS = (
    "CELU ELU GELU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish PReLU RReLU ReLU ReLU6 SELU"
    " SiLU Sigmoid Softmax Softmax2d Softmin LogSoftmax Softplus Softshrink Softsign Tanh Tanhshrink GLU"
).split()

_LAYERS = [
    *(use(name) for name in _ACTIVATIONS),
    use("CELU", Fraction(1, 2), on=ROW),
    use("GELU", "tanh", on=ROW),
    use("GLU", 1),
    use("Hardtanh", -2, Fraction(5, 2)),
    use("PReLU", 12, init=Fraction(1, 10)),
    use("PReLU", on=HALF),
    use("Softmax", 1, on=LINE),
    use("Softmax", dim=0, on=ROW),
    use("Threshold", Fraction(1, 10), 20),
    use("BatchNorm1d", on=ROW),
    use("BatchNorm2d", on=HALF),
    use("Conv2d", 8, 3, on=HALF),
    use("LayerNorm", on=f32(7, 13, 12)),
    use("LayerNorm", (13, 12), on=f32(7, 13, 12), bias=False),
    use("LayerNorm", 12, on=ROW, elementwise_affine=False, eps=Fraction(1, 10**6)),
    use("LocalResponseNorm", 5),
    use("LocalResponseNorm", 4, Fraction(1, 2), Fraction(1, 3), 2, on=LINE),
    use("LocalResponseNorm", 3, alpha=1, on=VOLUME),
    use("RMSNorm", on=f32(7, 13, 12)),
    use("RMSNorm", (12,), Fraction(1, 10**6), on=ROW),
    use("GroupNorm", 4),
    use("GroupNorm", 3, on=ROW, affine=False),
    use("Linear", 10, on=ROW),
    use("Linear", 10, bias=False, on=f32(7, 13, 12)),
    use("Linear", 10, on=TensorType((7, 12), Dtype.BF16)),
    use("Bilinear", 6, on=(ROW, f32(7, 5))),
    use("Bilinear", 4, bias=False, on=(f32(7, 13, 12), f32(7, 13, 3))),
    use("Embedding", 50, 8, on=i64(7, 13)),
    use("Embedding", 50, 8, padding_idx=-1, on=TensorType((7,), Dtype.I32)),
    use("EmbeddingBag", 50, 8, on=i64(7, 13)),
    use("EmbeddingBag", 50, 8, "max", 3, on=TensorType((7, 2), Dtype.I32)),
    use("EmbeddingBag", 5, 8, padding_idx=-2, on=i64(7, 2)),
    use("EmbeddingBag", 50, 8, "sum", 0, on=(i64(7, 13), f32(7, 13))),
    use("EmbeddingBag", 50, 8, mode="sum", init=Start("normal", Fraction(1, 50)), on=i64(7, 13)),
    use("Dropout", 0.3, on=ROW),
    use("AlphaDropout", on=ROW),
    use("FeatureAlphaDropout", on=LINE),
    use("DropPath", Fraction(1, 10), on=f32(7, 13, 12)),
    use("Identity", on=i64(7, 13)),
    use("Zero"),
    use("Zero", 2),
    use("Zero", stride=3, on=LINE),
    use("Flatten"),
    use("Flatten", 2),
    use("Unflatten", 1, (3, -1)),
    use("Permute", 0, 2, 1, on=LINE),
    use("Upsample", 2),
    use("Upsample", Fraction(3, 2), mode="bilinear", align_corners=False),
    use("Upsample", size=(5, 6), mode="bicubic"),
    use("Upsample", 2, on=LINE, mode="linear"),
    use("Upsample", 2, on=VOLUME, mode="nearest-exact"),
    use("FractionalMaxPool2d", 2, 6, on=(IMAGE, f32(7, 12, 2))),
    use("FractionalMaxPool2d", (3, 2), (1, 5)),
    use("FractionalMaxPool2d", 3, output_ratio=Fraction(1, 2), on=(IMAGE, f32(7, 12, 2))),
    use("FractionalMaxPool3d", 2, (5, 7, 4), on=(VOLUME, f32(7, 12, 3))),
    use("PixelShuffle", 2),
    use("PixelUnshuffle", 3, on=f32(7, 12, 6, 9)),
    use("ChannelShuffle", 3),
    use("Unfold", 3),
    use("Unfold", (3, 2), 2, 1, (2, 1)),
    use("Fold", (13, 18), 3, padding=1, on=f32(7, 108, 234)),
    use("Fold", 8, (3, 2), 2, 1, (2, 1), on=f32(7, 12, 24)),
    use("Im2Col", 3),
    use("Im2Col", 3, stride=2, padding=0),
    use("SplitHeads", 4, on=f32(7, 13, 12)),
    use("MergeHeads", on=f32(7, 4, 13, 3)),
    use("MultiheadAttention", 4, on=f32(7, 13, 12)),
    use("MultiheadAttention", 3, Fraction(1, 10), False, True, on=f32(7, 13, 12)),
    use("MultiheadAttention", 2, on=(f32(7, 13, 12), f32(7, 18, 12), f32(7, 18, 12))),
    use("MultiheadAttention", 2, on=(f32(7, 13, 12), f32(7, 18, 5), f32(7, 18, 9), mask(7, 1, 1, 18))),
    use("MultiheadAttention", 2, bias=False, causal=True, on=(*[f32(7, 13, 12)] * 3, f32(7, 2, 13, 13))),
    use("MultiheadAttention", 2, init=Start("normal", Fraction(1, 50)), on=f32(7, 13, 12)),
]

_HEADS = f32(7, 4, 13, 6)
_FUNCTIONS = [
    *(use(name, on=(LINE, f32(12, 1))) for name in ("add", "sub", "mul", "div", "pow")),
    *(use(name, on=(LINE, i64(7, 1, 13))) for name in ("add", "sub", "mul", "div")),
    *(use(name, on=LINE, other=Fraction(1, 3)) for name in ("add", "sub", "mul", "div", "pow")),
    *(use(name, on=i64(7, 13), other=2, reversed=True) for name in ("add", "sub", "mul", "div", "pow")),
    *(use(name, on=i64(7, 13), other=Fraction(-1, 2)) for name in ("add", "sub", "mul", "div", "pow")),
    use("add", on=(mask(7, 13), mask(7, 13))),
    use("mul", on=mask(7, 13), other=3),
    use("mul", on=(HALF, mask(7, 1, 1, 1))),
    use("neg", on=LINE),
    use("matmul", on=(f32(7, 13, 12), f32(12, 9))),
    use("matmul", on=(f32(7, 4, 13, 12), f32(7, 1, 12, 9))),
    use("matmul", on=(ROW, f32(12))),
    use("matmul", on=(f32(7, 13, 12), f32(7, 12, 13))),
    use("einsum", "bhqd,bhkd->bhqk", on=(f32(7, 4, 13, 6), f32(7, 4, 18, 6))),
    use("einsum", "...qd, ...kd -> ...qk", on=(f32(7, 4, 13, 6), f32(1, 18, 6))),
    use("einsum", "ntd,de", on=(f32(7, 13, 12), f32(12, 9))),
    use("einsum", "nii->ni", on=f32(7, 12, 12)),
    use("einsum", "nt->tn", on=i64(7, 13)),
    use("einsum", "nct,nct->", on=(LINE, LINE)),
    use("einsum", "ni,nj->nij", on=(ROW, f32(7, 5))),
    use("einsum", "nij,jk,nkl,l->nil", on=(f32(7, 13, 12), f32(12, 5), f32(7, 5, 4), f32(4))),
    use("einsum", "nX,Xx->nx", on=(i64(7, 12), i64(1, 5))),
    use("sum_all", on=(LINE, LINE, f32(7, 12, 1))),
    use("sum_all", on=LINE),
    use("mean_all", on=(LINE, LINE)),
    use("max_all", on=(LINE, LINE, LINE)),
    use("min_all", on=(i64(7, 13), i64(7, 13))),
    use("concat", on=(IMAGE, f32(7, 5, 13, 18))),
    use("concat", dim=-1, on=(ROW, i64(7, 3))),
    use("stack", on=(LINE, LINE, LINE)),
    use("stack", dim=-1, on=(LINE,)),
    use("chunk", 3, dim=1),
    use("chunk", 1, dim=-1),
    use("split", 5, dim=1),
    use("split", (4, 8), 1),
    use("slice", (None, None, None), 0),
    use("slice", (None, None, None), -1, on=LINE),
    use("slice", (None, None, None), (None, 5, None)),
    use("slice", (None, None, None), (None, None, None), (1, None, None), (1, -1, None)),
    use("slice", "...", (None, None, 2)),
    use("slice", (2, 100, 3), "...", None),
    use("slice", 3, on=ROW),
    *(use(name, on=(LINE, f32(12, 1))) for name in ("gt", "ge", "lt", "le", "eq", "ne")),
    *(use(name, on=i64(7, 13), other=3, reversed=True) for name in ("gt", "eq")),
    use("gt", on=LINE, other=Fraction(1, 2)),
    use("logical_not", on=mask(7, 13)),
    use("logical_and", on=(mask(7, 13), mask(13))),
    use("logical_or", on=(mask(7, 13), mask(7, 1))),
    use("where", on=(mask(7, 1, 13), LINE, LINE)),
    use("where", on=(mask(7, 1, 13), LINE), other=0),
    use("where", on=(mask(7, 13), i64(7, 13)), input=Fraction(1, 2)),
    use("where", on=mask(7, 13), input=1, other=0),
    use("masked_fill", float("-inf"), on=(LINE, mask(13))),
    use("masked_fill", 0, on=(i64(7, 13), mask(7, 13))),
    use("maximum", on=(LINE, f32(12, 1))),
    use("minimum", on=(LINE, i64(7, 1, 13))),
    use("clamp", 0, on=LINE),
    use("clamp", max=Fraction(1, 2), on=i64(7, 13)),
    *(
        use(name, on=tensor)
        for name in (
            "acos acosh asin asinh atan atanh cos cosh erf exp expm1 log log1p log2 reciprocal rsqrt sigmoid sin sinh sqrt tan "
            "tanh"
        ).split()
        for tensor in (LINE, i64(7, 13), mask(7, 13))
    ),
    *(
        use(name, on=tensor)
        for name in "abs ceil floor relu round sign square trunc".split()
        for tensor in (LINE, i64(7, 13))
    ),
    *(
        use(name, on=LINE)
        for name in "elu gelu hardsigmoid hardswish leaky_relu logsigmoid mish relu6 selu silu softplus softsign tanhshrink".split()
    ),
    *(use(name, dim=1, on=LINE) for name in ("softmax", "log_softmax", "cumsum", "cumprod")),
    use("cumsum", -1, on=mask(7, 13)),
    use("flip", 1, 2),
    *(use(name, on=(LINE, f32(12, 1))) for name in ("floor_divide", "remainder")),
    *(use(name, on=LINE, other=Fraction(-2, 3)) for name in ("floor_divide", "remainder")),
    *(use(name, on=LINE, other=2, reversed=True) for name in ("floor_divide", "remainder")),
    *(use(name, on=i64(7, 13), other=-3) for name in ("floor_divide", "remainder")),
    use("fmod", on=(LINE, f32(12, 1))),
    use("fmod", on=LINE, other=Fraction(-2, 3)),
    use("fmod", -3, on=i64(7, 13)),
    use("fmod", Fraction(3, 2), on=i64(7, 13)),
    use("roll", 5, 1, on=LINE),
    use("roll", (-3, 20), (-1, 1)),
    use("tile", 2, 3, on=LINE),
    use("tile", 2, 1, 2, on=ROW),
    use("repeat_interleave", 3, 1, on=LINE),
    use("sort", on=LINE),
    use("sort", 1, True, on=i64(7, 13)),
    use("argsort", 0, on=i64(7, 13)),
    use("argsort", descending=True, on=LINE),
    use("topk", 5, 1, on=LINE),
    use("topk", 3, largest=False, on=LINE),
    use("tril", on=LINE),
    use("triu", 1, on=LINE),
    *(use(name, on=LINE) for name in "sum mean amax amin prod std var argmax argmin any all".split()),
    *(
        use(name, 1, True, on=LINE)
        for name in "sum mean amax amin prod std var argmax argmin any all logsumexp".split()
    ),
    *(use(name, (1, -1)) for name in "sum mean amax amin std var any all logsumexp".split()),
    *(use(name, keepdim=True, on=LINE) for name in "sum mean amax amin std var argmax argmin any all".split()),
    *(use(name, 1, on=tensor) for name in ("sum", "prod", "amax", "any") for tensor in (i64(7, 13), mask(7, 13))),
    use("attend", on=(_HEADS, _HEADS, _HEADS)),
    use("attend", causal=True, on=(_HEADS, f32(7, 2, 13, 6), f32(7, 2, 13, 6))),
    use("attend", on=(_HEADS, _HEADS, _HEADS, mask(7, 1, 13, 13))),
    use("attend", on=(_HEADS, f32(7, 2, 18, 6), f32(7, 2, 18, 5), mask(13, 18))),
    use("attend", on=(_HEADS, f32(7, 2, 18, 6), f32(7, 2, 18, 5), f32(7, 1, 1, 18))),
    use("attend", True, on=(_HEADS, f32(7, 2, 13, 6), f32(7, 2, 13, 5), mask(7, 4, 1, 13))),
    use(
        "attend", on=(_HEADS, f32(7, 2, 13, 6), f32(7, 2, 13, 5), f32(4, 13, 13)), causal=True, dropout=Fraction(1, 10)
    ),
    use("attend", scale=Fraction(1, 8), on=(_HEADS, f32(7, 1, 18, 6), f32(7, 1, 18, 5))),
    use("linear_attend", on=(_HEADS, f32(7, 4, 18, 6), f32(7, 4, 18, 5))),
    use("linear_attend", on=(_HEADS, f32(7, 2, 18, 6), f32(7, 2, 18, 5), mask(7, 1, 1, 18)), eps=Fraction(1, 1000)),
    use("linear_attend", True, on=(_HEADS, f32(7, 1, 13, 6), f32(7, 1, 13, 5))),
    use("linear_attend", True, on=(_HEADS, _HEADS, _HEADS, mask(1, 13))),
    use("rope", on=_HEADS),
    use("rope", base=500, on=_HEADS),
    use("arange", 13, on=()),
    use("arange", 1, 13, 2, on=()),
    use("zeros", 7, 13, on=()),
    use("ones", (7,), on=()),
    use("full", (7, 2), Fraction(1, 2), on=()),
    use("full", (7, 2), 3, on=()),
    use("rand", 7, 13, on=()),
    use("randn", (7, 13, 2), on=()),
    use("randint", 2, 9, (7, 13), on=()),
    use("randint", high=3, size=7, on=()),
    *(use(name, on=tensor) for name in ("rand_like", "randn_like") for tensor in (LINE, HALF)),
    use("param", (1, 13, 12), on=()),
    use("param", (13, 12), init=Start("normal", Fraction(1, 50)), on=()),
    use("param", (13, 12), init=Start("uniform", 1), on=()),
    use("param", (12, 12), init=Start("identity"), on=()),
    use("param", (12,), init=Start("fill", 3), on=()),
    use("param", (1, 12), init=Start("ones"), on=()),
    use("buffer", (1, 13, 12), on=()),
    use("buffer", (13,), dtype="i64", on=()),
    use("full", (), 3, on=()),
    use("cast", "i64", on=f32(7, 13)),
    use("cast", "f32", on=mask(7, 13)),
    use("cast", "bool", on=i64(7, 13)),
    use("index_select", 1, on=(f32(7, 13, 12), i64(5))),
    use("index_select", -1, on=(f32(7, 12), TensorType((9,), Dtype.I32))),
    use("gather", 1, on=(f32(7, 13, 12), i64(7, 4, 12))),
    use("scatter", 1, on=(f32(7, 13, 12), i64(7, 1, 12), f32(7, 1, 12))),
    use("scatter", -1, on=(i64(7, 13), i64(7, 1), i64(7, 1))),
    use("scatter_add", 1, on=(f32(7, 13, 12), i64(7, 4, 12), f32(7, 4, 12))),
    use("one_hot", 6, on=i64(7, 13)),
    use("grid_sample", on=(IMAGE, f32(7, 5, 6, 2))),
    use("grid_sample", "bicubic", "reflection", True, on=(IMAGE, f32(7, 13, 18, 2))),
    use("grid_sample", "nearest", "border", on=(IMAGE, f32(7, 1, 4, 2))),
    use("affine_grid", (7, 12, 13, 18), on=f32(7, 2, 3)),
    use("affine_grid", (7, 3, 13, 5), True, on=f32(7, 2, 3)),
    use("CosineSimilarity", on=(LINE, LINE)),
    use("CosineSimilarity", -1, Fraction(1, 10), on=(f32(7, 1, 12), f32(5, 12))),
    use("cosine_similarity", 1, on=(f32(7, 12, 1), f32(1, 1, 13))),
    use("PairwiseDistance", on=(ROW, ROW)),
    use("PairwiseDistance", 1, Fraction(1, 10), True, on=(LINE, f32(12, 1))),
    use("pairwise_distance", float("inf"), on=(LINE, LINE)),
    use("pairwise_distance", Fraction(5, 2), keepdim=True, on=(f32(7, 1, 5), f32(4, 5))),
    use("normalize", on=LINE),
    use("normalize", 1, -1, Fraction(1, 10), on=LINE),
    use("normalize", 3, dim=0, on=ROW),
    use("flatten"),
    use("flatten", 1, 2),
    use("reshape", 7, -1),
    use("reshape", (-1, 6, 2), on=LINE),
    use("expand", 7, 13, 12, on=f32(1, 1, 12)),
    use("expand", -1, 4, -1, on=f32(7, 1, 12)),
    use("permute", 0, 3, 1, 2),
    use("transpose", 1, -1),
    use("squeeze", -1, on=f32(7, 12, 1)),
    use("unsqueeze", 1),
    use("unsqueeze", -1, on=ROW),
    use("unflatten", -1, (2, 9)),
]

_STEPS, _STATE, _PAIR = f32(7, 13, 12), f32(1, 7, 6), f32(2, 7, 6)
_RECURRENT = [
    *(use(name, 6, on=_STEPS) for name in ("RNN", "GRU", "LSTM")),
    *(use(name, 6, 3, bias=False, bidirectional=True, on=_STEPS) for name in ("RNN", "GRU", "LSTM")),
    *(use(name, 6, 2, dropout=Fraction(1, 10), on=_STEPS) for name in ("RNN", "GRU", "LSTM")),
    *(use(name, 6, init=Start("normal", Fraction(1, 50)), on=_STEPS) for name in ("RNN", "GRU", "LSTM")),
    use("RNN", 6, nonlinearity="relu", on=(_STEPS, _STATE)),
    use("RNN", 12, init=Start("identity"), on=_STEPS),
    use("GRU", 6, 2, on=(_STEPS, _PAIR)),
    use("LSTM", 6, bidirectional=True, on=(_STEPS, _PAIR, _PAIR)),
    use("LSTM", 6, 2, proj_size=5, on=_STEPS),
    use("LSTM", 6, bidirectional=True, proj_size=5, on=(_STEPS, f32(2, 7, 5), _PAIR)),
    use("LSTM", 6, on=TensorType((7, 13, 12), Dtype.BF16)),
    *(use(f"{name}Cell", 6, on=ROW) for name in ("RNN", "GRU", "LSTM")),
    use("RNNCell", 6, nonlinearity="relu", on=(ROW, f32(7, 6))),
    use("GRUCell", 6, bias=False, on=(ROW, f32(7, 6))),
    use("LSTMCell", 6, on=(ROW, f32(7, 6), f32(7, 6))),
]

_STARTED = [
    *(
        use(name, *positional, init=Start(way, None if way in ("zeros", "ones") else Fraction(1, 2)), on=tensor)
        for name, positional, tensor in (
            ("Linear", (10,), ROW),
            ("Embedding", (50, 8), i64(7, 13)),
            ("Conv1d", (8, 3), LINE),
            ("DepthwiseConv2d", (3,), IMAGE),
            ("ConvTranspose2d", (8, 3), IMAGE),
            ("BatchNorm2d", (), IMAGE),
            ("GroupNorm", (4,), IMAGE),
            ("LayerNorm", (), LINE),
            ("RMSNorm", (), LINE),
        )
        for way in ("zeros", "ones", "fill", "normal", "uniform")
    ),
    use("InstanceNorm2d", affine=True, init=Start("zeros")),
    use("Embedding", 50, 8, padding_idx=3, init=Start("ones"), on=i64(7, 13)),
    use("Embedding", 12, 12, init=Start("identity"), on=i64(7, 13)),
    use("Linear", 12, init=Start("identity"), on=ROW),
    use("Linear", 10, init=Start("normal", 1), on=TensorType((7, 12), Dtype.BF16)),
    use("Conv2d", 12, (3, 1), padding=0, groups=4, init=Start("identity")),
    use("DepthwiseConv2d", 5, init=Start("identity")),
    use("ConvTranspose2d", 12, 3, padding=1, groups=2, init=Start("identity")),
]

EXAMPLES: list[Example] = _windows() + _LAYERS + _RECURRENT + _STARTED + _FUNCTIONS
