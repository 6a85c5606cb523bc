"""The generated PyTorch source: what is written, and that it says what the graph says."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import torch
from graphs import Block, digits_cnn, resnet50, tensor
from torch import nn

import symnas
from symnas.compilers.torch import build, generate
from symnas.errors import CompileError
from symnas.graph import Graph, Operation, Scope
from symnas.operators.base import Applied, Operator, TorchForm, Weight
from symnas.operators.registry import OPERATORS, register, unregister
from symnas.spans import Source, Span
from symnas.types import Dtype

GOLDENS = Path(__file__).parent / "goldens"


@pytest.fixture(scope="module", autouse=True)
def _operators() -> Iterator[None]:
    """Operators that the library has under other names or not yet: a free-standing parameter, a size at run time."""
    register(
        Operator(
            "test_param",
            (),
            lambda _, __: Applied((tensor(1, 4),), (Weight("", (1, 4)),)),
            lambda _, __: TorchForm(module="nn.Parameter(torch.ones(1, 4))", call="{self}"),
            inputs=(),
        )
    )
    register(
        Operator(
            "test_positions",
            (),
            lambda _, __: Applied((tensor("F", dtype=Dtype.I64),)),
            lambda _, __: TorchForm(call="torch.arange(F, device={device})", symbols=frozenset({"F"})),
            inputs=(),
        )
    )
    yield
    unregister("test_param")
    unregister("test_positions")


def one_class_count(source: str, name: str) -> int:
    return source.count(f"\nclass {name}(")


# ------------------------------------------------------------------------------------------- goldens


@pytest.mark.parametrize("graph", (digits_cnn(), resnet50()), ids=lambda graph: graph.name)
def test_the_generated_file_is_as_it_was_approved(graph: Graph) -> None:
    """The text equals its golden file; `SYMNAS_UPDATE_GOLDENS=1` writes it anew."""
    golden = GOLDENS / f"{graph.name}.txt"
    text = generate(graph, f"{graph.name} of the tests.\n\npick {{ }}")
    if os.environ.get("SYMNAS_UPDATE_GOLDENS"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_the_same_graph_gives_the_same_text() -> None:
    """Nothing in the text depends on the order of sets, identities or what was generated before."""
    assert generate(resnet50()) == generate(resnet50())


# ------------------------------------------------------------------------------------------- classes


def test_blocks_that_differ_in_numbers_are_one_class() -> None:
    """`ConvBN` at many widths is written once with parameters; with another activation it is another class."""
    source = generate(resnet50())
    assert [one_class_count(source, name) for name in ("ConvBN", "ConvBN2", "ConvBN3", "Bottleneck3")] == [1, 1, 0, 0]


def test_every_use_of_a_block_has_weights_of_its_own() -> None:
    """Two uses of an equal scope are two instances of one class."""
    inner = Block("Layer", x=tensor("N", 4))
    scope = inner.scope(inner.apply("Linear", 0, out_features=4))
    net = Block("Net", x=tensor("N", 4))
    y = net.use(scope, net.use(scope, 0), name="Layer.1")
    built = build(net.graph(y))
    keys = [f"{path}.{kind}" for path in ("Layer.Linear", "Layer.1.Linear") for kind in ("weight", "bias")]
    assert list(built.state_dict()) == keys
    assert built.get_parameter("Layer.Linear.weight") is not built.get_parameter("Layer.1.Linear.weight")


def test_a_block_called_like_the_network_gets_another_name() -> None:
    """The network keeps its name; `import`ed and Python names are kept clear of."""
    inner = Block("Net", x=tensor("N", 4))
    scope = inner.scope(inner.apply("Linear", 0, out_features=4))
    functional = Block("F", x=tensor("N", 4))
    other = functional.scope(functional.apply("ReLU", functional.apply("Linear", 0, out_features=4)))
    net = Block("Net", x=tensor("N", 4))
    built = build(net.graph(net.use(other, net.use(scope, 0))))
    assert type(built).__name__ == "Net"
    assert built(torch.zeros(2, 4)).shape == (2, 4)


def test_many_differences_make_classes_of_their_own() -> None:
    """A class with more than eight parameters would be no easier to read, so each variant is written out."""
    net = Block("Net", x=tensor("N", 1))
    value = 0
    for variant in range(2):
        inner = Block("Wide", x=net.type(value))
        y = 0
        for layer in range(10):
            y = inner.apply("Linear", y, out_features=2 + layer + 20 * variant, name=f"fc{layer}")
        value = net.use(inner.scope(y), value, name=f"Wide.{variant}")
    graph = net.graph(value)
    source = generate(graph)
    assert one_class_count(source, "Wide") == one_class_count(source, "Wide2") == 1
    assert sum(each.numel() for each in build(graph).parameters()) == graph.params


# ------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize("name", ("forward", "train", "type", "half", "class", "keys", "_modules", "T_destination"))
def test_any_word_of_the_language_can_name_a_layer(name: str) -> None:
    """Words of `nn.Module` and of Python keep their exact weight path, alone, in a container and in a loop."""
    net = Block("Net", x=tensor("N", 4))
    paths = [name, f"{name}.1", f"{name}.0.inner", f"loop.0.{name}", f"loop.1.{name}.Linear", f"other.{name}"]
    y = 0
    for path in paths:
        y = net.apply("Linear", y, out_features=4, name=path)
    built = build(net.graph(y))
    assert sorted(built.state_dict()) == sorted(f"{path}.{kind}" for path in paths for kind in ("weight", "bias"))
    assert built.train() is built
    assert built(torch.zeros(2, 4)).shape == (2, 4)


@pytest.mark.parametrize("name", ("lambda", "self", "torch", "F", "x", "nn", "größe"))
def test_any_word_of_the_language_can_name_an_input(name: str) -> None:
    """Inputs called like Python's or PyTorch's words work."""
    inner = Block("Inner", **{name: tensor("N", 4)})
    scope = inner.scope(inner.apply("ReLU", inner.apply("add", 0, 0)))
    net = Block("Net", **{name: tensor("N", 4)})
    built = build(net.graph(net.use(scope, 0)))
    assert torch.equal(built(torch.ones(1, 4)), torch.full((1, 4), 2.0))


def test_two_layers_at_one_path_are_refused() -> None:
    """Weights under one name would overwrite each other; the message has the path and the place."""
    source = Source("two.nas", "a\nb\n")
    net = Block("Net", x=tensor("N", 4))
    y = net.apply("Linear", 0, out_features=4, name="fc")
    y = net.apply("Linear", y, out_features=4, name="fc", span=Span(source, 2, 3))
    with pytest.raises(CompileError, match=r"two layers have the weight path `fc` \(two.nas:2:1\)"):
        generate(net.graph(y))


def test_parameters_and_containers_can_have_one_name() -> None:
    """`pos` and `pos.1` are both parameters under exactly these names, at the top and inside a container."""
    net = Block("Net", x=tensor("N", 4))
    y = 0
    for path in ["pos", "pos.1", "turn.0.pos", "turn.0.pos.1", "turn.1.pos"]:
        y = net.apply("add", y, net.apply("test_param", name=path))
    built = build(net.graph(y))
    assert sorted(built.state_dict()) == ["pos", "pos.1", "turn.0.pos", "turn.0.pos.1", "turn.1.pos"]
    assert torch.equal(built(torch.zeros(2, 4)), torch.full((2, 4), 5.0))
    state = {name: torch.full_like(value, 2.0) for name, value in built.state_dict().items()}
    built.load_state_dict(state)
    assert torch.equal(built(torch.zeros(2, 4)), torch.full((2, 4), 10.0))


def test_what_stands_in_texts_cannot_break_the_file() -> None:
    """Quotes, backslashes and line breaks in headers, settings and file names stay what they are."""
    nasty = 'a """ \\ \n import os"'
    inner = Block("Inner", {"why": nasty}, x=tensor("N", 4))
    place = Span(Source("dir/evil\nname.nas", "x"), 0, 1)
    scope = inner.scope(inner.apply("Linear", 0, out_features=4, span=place))
    net = Block("Net", x=tensor("N", 4))
    built = build(net.graph(net.use(scope, 0, span=place), outputs={'la"bel\n': 0}), header=nasty)
    assert list(built(torch.zeros(1, 4))) == ['la"bel\n']


