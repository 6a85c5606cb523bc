"""Operators that say or take places: unpooling, folding, scattering, bags of rows; vectors compared; what they refuse."""

import warnings
from fractions import Fraction

import pytest
import torch
from onnx_running import agree, alone, both
from operator_examples import f32, i64, use
from operator_torch import build
from torch.nn import functional

import symnas
from symnas.canonical.labels import label
from symnas.operators import OPERATORS, OperatorError
from symnas.sizes import symbol
from symnas.types import Dtype, TensorType

N, H, W = symbol("N"), symbol("H"), symbol("W")


def run(name: str, *tensors: torch.Tensor, **named: object) -> list[torch.Tensor]:
    """What the PyTorch text of an operator gives."""
    dtypes = {torch.float32: Dtype.F32, torch.int64: Dtype.I64}
    inputs = [TensorType(tuple(each.shape), dtypes[each.dtype]) for each in tensors]
    found = build(OPERATORS[name], OPERATORS[name].bind((), named), inputs, "cpu").run(tensors)
    return list(found) if isinstance(found, tuple) else [found]  # type: ignore[list-item]  # a tensor


class TestMeaning:
    """What they compute."""

    @pytest.mark.parametrize("dimensions", (1, 2, 3))
    @pytest.mark.parametrize("window", ({"kernel_size": 2}, {"kernel_size": 3, "stride": 2}, {"kernel_size": 3}))
    def test_an_unpooling_undoes_the_pooling_of_its_window(self, dimensions: int, window: dict[str, object]) -> None:
        """With the same settings, paddings left out in both: each maximum stands where it stood, and all else is 0."""
        x = torch.rand(2, 3, *(12 for _ in range(dimensions))) + 1
        most, places = run(f"MaxPool{dimensions}d", x, return_indices=True, **window)
        (back,) = run(f"MaxUnpool{dimensions}d", most, places, output_size=(12,) * dimensions, **window)
        kept = back != 0
        assert torch.equal(back[kept], x[kept])
        assert torch.equal(run(f"MaxPool{dimensions}d", back, **window)[0], most)

    def test_places_are_those_of_planes_whatever_the_border(self) -> None:
        """ONNX numbers the elements of all planes together, and those of a border that it needs: what is written says the
        same as PyTorch.
        """
        cases = (
            use("MaxPool2d", 3, 1, 1, 2, on=f32(2, 3, 9, 8), return_indices=True),
            use("MaxPool2d", 2, 3, 0, 1, True, on=f32(2, 3, 10, 8), return_indices=True),
            use("MaxPool3d", 3, 2, 1, 1, True, on=f32(2, 3, 8, 10, 6), return_indices=True),
        )
        for example in cases:
            torch.manual_seed(0)
            inputs = [torch.randn(*(int(str(size)) for size in example.inputs[0].shape))]
            open_sizes = [TensorType((N, 3, *(symbol(f"S{place}") for place in range(example.inputs[0].rank - 2))))]
            for graph in (alone(example), alone(example, open_sizes)):
                agree(*both(graph, inputs), 0)

    def test_folding_counts_how_often_a_pixel_was_taken(self) -> None:
        """`Fold` of `Unfold` is the image times the number of windows over each pixel."""
        x = torch.rand(2, 3, 6, 7)
        (back,) = run("Fold", functional.unfold(x, 3, padding=1), output_size=(6, 7), kernel_size=3, padding=1)
        (counts,) = run(
            "Fold", functional.unfold(torch.ones_like(x), 3, padding=1), output_size=(6, 7), kernel_size=3, padding=1
        )
        torch.testing.assert_close(back, x * counts)
        assert counts.max() == 9

    @pytest.mark.parametrize("mode", ("sum", "mean", "max"))
    def test_a_bag_is_its_vectors_as_one(self, mode: str) -> None:
        """Without those that stand for nothing; a bag of nothing is 0; ONNX says the same."""
        example = use("EmbeddingBag", 6, 4, mode, 0, on=i64(4, 3))
        rows = torch.tensor([[1, 2, 3], [0, 2, 2], [0, 0, 5], [0, 0, 0]])
        graph = alone(example)
        found, expected = both(graph, [rows])
        agree(found, expected, 1e-6)
        assert not found[0][3].any()

    def test_hot_places_sum_to_one(self) -> None:
        """Each row of `one_hot` is a single one, at its place."""
        places = torch.tensor([[0, 2], [1, 1]])
        (hot,) = run("one_hot", places, num_classes=3)
        assert torch.equal(hot.argmax(-1), places)
        assert torch.equal(hot.sum(-1), torch.ones_like(places))

    def test_scatter_undoes_gather(self) -> None:
        """What is taken from places in a row and put back there is the tensor."""
        x = torch.rand(3, 5)
        places = torch.stack([torch.randperm(5) for _ in range(3)])
        (taken,) = run("gather", x, places, dim=1)
        assert torch.equal(run("scatter", torch.zeros(3, 5), places, taken, dim=1)[0], x)
        assert torch.equal(run("scatter_add", torch.ones(3, 5), places, taken, dim=1)[0], x + 1)

    def test_vectors_have_a_length_of_one(self) -> None:
        """`normalize`, whatever the norm; a cosine is the product of such vectors."""
        x, y = torch.randn(4, 7), torch.randn(4, 7)
        for power in (1, 2, 3, float("inf")):
            (unit,) = run("normalize", x, p=power)
            torch.testing.assert_close(torch.linalg.vector_norm(unit, power, dim=1), torch.ones(4))
        (cosine,) = run("CosineSimilarity", x, y)
        torch.testing.assert_close(cosine, (run("normalize", x)[0] * run("normalize", y)[0]).sum(1))

    def test_what_division_towards_zero_leaves(self) -> None:
        """`fmod` has the sign of the dividend, `%` that of the divisor; `trunc` is what is divided off."""
        x = torch.tensor([-7.0, -1.5, 0.0, 2.5, 7.0])
        (left,) = run("fmod", x, other=Fraction(2))
        assert left.tolist() == [-1.0, -1.5, 0.0, 0.5, 1.0]
        assert torch.equal(run("trunc", x / 2)[0] * 2 + left, x)

    def test_the_same_matrix_leaves_images_where_they_are(self) -> None:
        """`affine_grid` of the identity says each pixel's own place, `grid_sample` what is there; for open sizes too, and a
        single pixel is the middle, in both targets.
        """
        for corners in ("false", "true"):
            text = f"""
net A(x: f32[N, 3, H, W], theta: f32[N, 2, 3]) =
  grid_sample(x, affine_grid(theta, x.shape, align_corners = {corners}), align_corners = {corners})
"""
            graph = symnas.parse(text).architecture().graph()
            for size in ((5, 6), (1, 4), (3, 1)):
                x = torch.rand(2, 3, *size)
                theta = torch.tensor([[1.0, 0, 0], [0, 1, 0]]).expand(2, 2, 3)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # PyTorch says that single pixels were once something else
                    found, expected = both(graph, [x, theta])
                agree(found, expected, 1e-5)
                torch.testing.assert_close(expected[0], x)

    def test_regions_are_drawn_anew_unless_they_flow_in(self) -> None:
        """A random pooling gives one of its elements for each region, the same for the same samples."""
        x, samples = torch.rand(2, 3, 9, 9), torch.rand(2, 3, 2)
        drawn = [run("FractionalMaxPool2d", x, kernel_size=2, output_size=5)[0] for _ in range(2)]
        said = [run("FractionalMaxPool2d", x, samples, kernel_size=2, output_size=5)[0] for _ in range(2)]
        assert not torch.equal(*drawn)
        assert torch.equal(*said)
        assert torch.isin(drawn[0], x).all()


