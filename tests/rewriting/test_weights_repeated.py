"""Channels repeated, with consumers that share what they did: the wider network does what the narrow one did."""

import pytest
from carried_weights import apart

import symnas
from symnas.rewriting import rewrite

SHAPES = {
    "linear": ("x: f32[N, 6]", "x -> Linear(5) as a -> ReLU -> Linear(4) -> Tanh -> Linear(3)"),
    "convolution": ("x: f32[N, 3, 8, 8]", "x -> Conv2d(4, 3) as a -> BatchNorm2d -> ReLU -> Conv2d(5, 3, 2)"),
    "flatten": ("x: f32[N, 3, 4, 4]", "x -> Conv2d(4, 3) as a -> MaxPool2d(2) -> Flatten -> Linear(3)"),
    "pooled": ("x: f32[N, 3, 4, 4]", "x -> Conv2d(4, 3) as a -> GlobalAvgPool2d -> Flatten -> Linear(3)"),
    "grouped": ("x: f32[N, 3, 4, 4]", "x -> Conv2d(4, 3) as a -> Conv2d(6, 3, groups = 2) -> Conv2d(2, 1)"),
    "each for itself": (
        "x: f32[N, 3, 4, 4]", "x -> Conv2d(4, 3) as a -> Conv2d(4, 3, groups = 4) -> ReLU -> Conv2d(2, 1)",
    ),
    "depthwise": ("x: f32[N, 3, 4, 4]", "x -> Conv2d(4, 3) as a -> DepthwiseConv2d(3) -> PReLU(4) -> Conv2d(2, 1)"),
    "transposed": ("x: f32[N, 3, 4, 4]", "x -> Conv2d(4, 3) as a -> ConvTranspose2d(3, 2, 2) -> ReLU -> Conv2d(2, 1)"),
    "groupnorm": ("x: f32[N, 3, 4, 4]", "x -> Conv2d(4, 3) as a -> GroupNorm(2) -> ReLU -> Conv2d(2, 1)"),
    "layernorm": ("x: f32[N, 5, 6]", "x -> Linear(4) as a -> LayerNorm -> GELU -> Linear(3)"),
    "rmsnorm": ("x: f32[N, 5, 6]", "x -> Linear(4) as a -> RMSNorm -> GELU -> Linear(3)"),
    "glu": ("x: f32[N, 5, 6]", "x -> Linear(4) as a -> GLU -> Linear(3)"),
    "instancenorm": ("x: f32[N, 3, 4, 4]", "x -> Conv2d(4, 3) as a -> InstanceNorm2d(affine = true) -> ReLU -> Conv2d(2, 1)"),
    "shuffle": ("x: f32[N, 3, 4, 4]", "x -> Conv2d(8, 3) as a -> PixelShuffle(2) -> ReLU -> Conv2d(3, 1)"),
    "unshuffle": ("x: f32[N, 3, 4, 4]", "x -> Conv2d(2, 3) as a -> PixelUnshuffle(2) -> ReLU -> Conv2d(3, 1)"),
    "channels": ("x: f32[N, 3, 4, 4]", "x -> Conv2d(4, 3) as a -> ChannelShuffle(2) -> ReLU -> Conv2d(4, 3)"),
    "im2col": ("x: f32[N, 3, 4, 4]", "x -> Conv2d(4, 3) as a -> Im2Col(3) -> Linear(3)"),
    "permuted": ("x: f32[N, 3, 4, 4]", "x -> Conv2d(4, 3) as a -> Permute(0, 2, 3, 1) -> LayerNorm -> Linear(3)"),
    "lstm": ("x: f32[N, 5, 6]", "(y, _) = x -> LSTM(4, 2, bidirectional = true) as a\n  y -> Linear(3)"),
    "gru": ("x: f32[N, 5, 6]", "(y, h) = x -> GRU(4) as a\n  (y -> Linear(3), h.transpose(0, 1) -> Linear(2))"),
    "mean": ("x: f32[N, 5, 6]", "y = x -> Linear(4) as a\n  z = y.mean(1) -> Linear(4)\n  (z, y.mean(-1))"),
    "embedding": ("x: i64[N, 5]", "x -> Embedding(9, 4) as a -> Linear(3) -> Tanh -> Linear(2)"),
    "bag": ("x: i64[N, 5]", "x -> EmbeddingBag(9, 4) as a -> Linear(3) -> Tanh -> Linear(2)"),
    "folded": ("x: f32[N, 3, 4, 4]", "x -> Conv2d(4, 3) as a -> Unfold(3) -> Fold([4, 4], 3) -> ReLU -> Conv2d(2, 1)"),
    "unpooled": (
        "x: f32[N, 3, 4, 4]",
        "(y, p) = x -> Conv2d(4, 3) as a -> MaxPool2d(2, return_indices = true)\n  (y, p) -> MaxUnpool2d(2) -> Conv2d(2, 1)",
    ),
    "sampled": ("x: f32[N, 3, 4, 4], g: f32[N, 5, 5, 2]", "grid_sample(x -> Conv2d(4, 3) as a, g) -> Conv2d(2, 1)"),
}  # fmt: skip
"""A net's input and body: the layer called `a` becomes twice as wide, with all others that stay as they are."""

