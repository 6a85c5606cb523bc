"""Rules carried out on one network: what matches, what is put down, what that changes, and what is refused."""

import pytest
from attrs import evolve
from canonical import canonical
from rewriting_programs import BIG

import symnas
from symnas.architecture import Architecture
from symnas.errors import SearchError, SourceError
from symnas.rewriting import Rewriting, matches, rewrite


def network(text: str) -> Architecture:
    """The one architecture of a program."""
    return symnas.parse(text).architecture()


def checked(done: Rewriting) -> Rewriting:
    """*done*, whose program reads back to its graphs."""
    done.check()
    return done


SINGLE = [
    "ReLU => SiLU",
    "Conv2d($o, 3, $*r) => Conv2d($o, 5, $*r)",
    "ConvBN($o, $*r) as $b where $b.in == $b.out => $b -> SiLU",
    "ConvBN($o, $*r) as $b where $b.in == $b.out => ConvBN($o, $*r, kernel = 5)",
    "ConvBN($o, 3) => ConvBN($o, 1)",
    "Conv2d($*all) as $c where $c.path in Stem => $c -> Tanh",
    "Conv2d($*all) as $c where $c.path not in Stem => quantised($c, weights = 4)",
    "Conv2d($*all) as $c where $c.path in Stem => Conv2d($c.in.channels * 2, 1)",
    "oneof(ReLU, BatchNorm2d) => Identity",
    "Linear($n) as $x where $x.in.rank == 2 and $x.out.shape[1] == $n => Linear(4)",
    "Conv2d($o, $k, $*r) as $c where $c.in.channels == $o => Conv2d($o, $k, $*r, groups = $o) -> Conv2d($o, 1)",
    "Linear($o) => frozen(Linear($o))",
    "ConvBN(16, $*r) => ConvBN(24, $*r) -> ConvBN(16)",
]


@pytest.mark.parametrize("text", SINGLE)
def test_a_rule_of_one_stage_does_what_a_net_with_it_is(text: str) -> None:
    """The graph after rewriting has the dataflow, and the names of weights, of `net Small = Big with r`."""
    with_rule = network(f"{BIG}rule r: {text}\nnet Small = Big with r\n")
    done = checked(rewrite(network(BIG), f"rule r: {text}"))
    assert canonical(evolve(done.graphs[0], name="Small")) == canonical(with_rule.graph("Small"))
    assert done.firings


CHAINS = [
    ("Conv2d($*c) as $a -> BatchNorm2d as $b => $b -> Conv2d($*c)", "x -> Linear(4)", 0),
    ("Linear($o) -> ReLU => Linear($o)", "x -> Linear(4) -> ReLU -> Linear(4)", 1),
    ("Linear($o) -> ReLU => Linear($o)", "y = x -> Linear(4)\n y -> ReLU", 1),
    ("Linear($o) -> ReLU => Linear($o)", "y = x -> Linear(8)\n (y -> ReLU) + y", 0),
    ("Linear($o) -> ReLU => Linear($o)", "y = x -> Linear(8)\n (y, y -> ReLU)", 0),
    ("Linear($o) -> Linear($o) => Linear($o)", "x -> Linear(4) -> Linear(4)", 1),
    ("Linear($o) -> Linear($o) => Linear($o)", "x -> Linear(4) -> Linear(5)", 0),
    ("Linear($o) -> Linear($o) => Linear($o)", "x -> repeat(4) { Linear(4) }", 2),
    ("Linear($o) -> oneof(ReLU, SiLU) as $a => $a -> Linear($o)", "x -> Linear(4) -> SiLU", 1),
    ("Linear($o) -> $y -> Linear($p) => Linear($p)", "x -> Linear(4) -> Tanh -> Linear(2)", 1),
    ("(Linear($o) -> ReLU) as $f where $f.in == $f.out => Identity", "x -> Linear(8) -> ReLU", 1),
    ("(Linear($o) -> ReLU) as $f where $f.in == $f.out => Identity", "x -> Linear(4) -> ReLU", 0),
    ("Linear($o) as $a -> ReLU as $b where $a.in == $b.out => Identity", "x -> Linear(8) -> ReLU", 1),
    ("(Linear($o) -> ReLU) as $f => $f -> $f", "x -> Linear(4) -> ReLU", 1),
]


@pytest.mark.parametrize(("rule", "body", "count"), CHAINS)
def test_a_chain_matches_along_links_that_nothing_else_reads(rule: str, body: str, count: int) -> None:
    """Stages may stand in statements of their own and in turns of a loop; variables agree in all of them."""
    net = network(f"net A(x: f32[N, 8]) {{\n {body}\n}}\n")
    assert len(checked(rewrite(net, rule)).firings) == len(matches(net, rule)) == count


