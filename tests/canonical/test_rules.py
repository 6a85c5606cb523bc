"""Each rule for equal networks by itself: what it joins, what it leaves apart, and what no rule joins."""

import subprocess
import sys
from random import Random

import pytest

import symnas
from symnas.canonical import CONVENTIONS, EXACT, Canonical, Rule, read_rules, rules_of, rules_text
from symnas.errors import SearchError

HEAD = "nas 1\nblock Half(c)(x) = x -> Conv2d(c, 3) -> ReLU\n"


def form(body: str, rules: object = None, head: str = HEAD) -> Canonical:
    """The canonical form of a net with *body*, on images of four channels."""
    text = f"{head}net A(x: f32[N, 4, 8, 8]) {{\n{body}\n}}\n"
    return symnas.parse(text).space()[0].graph().canonical(rules)  # type: ignore[arg-type]  # a test's choice


SAME: tuple[tuple[str, str, str], ...] = (
    ("names", "x -> Half(8)", "left = x -> Conv2d(8, 3) as stem\n left -> ReLU as act"),
    ("commutative", "(x -> Conv2d(4, 1)) + (x -> Conv2d(4, 3))", "(x -> Conv2d(4, 3)) + (x -> Conv2d(4, 1))"),
    ("commutative", "(x -> Conv2d(4, 1)) * x", "x * (x -> Conv2d(4, 1))"),
    ("commutative", "maximum(x, x -> ReLU)", "maximum(x -> ReLU, x)"),
    ("commutative", "2 * x", "x * 2"),
    ("commutative", "mean([x, x -> ReLU, x -> SiLU])", "mean([x -> SiLU, x -> ReLU, x])"),
    ("identities", "x -> Dropout(0.0) -> ReLU", "x -> ReLU"),
    ("identities", "x -> AvgPool2d(1) -> ReLU", "x -> ReLU"),
    ("identities", "x -> ReLU -> DropPath(0)", "x -> ReLU"),
    ("identities", "x[:, :4] -> ReLU", "x -> ReLU"),
    ("identities", "(x + 0) * 1 -> ReLU", "x -> ReLU"),
    ("identities", "x -> AdaptiveAvgPool2d(8) -> ReLU", "x -> ReLU"),
    ("zero", "(x -> ReLU) + (x -> Zero)", "x -> ReLU"),
    ("zero", "(x -> ReLU) + (x -> Zero -> MaxPool2d(3, stride = 1) -> GELU)", "x -> ReLU"),
    ("zero", "(x -> ReLU) + (x -> Zero -> Conv2d(4, 3, bias = false))", "x -> ReLU"),
    ("zero", "(x -> ReLU) + x * (x -> Zero)", "x -> ReLU"),
    ("zero", "x -> Zero", "x -> Conv2d(4, 1) -> Zero"),
    ("nested_sums", "(x + (x -> ReLU)) + (x -> SiLU)", "sum([x, x -> ReLU, x -> SiLU])"),
    ("nested_sums", "x + ((x -> ReLU) + (x -> SiLU))", "(x + (x -> ReLU)) + (x -> SiLU)"),
    ("repeats", "(x -> ReLU -> Conv2d(4, 1)) + (x -> ReLU -> Conv2d(4, 3))",
     "y = x -> ReLU\n (y -> Conv2d(4, 1)) + (y -> Conv2d(4, 3))"),
    ("trees", "(x -> Conv2d(4, 1)) + (x -> Conv2d(4, 1))", "y = x -> Conv2d(4, 1)\n y + y"),
    ("zero_layers", "(x -> ReLU) + (x -> Zero -> Conv2d(4, 3) -> BatchNorm2d)", "x -> ReLU"),
    ("widths", "x -> Conv2d(8, 1) -> Conv2d(4, 1)", "x -> Conv2d(16, 1) -> Conv2d(4, 1)"),
    ("widths", "x[:, :2] -> Conv2d(4, 1)", "x -> Conv2d(4, 1)"),
    ("concat_order", "concat([x -> ReLU, x -> SiLU])", "concat([x -> SiLU, x -> ReLU])"),
)  # fmt: skip
"""A rule, and two bodies that are the same network by it."""

NEEDS = {"dead": {Rule.ZERO}, "zero_layers": {Rule.ZERO}, "nested_sums": {Rule.COMMUTATIVE}}
"""Rules that say something only beside others."""


@pytest.mark.parametrize(("name", "one", "other"), SAME)
def test_a_rule_joins_what_it_is_about(name: str, one: str, other: str) -> None:
    """With the rule, and what it cuts off left out, the two are the same network; with all other rules they are not."""
    rule = Rule(name)
    beside = {rule, Rule.DEAD, *NEEDS.get(name, ())}
    assert form(one, beside) == form(other, beside)
    if rule is not Rule.NAMES:
        without = EXACT - {rule} if rule in EXACT else EXACT
        if name == "zero":
            without -= {Rule.IDENTITIES}
        assert form(one, without) != form(other, without)


