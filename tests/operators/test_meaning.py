"""What our own operators compute, and the text and cost of those that published networks are made of."""

from fractions import Fraction

import pytest
import torch
from operator_torch import build
from torch.nn import functional

from symnas.operators import Applied, OperatorError, lookup
from symnas.operators.starts import Start
from symnas.sizes import Size, symbol
from symnas.types import Dtype, TensorType

N, H, W, T = symbol("N"), symbol("H"), symbol("W"), symbol("T")


def _run(name: str, tensors: list[torch.Tensor], *positional: object, **named: object) -> torch.Tensor:
    operator = lookup(name)
    assert operator is not None
    inputs = [TensorType(tuple(each.shape)) for each in tensors]
    result = build(operator, operator.bind(positional, named), inputs, "cpu").run(tensors)
    assert isinstance(result, torch.Tensor)
    return result


def _apply(name: str, shapes: list[tuple[Size, ...]], *positional: object, **named: object) -> Applied:
    operator = lookup(name)
    assert operator is not None
    return operator.apply(operator.bind(positional, named), list(map(TensorType, shapes)))


def _text(name: str, shapes: list[tuple[Size, ...]], *positional: object, **named: object) -> str:
    operator = lookup(name)
    assert operator is not None
    form = operator.torch(operator.bind(positional, named), list(map(TensorType, shapes)))
    return form.module or form.call or ""


class TestText:
    """PyTorch text shows what differs from PyTorch's defaults, and nothing else."""

    @pytest.mark.parametrize(
        ("name", "shape", "positional", "named", "text"),
        (
            (
                "Conv2d",
                (N, 3, H, W),
                (64, 7),
                {"stride": 2, "bias": False},
                "nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)",
            ),
            ("Conv2d", (N, 3, H, W), (64, (3, 1)), {}, "nn.Conv2d(3, 64, (3, 1), padding=(1, 0))"),
            ("Conv2d", (N, 3, H, W), (64, (3, 3)), {"stride": (2, 2)}, "nn.Conv2d(3, 64, 3, stride=2, padding=1)"),
            (
                "DepthwiseConv2d",
                (N, 8, H, W),
                (5,),
                {"bias": False},
                "nn.Conv2d(8, 8, 5, padding=2, groups=8, bias=False)",
            ),
            ("BatchNorm2d", (N, 8, H, W), (), {"affine": False}, "nn.BatchNorm2d(8, affine=False)"),
            ("MaxPool2d", (N, 8, H, W), (2,), {}, "nn.MaxPool2d(2)"),
            (
                "AvgPool2d",
                (N, 8, H, W),
                (3,),
                {"stride": 1},
                "nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)",
            ),
            ("GlobalAvgPool2d", (N, 8, H, W), (), {}, "nn.AdaptiveAvgPool2d(1)"),
            ("LeakyReLU", (N, 8), (Fraction(1, 5),), {}, "nn.LeakyReLU(negative_slope=0.2)"),
            ("LayerNorm", (N, T, 8), (), {}, "nn.LayerNorm(8)"),
            ("LayerNorm", (N, 6, 6), ((6, 6),), {}, "nn.LayerNorm((6, 6))"),
            ("RMSNorm", (N, 6, 6), ((6, 6),), {}, "nn.RMSNorm((6, 6))"),
            ("Linear", (N, T, 8), (10,), {}, "nn.Linear(8, 10)"),
            ("Upsample", (N, 8, H, W), (2,), {}, "nn.Upsample(scale_factor=2)"),
            ("Dropout", (N, 8), (Fraction(3, 10),), {}, "nn.Dropout(0.3)"),
            ("slice", (N, T, 8), ((None, None, None), -1), {}, "{0}[:, -1]"),
            ("slice", (N, 1024, 8), ((None, None, None), (None, T, None)), {}, "{0}[:, :T]"),
            ("sub", (N, 8), (), {"other": 1, "reversed": True}, "1 - {0}"),
            ("mul", (N, 8), (), {"other": -2}, "{0} * (-2)"),
            ("reshape", (N, T, 8), (N, T, 2, 4), {}, "{0}.reshape({0}.shape[0], {0}.shape[1], 2, 4)"),
            ("expand", (1, 1, 8), (N, 1, 8), {}, "{0}.expand(N, 1, 8)"),
        ),
    )
    def test_is_what_one_would_write(
        self, name: str, shape: tuple[Size, ...], positional: tuple[object, ...], named: dict[str, object], text: str
    ) -> None:
        """The text reads as if written by hand."""
        assert _text(name, [shape], *positional, **named) == text

    def test_names_the_sizes_it_reads(self) -> None:
        """Symbols in the text that no operand has are named."""
        operator = lookup("arange")
        assert operator is not None
        form = operator.torch(operator.bind((T,), {}), [])
        assert (form.call, form.symbols) == ("torch.arange(T, device={device})", frozenset({"T"}))
        assert operator.apply(operator.bind((T,), {}), []).outputs == (TensorType((T,), Dtype.I64),)


