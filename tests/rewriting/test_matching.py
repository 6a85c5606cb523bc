"""Patterns of several layers and of several inputs, and conditions on what a match costs."""

import pytest

import symnas
from symnas.architecture import Architecture
from symnas.checking import check_text
from symnas.errors import SourceError
from symnas.rewriting import Rewriting, matches, rewrite

MIXED = """
net A(x: f32[N, 8, 4, 4]) {
  y = x -> Conv2d(8, 1)
  z = x -> Conv2d(8, 3)
  w = y + z -> ReLU
  v = concat([w, x -> Conv2d(8, 1)]) -> Conv2d(4, 1)
  v * 2
}
"""
ROW = """
net A(x: f32[N, 8, 4, 4]) =
  x -> Conv2d(8, 3) -> BatchNorm2d -> Conv2d(8, 1) -> ReLU -> GlobalAvgPool2d -> Flatten -> Linear(8)
"""


def network(text: str) -> Architecture:
    """The one architecture of a program."""
    return symnas.parse(text).architecture()


def checked(done: Rewriting) -> Rewriting:
    """*done*, whose program reads back to its graphs."""
    done.check()
    return done


def told(rule: str, text: str) -> list[str]:
    """What *rule* does to a network."""
    return checked(rewrite(network(text), rule)).report.splitlines()


ALTERNATIVES = [
    (
        "oneof(Conv2d($*a) as $c -> BatchNorm2d, Linear($*a) as $c) => $c -> Tanh",
        [
            "Conv2d: rule_1: Conv2d(8, 3) -> BatchNorm2d → Conv2d(8, 3) -> Tanh",
            "Linear: rule_1: Linear(8) → Linear(8) -> Tanh",
        ],
    ),
    (
        "oneof(Conv2d($o, $*_) -> BatchNorm2d, Linear($o, $*_)) as $f where $f.params > 100 => Identity",
        ["Conv2d: rule_1: Conv2d(8, 3) -> BatchNorm2d → nothing"],
    ),
    (
        "oneof(Conv2d($o, 3) -> BatchNorm2d, Conv2d($o, 3)) => Conv2d($o, 1)",
        ["Conv2d: rule_1: Conv2d(8, 3) -> BatchNorm2d → Conv2d(8, 1)"],
    ),
    (
        "oneof(Conv2d($o, 3), Conv2d($o, 3) -> BatchNorm2d) => Conv2d($o, 1)",
        ["Conv2d: rule_1: Conv2d(8, 3) → Conv2d(8, 1)"],
    ),
    (
        "oneof(BatchNorm2d, Tanh -> Tanh) -> Conv2d($o, $*r) => Conv2d($o, $*r) -> BatchNorm2d",
        ["BatchNorm2d: rule_1: BatchNorm2d -> Conv2d(8, 1) → Conv2d(8, 1) -> BatchNorm2d"],
    ),
]


@pytest.mark.parametrize(("rule", "report"), ALTERNATIVES)
def test_alternatives_may_be_chains(rule: str, report: list[str]) -> None:
    """They are tried in their order at each place where one of them may begin."""
    assert told(rule, ROW) == report


JOINED = [
    (
        "($x -> Conv2d($o, 3)) + ($x -> Conv2d($o, 1)) => $x -> Conv2d($o, 5)",
        "add: rule_1: add($x -> Conv2d(8, 3), $x -> Conv2d(8, 1)) → Conv2d(8, 5)",
    ),
    ("$a + $b => $b + $a", "add: rule_1: add($a, $b) → add"),
    ("$a + $b => $a -> Tanh", "add: rule_1: add($a, $b) → Tanh"),
    ("($a + $b) -> ReLU => $a -> Tanh", "ReLU: rule_1: add($a, $b) -> ReLU → Tanh"),
    ("concat($x, $y) => concat([$y, $x])", "concat: rule_1: concat($x, $y) → concat"),
    (
        "concat([$a -> ReLU, $b -> Conv2d($o, 1)]) -> Conv2d($p, 1) => ($a + $b) -> Conv2d($p, 1)",
        "Conv2d.3: rule_1: concat($a -> ReLU, $b -> Conv2d(8, 1)) -> Conv2d(4, 1) → add -> Conv2d(4, 1)",
    ),
    ("$a * 2 => $a + $a", "mul: rule_1: mul($a) → add"),
    ("2 * $a => $a", "mul: rule_1: mul($a) → nothing"),
    ("($x -> Conv2d($o, 3) as $c) + $y => ($x -> $c) + $y", None),
    ("($x -> Conv2d($o, 3) as $c) + $y where $c.params > 10 => ($x -> $c) * $y", None),
    ("(($x -> Conv2d($o, 3)) + $y) as $f where $f.out.channels == 8 => $x + $y", None),
    ("$a + $b where $a.channels == 8 and $a.shape == $b.shape => $a", "add: rule_1: add($a, $b) → nothing"),
    ("oneof(concat($a, $b), ($a -> ReLU) - $b) => $a -> Conv2d(8, 1)", "concat: rule_1: concat($a, $b) → Conv2d(8, 1)"),
]