# ------------------------------------------------------------------------------------------- sharing


def test_shared_weights_are_made_once_and_used_wherever() -> None:
    """A shared layer used in the net and inside nested blocks has one key, counts once, and is one tensor."""
    inner = Block("Inner", x=tensor("N", 4))
    deep = inner.apply("Linear", 0, out_features=4, name="first", shared="embed")
    scope = inner.scope(inner.apply("Linear", deep, out_features=4, name="own"))
    outer = Block("Outer", x=tensor("N", 4))
    nested = outer.scope(outer.use(scope, 0))
    net = Block("Net", x=tensor("N", 4))
    y = net.use(nested, 0)
    y = net.apply("Linear", y, out_features=4, name="embed", shared="embed")
    graph = net.graph(net.use(nested, y, name="Outer.1"))
    built = build(graph)
    assert [key for key in built.state_dict() if "embed" in key] == ["embed.weight", "embed.bias"]
    assert sum(each.numel() for each in built.parameters()) == graph.params == 3 * 20
    assert one_class_count(generate(graph), "Inner") == 1

    own, other = built.get_submodule("Outer.Inner.own"), built.get_submodule("Outer.1.Inner.own")
    x, embed = torch.randn(3, 4), built.get_submodule("embed")
    torch.testing.assert_close(built(x), other(embed(embed(own(embed(x))))))


