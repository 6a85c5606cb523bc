"""`frozen` and `quantised`: what they say of layers, what it costs, and that decisions and names stay the layer's."""

from collections.abc import Mapping
from random import Random

import pytest
from enumerating import in_place, members, only, space_of

from symnas.checking import check
from symnas.errors import SourceError
from symnas.expanding import expand
from symnas.graph import Bits, Graph
from symnas.program import parse

BLOCK = "block Unit(out, kernel = oneof(1, 3)) = Conv2d(out, kernel) -> BatchNorm2d -> oneof(ReLU, SiLU)\n"


def frozen(graph: Graph) -> list[str]:
    """Weight paths of what does not train."""
    return [placed.path for placed in graph.operations() if placed.operation.frozen]


def bits(graph: Graph) -> Mapping[str, tuple[int, int]]:
    """Bits of weights and inputs of what is quantised, by path."""
    found = {placed.path: placed.operation.bits for placed in graph.operations()}
    return {path: (each.weights, each.inputs) for path, each in found.items() if each is not None}


def image(body: str, before: str = "") -> Graph:
    """The network of a program over images of 4 channels."""
    return only(f"{before}\nnet A(x: f32[N, 4, 8, 8]) {{\n{body}\n}}\n")


class TestFrozen:
    """`frozen(layer)`: parameters that are there and do not train."""

    def test_params_include_what_trainable_leaves_out(self) -> None:
        """A frozen layer counts in `params` and `memory`, not in `trainable`."""
        graph = image("x -> frozen(Conv2d(8, 3)) -> Conv2d(2, 1)")
        assert graph.params == 4 * 9 * 8 + 8 + 8 * 2 + 2
        assert graph.trainable == 8 * 2 + 2
        assert graph.memory == 4 * graph.params

    def test_claims_read_both(self) -> None:
        """`N.trainable` and `N.params` in an `assert`."""
        text = (
            "net A(x: f32[N, 4]) = x -> frozen(Linear(4)) -> Linear(4)\nassert A.params == 40 and A.trainable == 20\n"
        )
        assert not check(parse(text)).diagnostics

    @pytest.mark.parametrize(
        ("body", "expected"),
        (
            ("x -> frozen(Conv2d(4, 3) -> ReLU -> BatchNorm2d) -> Conv2d(4, 1)", ["Conv2d", "BatchNorm2d"]),
            ("x -> frozen(Unit(4, 1)) -> Unit(4, 1)", ["Unit.Conv2d", "Unit.BatchNorm2d"]),
            ("x -> Plain -> frozen(Plain)", ["Plain.1.Conv2d"]),
            ("x -> frozen(repeat(2) { Plain })", ["repeat.0.Plain.Conv2d", "repeat.1.Plain.Conv2d"]),
            ("body = frozen(Conv2d(4, 1))\nx -> body -> body", ["body", "body.1"]),
            ("x -> frozen(Conv2d(4, 1)) as stem -> Conv2d(4, 1)", ["stem"]),
            ("x -> frozen(Conv2d(4, 1) as stem) -> Conv2d(4, 1)", ["stem"]),
            ("x -> frozen(quantised(Conv2d(4, 1))) -> Conv2d(4, 1)", ["Conv2d"]),
            ("x -> frozen(ReLU)", []),
            ("x -> frozen(Biased)", ["Biased.bias"]),
        ),
    )
    def test_all_kinds_of_layers(self, body: str, expected: list[str]) -> None:
        """Operators, chains, blocks with settings, recipes, repeats and bound layers; weight names stay as they are."""
        before = """
        block Unit(out, kernel) = Conv2d(out, kernel) -> BatchNorm2d
        block Plain = Conv2d(4, 1)
        block Biased(x: [N, C, H, W]) = x + (param([1, C, 1, 1]) as bias)
        """
        assert frozen(image(body, before)) == expected

    def test_shared_weights_train_nowhere(self) -> None:
        """Weights exist once: frozen at one use, they do not train at another."""
        before = "shared f = Conv2d(4, 1)"
        for body in ("x -> frozen(f) -> f", "x -> f -> frozen(f)"):
            graph = image(body, before)
            assert (graph.params, graph.trainable) == (20, 0)

    def test_a_local_shared_layer(self) -> None:
        """`shared f = frozen(…)` says it where the layer is made."""
        graph = image("shared f = frozen(Conv2d(4, 1) -> ReLU)\nx -> f -> f -> Conv2d(1, 1)")
        assert (graph.params, graph.trainable) == (25, 5)


