"""Rules: what they match, what they put down, what that decides, and what is said where they are wrong."""

from collections import Counter
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from enumerating import dataflow, in_place, members, space_of

import symnas
from symnas.architecture import Architecture
from symnas.checking import check
from symnas.program import Program, load, parse

CONV = "block ConvBN(out, kernel = 1, stride = 1) = Conv2d(out, kernel, stride = stride) -> BatchNorm2d -> ReLU\n"


def big(body: str, *rest: str, before: str = CONV) -> str:
    """A program with a net `Big` on `[N, 4, 8, 8]`."""
    return "\n".join([before + f"net Big(x: f32[N, 4, 8, 8]) = {body}", *rest, ""])


def layers(text: str, net: str = "Small") -> list[tuple[str, str]]:
    """Weight paths and operators of *net*, the program having one architecture."""
    space = space_of(text)
    assert space.size == 1
    return [(placed.path, placed.operation.operator) for placed in space[0].graph(net).operations()]


def settings(text: str, name: str, net: str = "Small") -> list[object]:
    """The setting *name* of each operation that has it."""
    graph = space_of(text)[0].graph(net)
    return [dict(each.operation.settings)[name] for each in graph.operations() if name in dict(each.operation.settings)]


# ------------------------------------------------------------------------------------------------ counting

COUNTED = {
    "a deciding base": (
        """
block MB(out, k = oneof(1, 3))(x) {
  y = x -> Conv2d(out, k) -> oneof(ReLU, SiLU)
  if y.shape == x.shape { x + y } else { y }
}
net Big(x: f32[N, 3, 8, 8]) = x -> MB(4) -> MB(oneof(4, 8))
rule drop: MB($*r) as $b where $b.in == $b.out => maybe($b)
net Small = Big with drop
""",
        (4 * 2 * 4) * (4 * (4 * 2 + 4)),
    ),
    "defaults stay decided where they were": (
        """
block MB(out, k = oneof(1, 3)) = Conv2d(out, k)
net Big(x: f32[N, 3, 8, 8]) = x -> MB(4) -> MB(4) -> Conv2d(2, 1)
rule wide: MB($o, $k) => MB($o * oneof(1, 2), $k)
net Small = Big with wide
""",
        4 * 16,
    ),
    "a layer that is held is a match at each application": (
        """
block MB(out, k = oneof(1, 3)) = Conv2d(out, k)
net Big(x: f32[N, 4, 8, 8]) {
  m = MB(4)
  x -> m -> m -> repeat(2) { m }
}
rule act: Conv2d($*r) as $c => $c -> oneof(ReLU, SiLU)
net Small = Big with act
""",
        2 * (2 * 2**4),
    ),
    "a held layer without decisions": (
        """
block B(out) = Conv2d(out, 3)
net Big(x: f32[N, 4, 8, 8]) {
  m = B(4)
  x -> m -> m -> repeat(2) { m }
}
rule act: Conv2d($*r) as $c => $c -> oneof(ReLU, SiLU)
net Small = Big with act
""",
        2**4,
    ),
    "lets are common": (
        """
let w = oneof(4, 8)
let e = oneof(1, 2)
block B(o)(x) = x -> Conv2d(o, 1)
net Big(x: f32[N, 4, 8, 8]) = x -> B(4) -> B(w)
rule wide: B($o) => B($o * e)
net Small = Big with wide
""",
        4,
    ),
    "each rule acts on the result of the one before": (
        """
block B(o)(x) = x -> Conv2d(o, 3)
net Big(x: f32[N, 4, 8, 8]) = x -> B(4) -> B(4) -> B(8)
rule half: B($o) where $o > 2 => B($o * oneof(1, 2))
rule drop: B($o) as $b where $b.in == $b.out => maybe($b)
net One = Big with drop, half
net Two = Big with half, drop
""",
        (3 * 3 * 2) * 22,
    ),
    "layers as arguments": (
        """
block Res(body)(x) = x + (x -> body)
block B(o)(x) = x -> Conv2d(o, 3)
net Big(x: f32[N, 4, 8, 8]) = x -> Res(B(4)) -> Res(Conv2d(4, 3) -> ReLU)
rule act: ReLU => oneof(ReLU, GELU)
rule k: Conv2d($o, 3, $*r) => Conv2d($o, oneof(3, 5), $*r)
rule res: Res($b) => maybe(Res($b))
net One = Big with act, k, res
net Two = Big with res, k, act
""",
        15 * 15,
    ),
    "what the match gives": (
        """
block MB(out, k = oneof(1, 3))(x) = x -> Conv2d(oneof(4, 8), k) -> Conv2d(out, 1)
net Big(x: f32[N, 4, 8, 8]) = x -> MB(oneof(4, 8))
rule end: MB($*r) as $b where $b.out.channels == 4 => $b -> oneof(ReLU, SiLU)
rule skip: Conv2d($o, 1) as $c where $c.in.channels == 8 => maybe($c)
net Small = Big with end, skip
""",
        None,
    ),
    "blocks around a match": (
        """
block A(o)(x) = x -> Conv2d(o, 3)
block B(o)(x) = x -> A(o) -> Conv2d(o, 3)
net Big(x: f32[N, 4, 8, 8]) = x -> A(4) -> B(4) -> Conv2d(4, 3)
rule act: Conv2d($*r) as $c where $c.path in B and $c.path not in A => $c -> oneof(ReLU, SiLU)
net Small = Big with act
""",
        2,
    ),
    "replacements that repeat": (
        """
block A(o)(x) = x -> Conv2d(o, oneof(1, 3))
net Big(x: f32[N, 4, 8, 8]) = x -> A(4) -> A(4)
rule deep: A($o) => repeat(range(1, 2)) { A($o) }
net Small = Big with deep
""",
        4 * 6 * 6,
    ),
    "the match twice, decided once": (
        """
block A(o)(x) = x -> Conv2d(o, oneof(1, 3))
net Big(x: f32[N, 4, 8, 8]) = x -> A(4) -> A(4)
rule twice: A($o) as $a => $a -> $a
net Small = Big with twice
""",
        4 * 4,
    ),
    "a rewritten net rewritten": (
        """
block A(o)(x) = x -> Conv2d(o, 3)
net Big(x: f32[N, 4, 8, 8]) = x -> A(4) -> A(4)
rule may: A($o) as $a => maybe($a)
rule c: Conv2d($o, 3) => Conv2d($o, oneof(3, 5))
net One = Big with may
net Two = One with c
""",
        4 * 9,
    ),
    "a shared operator is one layer": (
        """
block A(o)(x) = x -> Conv2d(o, 3)
net Big(x: f32[N, 4, 8, 8]) {
  shared s = A(4)
  x -> s -> s
}
rule c: Conv2d($o, 3) => Conv2d($o, oneof(3, 5))
net Small = Big with c
""",
        2,
    ),
    "comprehensions": (
        """
block A(o)(x) = x -> Conv2d(o, 3)
net Big(x: f32[N, 4, 8, 8]) {
  ys = [x -> A(4) for i in 1..2]
  zs = [x -> Conv2d(4, 3) for i in 1..2]
  concat([*ys, *zs])
}
rule c: Conv2d($o, 3) => Conv2d($o, oneof(3, 5))
net Small = Big with c
""",
        16,
    ),
}