DIFFERENT: tuple[tuple[str, str], ...] = (
    ("x - (x -> ReLU)", "(x -> ReLU) - x"),
    ("2 - x", "x - 2"),
    ("x / 2", "2 / x"),
    ("concat([x -> ReLU, x -> SiLU])", "concat([x -> SiLU, x -> ReLU])"),
    ("x -> Conv2d(4, 1)", "x -> Conv2d(4, 1, bias = false)"),
    ("x -> Conv2d(4, 1)", "x -> Conv2d(4, 1, init = zeros)"),
    ("x -> Dropout(0.1)", "x -> Dropout(0.2)"),
    ("x + (x -> Zero -> Conv2d(4, 1))", "x"),
    ("x + (x -> Zero -> BatchNorm2d)", "x"),
    ("x + (x -> Zero -> Sigmoid)", "x"),
    ("mean([x, x -> ReLU, x -> Zero])", "mean([x, x -> ReLU])"),
    ("(x -> Conv2d(4, 1)) + (x -> Conv2d(4, 1))", "y = x -> Conv2d(4, 1)\n y + y"),
    ("x + (x -> ReLU) + (x -> ReLU)", "x + (x -> ReLU)"),
    ("(x -> Dropout(0.5)) + (x -> Dropout(0.5))", "y = x -> Dropout(0.5)\n y + y"),
    ("{a: x -> ReLU, b: x}", "{a: x, b: x -> ReLU}"),
    ("(x, x -> ReLU)", "(x -> ReLU, x)"),
    ("{a: x -> ReLU, aux: training(x -> SiLU)}", "{a: x -> ReLU, aux: x -> SiLU}"),
    ("shared f = Conv2d(4, 1)\n x -> f -> ReLU -> f", "x -> Conv2d(4, 1) -> ReLU -> Conv2d(4, 1)"),
    ("x -> Conv2d(4, 1) -> ReLU", "x -> frozen(Conv2d(4, 1)) -> ReLU"),
    ("a = x -> Conv2d(4, 1)\n b = x -> Conv2d(4, 1)\n a + (a -> ReLU) + b", "a = x -> Conv2d(4, 1)\n b = x -> Conv2d(4, 1)\n a + (b -> ReLU) + b"),
)  # fmt: skip
"""Bodies that no rule which is exact makes one; the last but one row has a twin that is the same."""


@pytest.mark.parametrize(("one", "other"), DIFFERENT[:-1])
def test_exact_rules_join_nothing_that_differs(one: str, other: str) -> None:
    """Networks that compute something else, train otherwise, or answer otherwise stay apart."""
    assert form(one) != form(other)


def test_which_of_two_equal_layers_is_read_where_says_nothing() -> None:
    """Two layers alike may be exchanged as a whole, but a layer read twice is not two that are read once."""
    one, other = DIFFERENT[-1]
    assert form(one) == form(other)
    apart = "a = x -> Conv2d(4, 1)\n b = x -> Conv2d(4, 1)\n c = x -> Conv2d(4, 1)\n a + (b -> ReLU) + c"
    assert form(one) != form(apart)


def test_a_shared_layer_applied_twice_alike_is_applied_once() -> None:
    """A shared layer gives the same for the same input, unless each use moves statistics that it keeps."""
    for layer, same in (("Conv2d(4, 1)", True), ("BatchNorm2d", False)):
        twice = form(f"shared f = {layer}\n (x -> f) * (x -> f)")
        once = form(f"y = x -> {layer}\n y * y")
        shared_once = form(f"shared f = {layer}\n y = x -> f\n z = x -> f\n y * z + (y -> ReLU)")
        again = form(f"shared f = {layer}\n y = x -> f\n y * (x -> f) + (x -> f -> ReLU)")
        assert (shared_once == again) == same
        assert (twice.text.count(layer.partition("(")[0]) == 1) == same
        assert once.text.count(layer.partition("(")[0]) == 1


def test_what_elaboration_leaves_out_needs_no_rule() -> None:
    """`Identity`, and sums and joins of one, are in no elaborated network."""
    for body in ("x -> Identity -> ReLU", "sum([x]) -> ReLU", "concat([x]) -> ReLU"):
        assert form(body, ()) == form("x -> ReLU", ())


def test_shared_weights_are_seen_wherever_they_are() -> None:
    """A shared layer is the same under another name and in a block; which of two is shared matters."""
    one = form("shared f = Conv2d(4, 1)\n shared g = Conv2d(4, 1)\n x -> f -> g -> ReLU -> f")
    renamed = form("shared one = Conv2d(4, 1)\n shared two = Conv2d(4, 1)\n x -> two -> one -> ReLU -> two")
    crossed = form("shared f = Conv2d(4, 1)\n shared g = Conv2d(4, 1)\n x -> f -> g -> ReLU -> g")
    assert one == renamed
    assert one != crossed
    used = form("shared f = Conv2d(4, 1)\n x -> f -> ReLU", head=HEAD)
    assert used == form("x -> Conv2d(4, 1) -> ReLU")