class TestQuantised:
    """`quantised(layer, weights = 8, inputs = 8)`: fewer bits for what multiplies."""

    def test_only_what_multiplies_is_quantised(self) -> None:
        """Convolutions, linear layers, embeddings and recurrent layers; not norms, activations or free weights."""
        graph = image(
            "y = x -> quantised(Conv2d(4, 3) -> BatchNorm2d -> ReLU -> ConvTranspose2d(4, 3) -> Flatten(2) -> GRUs)\ny",
            "block GRUs(x: [N, T, D]) { (y, _) = x -> LayerNorm -> GRU(4)\n y }",
        )
        assert bits(graph) == {"Conv2d": (8, 8), "ConvTranspose2d": (8, 8), "GRUs.GRU": (8, 8)}

    @pytest.mark.parametrize("count", (1, 2, 3, 4, 7, 8, 16, 31, 32))
    def test_memory_is_exact(self, count: int) -> None:
        """Each weight takes its bits times its elements, rounded up to bytes; biases and norms keep 32 bits."""
        graph = image(f"x -> quantised(Conv2d(3, 3) -> BatchNorm2d -> Conv2d(1, 1), weights = {count})")
        weights = -(-4 * 9 * 3 * count // 8) + -(-3 * count // 8)
        assert graph.memory == weights + 4 * (3 + 1) + (4 * 4 * 3 + 8)

    def test_memory_never_grows(self) -> None:
        """A weight that has 16 bits is not kept in 32."""
        before = "net A(x: f16[N, 4])"
        assert only(f"{before} = x -> quantised(Linear(4, bias = false), weights = 32)").memory == 2 * 16
        assert only(f"{before} = x -> quantised(Linear(4, bias = false), weights = 8)").memory == 16

    def test_what_is_said_further_in_holds(self) -> None:
        """The first layer of a quantised chain may say its own bits; 32 rounds nothing."""
        graph = image("x -> quantised(quantised(Conv2d(4, 3), 32, 32) as stem -> Conv2d(4, 3), weights = 4)")
        assert bits(graph) == {"stem": (32, 32), "Conv2d": (4, 8)}

    def test_shared_weights_are_kept_for_their_widest_use(self) -> None:
        """Used at 4 and at 8 bits, or read as they are, they take 8, or all of them."""
        before = "net A(x: i64[N, T]) { shared f = Embedding(10, 4)\n"
        twice = only(f"{before} (x -> quantised(f, weights = 4)) + (x -> quantised(f, weights = 8)) }}")
        assert twice.memory == 40
        read = only(f"{before} (x -> quantised(f, weights = 4)) @ f.weight.transpose(0, 1) }}")
        assert read.memory == 160

    def test_nothing_else_changes(self) -> None:
        """Parameters, multiply-adds and the paths of weights are those of the bare layer."""
        bare, wrapped = (
            image("x -> Conv2d(4, 3) -> Conv2d(2, 1)"),
            image("x -> quantised(Conv2d(4, 3) -> Conv2d(2, 1))"),
        )
        assert (bare.params, bare.macs, bare.trainable) == (wrapped.params, wrapped.macs, wrapped.trainable)
        assert [each.path for each in bare.operations()] == [each.path for each in wrapped.operations()]


class TestChoices:
    """Placeholders inside what is wrapped, and in its bits."""

    def test_bits_are_decisions_called_as_they_are(self) -> None:
        """`weights = oneof(2, 4, 8)` is the decision `A.weights`."""
        space = space_of(
            "net A(x: f32[N, 8]) = x -> quantised(Linear(8), weights = oneof(2, 4, 8), inputs = range(4, 8))"
            " -> quantised(Linear(8), weights = oneof(2, 4))\n"
        )
        assert space.size == 3 * 5 * 2
        assert list(space.sample(Random(0)).picks) == ["A.weights", "A.inputs", "A.weights[1]"]

    @pytest.mark.parametrize("word", ("frozen", "quantised"))
    def test_decisions_are_those_of_the_bare_layer(self, word: str) -> None:
        """The same paths, choices and count with and without the wrap, in the order of the text."""
        inner = "repeat(range(1, 2)) { Unit(4) }"
        text = f"{BLOCK}net A(x: f32[N, 4, 8, 8]) = x -> Unit(4) -> {inner} -> Unit(4)\n"
        bare, wrapped = space_of(text), space_of(text.replace(inner, f"{word}({inner})"))
        assert wrapped.size == bare.size == 4 * (4 + 4**2) * 4
        for index in (0, 17, bare.size - 1):
            assert wrapped[index].picks == bare[index].picks
            names = [each.path for each in bare[index].graph().operations()]
            assert [each.path for each in wrapped[index].graph().operations()] == names

    def test_counts_agree_with_trying(self) -> None:
        """Wrapped and bare uses of one block, chosen between, in loops and in cells."""
        text = f"""{BLOCK}
        cell Mix(x: [N, C, H, W]) = x + (x -> frozen(Unit(C)))
        net A(x: f32[N, 4, 8, 8]) {{
          for i in 0..1 {{
            x = x -> oneof {{ bare: Unit(4), still: frozen(Unit(4)), small: quantised(Unit(4), weights = oneof(2, 4)) }}
          }}
          x -> Mix -> quantised(Mix)
        }}
        """
        space = space_of(text)
        assert space.size == (4 + 4 + 2 * 4) ** 2 * 4
        with in_place():
            assert len(list(members(space_of(text)))) == space.size
        for _ in range(10):
            architecture = space.sample(Random(1))
            assert parse(architecture.text).space()[0].graph() == architecture.graph()
            assert space.index(architecture) >= 0

    def test_wraps_tell_architectures_apart(self) -> None:
        """A layer frozen and the same layer training are two networks."""
        space = space_of("net A(x: f32[N, 8]) = x -> oneof(Linear(8), frozen(Linear(8)), quantised(Linear(8)))\n")
        assert len({space[index].graph() for index in range(3)}) == 3
        assert [space[index].picks["A.oneof"] for index in range(3)] == ["Linear", "frozen", "quantised"]


MISTAKES = (
    ("frozen(x)", "E0409", (1, 35), "`frozen` takes a layer; this is a tensor [N, 8]"),
    ("frozen()", "E0303", (1, 28), "`frozen` needs a layer"),
    ("frozen(Linear(8), 3)", "E0304", (1, 46), "`frozen` takes 1 value in order"),
    (
        "quantised(Linear(8), weights = 0)",
        "E0305",
        (1, 59),
        "`weights` of `quantised` is a whole number of bits from 1",
    ),
    ("quantised(Linear(8), inputs = 33)", "E0305", (1, 58), "`inputs` of `quantised` is a whole number of bits from 1"),
    ("quantised(Linear(8), weights = 3 / 2)", "E0305", (1, 59), "`weights` of `quantised` is a whole number of bits"),
    ("quantised(Linear(8), bits = 3)", "E0301", (1, 49), "`quantised` has no setting `bits`"),
    ("quantised(weights = 3)", "E0303", (1, 28), "`quantised` needs a layer"),
    ("quantized(Linear(8))", "E0201", (1, 28), "nothing is called `quantized`"),
)


@pytest.mark.parametrize(("layer", "code", "place", "message"), MISTAKES)
def test_mistakes(layer: str, code: str, place: tuple[int, int], message: str) -> None:
    """What is wrong is said where it is written, once."""
    try:
        (found,) = check(parse(f"net A(x: f32[N, 8]) = x -> {layer}")).diagnostics
    except SourceError as error:
        (found,) = error.diagnostics
    assert (found.code, (found.line, found.column)) == (code, place)
    assert found.message.startswith(message)


def test_bits_are_values() -> None:
    """They compare and hash by content, as everything in a graph does."""
    assert len({Bits(4, 8), Bits(4, 8), Bits(8, 8)}) == 2


def test_a_parameter_may_be_frozen() -> None:
    """`frozen(param([8]))` is a weight that does not train; what comes of `frozen(Block)` is written so."""
    program = parse("""
block Scale()(x) { y = param([1])
 x * (1 + y) }
net A(x: f32[N, 8]) {
  y = frozen(param([8], init = zeros)) * param([8])
  (x -> frozen(Scale)) + y
}
""")
    again = expand(program.architecture())
    assert again.text.count("frozen(param(") == 2
    for each in (program, again):
        graph = each.architecture().graph()
        assert (graph.trainable, graph.params) == (8, 17)
    assert again.architecture().canonical_hash() == program.architecture().canonical_hash()