def test_weights_shared_within_a_block_belong_to_its_class() -> None:
    """Each application of the block has shared weights of its own, made by the block's class, which is one class."""
    net = Block("Net", x=tensor("N", 4))
    y = 0
    for turn in range(2):
        path = f"turn.{turn}.Twice"
        inner = Block("Twice", x=tensor("N", 4))
        z = inner.apply("Linear", 0, out_features=4, name="both", shared=f"{path}.both")
        z = inner.apply("Linear", z, out_features=4, name="both", shared=f"{path}.both")
        y = net.use(inner.scope(z), y, name=path)
    graph = net.graph(y)
    assert one_class_count(generate(graph), "Twice") == 1
    assert "Twice2" not in generate(graph)
    keys = [f"turn.{turn}.Twice.both.{kind}" for turn in range(2) for kind in ("weight", "bias")]
    assert list(build(graph).state_dict()) == keys


def test_a_shared_block_is_one_instance() -> None:
    """Blocks can be shared as layers can."""
    inner = Block("Inner", x=tensor("N", 4))
    scope = inner.scope(inner.apply("Linear", 0, out_features=4))
    net = Block("Net", x=tensor("N", 4))
    y = net.use(scope, net.use(scope, 0, shared="f"), name="again", shared="f")
    built = build(net.graph(y))
    assert list(built.state_dict()) == ["f.Linear.weight", "f.Linear.bias"]
    linear, x = built.get_submodule("f.Linear"), torch.randn(2, 4)
    torch.testing.assert_close(built(x), linear(linear(x)))


def test_the_weight_of_a_shared_layer_can_be_read() -> None:
    """`x @ embed.weight.transpose(0, 1)`: tied weights, read in the net and inside a block."""
    inner = Block("Head", x=tensor("N", "T", 8))
    weight = inner.read("embed", "weight", tensor(50, 8))
    scope = inner.scope(inner.apply("matmul", 0, inner.apply("transpose", weight, dim0=0, dim1=1)))
    net = Block("Tied", tokens=tensor("N", "T", dtype=Dtype.I64))
    x = net.apply("Embedding", 0, num_embeddings=50, embedding_dim=8, name="embed", shared="embed")
    built = build(net.graph(net.use(scope, x)))
    assert list(built.state_dict()) == ["embed.weight"]
    tokens = torch.randint(0, 50, (2, 5))
    embedding = built.get_parameter("embed.weight")
    torch.testing.assert_close(built(tokens), embedding[tokens] @ embedding.T)


def test_reading_weights_that_nobody_makes_is_refused() -> None:
    """A weight cannot be read from a layer that is never applied."""
    net = Block("Net", x=tensor("N", 4))
    with pytest.raises(CompileError, match="no layer has the shared weights `ghost`"):
        generate(net.graph(net.apply("matmul", 0, net.read("ghost", "weight", tensor(4, 4)))))


# ------------------------------------------------------------------------------------------- values