@pytest.mark.parametrize("name", COUNTED)
def test_counts_agree_with_enumeration(name: str) -> None:
    """A rewritten net counts as many architectures as trying every choice finds, with regions and without."""
    text, expected = COUNTED[name]
    space = space_of(text)
    found = {tuple(sorted(each.genotype.items())): each.fragment for each in members(space)}
    assert space.size == len(found)
    assert expected is None or space.size == expected
    with in_place():
        other = space_of(text)
        plain = {tuple(sorted(each.genotype.items())): each.fragment for each in members(other)}
    assert found.keys() == plain.keys()
    for genotype in list(found)[:100]:
        for net in space.nets:
            flow = dataflow(space.elaboration.graph(found[genotype], net))
            assert flow == dataflow(other.elaboration.graph(plain[genotype], net))
    for index in range(min(space.size, 60)):
        assert space.index(space[index]) == index


def test_a_cell_is_rewritten_once() -> None:
    """A rule's decision within a cell is the cell's, made once; the plain net beside it makes the count refuse."""
    text = """
cell C(o)(x) = x -> Conv2d(o, oneof(1, 3)) -> Conv2d(o, 1)
net Big(x: f32[N, 4, 8, 8]) = x -> C(4) -> C(4)
rule act: Conv2d($o, 1) as $c => $c -> oneof(ReLU, SiLU)
net Small = Big with act
"""
    space = space_of(text)
    assert space.size_of("Small") == 2 + 2 * 2  # a kernel of 1 matches as well
    assert len(list(members(space))) == 6
    drawn = space.sample(Random(0), symnas.space.Measure.DECISIONS)
    assert {path.partition(".")[0] for path in drawn.genotype} == {"C"}