@pytest.mark.parametrize(("rule", "report"), JOINED)
def test_several_tensors_may_flow_in(rule: str, report: str | None) -> None:
    """Branches begin with variables for what flows in; what stands between is read by nothing else."""
    (line,) = told(rule, MIXED)
    assert report in (None, line)


APART = [
    ("($x -> Conv2d($o, 5)) + $y => $x + $y", MIXED),
    ("($x -> Conv2d($o, 3)) + ($y -> Conv2d($o, 3)) => $x", MIXED),
    ("($x -> Conv2d($o, 3)) - ($y -> Conv2d($o, 1)) => $x", MIXED),
    ("$a * 3 => $a", MIXED),
    ("concat($x, $x) => $x", MIXED),
    ("$a + $b where $a.channels > 8 => $a", MIXED),
    ("concat([$x, $y, $z]) => $x", MIXED),
    ("concat($x, $y, dim = 2) => $x", MIXED),
    ("($a -> ReLU) + ($b -> Tanh) => $a", "net A(x: f32[N, 8]) { y = x -> ReLU\n y + (y -> Tanh) }"),
    ("($a -> ReLU) + ($b -> ReLU) => $a", "net A(x: f32[N, 8]) { y = x -> ReLU\n y + y }"),
    ("($a -> ReLU) + $b => $a", "net A(x: f32[N, 8]) { y = x -> ReLU\n (y + x, y) }"),
]


@pytest.mark.parametrize(("rule", "text"), APART)
def test_what_is_not_joined_so_is_left(rule: str, text: str) -> None:
    """Another layer, another tensor under one name, another number, or somebody else who reads what stands between."""
    assert matches(network(text), rule) == []


@pytest.mark.parametrize("body", ("a + b", "b + a", "a * b", "b * a"))
def test_sums_and_products_match_in_either_order(body: str) -> None:
    """What is commutative is matched whichever way it is written; a difference is not."""
    text = f"net A(x: f32[N, 8]) {{\n  a = x -> ReLU\n  b = x -> Tanh\n  {body}\n}}\n"
    sign = "+" if "+" in body else "*"
    assert len(matches(network(text), f"($p -> Tanh) {sign} ($q -> ReLU) => $p")) == 1
    assert len(matches(network(text), f"($p -> ReLU) {sign} ($q -> Tanh) => $p")) == 1
    text = text.replace(body, body.replace(sign, "-"))
    assert len(matches(network(text), "($p -> Tanh) - ($q -> ReLU) => $p")) == (body[0] == "b")


def test_a_block_of_several_inputs_is_joined() -> None:
    """`($x, $y) -> Mix` is a stage that takes several tensors; a layer put down takes them in the same order."""
    text = """
block Mix(act)(a, b) { y = a - b
 y -> act }
net A(x: f32[N, 8]) { y = x -> Linear(8)
 (x, y -> Tanh) -> Mix(ReLU) }
"""
    done = checked(rewrite(network(text), "($x, $y -> Tanh) -> Mix($a) => Mix($a)"))
    assert done.report == "Mix: rule_1: ($x, $y -> Tanh) -> Mix(ReLU) → Mix(ReLU)\n"
    assert [each.operation.operator for each in done.graphs[0].operations()] == ["Linear", "sub", "ReLU"]


def test_what_is_joined_may_be_left_to_be_decided() -> None:
    """A choice is made of what flows in, and says so in the program."""
    done = rewrite(network(MIXED), "rule r: ($x -> Conv2d($o, 3) as $c) + $y => oneof($x -> $c, $x + $y)")
    assert done.space.size == 2
    assert "oneof(x -> Conv2d(8, 3), x + y) as add_r" in done.program.text
    done = rewrite(network(MIXED), "rule r: $x + $y => ($x -> Conv2d($x.channels, oneof(1, 3))) + $y")
    assert [done.space[place].params - done.space[0].params for place in range(2)] == [0, 8 * 64]