def test_outputs_are_handed_out_as_the_graph_says() -> None:
    """A tuple or a record of tensors, nested as written."""
    net = Block("Net", x=tensor("N", 4))
    y = net.apply("ReLU", 0)
    z = net.apply("neg", 0)
    first = build(net.graph(y, z, outputs=(0, 1, 0)))(torch.ones(1, 4))
    assert isinstance(first, tuple)
    assert [float(each.sum()) for each in first] == [4, -4, 4]
    second = build(net.graph(y, z, outputs={"logits": 0, "aux": {"minus": (1,)}}))(torch.ones(1, 4))
    assert float(second["aux"]["minus"][0].sum()) == -4


def test_a_result_may_be_an_input_or_an_identity() -> None:
    """`Identity` leaves no line, and an input can be handed through a block."""
    inner = Block("Pass", x=tensor("N", 4))
    scope = inner.scope(inner.apply("Identity", inner.apply("Identity", 0)), 0)
    net = Block("Net", x=tensor("N", 4))
    first = net.use(scope, 0)
    built = build(net.graph(net.apply("add", first, first + 1)))
    assert torch.equal(built(torch.ones(1, 4)), torch.full((1, 4), 2.0))


def test_values_read_later_keep_their_variables() -> None:
    """However values interleave, a variable is not reused before its last use."""
    net = Block("Net", x=tensor("N", 4))
    values = [0]
    for step in range(30):
        values.append(net.apply("mul", values[(step * 7) % len(values)], other=2 + step % 3))
        values.append(net.apply("add", values[(step * 5) % len(values)], values[-1]))
    graph = net.graph(net.apply("sum_all", *values))
    expected = [torch.ones(1, 4, dtype=torch.float64)]
    for step in range(30):
        expected.append(expected[(step * 7) % len(expected)] * (2 + step % 3))
        expected.append(expected[(step * 5) % len(expected)] + expected[-1])
    torch.testing.assert_close(build(graph)(expected[0]), sum(expected))


def test_several_results_of_one_operator_are_unpacked() -> None:
    """`chunk` gives several tensors, or a tuple of one; unused ones get no variable."""
    net = Block("Net", x=tensor("N", 4))
    first = net.apply("chunk", 0, chunks=2, dim=1)
    single = net.apply("chunk", first, chunks=1, dim=1)
    graph = net.graph(single)
    assert "x, _ = " in generate(graph)
    assert torch.equal(build(graph)(torch.arange(4.0)[None]), torch.tensor([[0.0, 1.0]]))


def test_sizes_known_at_run_time_are_read_off_an_input() -> None:
    """A size such as `T` comes from the shape of an input, or from the caller where no input of the block has it;
    called `F` it does not get in the way of `F.relu`.
    """
    inner = Block("Positions", x=tensor("N", 4))
    scope = inner.scope(inner.apply("test_positions"), inner.apply("ReLU", 0))
    net = Block("Net", tokens=tensor("N", "F"), x=tensor("N", 4))
    built = build(net.graph(net.use(scope, 1), outputs=0))
    assert built(torch.zeros(2, 7), torch.zeros(2, 4)).tolist() == list(range(7))


def test_a_size_that_no_input_has_is_refused() -> None:
    """Nothing at run time would tell it."""
    net = Block("Net", x=tensor("N", 4))
    with pytest.raises(CompileError, match="`Net` reads `F`, which is the size of no dimension"):
        generate(net.graph(net.apply("test_positions")))


def test_a_very_deep_network_compiles() -> None:
    """Two hundred nested blocks are written without running out of Python's stack."""
    scope: Scope | None = None
    for depth in range(200):
        block = Block("Level", x=tensor("N", 2))
        y = block.apply("Linear", 0, out_features=2)
        scope = block.scope(y if scope is None else block.use(scope, y, name=f"Level{depth}"))
    assert scope is not None
    assert generate(Graph("Deep", scope, 0)).count("\nclass ") == 200


# ------------------------------------------------------------------------------------------- mistakes