TWICE = (
    "Linear($o, $*r) => Linear($o * 2, $*r) keep replicate",
    "Conv2d($o, $*r) => Conv2d($o * 2, $*r) keep replicate",
    "LSTM($o, $*r) => LSTM($o * 2, $*r) keep replicate",
    "GRU($o, $*r) => GRU($o * 2, $*r) keep replicate",
    "Embedding($n, $o, $*r) => Embedding($n, $o * 2, $*r) keep replicate",
    "EmbeddingBag($n, $o, $*r) => EmbeddingBag($n, $o * 2, $*r) keep replicate",
)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("noise", (0.0, 0.5))
def test_a_layer_made_twice_as_wide_does_what_it_did(name: str, noise: float) -> None:
    """What follows shares out what it did with a channel among its copies, evenly or not."""
    inputs, body = SHAPES[name]
    if name == "depthwise":
        body = body.replace("PReLU(4)", "ReLU")
    network = symnas.parse(f"net A({inputs}) {{\n  {body}\n}}\n").architecture()
    kind = next(each for each in TWICE if f"{each.partition('(')[0]}(" in body.partition(" as a")[0])
    done = rewrite(network, kind, at="a")
    assert done.firings
    distance, found = apart(done, noise=noise)
    assert distance < 1e-9, (found.report, found.differences)
    assert not found.differences
    assert "fresh" not in {each.how for each in found.fates}


STRUCTURES = {
    "residual": """
block Unit(n)(x) = x + (x -> Conv2d(n, 3) -> BatchNorm2d -> ReLU -> Conv2d(n, 3))
net A(x: f32[N, 3, 6, 6]) = x -> Conv2d(4, 3) as first -> Unit(4) -> Unit(4) -> GlobalAvgPool2d -> Flatten -> Linear(3)
""",
    "concatenated": """
net A(x: f32[N, 3, 6, 6]) {
  a = x -> Conv2d(4, 3)
  b = x -> Conv2d(3, 1)
  c = concat([a, b, x])
  concat([c, c -> Conv2d(2, 3) -> ReLU]) -> BatchNorm2d -> Flatten -> Linear(3)
}
""",
    "met": """
net A(x: f32[N, 3, 6, 6]) {
  a = concat([x -> Conv2d(4, 3), x -> Conv2d(4, 1)])
  b = x -> Conv2d(8, 3) -> DepthwiseConv2d(3) -> BatchNorm2d
  (a + b) -> ReLU -> Conv2d(3, 3)
}
""",
    "cut": """
net A(x: f32[N, 6]) {
  (a, b, c) = (x -> Linear(12)).chunk(3, dim = 1)
  (a * (b -> Sigmoid)) + c -> BatchNorm1d -> Linear(3)
}
""",
    "gated": """
block SqueezeExcite(n)(x) {
  gate = x -> GlobalAvgPool2d -> Conv2d(2, 1) -> ReLU -> Conv2d(n, 1) -> Sigmoid
  x * gate
}
net A(x: f32[N, 3, 6, 6]) = x -> Conv2d(4, 3) -> DepthwiseConv2d(3) -> SqueezeExcite(4) -> Conv2d(3, 1)
""",
    "shared": """
block Hidden(n)(x) = x -> Linear(5) -> Tanh -> Linear(n)
shared same = Hidden(3)
net A(x: f32[N, 3]) = x -> same -> Tanh -> same -> Linear(2)
""",
    "when": """
net A(x: f32[N, 6]) {
  y = x -> Linear(4)
  z = when x.mean(1) > 0 { y -> Linear(5) -> ReLU } else { y -> Linear(5) }
  z -> Linear(2)
}
""",
    "scan": """
block Step()(x, h) {
  new = (x -> Linear(4)) + (h -> Linear(4)) -> Tanh
  (new, new)
}
net A(x: f32[N, 5, 3], h: f32[N, 2]) {
  (y, last) = scan(Step, x, h -> Linear(4))
  (y -> Linear(2), last -> Linear(2))
}
""",
    "heads": """
net A(x: f32[N, 5, 6]) {
  v = x -> Linear(8) -> SplitHeads(2)
  q = x -> Linear(2) -> SplitHeads(2)
  ((q @ q.transpose(2, 3)) -> Softmax(-1)) @ v -> MergeHeads -> Linear(3)
}
""",
    "stacked": """
net A(x: f32[N, 6]) = stack([x -> Linear(4), x -> Linear(4)]) -> Permute(0, 2, 1) -> Flatten -> Linear(3) -> ReLU
""",
}  # fmt: skip

FACTORS = ("$o * 2", "$o * 3", "$o + $o // 2")


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("wide", FACTORS)
def test_everything_made_wider_does_what_it_did(name: str, wide: str) -> None:
    """Channels that were repeated agree where branches meet, and stay in their part where they are cut."""
    network = symnas.parse(STRUCTURES[name]).architecture()
    kind = "Conv2d" if "Conv2d" in STRUCTURES[name] else "Linear"
    width = "$c.out.shape[1]" if kind == "Conv2d" else "$o"
    done = rewrite(network, f"{kind}($o, $*r) as $c where {width} > 3 => {kind}({wide}, $*r) keep replicate")
    distance, found = apart(done, noise=0.2)
    assert done.firings
    assert distance < 1e-9, (found.report, found.differences)
    assert not found.differences
