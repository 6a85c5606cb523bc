"""Rules with placeholders on one network: a space comes of it, that which a net `with` the rule is."""

from collections import Counter

import pytest
from rewriting_programs import BIG

import symnas
from symnas.architecture import Architecture
from symnas.errors import SourceError
from symnas.graph import Graph
from symnas.rewriting import rewrite
from symnas.space import Space


def network(text: str = BIG) -> Architecture:
    """The one architecture of a program."""
    return symnas.parse(text).architecture()


SINGLE = [
    ("ReLU as $r where $r.in.channels > 8 => oneof(ReLU, SiLU)", 2**4),
    ("Conv2d($*all) as $c where $c.path in Stem => quantised($c, weights = oneof(4, 8))", 2),
    ("ConvBN($o, $*r) as $b where $b.in == $b.out => maybe($b)", 2**5),
    ("Conv2d($o, 3, $*r) as $c where $c.path in Stem => Conv2d($o * oneof(1, 2), oneof(3, 5), $*r)", 2 * 2),
    ("ConvBN(16, $*r) as $b where $b.in == $b.out => oneof($b, Conv2d($b.out.channels, 3) -> ReLU)", 2**3),
    ("Linear($o) => Linear($o * oneof(1, 2)) -> Linear($o, bias = oneof(true, false))", 2 * 2),
    ("Stem($o) => repeat(range(1, 2)) { Stem($o) }", 2),
    ("Linear($o) as $l => Linear($l.in.features * oneof(1, 2)) -> $l", 2),
    ("Linear($o) as $l => if $l.in == $l.out { Tanh } else { oneof($l, Tanh -> Linear($o)) }", 2),
    ("Stem($o) as $s => if $s.path in ConvBN { $s } else { $s -> maybe(Tanh) }", 2),
]


@pytest.mark.parametrize(("rule", "size"), SINGLE)
def test_a_rule_that_decides_makes_the_space_of_a_net_with_it(rule: str, size: int) -> None:
    """The networks of `rewrite(…).space` are those of `net Small = Big with r`, names of weights included."""
    done = rewrite(network(), f"rule r: {rule}")
    with_rule = symnas.parse(f"{BIG}rule r: {rule}\nnet Small = Big with r\n").space()
    assert done.decides
    assert done.space.size == with_rule.size_of("Small") == size
    assert members(done.space, "Big") == members(with_rule, "Small")


def members(space: Space, net: str) -> Counter[object]:
    """What *net* is in each architecture: its dataflow and its weights."""
    return Counter(told(space[place].graph(net)) for place in range(int(space.size)))


def told(graph: Graph) -> object:
    """A graph by its dataflow and the names and shapes of its weights."""
    weights = {
        (each.path, weight.name, weight.shape) for each in graph.operations() for weight in each.operation.weights
    }
    return graph.canonical().hash, frozenset(weights)


def test_a_chain_is_replaced_by_a_choice() -> None:
    """A rule of several stages decides as well, which a net `with` rules cannot."""
    done = rewrite(network(), "rule turn: Conv2d($*a) as $c -> BatchNorm2d as $b => oneof($c -> $b, $b -> $c)")
    assert (done.space.size, len(done.firings)) == (2**7, 7)


def test_decisions_are_called_by_match_and_rule() -> None:
    """A space from one network is read and picked from by paths that say where, and which rule it was."""
    net = network("net A(x: f32[N, 8]) = x -> Linear(4) as first -> ReLU -> Linear(2)")
    done = rewrite(net, "rule wide: Linear(4, $*r) => Linear(4 * oneof(1, 2), bias = oneof(true, false), $*r)")
    assert done.program.text == (
        "nas 1\n\n"
        "net A(x: f32[N, 8]) =\n"
        "  x\n"
        "    -> Linear(\n"
        "      4 * (oneof(1, 2) as first_wide_oneof),\n"
        "      bias = oneof(true, false) as first_wide_bias\n"
        "    ) as first -> ReLU -> Linear(2)\n"
    )
    assert set(done.space[0].picks) == {"A.first_wide_oneof", "A.first_wide_bias"}


def test_captured_layers_may_be_given_to_blocks_and_stand_in_lists() -> None:
    """Wherever they stand in what is put down, they are what they were; the block that is called is declared."""
    rules = """
block Keep(f)(x) = x -> f -> maybe(Tanh)
rule keep: Linear(4, $*_) as $l => Keep($l)
rule list: Linear(2, $*_) as $l => [$l, $l -> Tanh][oneof(0, 1)]
"""
    net = network("net A(x: f32[N, 8]) = x -> Linear(4) as first -> Linear(2, bias = false)")
    done = rewrite(net, symnas.parse(rules))
    assert done.space.size == 2 * 2
    assert {done.space[place].params for place in range(4)} == {8 * 4 + 4 + 4 * 2}
    done = rewrite(
        net, "Linear(4) as $l => oneof(*{as_it_is: $l, bounded: $l -> Tanh}, prior = {bounded: 0.3})", fixpoint=True
    )
    assert done.space.size == 2


def test_a_place_alone_is_left_open() -> None:
    """`at` leaves one match to be decided; the others stay as they are."""
    done = rewrite(network(), "rule r: ReLU => oneof(ReLU, SiLU)", at="left")
    assert (done.space.size, [each.path for each in done.firings]) == (2, ["left.ReLU"])


def test_rules_after_one_that_decides_act_around_it() -> None:
    """What is not decided is left alone by the rules that follow; all else they change, and blocks are declared."""
    rules = """
block Twice(n)(x) = x -> Linear(n) -> Linear(n)
rule a: Linear($o) => oneof(Linear($o), Twice($o)) -> ReLU
rule b: ReLU => SiLU
rule c: Tanh => GELU
"""
    net = network("net A(x: f32[N, 8]) = x -> Linear(4) -> Tanh -> ReLU -> Linear(2)")
    done = rewrite(net, symnas.parse(rules))
    assert [str(each) for each in done.firings] == [
        "Linear: a: Linear(4) → oneof(Linear(4), Twice(4)) -> ReLU",
        "Linear.1: a: Linear(2) → oneof(Linear(2), Twice(2)) -> ReLU",
        "ReLU: b: ReLU → SiLU",
        "Tanh: c: Tanh → GELU",
    ]
    assert done.space.size == 4
    assert "block Twice(n)(x)" in done.program.text


def test_a_choice_that_makes_no_network_is_told() -> None:
    """What does not fit under some choice is the mistake that it is in a program, and nothing has changed."""
    net = network("net A(x: f32[N, 8]) { y = x -> Linear(8)\n x + y }")
    with pytest.raises(SourceError) as caught:
        rewrite(net, "rule wide: Linear($o) => Linear($o * oneof(1, 2))")
    (found,) = caught.value.diagnostics
    assert found.code == "E0403"


def test_marks_and_several_outputs_are_written() -> None:
    """Frozen and quantised layers that are captured stay so; an LSTM's outputs are taken apart as before."""
    net = network("""
net A(x: f32[N, 5, 8]) {
  (y, (h, c)) = x -> frozen(Linear(8)) -> LSTM(4)
  y + h.mean() + c.mean()
}
""")
    done = rewrite(net, "LSTM($*r) as $l => oneof($l, LSTM($*r, bias = false))", "Linear($o) as $l => maybe($l)")
    assert done.space.size == 4
    for place in range(4):
        graph = done.space[place].graph()
        assert all(each.operation.frozen for each in graph.operations() if each.operation.operator == "Linear")