# ------------------------------------------------------------------------------------------------- matching


def test_arguments_are_named_and_defaults_filled() -> None:
    """A call matches however its arguments are written; one that a pattern leaves out has its default."""
    rules = ("rule r: ConvBN($o, 3, 1) => Conv2d($o, 7)", "net Small = Big with r")
    for call in ("ConvBN(4, 3)", "ConvBN(kernel = 3, out = 4)", "ConvBN(4, 3, stride = 1)"):
        assert layers(big(f"x -> {call}", *rules)) == [("ConvBN", "Conv2d")]
    exact = ("rule r: ConvBN($o, 3) => Conv2d($o, 7)", "net Small = Big with r")
    assert settings(big("x -> ConvBN(4, 3) -> ConvBN(4, 3, 2)", *exact), "kernel_size") == [7, 3]
    loose = ("rule r: ConvBN($o, 3, $*rest) => Conv2d($o, 7)", "net Small = Big with r")
    assert settings(big("x -> ConvBN(4, 3) -> ConvBN(4, 3, 2)", *loose), "kernel_size") == [7, 7]


def test_the_rest_is_passed_on() -> None:
    """`$*rest` stands for the settings that the pattern does not write; one written beside it wins."""
    rules = ("rule r: Conv2d($o, $*rest) => Conv2d(2 * $o, $*rest, bias = true)", "net Small = Big with r")
    text = big("x -> Conv2d(4, (3, 1), stride = 2, padding = 1, bias = false)", *rules, before="")
    assert settings(text, "out_channels") == [8]
    assert settings(text, "kernel_size") == [(3, 1)]
    assert (settings(text, "stride"), settings(text, "padding"), settings(text, "bias")) == ([2], [1], [True])


def test_a_repeated_variable_is_the_same_thing() -> None:
    """`$x` twice matches where both are the same: numbers by value, layers by what they call."""
    before = "block Two(a, b) = a -> b\n"
    rules = ("rule r: Two($a, $a) => $a", "net Small = Big with r")
    body = (
        "x -> Two(ReLU, ReLU) -> Two(ReLU, SiLU) -> Two(Conv2d(4, 1), Conv2d(4, 1)) -> Two(Conv2d(4, 1), Conv2d(4, 3))"
    )
    found = [operator for _, operator in layers(big(body, *rules, before=before))]
    assert found == ["ReLU", "ReLU", "SiLU", "Conv2d", "Conv2d", "Conv2d"]


def test_patterns_of_layers_and_lists() -> None:
    """An argument may be matched by a call, a list of variables, or a value that a `let` holds."""
    before = "let four = 4\nblock Wrap(act, sizes) = Conv2d(sizes[0], 1) -> act\n"
    rules = (
        "rule leaky: Wrap(LeakyReLU($s), [$a, $*_]) => LeakyReLU(2 * $s) -> Conv2d($a, 1)",
        "rule five: Conv2d(four, $*rest) => Conv2d(5, $*rest)",
        "net Small = Big with leaky, five",
    )
    text = big("x -> Wrap(ReLU, [4]) -> Wrap(LeakyReLU(0.1), [6, 7, 8])", *rules, before=before)
    assert [each for _, each in layers(text)] == ["Conv2d", "ReLU", "LeakyReLU", "Conv2d"]
    assert settings(text, "out_channels") == [5, 6]
    assert settings(text, "negative_slope") == [Fraction(1, 5)]


def test_alternatives_bare_names_and_any_layer() -> None:
    """`oneof(A, B)` matches either, a bare name every call, `$x` any layer that its condition lets through."""
    rules = (
        "rule acts: oneof(ReLU, SiLU) => GELU",
        "rule convs: Conv2d => Identity",
        "rule wide: $f where $f.in.channels == 6 => $f -> Tanh",
        "net Small = Big with acts, convs, wide",
    )
    text = big(
        "x -> ReLU -> Conv2d(4, 3) -> SiLU -> Linear(6) -> ZeroPad(1)", *rules, before="block ZeroPad(n)(y) = y\n"
    )
    assert "GELU" in [each for _, each in layers(text)]
    assert "Conv2d" not in [each for _, each in layers(text)]