def test_an_unknown_operator_is_a_compile_error() -> None:
    """The message names it, the nearest known one and the .nas line."""
    source = Source("net.nas", "image -> Con2d(3)")
    step = Operation("Con2d", (), (0,), (tensor("N", 4),), "Con2d", span=Span(source, 9, 14))
    net = Block("Net", x=tensor("N", 4))
    net.add(step)
    with pytest.raises(CompileError, match=r"no operator is called `Con2d` \(net.nas:1:10\); did you mean `Conv2d`\?"):
        generate(net.graph(1))


def test_settings_that_an_operator_refuses_are_a_compile_error() -> None:
    """An operator's complaint arrives with its place."""
    net = Block("Net", x=tensor("N", 4))
    bound = tuple(OPERATORS["Conv2d"].bind((), {"out_channels": 4, "kernel_size": 3}).items())
    net.add(Operation("Conv2d", bound, (0,), (tensor("N", 4),), "Conv2d"))
    with pytest.raises(CompileError, match="`Conv2d` cannot be written in PyTorch"):
        generate(net.graph(1))


def test_generated_files_import_only_torch() -> None:
    """A person without symnas can run the file."""
    lines = [line for line in generate(resnet50()).splitlines() if line.startswith(("import", "from"))]
    assert set(lines) <= {"import torch", "from torch import nn", "import torch.nn.functional as F"}


def test_training_mode_is_the_module_s_own(tmp_path: Path) -> None:
    """The plain file, run as a script of its own, gives a module that trains, evaluates and loads weights."""
    graph = digits_cnn()
    namespace: dict[str, object] = {}
    exec(compile(generate(graph), "digits.py", "exec"), namespace)  # noqa: S102 (as `python digits.py` would)
    made = namespace["Digits"]
    assert isinstance(made, type)
    net = made()
    assert isinstance(net, nn.Module)
    built = build(graph).eval()
    torch.save(built.state_dict(), tmp_path / "Digits.pt")
    net.load_state_dict(torch.load(tmp_path / "Digits.pt", weights_only=True))
    x = torch.randn(2, 1, 8, 8)
    torch.testing.assert_close(net.eval()(x), built(x))


def test_blocks_that_were_met_before_are_written_the_same() -> None:
    """Networks of one space are written as they are where nothing was met before; equal blocks of two programs each have
    their own lines.
    """
    text = (Path(__file__).parents[2] / "samples" / "digits.nas").read_text(encoding="utf-8")
    known, anew = symnas.parse(text, "digits.nas").space(), symnas.parse(text, "digits.nas").space()
    below = symnas.parse("# a line above\n" + text, "digits.nas").space()
    for seed in range(12):
        source = generate(known.sample(Random(seed)).graph())
        assert generate(known.sample(Random(seed)).graph()) == source
        assert generate(anew.sample(Random(seed)).graph()) == source
        moved = generate(below.sample(Random(seed)).graph())
        assert moved != source
        assert re.sub(r"nas:(\d+)", lambda line: f"nas:{int(line[1]) - 1}", moved) == source


def test_texts_that_are_kept_are_those_of_alike_blocks_alone() -> None:
    """Blocks that differ in sizes alone have one text, whatever was compiled before; those of other lines, names, wiring or
    operators have their own.
    """

    def compiled(text: str) -> str:
        return generate(symnas.parse(f"net Tiny(x: f32[N, 4]) {{\n{text}\n}}").architecture().graph())

    texts = [
        compiled(text)
        for text in (
            "x -> Linear(8) -> ReLU",
            "x -> Linear(9) -> ReLU",
            "\nx -> Linear(8) -> ReLU",
            "x -> Linear(8) as head -> ReLU",
            "x -> Linear(8) -> SiLU",
            "y = x -> Linear(8) -> ReLU\ny * y",
            "{made: x -> Linear(8) -> ReLU}",
            "when x.mean(1) > 0 { x -> Linear(4) -> ReLU } else { x }",
            "when x.mean(1) > 0 { x -> Linear(4) -> SiLU } else { x }",
        )
    ]
    forwards = [text[text.index("    def forward") :] for text in texts]
    assert "x = self.Linear(x)  # <text>:2\n        return F.relu(x)  # <text>:2\n" in forwards[0]
    assert forwards[1] == forwards[0]
    assert len(set(forwards)) == len(forwards) - 1
    assert [compiled("x -> Linear(8) -> ReLU"), compiled("\nx -> Linear(8) -> ReLU")] == [texts[0], texts[2]]