REFUSED: tuple[tuple[tuple[str, dict[str, object]], list[TensorType], str], ...] = (
    (("MaxUnpool2d", {"kernel_size": 2}), [TensorType((N, 4, H, W)), TensorType((N, 4, H, W))],
     "`MaxUnpool2d` takes a place, `i64`, for each element of [N, 4, H, W]; this is [N, 4, H, W]"),
    (("MaxUnpool2d", {"kernel_size": 2, "output_size": (9,)}), [f32(2, 4, 5, 5), i64(2, 4, 5, 5)],
     "`output_size` of `MaxUnpool2d` has 2 sizes, or batch and channels before them; this is (9)"),
    (("MaxUnpool2d", {"kernel_size": 2, "output_size": (9, 12)}), [f32(2, 4, 5, 5), i64(2, 4, 5, 5)],
     "`MaxUnpool2d` gives a size less than 2 from 10; 12 is wanted"),
    (("MaxUnpool1d", {"kernel_size": 2, "padding": 2}), [f32(2, 4, 1), i64(2, 4, 1)],
     "`MaxUnpool1d` would give a size of -2"),
    (("MaxPool2d", {"kernel_size": 3, "stride": 1, "dilation": 2, "return_indices": True}), [f32(2, 4, 9, 9)],
     "`MaxPool2d` with `return_indices` pads at most half its kernel of 3; padding is 2"),
    (("Fold", {"output_size": (4, 4), "kernel_size": 2, "stride": 2}), [f32(2, 3, 4, 4)],
     "`Fold` takes [N, C * window, windows], as `Unfold` gives; this is [2, 3, 4, 4]"),
    (("Fold", {"output_size": (4, 4), "kernel_size": 2, "stride": 2}), [f32(2, 6, 4)],
     "`Fold` cannot split 6 features into windows of 4"),
    (("Fold", {"output_size": (4, 6), "kernel_size": 2, "stride": 2}), [f32(2, 8, 4)],
     "`Fold` to 4 x 6 adds up 6 windows; this is [2, 8, 4]"),
    (("Fold", {"output_size": (4, 4, 4), "kernel_size": 2}), [f32(2, 8, 4)],
     "`output_size` of `Fold` is height and width; this is (4, 4, 4)"),
    (("EmbeddingBag", {"num_embeddings": 5, "embedding_dim": 4}), [i64(7)],
     "`EmbeddingBag` takes a row of indices for each bag, [N, B]; this is i64[7]"),
    (("EmbeddingBag", {"num_embeddings": 5, "embedding_dim": 4}), [f32(7, 3)],
     "`EmbeddingBag` takes indices, `i64` or `i32`; this is [7, 3]"),
    (("EmbeddingBag", {"num_embeddings": 5, "embedding_dim": 4}), [i64(7, 3), f32(7, 3)],
     '`EmbeddingBag` weighs what it sums up; its `mode` is "mean"'),
    (("EmbeddingBag", {"num_embeddings": 5, "embedding_dim": 4, "mode": "sum"}), [i64(7, 3), f32(7, 4)],
     "`EmbeddingBag` takes a weight, `f32`, for each of i64[7, 3]; this is [7, 4]"),
    (("EmbeddingBag", {"num_embeddings": 5, "embedding_dim": 4}), [i64(7, 3), i64(7, 3), i64(7, 3)],
     "`EmbeddingBag` takes indices, and weights of them; 3 tensors are given"),
    (("LocalResponseNorm", {"size": 5}), [f32(2, 4)],
     "`LocalResponseNorm` takes [N, C, L] and more dimensions; this is [2, 4]"),
    (("randint", {"low": 3, "high": 3, "size": (2,)}), [], "`randint` draws from 3 to below 3, which is none"),
    (("scatter", {"dim": 0}), [f32(2, 4), i64(2, 4), f32(2, 3)],
     "`scatter` takes a place for each of what it puts in: i64[2, 4] for [2, 3]"),
    (("scatter", {"dim": 0}), [f32(2, 4), f32(2, 4), f32(2, 4)], "`scatter` takes places, `i64`; this is [2, 4]"),
    (("scatter", {"dim": 0}), [f32(2, 4), i64(2), f32(2)],
     "`scatter` takes as many dimensions of places: [2, 4] and i64[2]"),
    (("scatter_add", {"dim": 0}), [f32(2, 4), i64(2, 4), i64(2, 4)], "`scatter_add` cannot put i64[2, 4] into [2, 4]"),
    (("scatter", {"dim": 0}), [f32(2, 4), i64(2, 5), f32(2, 5)], "`scatter` puts 5 into 4 in dimension 1"),
    (("one_hot", {"num_classes": 3}), [f32(2, 4)], "`one_hot` takes places, `i64`; this is [2, 4]"),
    (("normalize", {"p": 0}), [f32(2, 4)], "`p` of `normalize` must be above 0; this is 0"),
    (("CosineSimilarity", {}), [f32(2, 4), f32(2, 3)], "shapes do not fit: [2, 4], [2, 3]"),
    (("CosineSimilarity", {}), [f32(2, 4), i64(2, 4)], "`CosineSimilarity` takes real numbers; this is i64[2, 4]"),
    (("PairwiseDistance", {}), [TensorType(()), TensorType(())], "`PairwiseDistance` takes tensors with a dimension"),
    (("fmod", {"other": 2}), [TensorType((2,), Dtype.BOOL)], "`fmod` does not take truth values"),
    (("grid_sample", {}), [TensorType((N, 4, H, W)), TensorType((N, H, W, 3))],
     "`grid_sample` takes places [N, height, width, 2] in [N, 4, H, W]; this is [N, H, W, 3]"),
    (("affine_grid", {"size": (9, 9)}), [f32(2, 2, 3)],
     "`size` of `affine_grid` is that of images, [N, C, H, W]; this is (9, 9)"),
    (("affine_grid", {"size": (N, 4, H, W)}), [TensorType((N, 3, 4))],
     "`affine_grid` takes matrices [N, 2, 3]; this is [N, 3, 4]"),
    (("FractionalMaxPool2d", {"kernel_size": 2}), [f32(2, 4, 9, 9)],
     "`FractionalMaxPool2d` needs `output_size` or `output_ratio`, and not both"),
    (("FractionalMaxPool2d", {"kernel_size": 2, "output_ratio": 2}), [f32(2, 4, 9, 9)],
     "`output_ratio` of `FractionalMaxPool2d` lies between 0 and 1; this is 2"),
    (("FractionalMaxPool3d", {"kernel_size": 2, "output_size": 8}), [f32(2, 4, 9, 9, 9)],
     "`FractionalMaxPool3d` has no 8 regions of 2 in 9"),
    (("FractionalMaxPool2d", {"kernel_size": 2, "output_size": 5}), [f32(2, 4, 9, 9), f32(2, 4)],
     "`FractionalMaxPool2d` takes samples [2, 4, 2], as `rand` draws them; this is [2, 4]"),
    (("FractionalMaxPool2d", {"kernel_size": 2, "output_size": 5}), [f32(2, 4, 9, 9)] * 3,
     "`FractionalMaxPool2d` takes a tensor, and samples; 3 tensors are given"),
)  # fmt: skip


