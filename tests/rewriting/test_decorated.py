"""Rules that are functions: what they see of a match, what they may give back, and where they may be used."""

from fractions import Fraction

import pytest

import symnas
from symnas.architecture import Architecture
from symnas.errors import SearchError, SourceError
from symnas.rewriting import Applied, Node, matches, nas, rewrite

TEXT = """
block ConvBN(out, kernel = 1, act = ReLU) = Conv2d(out, kernel, bias = false) -> BatchNorm2d -> act
net A(x: f32[N, 8, 4, 4]) {
  x = x -> ConvBN(16, 3) -> ConvBN(16, 3, act = LeakyReLU(0.2)) -> repeat(2) { ConvBN(16) }
  x -> GlobalAvgPool2d -> Flatten -> Linear(10)
}
"""


def network(text: str = TEXT) -> Architecture:
    """The one architecture of a program."""
    return symnas.parse(text).architecture()


def test_a_function_is_a_rule() -> None:
    """It is given every layer and block that is applied, and gives back what is put down, or nothing."""

    @symnas.rule
    def separable(node: Applied) -> Node | None:
        if node.name != "Conv2d" or node["kernel_size"] == 1:
            return None
        channels = node.input.shape[1]
        return nas.Conv2d(channels, node["kernel_size"], groups=channels) >> nas.Conv2d(node["out_channels"], 1)

    as_text = (
        "Conv2d($o, $k, $*_) as $c where $k > 1 => Conv2d($c.in.channels, $k, groups = $c.in.channels) -> Conv2d($o, 1)"
    )
    done, other = rewrite(network(), separable), rewrite(network(), f"rule separable: {as_text}")
    done.check()
    assert done.graphs == other.graphs
    assert done.report == other.report


def test_what_a_function_sees() -> None:
    """Name, settings with defaults filled, types, path, blocks around, costs; layers that were given as nodes."""
    seen: list[tuple[object, ...]] = []

    @symnas.rule(on=("ConvBN", "Linear"))
    def look(node: Applied) -> None:
        seen.append((node.name, dict(node.settings), str(node.output), node.path, node.params, node.macs))

    assert rewrite(network(), look).firings == ()
    assert seen[0] == (
        "ConvBN", {"out": 16, "kernel": 3, "act": nas.ReLU}, "[N, 16, 4, 4]", "ConvBN", 8 * 16 * 9 + 32, 8 * 16 * 9 * 16
    )  # fmt: skip
    assert seen[1][1] == {"out": 16, "kernel": 3, "act": nas.LeakyReLU(negative_slope=Fraction(1, 5))}
    assert [each[3] for each in seen] == ["ConvBN", "ConvBN.1", "repeat.0.ConvBN", "repeat.1.ConvBN", "Linear"]

    @symnas.rule(on="ReLU as $r where $r.out.channels == 16")
    def inside(node: Applied) -> Node | None:
        assert node.get("inplace", "none") == "none"
        with pytest.raises(SearchError, match="`ReLU` has no setting `inplace`"):
            node["inplace"]
        return nas.SiLU if "ConvBN" in node.blocks and node.path.startswith("repeat.1") else None

    assert [each.path for each in rewrite(network(), inside).firings] == ["repeat.1.ConvBN.act.ReLU"]
    assert [each.path for each in matches(network(), inside)] == ["repeat.1.ConvBN.act.ReLU"]


def test_a_chain_is_given_by_its_stages() -> None:
    """`on` may be any pattern of a rule; the stages of a chain stand for themselves in what is put down."""

    @symnas.rule(on="Conv2d -> BatchNorm2d", keep="slice")
    def turned(node: Applied) -> Node:
        conv, norm = node.stages
        return norm >> conv

    done, other = rewrite(network(), turned), rewrite(network(), "Conv2d as $c -> BatchNorm2d as $b => $b -> $c")
    assert done.graphs == other.graphs
    assert {each.keep for each in done.passages} == {"slice"}

    @symnas.rule(on="Conv2d -> BatchNorm2d")
    def noisy(node: Applied) -> Node:
        return node >> nas.Dropout(0.5)

    other = rewrite(network(), "(Conv2d -> BatchNorm2d) as $f => $f -> Dropout(0.5)")
    assert rewrite(network(), noisy).graphs == other.graphs


def test_a_function_may_leave_something_to_be_decided() -> None:
    """Placeholders are words like all others; texts do as well."""

    @symnas.rule(on="Linear")
    def wide(node: Applied) -> Node:
        return nas.Linear(nas.oneof(1, 2) * node["out_features"]) >> node

    @symnas.rule(on="ReLU", declaring="block Quiet(p = oneof(0.1, 0.2))(x) = x -> Tanh -> Dropout(p)")
    def quiet(node: Applied) -> str | None:
        return "oneof(ReLU, Quiet)" if node.path == "ConvBN.act.ReLU" else None

    done = rewrite(network(), wide, quiet)
    assert done.space.size == 2 * 3
    assert [each.path for each in done.firings] == ["Linear", "ConvBN.act.ReLU"]
    one = rewrite(network(), wide, at="Linear")
    assert one.space.size == 2


def test_words_are_what_texts_say() -> None:
    """`nas` has every word; nodes are written as the language writes them."""
    made = nas.Conv2d(8, nas.oneof(3, 5), stride=2).called("stem") >> "BatchNorm2d" >> nas.maybe(nas.ReLU)
    assert str(made) == "Conv2d(8, oneof(3, 5), stride = 2) as stem -> BatchNorm2d -> maybe(ReLU)"
    assert str("Tanh" >> nas.Linear(2 * nas.range(1, 4) + 1)) == "Tanh -> Linear(2 * range(1, 4) + 1)"
    assert str(nas.Unit([1, 2, None, True], (nas.width - 1) // 2, nas.width / 2)) == (
        "Unit([1, 2, none, true], (width - 1) // 2, width / 2)"
    )
    with pytest.raises(TypeError, match="not of object"):
        nas.Linear(object())


def test_what_makes_no_sense_is_told_with_the_rule() -> None:
    """Names that nothing declares, and what does not fit, are mistakes at what the function gave back."""

    @symnas.rule(on="Linear")
    def wrong(_: Applied) -> str:
        return "Liner(3)"

    with pytest.raises(SourceError, match=r"nothing is called `Liner`(.|\n)*<wrong>:1:1"):
        rewrite(network(), wrong)

    @symnas.rule(on="Conv2d")
    def unfit(node: Applied) -> Node:
        return nas.Flatten >> node

    with pytest.raises(SourceError, match="rule `unfit` puts this in place of"):
        rewrite(network(), unfit)


def test_a_setting_that_is_not_kept_is_undecided() -> None:
    """Asking for what the network does not tell leaves the match as it is, and the report says so."""

    @symnas.rule(on="B")
    def first(node: Applied) -> Node | None:
        sizes = node["sizes"]
        assert isinstance(sizes, tuple)
        return nas.Linear(sizes[0])

    net = network("block B(sizes)(x) = x -> Linear(sizes[0])\nblock C = B([4, 2])\nnet A(x: f32[N, 8]) = x -> C")
    assert rewrite(net, first).report == "C.B: first: B([4, 2]), undecided: `sizes` is not known\n"