def test_conditions_on_types_see_the_network_before() -> None:
    """Where nothing is decided before a rule, it sees the types of that network, whatever later rules change."""
    body = "x -> ConvBN(8) -> ConvBN(8) -> ConvBN(8, 1, 2) -> ConvBN(8)"
    rules = (
        "rule drop: ConvBN($o, $*r) as $b where $b.in == $b.out => maybe($b)",
        "rule narrow: ConvBN($o, $*r) => ConvBN($o // oneof(1, 2), $*r)",
        "net Small = Big with drop, narrow",
    )
    assert space_of(big(body, *rules)).size == 2 * 3 * 2 * 3
    paths = [path for path in space_of(big(body, *rules)).sample(Random(1)).genotype if path.endswith("maybe")]
    assert sorted(paths) == ["Small.ConvBN[1].drop.maybe", "Small.ConvBN[3].drop.maybe"]


def test_one_pass_never_into_its_own_output() -> None:
    """A rule does not act on what it put down, nor inside what it captured; later rules do."""
    before = "block Twice(o)(x) = x -> ConvBN(o) -> ConvBN(o)\n" + CONV
    rules = (
        "rule again: ConvBN($o, $k, $s) => ConvBN($o, $k, $s) -> ConvBN($o, $k, $s)",
        "rule twice: Twice($o) as $t => $t -> Twice($o)",
        "net Once = Big with again",
        "net Outer = Big with twice",
        "net Both = Big with again, twice",
    )
    text = big("x -> Twice(4)", *rules, before=before)
    convs = {net: sum(each == "Conv2d" for _, each in layers(text, net)) for net in ("Big", "Once", "Outer", "Both")}
    assert convs == {"Big": 2, "Once": 4, "Outer": 4, "Both": 4 + 2}


def test_functions_and_methods_are_applications_too() -> None:
    """An operator that is called on tensors matches like one that tensors flow into."""
    text = big(
        "concat([x, x -> Conv2d(4, 1)]) -> Flatten -> softmax(1)",
        "rule flat: Flatten($*r) => Flatten($*r) -> Linear(7)",
        "rule soft: softmax($d) => Softmax($d)",
        "net Small = Big with flat, soft",
        before="",
    )
    assert [each for _, each in layers(text)][-2:] == ["Linear", "Softmax"]


# ---------------------------------------------------------------------------------------- names and paths


def test_a_replacement_of_one_layer_stands_under_its_name() -> None:
    """Weights of a single layer keep the match's name; the parts of a pipeline stand below it,
    what was captured under its own name.
    """
    rules = (
        "rule one: Conv2d($o, 3) => Conv2d($o, 5)",
        "rule chain: Conv2d($o, 1) as $c => $c -> BatchNorm2d",
        "net Small = Big with one, chain",
    )
    text = big("x -> Conv2d(4, 3) as stem -> Conv2d(4, 1) as head", *rules, before="")
    paths = [path for path, _ in layers(text)]
    assert paths == ["stem", "head.head", "head.BatchNorm2d"]


def test_decisions_stand_below_the_match_and_the_rule() -> None:
    """A decision of a replacement is called by its net, the place of the match, the rule, and its own name."""
    rules = (
        "rule wide: ConvBN($o, $*r) => ConvBN($o * oneof(1, 2) , $*r)",
        "rule bits: Conv2d($*all) as $c => quantised($c, weights = oneof(4, 8))",
        "net Small = Big with wide, bits",
    )
    space = space_of(big("x -> ConvBN(4) as stem -> repeat(2) { ConvBN(4) }", *rules))
    assert set(space.sample(Random(0)).genotype) == {
        f"Small.{place}.{name}"
        for place in ("stem", "repeat[0].ConvBN", "repeat[1].ConvBN")
        for name in ("wide.ConvBN.out.oneof", "Conv2d.bits.weights")
    }


def test_an_architecture_reads_back() -> None:
    """A rewritten architecture printed as picks reads back equal."""
    text = big(
        "x -> ConvBN(4) -> ConvBN(4)",
        "rule drop: ConvBN($*r) as $b => maybe($b)",
        "rule k: Conv2d($o, $k, $*r) => Conv2d($o, oneof($k, 3), $*r)",
        "net Small = Big with drop, k",
    )
    space = space_of(text)
    for seed in range(5):
        drawn = space.sample(Random(seed))
        again = parse(drawn.text).architecture()
        assert again.genotype == drawn.genotype
        assert dataflow(again.graph("Small")) == dataflow(drawn.graph("Small"))


# ------------------------------------------------------------------------------------------------- mistakes


def codes(text: str) -> list[tuple[str, int, int]]:
    """Code, line and column of each mistake."""
    return [(each.code, each.line, each.column) for each in check(parse(text)).diagnostics]