def test_a_chain_is_replaced_where_it_stands() -> None:
    """A single layer takes over the name of the first stage; several stand below it, captured ones as they were."""
    net = network("net A(x: f32[N, 8]) = x -> Linear(4) as first -> ReLU -> Linear(2)")
    done = checked(rewrite(net, "Linear($o) -> ReLU => Linear($o + 1)"))
    assert done.program.text == "nas 1\n\nnet A(x: f32[N, 8]) = x -> Linear(5) as first -> Linear(2)\n"
    done = checked(rewrite(net, "Linear($o) as $l -> ReLU as $r => $r -> $l"))
    assert [each.path for each in done.graphs[0].operations()] == ["first.ReLU", "first.first", "Linear"]


def test_what_comes_after_is_inferred_anew() -> None:
    """Another width flows on: weights of everything behind it change, through blocks, up to where it is mixed."""
    net = network("block Two = ReLU -> Linear(5)\nnet A(x: f32[N, 8]) = x -> Linear(4) -> Two -> Linear(2)")
    done = checked(rewrite(net, "Linear(4) => Linear(6)"))
    weights = {
        each.path: each.operation.weights[0].shape for each in done.graphs[0].operations() if each.operation.weights
    }
    assert weights == {"Linear": (6, 8), "Two.Linear": (5, 6), "Linear.1": (2, 5)}


def test_types_go_through_when_and_scan() -> None:
    """Sides of a `when` and bodies of a `scan` are gone into, and inferred on what flows in now."""
    net = network("""
net A(x: f32[N, 8]) {
  y = x -> Linear(4)
  when y.mean(1) > 0 { y -> Linear(3) -> ReLU } else { y -> Linear(3) }
}
""")
    done = checked(rewrite(net, "Linear(4) => Linear(6)", "ReLU => SiLU"))
    assert [each.rule for each in done.firings] == ["rule_1", "rule_2"]
    net = network("""
block Step()(x, h) {
  new = (x -> Linear(4)) + h
  (new, new)
}
net Reader(x: f32[N, 6, 8], h: f32[N, 4]) {
  (y, last) = scan(Step, x -> Linear(5), h)
  (y -> Linear(2), last)
}
""")
    done = checked(rewrite(net, "Linear(5) => Linear(7)"))
    shapes = {
        each.path: each.operation.weights[0].shape for each in done.graphs[0].operations() if each.operation.weights
    }
    assert sorted(shapes.values()) == [(2, 4), (4, 7), (7, 8)]
    with pytest.raises(SourceError, match=r"shapes do not fit|the state of `scan` becomes"):
        rewrite(net, "Linear(4) => Linear(3)")


def test_a_rule_that_breaks_the_network_is_told_with_its_match() -> None:
    """The mistake is that of the layer further on; notes say which rule and where. Nothing has changed."""
    net = network(BIG)
    before = net.graph()
    with pytest.raises(SourceError) as caught:
        rewrite(net, "rule wide: ConvBN(16, $*r) as $b where $b.in == $b.out => ConvBN(20, $*r)", at="left")
    (found,) = caught.value.diagnostics
    assert found.span.text == "x + y"
    assert found.notes[0].message == "rule `wide` has put `ConvBN(20, 3, 1)` in place of `ConvBN(16, 3)` at `left`"
    assert net.graph() is before


def test_a_fault_inside_of_the_replacement_is_told_with_its_match() -> None:
    """What does not fit in what is put down is told at its place in the rule, with the match."""
    with pytest.raises(SourceError) as caught:
        rewrite(network(BIG), "rule off: Linear($o) => Conv2d($o, 3)")
    (found,) = caught.value.diagnostics
    assert found.span.text == "Conv2d($o, 3)"
    assert found.notes[0].message == "rule `off` puts this in place of `Linear(10)` at `Linear`"


def test_at_takes_one_match_or_those_below() -> None:
    """A path is that of a match, or of a block that holds some; with the net's name and brackets, too."""
    net = network(BIG)
    for at in ("width.0.repeat.1", "width[0].repeat[1]", "Big.width[0].repeat[1].ConvBN.ReLU"):
        done = checked(rewrite(net, "ReLU => SiLU", at=at))
        assert [each.path for each in done.firings] == ["width.0.repeat.1.ConvBN.ReLU"]
    with pytest.raises(SearchError, match=r"no rule matches at `lefft.ReLU`; they match at left\.ReLU"):
        rewrite(net, "ReLU => SiLU", at="lefft.ReLU")