class TestCosts:
    """Multiply-adds and weights of well-known layers."""

    @pytest.mark.parametrize(
        ("name", "shapes", "positional", "named", "macs", "weights"),
        (
            ("Conv2d", [(N, 3, 224, 224)], (64, 7), {"stride": 2, "bias": False}, 118_013_952, 9_408),
            ("DepthwiseConv2d", [(N, 32, 8, 8)], (3,), {}, 32 * 64 * 9, 320),
            ("Linear", [(N, 2048)], (1000,), {}, 2_048_000, 2_049_000),
            ("Linear", [(N, T, 768)], (768,), {}, 768 * 768 * T, 590_592),
            ("attend", [(N, 12, T, 64)] * 3, (), {}, 2 * 12 * 64 * T * T, 0),
            ("matmul", [(N, T, 768), (768, 50_257)], (), {}, 768 * 50_257 * T, 0),
            ("BatchNorm2d", [(N, 64, H, W)], (), {}, 0, 128),
            ("Embedding", [], (), {}, 0, 0),
        )[:-1],
    )
    def test_counts(
        self,
        name: str,
        shapes: list[tuple[Size, ...]],
        positional: tuple[object, ...],
        named: dict[str, object],
        macs: Size,
        weights: int,
    ) -> None:
        """Counts agree with what is published; symbolic sizes stay in the expression."""
        applied = _apply(name, shapes, *positional, **named)
        assert applied.macs == macs
        assert sum(torch.Size(each.shape).numel() for each in applied.weights if each.trainable) == weights