RULE = "net Big(x: f32[N, 4, 8, 8]) = x -> Conv2d(4, 3)\nrule r: {}\n"
MISTAKES = [
    ("maybe($x) => ReLU", "E0250", 9),
    ("Big => ReLU", "E0250", 9),
    ("Conv2d($o + 1, 3) => ReLU", "E0250", 16),
    ("Conv2d(kernel_size = 3) => ReLU", "E0250", 9),
    ("Conv2d($o, 3) as f => ReLU", "E0250", 26),
    ("Conv2d($o, 3) => ReLU as $f", "E0250", 34),
    ("Conv2d($o, 3) -> Linear($o, $*a) -> Linear($p, $*a) => ReLU", "E0253", 56),
    ("(Conv2d($o, 3) as $f -> ReLU) as $f => ReLU", "E0253", 10),
    ("Conv2d($o, 3) -> Relu => ReLU", "E0201", 26),
    ("Conv2d($o, 3) => Conv2d($p)", "E0252", 33),
    ("Conv2d($o, $*a, $*b) => ReLU", "E0253", 25),
    ("Conv2d($o, 3) as $f where $o.in == $f.out => ReLU", "E0254", 35),
    ("Conv2d($o, 3) as $f where $f.in == 3 => ReLU", "E0254", 35),
    ("Conv2d($o, 3) as $f where $f.inn == 3 => ReLU", "E0254", 38),
    ("Conv2d($o, 3) as $f where $f.path in Big => ReLU", "E0255", 46),
    ('Conv2d($o, 3) as $f where $f.path == "x" => ReLU', "E0255", 35),
    ("Conv2d($o, 3) => ReLU keep slices", "E0256", 36),
    ("Conv2d($o, oneof(1, 3)) => ReLU", "E0261", 20),
    ("Conv2d($o, 3) where oneof(true, false) => ReLU", "E0261", 29),
    ("Conv2d($o, $*r) => Linear($o, $*r)", "E0262", 39),
    ("oneof(Conv2d($o, 3), ReLU) => ReLU", "E0263", 30),
    ("Conv3($o, 3) => ReLU", "E0201", 9),
    ("Conv2d($o, 3, strid = 2) => ReLU", "E0301", 23),
    ("Conv2d($o, 3, kernel_size = 2) => ReLU", "E0302", 23),
    ("ReLU(1) => ReLU", "E0304", 14),
    ("Conv2d(*[1, 2]) => ReLU", "E0307", 16),
]


@pytest.mark.parametrize(("rule", "code", "column"), MISTAKES)
def test_mistakes_in_rules(rule: str, code: str, column: int) -> None:
    """A rule is checked whether it is used or not, and each mistake is reported where it stands."""
    assert (code, 2, column) in codes(RULE.format(rule))


NETS = [
    ("net Small = Big with q", "E0257", 22),
    ("net Small = Big with Big", "E0257", 22),
    ("net Small = Bigg with r", "E0258", 13),
    ("net Small = Small with r", "E0259", 5),
    ("net Small = Big with r, r", "E0260", 25),
    ("assert same(Big, Bgi)", "E0266", 18),
    ("assert same(Big)", "E0266", 8),
]


@pytest.mark.parametrize(("line", "code", "column"), NETS)
def test_mistakes_in_rewritten_nets(line: str, code: str, column: int) -> None:
    """A rewritten net names a net and rules, each once; `same` names two nets."""
    assert codes(RULE.format("Conv2d($o, 3) => Conv2d($o, 5)") + line + "\n") == [(code, 3, column)]


def test_nets_rewritten_in_a_circle() -> None:
    """Nets that are made of each other are refused, each at its name."""
    text = RULE.format("Conv2d($o, 3) => ReLU") + "net A = B with r\nnet B = A with r\n"
    assert codes(text) == [("E0259", 3, 5), ("E0259", 4, 5)]


def test_a_rule_that_matches_nothing_is_reported() -> None:
    """A rule listed in `with` that matches nowhere is a mistake, at its name there; unlisted it is none."""
    text = RULE.format("Conv2d($o, 5) => ReLU")
    assert codes(text) == []
    assert codes(text + "net Small = Big with r\n") == [("E0264", 3, 22)]