def test_fixpoint_goes_on_until_nothing_changes() -> None:
    """Rules act on what they have put down in the rounds before; what changes nothing is no replacement."""
    net = network("net A(x: f32[N, 8]) = x -> repeat(5) { Linear(8) } -> ReLU")
    once = rewrite(net, "Linear($o) -> Linear($o) => Linear($o)")
    assert len(once.firings) == 2
    done = checked(rewrite(net, "Linear($o) -> Linear($o) => Linear($o)", fixpoint=True))
    assert len(done.firings) == 4
    assert [each.operation.operator for each in done.graphs[0].operations()] == ["Linear", "ReLU"]
    assert rewrite(net, "Linear($*all) => Linear($*all)", fixpoint=True).firings == ()
    with pytest.raises(SearchError, match="no end after 50 replacements: rule `rule_1`"):
        rewrite(net, "ReLU => ReLU -> ReLU", fixpoint=True, fuel=50)


def test_rules_follow_one_another() -> None:
    """Each acts on what the ones before it have left, never on its own output in one pass."""
    net = network("net A(x: f32[N, 8]) = x -> ReLU")
    done = checked(rewrite(net, "ReLU => SiLU", "SiLU => Tanh -> SiLU", "ReLU => GELU"))
    assert [each.operation.operator for each in done.graphs[0].operations()] == ["Tanh", "SiLU"]


def test_a_shared_operator_is_left_and_a_shared_block_changes_once() -> None:
    """Weights that exist once are left as they are; inside a shared block rules act, for all its uses alike."""
    net = network("""
block Two = Linear(8) -> ReLU
net A(x: f32[N, 8]) {
  shared f = Linear(8)
  shared g = Two
  x -> f -> f -> g -> g
}
""")
    assert [each.path for each in matches(net, "Linear($o) => Linear($o)")] == ["g.Two.Linear", "g.Two.Linear"]
    done = checked(rewrite(net, "ReLU => SiLU"))
    assert [each.path for each in done.firings] == ["g.Two.ReLU", "g.Two.ReLU"]
    assert done.graphs[0].params == net.params
    net = network("""
block Two = Linear(8) -> ReLU
block Twice(f)(x) = x -> f -> f
net A(x: f32[N, 8]) {
  shared g = Two
  x -> Twice(g) -> Twice(g)
}
""")
    assert {each.path for each in checked(rewrite(net, "ReLU => SiLU")).firings} == {"g.Two.ReLU"}
    assert {each.path for each in matches(net, "ReLU => SiLU")} == {"g.Two.ReLU"}
    assert checked(rewrite(net, "ReLU => SiLU", at="g")).graphs == rewrite(net, "ReLU => SiLU").graphs
    with pytest.raises(SearchError, match="no rule matches"):
        rewrite(net, "Linear($o) => Tanh", at="f")


def test_marks_stay_on_what_was_captured() -> None:
    """A captured layer that is frozen or quantised keeps it, whatever is put around it."""
    net = network("block B = frozen(Linear(8)) -> quantised(Linear(8), weights = 4)\nnet A(x: f32[N, 8]) = x -> B")
    done = checked(rewrite(net, "Linear($*all) as $l => $l -> Tanh"))
    marks = [
        (each.operation.frozen, each.operation.bits) for each in done.graphs[0].operations() if each.operation.weights
    ]
    first, second = [each.operation for each in net.graph().operations()]
    assert marks == [(True, None), (False, second.bits)]
    assert first.frozen
    done = checked(rewrite(net, "B as $b => quantised($b, weights = 2)"))
    bits = [each.operation.bits for each in done.graphs[0].operations()]
    assert [each and each.weights for each in bits] == [2, 4]


def test_matches_tell_what_is_captured() -> None:
    """Each with its path, the rule, what matched and what the variables stand for."""
    net = network("block B(out) = Linear(out, bias = false)\nnet A(x: f32[N, 8]) = x -> B(4) -> B(2)")
    found = matches(net, "rule r: Linear($o, $*rest) => Tanh", "rule s: B($n) => Tanh")
    assert [str(each) for each in found] == [
        "B.Linear: r: Linear(4, bias = false), $o = 4, $*rest = (bias = false)",
        "B.1.Linear: r: Linear(2, bias = false), $o = 2, $*rest = (bias = false)",
        "B: s: B(4), $n = 4",
        "B.1: s: B(2), $n = 2",
    ]
    assert [each.path for each in matches(net, "rule s: B($n) => Tanh", at="B[1]")] == ["B.1"]


def test_a_setting_that_is_not_kept_leaves_a_match_undecided() -> None:
    """Where a rule asks for what the network does not tell, it does not act, and the report says so."""
    net = network("block B(sizes)(x) = x -> Linear(sizes[0])\nblock C = B([4, 2])\nnet A(x: f32[N, 8]) = x -> C")
    rule = "rule r: B($s) where $s[0] == 4 => Linear(4)"
    done = rewrite(net, rule)
    assert done.firings == ()
    assert [str(each) for each in done.undecided] == ["C.B: r: B([4, 2]), undecided: `sizes` is not known"]
    assert [each.undecided for each in matches(net, rule)] == ["sizes"]