WHEN = "gate = x -> GlobalAvgPool2d -> Flatten -> Linear(1) -> Flatten(0)\n when gate > {least} {{ x -> {then} }} else {{ {other} }}"


def when(least: float, then: str, other: str) -> Canonical:
    """A network that takes one way or the other for each sample."""
    return form(WHEN.format(least=least, then=then, other=other))


def test_sides_of_a_when_take_part() -> None:
    """What a `when` asks, and which side does what, is part of the network; how a side is written is not."""
    one = when(0, "Conv2d(4, 3) -> ReLU", "x")
    assert one == when(0, "Half(4)", "x -> Identity")
    assert one != when(1, "Half(4)", "x")
    assert one != when(0, "Conv2d(4, 1) -> ReLU", "x")
    assert when(0, "ReLU", "x") != form(
        "gate = x -> GlobalAvgPool2d -> Flatten -> Linear(1) -> Flatten(0)\n y = x -> ReLU\n when gate > 0 { x } else { y }"
    )


SCAN = """
block Step(x: [N, D], h: [N, D]) = {step}
net A(x: f32[N, T, 4], state: f32[N, 4]) {{
  (y, last) = scan(Step, x, state, over = {over})
  (y, last)
}}
"""


def scan(step: str, over: int = 1) -> Canonical:
    """A network that does a *step* for each place of a sequence."""
    return symnas.parse(SCAN.format(step=step, over=over)).space()[0].graph().canonical()


def test_what_a_scan_does_takes_part() -> None:
    """The body of a `scan` is compared as the rest is, and which value is the state matters."""
    one = scan("tanh((x -> Linear(D)) + (h -> Linear(D, bias = false)))")
    assert one == scan("tanh((h -> Linear(D, bias = false)) + (x -> Linear(D) -> Dropout(0.0)))")
    assert one != scan("tanh((x -> Linear(D, bias = false)) + (h -> Linear(D)))")
    assert one != scan("relu((x -> Linear(D)) + (h -> Linear(D, bias = false)))")


TIED = """
net A(tokens: i64[N, T]) {{
  shared embed = Embedding(10, 4)
  shared other = Embedding(10, 4)
  y = (tokens -> embed) * (tokens -> other) * (tokens -> embed)
  y @ {which}.weight.transpose(0, 1)
}}
"""


def test_whose_weight_is_read_takes_part() -> None:
    """A weight that is read belongs to a layer: to another one is another network."""
    first, second = (
        symnas.parse(TIED.format(which=each)).space()[0].graph().canonical() for each in ("embed", "other")
    )
    assert first != second


def test_names_of_sizes_inputs_and_nets_say_nothing() -> None:
    """Only how a network is put together does."""
    texts = ("net A(x: f32[N, 4, H, W]) = x -> Conv2d(4, 3)", "net B(image: f32[M, 4, S, T]) = image -> Conv2d(4, 3)")
    one, other = (symnas.parse(text).space()[0].graph().canonical() for text in texts)
    assert one == other
    square = symnas.parse("net A(x: f32[N, 4, H, H]) = x -> Conv2d(4, 3)").space()[0].graph().canonical()
    assert one != square


def test_an_architecture_written_out_keeps_its_hash() -> None:
    """The program that `expand` writes for an architecture is the same network."""
    space = symnas.load("samples/cells.nas").space()
    for seed in range(5):
        found = space.sample(Random(seed))
        again = symnas.parse(symnas.expand(found).text).space()[0]
        assert again.canonical_hash() == found.canonical_hash()


def test_the_hash_is_the_same_in_every_process() -> None:
    """Nothing of the process, its seeds of hashes above all, is in it."""
    code = (
        "import symnas; print(symnas.parse('net A(x: f32[N, 4, 8, 8]) = (x -> Conv2d(4, 1)) + (x -> Conv2d(4, 1))')"
        ".space()[0].canonical_hash())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
    assert len(found.pop().strip()) == 64


def test_rules_are_written_in_text() -> None:
    """`exact` stands for all that are exact, `-` takes one away, and names alone say what is meant."""
    assert rules_of(None) == read_rules("exact") == EXACT
    assert read_rules("exact,-zero, trees") == EXACT - {Rule.ZERO} | {Rule.TREES}
    assert rules_of(["zero", Rule.DEAD]) == {Rule.NAMES, Rule.ZERO, Rule.DEAD}
    assert read_rules(rules_text(EXACT | CONVENTIONS)) == frozenset(Rule)
    assert all(each.meaning for each in Rule)
    with pytest.raises(SearchError, match="no rule for equal networks is called `nested_sum`; `nested_sums`"):
        read_rules("nested_sum")