@pytest.mark.parametrize(("written", "inputs", "message"), REFUSED, ids=[each[2] for each in REFUSED])
def test_what_does_not_fit_is_said(
    written: tuple[str, dict[str, object]], inputs: list[TensorType], message: str
) -> None:
    """Each mismatch, with what meets."""
    name, named = written
    with pytest.raises(OperatorError) as caught:
        OPERATORS[name].apply(OPERATORS[name].bind((), named), inputs)
    assert caught.value.message == message


def test_pytorch_s_shorter_randint_is_told_apart() -> None:
    """`randint(high, size)` has a hint."""
    with pytest.raises(OperatorError, match="`high` of `randint` takes a whole number") as caught:
        OPERATORS["randint"].bind((5, (3,)), {})
    assert caught.value.hint == "`randint(0, high, size)`"


def test_a_pooling_without_places_is_the_network_that_it_was() -> None:
    """Stored networks are told apart by labels, in which a pooling that says no places is what it was before any could."""
    example = use("MaxPool2d", 2)
    outputs = example.operator.apply(example.settings, example.inputs).outputs
    known = label("MaxPool2d", tuple(example.settings.items()), outputs, False, None, (), widths=True)
    assert known == (
        "MaxPool2d(kernel_size=2, stride=None, padding=None, dilation=1, ceil_mode=False) -> f32[7, 12, 6, 9]"
    )
    plain, places = (
        symnas.parse(f"net A(x: f32[N, 3, 8, 8]) = x -> MaxPool2d(2{more})\n").architecture().graph().canonical()
        for more in ("", ", return_indices = true")
    )
    assert places != plain


def test_an_open_image_is_unpooled_to_its_size() -> None:
    """A network that pools twice and unpools twice gives back any image's size, odd ones too, in both targets."""
    text = """
net A(x: f32[N, 3, H, W]) {
  (y, places) = x -> MaxPool2d(2, return_indices = true)
  (z, deeper) = y -> Conv2d(4, 3) -> MaxPool2d(3, stride = 2, return_indices = true)
  z = (z, deeper) -> MaxUnpool2d(3, stride = 2, output_size = y.shape) -> Conv2d(3, 3)
  (z, places) -> MaxUnpool2d(2, output_size = x.shape)
}
"""
    graph = symnas.parse(text).architecture().graph()
    for height, width in ((8, 8), (11, 14), (17, 9)):
        x = torch.randn(2, 3, height, width)
        found, expected = both(graph, [x])
        agree(found, expected, 1e-5)
        assert found[0].shape == x.shape
