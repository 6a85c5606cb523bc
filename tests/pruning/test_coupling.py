"""What goes together, told by the groups of small networks; and what stays, with the reason."""

import numpy as np
import pytest
from masking import apart, drawn

import symnas
from symnas.pruning import Units, couple, units_of


def found(text: str, *, statistics: bool = False, net: str | None = None) -> Units:
    """What can go of the network that *text* describes."""
    return units_of(couple(symnas.parse(text).architecture().graph(net), statistics=statistics))


def groups(text: str, *, statistics: bool = False) -> list[tuple[str, int, int]]:
    """The groups as (name, units, width)."""
    return [(each.name, len(each.units), each.width) for each in found(text, statistics=statistics).groups]


def reasons(text: str) -> list[str]:
    """Why something stays that is no result."""
    return [each.why for each in found(text).stuck if "result" not in each.why]


END = "-> GlobalAvgPool2d -> Flatten -> Linear(3)"

GROUPS = {
    "a chain": (
        f"net A(x: f32[N, 3, 8, 8]) = x -> Conv2d(6, 3) -> BatchNorm2d -> ReLU -> Conv2d(5, 3) {END}",
        [("Conv2d", 6, 1), ("Conv2d.1", 5, 1)],
    ),
    "a sum makes channels one": (
        f"net A(x: f32[N, 3, 8, 8]) {{\n y = x -> Conv2d(6, 3)\n y + (y -> Conv2d(4, 3) -> Conv2d(6, 3)) {END}\n}}",
        [("Conv2d", 6, 1), ("Conv2d.1", 4, 1)],
    ),
    "what is concatenated stays apart": (
        f"net A(x: f32[N, 3, 8, 8]) = concat([x -> Conv2d(6, 3), x -> Conv2d(4, 3), x]) -> BatchNorm2d -> Conv2d(5, 1) {END}",
        [("Conv2d", 6, 1), ("Conv2d.1", 4, 1), ("Conv2d.2", 5, 1)],
    ),
    "a sum with parts that are cut": (
        f"net A(x: f32[N, 3, 8, 8]) {{\n (a, b) = (x -> Conv2d(8, 3)).chunk(2, dim = 1)\n a * b {END}\n}}",
        [("Conv2d", 4, 2)],
    ),
    "depthwise convolutions follow what flows in": (
        f"net A(x: f32[N, 3, 8, 8]) = x -> Conv2d(6, 3) -> DepthwiseConv2d(3) -> Conv2d(4, 1) {END}",
        [("Conv2d", 6, 1), ("Conv2d.1", 4, 1)],
    ),
    "groups go whole where there are many": (
        f"net A(x: f32[N, 3, 8, 8]) = x -> Conv2d(16, 3) -> Conv2d(16, 3, groups = 8) {END}",
        [("Conv2d", 8, 2)],
    ),
    "each group loses the same where there are few": (
        f"net A(x: f32[N, 3, 8, 8]) = x -> Conv2d(16, 3) -> Conv2d(8, 3, groups = 2) {END}",
        [("Conv2d", 8, 2), ("Conv2d.1", 4, 1)],
    ),
    "squeeze and excite": (
        ("net A(x: f32[N, 3, 8, 8]) {\n y = x -> Conv2d(6, 3)\n"
        f" y * (y -> GlobalAvgPool2d -> Conv2d(2, 1) -> ReLU -> Conv2d(6, 1) -> Sigmoid) {END}\n}}"),
        [("Conv2d", 6, 1), ("Conv2d.1", 2, 1)],
    ),
    "flattening spreads a channel over positions": (
        "net A(x: f32[N, 3, 4, 4]) = x -> Conv2d(6, 3) -> Flatten -> Linear(3)",
        [("Conv2d", 6, 1)],
    ),
    "pixels of a channel go together": (
        f"net A(x: f32[N, 3, 4, 4]) = x -> Conv2d(16, 3) -> PixelShuffle(2) -> Conv2d(5, 3) {END}",
        [("Conv2d", 4, 4), ("Conv2d.1", 5, 1)],
    ),
    "groups of a normalisation go whole": (
        f"net A(x: f32[N, 3, 4, 4]) = x -> Conv2d(12, 3) -> GroupNorm(4) {END}",
        [("Conv2d", 4, 3)],
    ),
    "heads go whole": (
        ("net A(x: f32[N, T, 6]) {\n q = x -> Linear(12) -> SplitHeads(4)\n k = x -> Linear(12) -> SplitHeads(4)\n"
        " v = x -> Linear(12) -> SplitHeads(4)\n attend(q, k, v) -> MergeHeads -> Linear(3)\n}"),
        [("Linear", 4, 3)],
    ),
    "heads of the query go with the one of the key that they share": (
        ("net A(x: f32[N, T, 6]) {\n q = x -> Linear(12) -> SplitHeads(4)\n k = x -> Linear(6) -> SplitHeads(2)\n"
        " v = x -> Linear(6) -> SplitHeads(2)\n attend(q, k, v) -> MergeHeads -> Linear(3)\n}"),
        [("Linear", 2, 6)],
    ),
    "heads of the query go alone where all share one of the key": (
        ("net A(x: f32[N, T, 6]) {\n q = x -> Linear(12) -> SplitHeads(4)\n k = x -> Linear(3) -> SplitHeads(1)\n"
        " v = x -> Linear(3) -> SplitHeads(1)\n attend(q, k, v) -> MergeHeads -> Linear(3)\n}"),
        [("Linear", 4, 3)],
    ),
    "heads out of one fused layer": (
        ("net A(x: f32[N, 5, 6]) {\n y = (x -> Linear(36)).reshape(-1, 5, 3, 4, 3).permute(2, 0, 3, 1, 4)\n"
        " attend(y[0], y[1], y[2]) -> MergeHeads -> Linear(3)\n}"),
        [("Linear", 4, 9)],
    ),
    "embeddings and a table that is read again": (
        ("net A(x: i64[N, T]) {\n shared embed = Embedding(20, 8)\n"
        " (x -> embed -> RMSNorm(eps = 1e-6) -> Linear(8)) @ embed.weight.transpose(0, 1)\n}"),
        [("embed", 8, 1)],
    ),
    "units of recurrent layers": (
        "net A(x: f32[N, T, 6]) {\n (y, _) = x -> LSTM(8, num_layers = 2, bidirectional = true)\n y[:, -1] -> Linear(3)\n}",
        [("LSTM", 8, 1)],
    ),
    "a state is one with what makes it": (
        ("cell Step(x: [N, D], h: [N, E]) -> [N, E] = tanh((x -> Linear(E)) + (h -> Linear(E)))\n"
        "net A(x: f32[N, T, 6]) {\n (y, _) = scan(Step, x -> Linear(5), zeros(1, 7) + (x[:, 0] -> Linear(7)), over = 1)\n"
        " y -> Linear(3)\n}"),
        [("Linear", 5, 1), ("Linear.1", 7, 1)],
    ),
    "weights without a layer": (
        "net A(x: f32[N, 5, 6]) = (x -> Linear(8)) + param([1, 5, 8]) as places -> Linear(3)",
        [("Linear", 8, 1)],
    ),
    "layers that are shared": (
        "net A(x: f32[N, 6]) {\n shared f = Linear(6)\n x -> Linear(6) as g -> f -> ReLU -> f -> Linear(3)\n}",
        [("g", 6, 1)],
    ),
    "the other side of a `when`": (
        ("net A(x: f32[N, 6]) {\n y = x -> Linear(5)\n"
        " z = when (y -> Linear(1))[:, 0] > 0 { y -> Linear(4) } else { y -> Linear(8) -> Linear(4) }\n z -> Linear(3)\n}"),
        [("Linear", 5, 1), ("Linear.2", 4, 1), ("Linear.3", 8, 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GROUPS)
def test_groups(name: str) -> None:
    """Channels that a network makes one are one unit; the network without some computes what it does with zeros."""
    text, expected = GROUPS[name]
    units = found(text)
    assert [(each.name, len(each.units), each.width) for each in units.groups] == expected
    generator = np.random.default_rng(3)
    assert units.groups
    for _ in range(3):
        assert apart(units, drawn(units, generator, 0.8), generator) < 1e-6


STAYS = {
    "x -> Linear(6) -> LayerNorm -> Linear(3)": "takes statistics over its channels",
    "x -> Linear(6) -> Softmax -> Linear(3)": "mixes all of it",
    "(x -> Linear(6) -> Sigmoid).sum(1, keepdim = true) -> Linear(3)": "sums it up where it is not 0",
    "(x -> Linear(6)).mean(1, keepdim = true) -> Linear(3)": "counts all of it",
    "(x -> Linear(6)) + x -> Linear(3)": "combines it with what stays",
    "x / (x -> Linear(6)) -> Linear(3)": "divides by a channel that is 0",
    "x -> Linear(6) -> quantised(Linear(3), weights = 1)": "one bit",
    "x -> Linear(6) -> Sigmoid -> quantised(Linear(3))": "one scale",
}


@pytest.mark.parametrize("layers", STAYS)
def test_what_stays_says_why(layers: str) -> None:
    """Where removed would not equal masked, nothing goes, and the operator that is why is named."""
    text = f"net A(x: f32[N, 6]) = {layers}"
    assert not groups(text)
    assert any(STAYS[layers] in each for each in reasons(text))


def test_an_operator_without_a_rule_keeps_its_channels() -> None:
    """What Python does with channels is not known; it is named."""
    text = """
    use my.layers (Roll(p)(x: [N, D]) -> [N, D])
    net A(x: f32[N, 6]) = x -> Linear(5) -> Linear(4) -> Roll(1) -> Linear(3)
    """
    assert groups(text) == [("Linear", 5, 1)]
    assert any("my.layers.Roll" in each and "no rule" in each for each in reasons(text))


def test_statistics_may_be_those_of_fewer_channels() -> None:
    """Where it is asked for, channels that a normalisation is taken over can go; the group says so."""
    text = "net A(x: f32[N, T, 6]) = x -> Linear(8) -> LayerNorm -> Linear(3)"
    (group,) = found(text, statistics=True).groups
    assert (group.name, len(group.units), group.shifted) == ("Linear", 8, True)
    assert not groups(text)


def test_a_sum_of_zeros_can_go() -> None:
    """A sum over channels is what it was without those that are 0."""
    text = "net A(x: f32[N, 6]) = (x -> Linear(8) -> ReLU).sum(1, keepdim = true) -> Linear(3)"
    units = found(text)
    assert [(each.name, len(each.units)) for each in units.groups] == [("Linear", 8)]
    generator = np.random.default_rng(0)
    assert apart(units, drawn(units, generator), generator) < 1e-6