def test_a_fault_in_a_replacement_names_the_rule_and_the_match() -> None:
    """A shape error in a rewritten net says which rule put it there, in place of what, and which choice matters."""
    text = big(
        "x -> B(4) -> B(4)",
        "rule a: Wide($o, $k) => Wide($o * oneof(1, 2), $k)",
        "net Small = Big with a",
        before="block Wide(out, k = 1)(x) = x + (x -> Conv2d(out, k))\nblock B(o)(x) = x -> Wide(o, 3) -> ReLU\n",
    )
    (found,) = check(parse(text)).diagnostics
    assert found.code == "E0403"
    notes = [(note.message, note.span.line) for note in found.notes]
    assert ("rule `a` puts this in place of `Wide`", 4) in notes
    assert ("this `Wide` matches", 2) in notes
    assert found.hint is not None
    assert "--pick Small.B.Wide.a.Wide.out.oneof=2" in found.hint


def test_keep_is_stored() -> None:
    """How weights carry over is kept with the rule, `same` where nothing is written."""
    text = RULE.format("Conv2d($o, 3) => Conv2d($o, 5) keep slice") + "rule q: ReLU => GELU\n"
    declared = space_of(text).elaboration.module.declared
    assert [getattr(declared[name], "keep", None) for name in "rq"] == ["slice", "same"]


def test_same_is_proved_or_left_open() -> None:
    """`assert same` is proved by equal dataflow; otherwise the check says that it is not."""
    text = big(
        "x -> ConvBN(4) -> Conv2d(4, 3)",
        "rule unfold: ConvBN($o, $k, $s) => Conv2d($o, $k, stride = $s) -> BatchNorm2d -> ReLU",
        'rule pad: Conv2d($o, 3, $*r) => Conv2d($o, 3, $*r, padding_mode = "reflect")',
        "net Same = Big with unfold",
        "net Other = Big with pad",
        "assert same(Same, Big)",
        "assert same(Other, Big)",
    )
    facts = check(parse(text)).facts
    assert any("`Same` and `Big` do the same operations" in fact for fact in facts)
    assert any("on line 8 is not proved" in fact for fact in facts)


# ------------------------------------------------------------------------------------------------- compress


@pytest.fixture(scope="module")
def compress(shared: Path) -> Program:
    """The showcase program that compresses a ResNet-50."""
    return load(shared / "language" / "showcase" / "compress.nas")


def multiple(value: Fraction, of: int = 8) -> int:
    """As MobileNet rounds."""
    found = max(of, int(value + Fraction(of, 2)) // of * of)
    return found + of if found < Fraction(9, 10) * value else found


def test_compress_counts_as_a_calculation_says(compress: Program) -> None:
    """The count is that of a walk over stages: widths that may leave a block, 6 ways to quantise a convolution."""

    def block(before: Counter[int], mid: int, stride: int, droppable: bool) -> Counter[int]:
        after = Counter(before) if droppable else Counter[int]()
        for channels, ways in before.items():
            for quarters in (1, 2, 3, 4):
                out = 4 * multiple(Fraction(mid * quarters, 4))
                after[out] += ways * 6 ** (3 if stride == 1 and channels == out else 4)
        return after

    widths = Counter({64: 6})
    for mid, depth, stride in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        widths = block(widths, mid, stride, False)
        for _ in range(depth - 1):
            widths = block(widths, mid, 1, True)
    space = compress.space()
    assert space.size == space.size_of("Small") == sum(widths.values())


def test_compress_checks_and_samples(compress: Program) -> None:
    """It has no mistakes; a sample meets its bound on memory, offers to drop 12 blocks, and reads back equal."""
    assert check(compress).ok
    space = compress.space()
    drawn = space.sample(Random(0))
    assert int(str(drawn.cost("Small", "memory"))) <= 8 * 2**20
    assert drawn.cost("ResNet50", "params") == 25_557_032
    assert sum(path.endswith(".drop.maybe") for path in drawn.genotype) == 2 + 3 + 5 + 2
    assert all(path.startswith("Small.") for path in drawn.genotype)
    mutated = space.mutate(drawn, Random(1))
    assert mutated.violated is None
    index = 12_345_678_901_234_567_890
    assert space.index(space[index]) == index


def test_compress_builds(compress: Program) -> None:
    """A sampled network runs in PyTorch, and has the weights that were counted."""
    torch = pytest.importorskip("torch")
    drawn: Architecture = compress.space().sample(Random(3))
    module = symnas.compile(drawn, "torch", net="Small").eval()
    assert module(torch.zeros(1, 3, 32, 32)).shape == (1, 1000)
    assert sum(weight.numel() for weight in module.parameters()) == drawn.cost("Small", "params")