def test_costs_are_those_of_the_match_as_it_is() -> None:
    """`$f.params`, `.macs`, `.flops`, `.memory` and `.trainable`: of the whole match, of a stage, of a block."""
    text = "block B(n) = Conv2d(n, 3) -> ReLU\nnet A(x: f32[N, 8, 4, 4]) = x -> B(8) -> frozen(B(4))"
    asked = [
        ("B($n) as $b where $b.params > 500 => Conv2d($n, 1)", ["B"]),
        ("B($n) as $b where $b.trainable == 0 => Conv2d($n, 1)", ["B.1"]),
        ("B($n) as $b where $b.macs == 9216 and $b.flops == 2 * 9216 => Conv2d($n, 1)", ["B"]),
        ("B($n) as $b where $b.memory == 4 * $b.params => Conv2d($n, 1)", ["B", "B.1"]),
        ("Conv2d($*a) as $c -> ReLU as $r where $r.params == 0 and $c.params > 500 => $r", ["B.Conv2d"]),
        ("(Conv2d($*a) -> ReLU) as $f where $f.params > 500 => ReLU", ["B.Conv2d"]),
    ]
    for rule, paths in asked:
        assert [each.path for each in matches(network(text), rule)] == paths
    done = checked(rewrite(network(text), "Conv2d($*a) as $c => Conv2d($c.params // 100, 1)"))
    assert [each.operation.weights[0].shape[0] for each in done.graphs[0].operations() if each.operation.weights] == [
        5,
        2,
    ]


def test_a_net_with_rules_asks_for_costs() -> None:
    """In a net `with` rules, too, as far as what costs is decided."""
    text = """
block B(n, k = 3) = Conv2d(n, k) -> ReLU
net Big(x: f32[N, 8, 4, 4]) = x -> B(8) -> B(4)
rule r: B($n) as $b where $b.params > 500 => Conv2d($n, 1)
net Small = Big with r
"""
    network = symnas.parse(text).architecture()
    assert [each.path for each in network.graph("Small").operations()] == ["B", "B.1.Conv2d", "B.1.ReLU"]
    found = check_text(text.replace("k = 3", "k = oneof(3, 5)").replace("B($n)", "B($n, $_)")).diagnostics
    assert [each.message for each in found] == ["what `B` costs is not decided where the rule asks for it"]


def test_what_is_not_known_is_reported() -> None:
    """A size that has no value leaves a condition undecided, as does a setting that is not kept."""
    net = network("net A(x: f32[N, 8, H, H]) = x -> ReLU")
    rule = "ReLU as $r where $r.in.height > 3 => Tanh"
    assert [str(each) for each in matches(net, rule)] == ["ReLU: rule_1: ReLU, undecided: `H` is not known"]
    assert rewrite(net, rule).report == "ReLU: rule_1: ReLU, undecided: `H` is not known\n"


REFUSED = [
    ("oneof(Conv2d($*a) -> ReLU, Linear($n)) => ReLU", "E0263", "bound by some alternatives only"),
    ("oneof((Conv2d($*a) -> ReLU) as $f, Linear($*a) as $f) => ReLU", "E0250", "`as $f` names one stage"),
    ("Linear($o) + $y => $y", "E0250", "this stands for no tensor"),
    ("($x -> Linear($x)) + $y => $y", "E0253", "`$x` is a tensor that flows in"),
    ("($a + $b) as $f => $f -> ReLU", "E0250", "`$f` is several layers with several tensors that flow in"),
    ("($x -> Linear($o)) + $y => $z", "E0252", "the pattern binds no `$z`"),
    ("Linear($*a) as $l where $l.parms > 3 => $l", "E0254", "a match has no `parms`"),
    ("Linear($*a) -> " + " -> ".join(["oneof(ReLU, Tanh -> Tanh)"] * 7) + " => ReLU", "E0250", "come to 128 chains"),
]


@pytest.mark.parametrize(("rule", "code", "message"), REFUSED)
def test_patterns_that_make_no_sense_are_refused(rule: str, code: str, message: str) -> None:
    """With a place and a remedy."""
    with pytest.raises(SourceError) as caught:
        matches(network(ROW), rule)
    assert (caught.value.diagnostics[0].code, message in caught.value.diagnostics[0].message) == (code, True)


def test_a_net_with_rules_takes_single_layers_alone() -> None:
    """Chains and joins are for one network."""
    for pattern in ("Conv2d($*a) -> ReLU", "oneof(Tanh -> Tanh, ReLU)", "$a + $b"):
        text = f"net Big(x: f32[N, 8]) = x -> ReLU\nrule r: {pattern} => ReLU\nnet Small = Big with r\n"
        with pytest.raises(SourceError, match="matches several stages"):
            symnas.parse(text).space()


def test_rewriting_goes_on_and_is_undone() -> None:
    """What was rewritten is rewritten again, its names kept; undone, it is what it was, down to the original."""
    net = network(ROW)
    once = rewrite(net, "ReLU => SiLU -> Tanh")
    twice = checked(rewrite(once, "Tanh => GELU", "Linear($o) => Linear($o, bias = false)"))
    assert [each.rule for each in twice.firings] == ["rule_1", "rule_1", "rule_2"]
    assert len(twice.passages) == 3
    assert twice.undone is once
    assert twice.undone.undone.graphs == (net.graph(),)
    assert twice.undone.undone.diff == ""
    assert "-> SiLU -> GELU" in twice.diff
    assert [each.path for each in matches(once, "Tanh => ReLU")] == ["ReLU.Tanh"]