class TestOurs:
    """Operators that PyTorch does not have."""

    def test_im2col_and_linear_are_a_convolution(self) -> None:
        """A linear layer on written-out windows is the convolution with the same weights."""
        image, weight = torch.rand(2, 3, 8, 9), torch.rand(5, 3, 3, 3)
        columns = _run("Im2Col", [image], 3)
        expected = functional.conv2d(image, weight, padding=1)
        assert torch.allclose(
            (columns @ weight.flatten(1).T).transpose(1, 2).reshape(expected.shape), expected, atol=1e-5
        )

    def test_average_does_not_count_padding(self) -> None:
        """The average of ones is one, at the border too."""
        assert torch.equal(_run("AvgPool2d", [torch.ones(1, 2, 5, 5)], 3, stride=1), torch.ones(1, 2, 5, 5))

    def test_heads_split_and_merge_back(self) -> None:
        """`SplitHeads` keeps each head's features together; `MergeHeads` undoes it."""
        tokens = torch.rand(2, 5, 12)
        heads = _run("SplitHeads", [tokens], 3)
        assert torch.equal(heads[:, 1], tokens[:, :, 4:8])
        assert torch.equal(_run("MergeHeads", [heads]), tokens)

    @pytest.mark.parametrize("groups", (1, 2, 4))
    def test_grouped_attention_is_attention_with_repeated_heads(self, groups: int) -> None:
        """Heads of the query share those of the key in order."""
        query, key, value = torch.rand(2, 4, 5, 6), torch.rand(2, groups, 5, 6), torch.rand(2, groups, 5, 3)
        full = [each.repeat_interleave(4 // groups, dim=1) for each in (key, value)]
        assert torch.allclose(
            _run("attend", [query, key, value], causal=True), _run("attend", [query, *full], causal=True)
        )

    def test_rope_makes_scores_relative(self) -> None:
        """Scores of turned vectors depend on the distance of their positions only, and lengths stay."""
        query, key = torch.rand(1, 1, 1, 8).expand(1, 1, 6, 8), torch.rand(1, 1, 1, 8).expand(1, 1, 6, 8)
        scores = (_run("rope", [query]) @ _run("rope", [key]).transpose(-1, -2))[0, 0]
        assert torch.allclose(scores.diagonal(1), scores[0, 1].expand(5), atol=1e-5)
        assert torch.allclose(_run("rope", [query]).norm(dim=-1), query.norm(dim=-1), atol=1e-5)

    def test_drop_path_keeps_the_mean(self) -> None:
        """Samples are dropped whole and the others scaled up; nothing happens when not training."""
        operator = lookup("DropPath")
        assert operator is not None
        built = build(operator, operator.bind((Fraction(1, 4),), {}), [TensorType((4000, 3))], "cpu")
        torch.manual_seed(0)
        dropped = built.run([torch.ones(4000, 3)])
        assert isinstance(dropped, torch.Tensor)
        assert sorted(set(dropped.flatten().tolist())) == [0, pytest.approx(4 / 3)]
        assert (dropped == dropped[:, :1]).all()
        assert dropped.mean().item() == pytest.approx(1, abs=0.05)
        assert isinstance(built.part, torch.nn.Module)
        built.part.eval()
        assert torch.equal(built.run([torch.ones(4000, 3)]), torch.ones(4000, 3))  # type: ignore[arg-type]  # run gives a tensor here

    @pytest.mark.parametrize("stride", (1, 2, 3))
    def test_zero_has_the_shape_of_a_strided_skip(self, stride: int) -> None:
        """`Zero(stride)` fits beside a 1x1 convolution of that stride."""
        skip = _apply("Conv2d", [(N, 8, H, W)], 8, 1, stride=stride)
        assert _apply("Zero", [(N, 8, H, W)], stride=stride).outputs == skip.outputs
        assert not _run("Zero", [torch.rand(1, 2, 7, 8)], stride).any()

    @pytest.mark.parametrize(
        ("init", "low", "high"),
        (
            (Start("zeros"), 0, 0),
            (Start("ones"), 1, 1),
            (Start("fill", Fraction(1, 2)), 0.5, 0.5),
            (Start("uniform", 3), -3, 3),
            (Start("normal", Fraction(1, 50)), -0.2, 0.2),
            (Start("identity"), 0, 1),
        ),
    )
    def test_param_starts_as_told(self, init: Start, low: float, high: float) -> None:
        """A free weight is trainable and starts with the values asked for."""
        weight = _run("param", [], (30, 30), init=init)
        assert isinstance(weight, torch.nn.Parameter)
        assert low <= weight.min().item() <= weight.max().item() <= high
        assert (weight.std().item() == 0) == (low == high)


class TestRefused:
    """Inputs that do not fit, in words."""

    @pytest.mark.parametrize(
        ("name", "shapes", "positional", "named", "message"),
        (
            ("Conv2d", [(N, 10)], (8, 3), {}, "`Conv2d` takes [N, C, H, W]; this is [N, 10]"),
            ("Conv2d", [(N, 10, H, W)], (8, 3), {"groups": 4}, "`Conv2d` cannot split 10 input channels into 4 groups"),
            (
                "Conv2d",
                [(N, 8, H, W)],
                (10, 3),
                {"groups": 4},
                "`Conv2d` cannot split 10 output channels into 4 groups",
            ),
            (
                "Conv2d",
                [(N, T, H, W)],
                (10, 3),
                {},
                "`Conv2d` must know the channels of its input; `T` is unknown at build time",
            ),
            (
                "Conv2d",
                [(N, 3, 4, 4)],
                (8, 7),
                {"padding": 0},
                "`Conv2d` has a window of 7, larger than its padded input of 4",
            ),
            (
                "MaxPool2d",
                [(N, 3, 4, 4)],
                (3,),
                {"padding": 2},
                "`MaxPool2d` pads at most half its window of 3; padding is 2",
            ),
            (
                "Linear",
                [(N, 3, H)],
                (8,),
                {},
                "`Linear` must know the features of its input; `H` is unknown at build time",
            ),
            ("add", [(N, 16, 32, 32), (N, 32, 32, 32)], (), {}, "shapes do not fit: [N, 16, 32, 32] + [N, 32, 32, 32]"),
            ("add", [(N, 8, H, W), (N, 8, H // 2, W)], (), {}, "shapes do not fit: [N, 8, H, W] + [N, 8, H // 2, W]"),
            ("matmul", [(N, 8), (9, 3)], (), {}, "shapes do not fit: [N, 8] @ [9, 3]"),
            (
                "concat",
                [(N, 8, H, W), (N, 8, W, W)],
                (),
                {},
                "`concat` along dimension 1 needs all other sizes equal: [N, 8, H, W] and [N, 8, W, W]",
            ),
            ("SplitHeads", [(N, T, 10)], (4,), {}, "`SplitHeads` cannot split 10 features into 4 heads"),
            (
                "slice",
                [(N, T, 8)],
                ((None, None, None), (None, 4, None)),
                {},
                "a dimension of T may end before position 4; `T` is unknown at build time",
            ),
            ("reshape", [(N, 8)], (N, 3, -1), {}, "8 * N elements do not fit (N, 3, -1); `N` is unknown at build time"),
            ("LayerNorm", [(N, T, 8)], (9,), {}, "`LayerNorm` over (9) does not fit [N, T, 8]"),
        ),
    )
    def test_messages(
        self,
        name: str,
        shapes: list[tuple[Size, ...]],
        positional: tuple[object, ...],
        named: dict[str, object],
        message: str,
    ) -> None:
        """Each mismatch is said with the shapes that meet."""
        with pytest.raises(OperatorError) as caught:
            _apply(name, shapes, *positional, **named)
        assert caught.value.message == message

    def test_whole_numbers_into_a_convolution(self) -> None:
        """Indices are not images."""
        operator = lookup("Conv2d")
        assert operator is not None
        with pytest.raises(OperatorError, match=r"`Conv2d` takes real numbers; this is i64\[N, 3, H, W\]") as caught:
            operator.apply(operator.bind((8, 3), {}), [TensorType((N, 3, H, W), Dtype.I64)])
        assert caught.value.input == 0