REFUSED = [
    ("ReLU => Linear(width)", "E0267", "rule `rule_1` reads `width`, which is decided in the network"),
    ("LSTM($*all) => ReLU", "E0268", "the replacement gives 1 tensor; what it replaces gives 3"),
    ("RelU => ReLU", "E0201", "nothing is called `RelU`"),
    ("rule r: B($n) => C\nblock B = Tanh", "E0204", "`B` is declared twice"),
]


@pytest.mark.parametrize(("rule", "code", "message"), REFUSED)
def test_refused(rule: str, code: str, message: str) -> None:
    """Rules that cannot be carried out on one network are refused, with a place and a remedy."""
    net = network(
        "let width = oneof(8, 16)\npick { width: 8 }\nblock B(n) = Linear(n)\nnet A(x: f32[N, 5, 8]) {\n (y, (h, c)) = x -> ReLU -> B(width) -> LSTM(4)\n y + h.mean() + c.mean()\n}"
    )
    with pytest.raises(SourceError) as caught:
        rewrite(net, rule)
    assert (caught.value.diagnostics[0].code, message in caught.value.diagnostics[0].message) == (code, True)


def test_a_net_keeps_the_result_that_it_declares() -> None:
    """Another type than the signature says is refused, with the rule."""
    net = network("net A(x: f32[N, 8]) -> f32[N, 4] = x -> Linear(4)")
    with pytest.raises(SourceError, match="`A` would give"):
        rewrite(net, "Linear(4) => Linear(5)")


def test_rules_of_a_program() -> None:
    """Without others, the rules of the network's own program act; a program of rules stands for all of its."""
    net = network("net A(x: f32[N, 8]) = x -> ReLU\nrule r: ReLU => SiLU\n")
    assert [each.rule for each in rewrite(net).firings] == ["r"]
    rules = symnas.parse("block Two = Tanh -> Tanh\nrule a: ReLU => Two\nrule b: Tanh => SiLU\n")
    done = checked(rewrite(net, rules))
    assert [each.rule for each in done.firings] == ["a", "b", "b"]
    with pytest.raises(SearchError, match="there are no rules"):
        rewrite(network("net A(x: f32[N, 8]) = x -> ReLU"))


def test_a_block_of_several_inputs_and_a_layer_as_argument() -> None:
    """What several tensors flow into is replaced as a whole; layers given to a block are compared."""
    net = network("""
block Mix(act)(a, b) { y = a + b
 y -> act }
net A(x: f32[N, 8]) { y = x -> Linear(8)
 (x, y) -> Mix(LeakyReLU(0.2)) }
""")
    assert len(matches(net, "Mix(LeakyReLU($s)) => Mix(ReLU)")) == 1
    assert matches(net, "Mix(LeakyReLU(0.3)) => Mix(ReLU)") == []
    done = checked(rewrite(net, "Mix(LeakyReLU($s)) => Mix(ELU($s))"))
    assert "ELU(alpha = 0.2)" in done.program.text


def test_at_tells_siblings_from_turns() -> None:
    """`Linear` is not `Linear[1]`; `repeat`, which nothing is called, is all of its turns."""
    net = network("net A(x: f32[N, 8]) = x -> Linear(8) -> Linear(8) -> repeat(2) { Linear(8) }")
    rule = "Linear($o) => Linear($o, bias = false)"
    assert [each.path for each in rewrite(net, rule, at="Linear").firings] == ["Linear"]
    assert [each.path for each in rewrite(net, rule, at="Linear[1]").firings] == ["Linear.1"]
    assert len(rewrite(net, rule, at="repeat").firings) == len(matches(net, rule, at="repeat")) == 2


def test_a_weight_that_is_read_stays() -> None:
    """Where another step reads a weight, what has it may not lose it or give it another shape."""
    net = network("""
net A(x: f32[N, 8]) {
  shared embed = Linear(4)
  y = x -> embed -> ReLU
  y @ embed.weight
}
""")
    done = checked(rewrite(net, "ReLU => SiLU"))
    assert len(done.firings) == 1
    with pytest.raises(SourceError):
        rewrite(net, "ReLU => Linear(3)")


def test_settings_of_the_recipe_are_known() -> None:
    """A network that reads `train` is rewritten with its recipe."""
    net = network("net A(x: f32[N, 8]) = x -> ReLU -> Dropout(train.drop)\ntrain { drop: 0.2 }\n")
    assert "train {" in checked(rewrite(net, "ReLU => SiLU")).program.text
